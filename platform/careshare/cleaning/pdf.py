"""PDF: written anew without author, dates, XMP and notes' authors; with programs or files inside it is refused."""

import io
from collections.abc import Iterator
from typing import Any, Final

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PdfReadError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, PdfObject, StreamObject

from careshare.cleaning.picture import without_camera
from careshare.cleaning.refusing import CannotClean

PAGES: Final = 2_000
ACTIVE_KEYS: Final = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"})
"""Names under which programs, other files and films stand."""
ACTIVE_ACTIONS: Final = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/RichMedia"})
"""Actions (`/S`) that start something or send something away. A link to a web page (`/URI`) is none."""
DROPPED: Final = ("/Metadata", "/PieceInfo", "/LastModified")


def clean(_kind: str, content: bytes) -> bytes:
    """The same pages with nothing about who made them. Raises CannotClean."""
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise CannotClean("password")
        if not 0 < len(reader.pages) <= PAGES:
            raise CannotClean("damaged")
        writer = PdfWriter(clone_from=reader)
    except PdfReadError:
        raise CannotClean("damaged") from None
    for found in _dictionaries(writer):
        _refuse_active(found)
        _strip(found)
    writer.metadata = None
    writer.compress_identical_objects(remove_duplicates=False)  # what nothing points to any more is left out
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _dictionaries(writer: PdfWriter) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, those inside others too."""
    inner: Any = writer
    waiting: list[PdfObject | None] = list(inner._objects)  # noqa: SLF001  # pypdf shows the list of all objects in no other way
    while waiting:
        one = waiting.pop()
        if isinstance(one, DictionaryObject):
            yield one
            waiting += [value for value in one.values() if not isinstance(value, IndirectObject)]
        elif isinstance(one, ArrayObject):
            waiting += [value for value in one if not isinstance(value, IndirectObject)]


def _refuse_active(found: DictionaryObject) -> None:
    if not ACTIVE_KEYS.isdisjoint(found.keys()):
        raise CannotClean("active")
    action = found.raw_get("/S") if "/S" in found else None
    if isinstance(action, NameObject) and action in ACTIVE_ACTIONS:
        raise CannotClean("active")


def _strip(found: DictionaryObject) -> None:
    for name in DROPPED:
        if name in found:
            del found[NameObject(name)]
    if "/Subtype" in found and "/Rect" in found and found.raw_get("/Subtype") != "/Widget":
        for name in ("/T", "/NM", "/M", "/CreationDate"):  # a note's author, name and dates; of a field, /T is its name
            if name in found:
                del found[NameObject(name)]
    if isinstance(found, StreamObject):
        _strip_stream(found)


def _strip_stream(found: StreamObject) -> None:
    """XMP that something else still points to is emptied; a JPEG loses what the camera wrote."""
    inner: Any = found  # its bytes as they stand in the file, not decoded: pypdf shows them in no other way
    if found.get("/Type") == "/Metadata":
        inner._data = b""  # noqa: SLF001  # as above
        found.pop(NameObject("/Filter"), None)
    if found.get("/Filter") in ("/DCTDecode", ["/DCTDecode"]):
        inner._data = without_camera(inner._data)  # noqa: SLF001  # as above
