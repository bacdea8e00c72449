"""What must not travel with a file is gone; what cannot be opened safely is refused and hurts nobody."""

import io
import time
import zipfile
from typing import Any

import openpyxl
import pytest
from PIL import Image
from pypdf import PdfReader

from careshare.cleaning import CannotClean, clean, office, picture
from careshare.cleaning.refusing import Reason
from tests.files import samples
from tests.files.samples import AUTHOR, PLACE


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
async def test_a_picture_says_nothing_of_where_it_was_taken(form: str) -> None:
    before = samples.picture(form)
    with Image.open(io.BytesIO(before)) as told:
        assert told.getexif().get_ifd(0x8825), "it did before"
    cleaned = await clean(form.lower(), before)
    assert PLACE.encode() not in cleaned
    with Image.open(io.BytesIO(cleaned)) as found:
        assert found.format == form
        assert not found.getexif()
        assert not found.getexif().get_ifd(0x8825)
        assert found.size == (40, 60), "it stands upright"
        colour = found.convert("RGB").getpixel((20, 5))
        assert isinstance(colour, tuple)
        assert colour[0] > 200, "the left half is at the top now"


async def test_a_picture_with_colours_of_a_palette_and_glass_stays_as_it_is_seen() -> None:
    image = Image.new("P", (4, 4))
    image.putpalette([255, 0, 0, 0, 255, 0])
    out = io.BytesIO()
    image.save(out, "PNG", transparency=1)
    with Image.open(io.BytesIO(await clean("png", out.getvalue()))) as found:
        assert found.convert("RGBA").getpixel((1, 1)) == (255, 0, 0, 255)
    cmyk = io.BytesIO()
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(cmyk, "JPEG")
    with Image.open(io.BytesIO(await clean("jpeg", cmyk.getvalue()))) as found:
        assert found.mode == "RGB"


async def test_a_pdf_says_nothing_of_who_wrote_it() -> None:
    before = samples.pdf("The words stay")
    reader = PdfReader(io.BytesIO(before))
    assert reader.metadata is not None
    assert reader.metadata.author == AUTHOR
    cleaned = await clean("pdf", before)
    found = PdfReader(io.BytesIO(cleaned))
    assert not found.metadata
    assert found.xmp_metadata is None
    assert "The words stay" in found.pages[0].extract_text()
    page: Any = found.pages[0]
    note = page["/Annots"][0].get_object()
    assert note["/Contents"] == "Seen"
    assert "/T" not in note
    assert AUTHOR.encode() not in cleaned
    assert AUTHOR.encode("utf-16-be") not in cleaned


async def test_a_picture_in_a_pdf_says_nothing_of_where_it_was_taken() -> None:
    before = samples.pdf_with_picture()
    assert PLACE.encode() in before
    cleaned = await clean("pdf", before)
    assert PLACE.encode() not in cleaned
    assert PdfReader(io.BytesIO(cleaned)).pages[0].images[0].image is not None


async def test_a_word_file_says_nothing_of_who_wrote_it() -> None:
    before = samples.docx()
    cleaned = await clean("docx", before)
    found = unpacked(cleaned)
    for name, content in found.items():
        assert AUTHOR.encode() not in content, name
        assert b'"JI"' not in content, name
        assert PLACE.encode() not in content, name
    assert b"A referral" in found["word/document.xml"]
    assert "docProps/thumbnail.jpeg" not in found
    assert b"thumbnail" not in found["_rels/.rels"]
    assert b"attachedTemplate" not in found["word/settings.xml"] + found["word/_rels/settings.xml.rels"]
    with Image.open(io.BytesIO(found["word/media/image1.jpeg"])) as image:
        image.load()
        assert not image.getexif()
    with zipfile.ZipFile(io.BytesIO(cleaned)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


async def test_a_workbook_says_nothing_of_who_wrote_it() -> None:
    found = openpyxl.load_workbook(io.BytesIO(await clean("xlsx", samples.xlsx())))
    assert found.properties.creator != AUTHOR
    assert found.properties.lastModifiedBy is None
    assert found["Sheet"]["A1"].value == "Costs"


async def test_text_becomes_utf_8() -> None:
    assert await clean("txt", "caf\xe9".encode("cp1252")) == "café".encode()
    assert await clean("txt", "\ufeffcafé".encode("utf-16-le")) == "café".encode()


def bomb() -> bytes:
    return samples.docx(word__media__image2_png=bytes(40 * 1024**2))


def liar() -> bytes:
    """An archive whose list says that a part is smaller than it is."""
    content = bytearray(samples.docx(word__theme_xml=b"x" * 5000))
    at = content.rindex(b"word/theme_xml") - 46
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(content)


def twice() -> bytes:
    out = io.BytesIO(samples.docx())
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/document.xml", b"<other/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("docx", samples.packed({**samples.parts(), "word/vbaProject.bin": b"x"}), "macros"),
        ("xlsx", samples.packed({**samples.parts(), "xl/macrosheets/sheet1.xml": b"<x/>"}), "macros"),
        (
            "docx",
            samples.packed(
                {
                    **samples.parts(),
                    "[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled.main+xml",
                }
            ),
            "macros",
        ),
        ("docx", samples.packed({**samples.parts(), "word/embeddings/oleObject1.bin": b"x"}), "active"),
        ("docx", samples.packed({**samples.parts(), "word/media/image2.png": samples.windows_program()}), "active"),
        ("docx", samples.packed({**samples.parts(), "word/run.exe": b"x"}), "active"),
        (
            "docx",
            samples.packed(
                {
                    **samples.parts(),
                    "word/_rels/document.xml.rels": b'<Relationship Id="r" TargetMode="External" '
                    b'Type="http://x/relationships/oleObject" Target="http://elsewhere.example/x"/>',
                }
            ),
            "active",
        ),
        (
            "docx",
            samples.packed({**samples.parts(), "word/footer1.xml": b"<w:instrText>DDEAUTO c:\\\\x.exe</w:instrText>"}),
            "active",
        ),
        ("docx", samples.packed({**samples.parts(), "word/x.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"}), "active"),
        ("docx", bomb(), "bomb"),
        ("docx", liar(), "damaged"),
        ("docx", samples.packed({f"n{number}": b"" for number in range(5001)}), "bomb"),
        ("docx", twice(), "damaged"),
        ("docx", samples.packed({**samples.parts(), "../up.xml": b"<x/>"}), "damaged"),
        ("docx", samples.docx()[:-300], "damaged"),
        ("xlsx", samples.docx(), "other_type"),
        ("pdf", samples.pdf_with_program(), "active"),
        ("pdf", samples.pdf_with_file(), "active"),
        ("pdf", samples.pdf_locked(), "password"),
        ("pdf", samples.pdf()[:300], "damaged"),
        ("pdf", b"%PDF-1.7\n", "damaged"),
        ("png", samples.noise()[:100_000], "damaged"),
        ("jpeg", samples.picture(size=(2000, 2000))[:9000], "damaged"),
        ("png", samples.picture("JPEG"), "damaged"),
        ("txt", b"\x00\x01", "other_type"),
        ("txt", b"<html>", "active"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_reason(kind: str, content: bytes, reason: Reason) -> None:
    with pytest.raises(CannotClean) as refusal:
        await clean(kind, content)
    assert refusal.value.reason == reason


async def test_a_picture_of_too_many_points_is_not_drawn() -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(CannotClean) as refusal:
        await clean("png", out.getvalue())
    assert refusal.value.reason == "too_many_pixels"


async def test_what_takes_too_long_is_broken_off() -> None:
    began = time.monotonic()
    with pytest.raises(CannotClean) as refusal:
        await clean("png", samples.noise(), seconds=0.01)
    assert refusal.value.reason == "bomb"
    assert time.monotonic() - began < 10


def test_an_archive_that_is_no_office_file_is_none() -> None:
    assert office.kind_of(samples.docx()) == "docx"
    assert office.kind_of(samples.xlsx()) == "xlsx"
    assert office.kind_of(samples.packed({"a": b"b"})) is None
    assert office.kind_of(b"PK\x03\x04") is None


def test_pictures_in_documents_keep_every_point() -> None:
    for form in ("JPEG", "PNG"):
        before = samples.picture(form)
        after = picture.without_camera(before)
        assert PLACE.encode() in before
        assert PLACE.encode() not in after
        with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
            assert one.tobytes() == other.tobytes()
    assert picture.without_camera(b"GIF89a") == b"GIF89a"
    for cut in (b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n\0\0"):
        with pytest.raises(CannotClean):
            picture.without_camera(cut)
