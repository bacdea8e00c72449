"""Word and Excel files: no macros, no programs, no bombs; written anew without author, company, dates and paths."""

import io
import re
import zipfile
from typing import Final

from careshare.cleaning.picture import without_camera
from careshare.cleaning.refusing import CannotClean

ENTRIES: Final = 5_000
UNPACKED: Final = 300 * 1024**2
"""Bytes of all parts together."""
RATIO: Final = 200
"""How many times as large as it is packed a part of more than 1 MB may be; a sheet of equal rows reaches about 20."""
LARGE: Final = 1024**2

MAIN: Final = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
CONTENT_TYPES: Final = "[Content_Types].xml"
MAIN_TYPES: Final = {
    "docx": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
MACROS: Final = re.compile(r"(^|/)(vba\w*\.(bin|xml)|macrosheets/|dialogsheets/)", re.IGNORECASE)
ACTIVE: Final = re.compile(
    r"(^|/)(activex/|ctrlprops/|embeddings/|customui/|connections\.xml$|webextensions/)"
    r"|\.(exe|dll|com|scr|js|jse|vbs|vbe|wsf|hta|ps1|bat|cmd|lnk|jar|msi|bin|ole)$",
    re.IGNORECASE,
)
HARMLESS: Final = re.compile(r"(^|/)printersettings\d*\.bin$", re.IGNORECASE)
"""What Excel keeps of the printer: of no use elsewhere, and it names the printer. It is emptied."""
OUTSIDE: Final = re.compile(
    rb'(?=[^>]*TargetMode="External")[^>]*Type="[^"]*/(oleObject|frame|subDocument|externalLinkPath)"'
)
"""An object or part that is fetched from elsewhere when the file is opened. A link to a web page is none."""
TEMPLATE: Final = (
    re.compile(rb"<w:attachedTemplate\b[^>]*/>"),
    re.compile(rb'<Relationship\b[^>]*/attachedTemplate"[^>]*/>'),
)
"""Where the template lies that a letter was written on: fetched when it is opened, and a path of the council's."""
DDE: Final = re.compile(rb"<(\w+:)?ddeLink\b|<\w+:instrText[^>]*>\s*DDE", re.IGNORECASE)
DTD: Final = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

CORE: Final = b"application/vnd.openxmlformats-package.core-properties+xml"
EMPTIED: Final = {
    "docProps/core.xml": b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
}
DECLARED: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
WHO: Final = (
    # Who changed or noted something, in Word: an attribute of the change. The text of the change stays.
    (re.compile(rb'(\b\w+:(?:author|initials|userId)=)"[^"]*"'), rb'\1""'),
    # In Excel: the list of who wrote notes, persons of threads, who has the file reserved, and where it was saved.
    (re.compile(rb"<author>[^<]*</author>"), b"<author></author>"),
    (re.compile(rb'(\b(?:displayName|userId|providerId|userName)=)"[^"]*"'), rb'\1""'),
    (re.compile(rb"<\w+:absPath\b[^>]*/>"), b""),
)
WHO_PARTS: Final = re.compile(
    r"(word/[^/]+\.xml|xl/(workbook\.xml|comments[^/]*\.xml|persons/.*|threadedcomments/.*))$", re.IGNORECASE
)
THUMBNAIL: Final = re.compile(rb"<Relationship\b[^>]*metadata/thumbnail\"[^>]*/>")
EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def kind_of(content: bytes) -> str | None:
    """`docx` or `xlsx`, by what the file says of its main part; None for any other archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist()) if len(archive.infolist()) <= ENTRIES else set[str]()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    if CONTENT_TYPES not in names:
        return None
    return next((kind for kind, main in MAIN.items() if main in names), None)


def clean(kind: str, content: bytes) -> bytes:
    """The same document with nothing about who made it. Raises CannotClean."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _look_at_entries(archive)
            parts = {entry.filename: _read(archive, entry) for entry in archive.infolist() if not entry.is_dir()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError):
        raise CannotClean("damaged") from None
    _look_at_parts(kind, parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            if (stripped := _stripped(name, part)) is not None:
                made.writestr(zipfile.ZipInfo(name, EPOCH), stripped, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _look_at_entries(archive: zipfile.ZipFile) -> None:
    """Refuse by the table of contents, before anything is unpacked."""
    entries = archive.infolist()
    if len(entries) > ENTRIES or sum(entry.file_size for entry in entries) > UNPACKED:
        raise CannotClean("bomb")
    if any(entry.file_size > LARGE and entry.file_size > RATIO * max(entry.compress_size, 1) for entry in entries):
        raise CannotClean("bomb")
    if any(entry.flag_bits & 1 for entry in entries):
        raise CannotClean("password")
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) != len(names) or any(name.startswith(("/", "..")) or "/../" in name for name in names):
        raise CannotClean("damaged")
    if any(MACROS.search(name) for name in names):
        raise CannotClean("macros")
    if any(ACTIVE.search(name) and not HARMLESS.search(name) for name in names):
        raise CannotClean("active")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A part, and no more of it than the table of contents says: that may lie."""
    with archive.open(entry) as part:
        content = part.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise CannotClean("bomb")
    return content


def _look_at_parts(kind: str, parts: dict[str, bytes]) -> None:
    types = parts.get(CONTENT_TYPES, b"")
    if b"macroEnabled" in types or b"vbaProject" in types:
        raise CannotClean("macros")
    if MAIN[kind] not in parts or MAIN_TYPES[kind] not in types:
        raise CannotClean("other_type")
    for name, part in parts.items():
        if part.startswith((b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0")):
            raise CannotClean("active")
        if not name.endswith((".xml", ".rels", ".vml")):
            continue
        if part.startswith((b"\xff\xfe", b"\xfe\xff")) or DTD.search(part):  # what is not UTF-8 could hide the rest
            raise CannotClean("active")
        if OUTSIDE.search(part) if name.endswith(".rels") else DDE.search(part):
            raise CannotClean("active")


def _stripped(name: str, part: bytes) -> bytes | None:
    """The part as it may travel; None where it is left out."""
    if name in EMPTIED:
        return DECLARED + EMPTIED[name]
    if name.lower().startswith("docprops/"):  # a small picture of the first page
        return None
    if name == "_rels/.rels":
        return THUMBNAIL.sub(b"", part)
    if name in {"word/_rels/settings.xml.rels", "word/settings.xml"}:
        for found in TEMPLATE:
            part = found.sub(b"", part)
    if HARMLESS.search(name):
        return b""
    if WHO_PARTS.search(name):
        for found, instead in WHO:
            part = found.sub(instead, part)
        return part
    return without_camera(part) if "/media/" in name else part
