"""Names that are safe to show, types by content, and words for what is refused."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careshare.cleaning.refusing import REASONS as CLEANING
from careshare.files.detecting import describe, detect
from careshare.files.rules import HEAD, REASONS, attachment, in_megabytes, safe_name, taken, types
from tests.files import samples
from tests.files.clamd import EICAR

PDF = types()["pdf"]


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("Care plan.pdf", "Care plan.pdf"),
        ("C:\\Users\\jane\\Care plan.pdf", "Care plan.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("plan.exe", "plan.pdf"),
        ("plan.pdf.exe", "plan.pdf.pdf"),
        ("plan\u202efdp.exe", "plan fdp.pdf"),
        ('a"b<c>\r\nSet-Cookie: x.pdf', "a b c Set-Cookie x.pdf"),
        ("=cmd|'/c calc'!A1.pdf", "c calc' A1.pdf"),
        ("Café — O’Brien (2).pdf", "Café O’Brien (2).pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ("\u0000\u0007.pdf", "file.pdf"),
        ("x" * 400 + ".pdf", "x" * 100 + ".pdf"),
    ],
)
def test_a_name_is_made_safe_and_gets_its_true_ending(declared: str, shown: str) -> None:
    assert safe_name(declared, PDF) == shown


@given(st.text(max_size=300))
def test_no_name_is_dangerous(declared: str) -> None:
    name = safe_name(declared, PDF)
    assert 5 <= len(name) <= 120
    assert name.endswith(".pdf")
    assert not set(name) & set('/\\"<>:|?*\r\n\0;`$%')
    assert name[0] not in "=+-@. "
    assert name.isprintable()
    assert safe_name(name, PDF) == name, "making it safe twice changes nothing"
    header = attachment(name)
    assert header.isascii()
    assert header.count('"') == 2


def test_a_header_says_the_name_in_two_ways() -> None:
    assert attachment("Café O’Brien.pdf") == (
        "attachment; filename=\"Cafe OBrien.pdf\"; filename*=UTF-8''Caf%C3%A9%20O%E2%80%99Brien.pdf"
    )


def test_sizes_and_types_in_words() -> None:
    assert [in_megabytes(size) for size in (20 * 1024**2, 1_500_000, 12_345, 1)] == ["20 MB", "1.4 MB", "12 KB", "1 KB"]
    assert taken() == "a PDF, Word, Excel, JPEG, PNG or text file"
    assert set(CLEANING) | {"malware"} == set(REASONS), "every reason has its words"


GOOD: dict[str, Callable[[], bytes]] = {
    "pdf": samples.pdf,
    "jpeg": samples.picture,
    "png": lambda: samples.picture("PNG"),
    "docx": samples.docx,
    "xlsx": samples.xlsx,
    "txt": "Notes of the café meeting".encode,
}


@pytest.mark.parametrize("code", GOOD)
def test_content_says_what_a_file_is(code: str) -> None:
    content = GOOD[code]()
    assert detect(content if code in {"docx", "xlsx"} else content[:HEAD]) == code


@pytest.mark.parametrize(
    "said",
    [
        "From: the school\nSubject: attendance",
        "Dear Jane,\r\n\r\nthank you.\t\x0c",
        "BM notes",
        "GIF of the week",
        "{not json",
        "II. second part",
        "é" * (HEAD // 2) + "é",
        "x" + "é" * HEAD,
        "MZ was seen",
        "\ufeffmarked",
    ],
)
def test_text_is_text_however_it_begins(said: str) -> None:
    assert detect(said.encode()[:HEAD]) == "txt"
    assert detect(("\ufeff" + said).encode("utf-16-le")[:HEAD]) == "txt"


@pytest.mark.parametrize(
    ("content", "seems"),
    [
        (samples.windows_program(), "a program"),
        (samples.linux_program(), "a program"),
        (b"#!/bin/sh\nrm -rf /", "a web page, a script or text with instructions in it"),
        (b"  <!DOCTYPE html><script>", "a web page, a script or text with instructions in it"),
        (b"<svg xmlns='x' onload='y'/>", "a web page, a script or text with instructions in it"),
        (b"{\\rtf1 \\object}", "a web page, a script or text with instructions in it"),
        (samples.packed({"a.exe": b"MZ"}), "a ZIP archive, or a kind of Office file that is not taken"),
        (samples.packed({"[Content_Types].xml": b"<x/>", "ppt/presentation.xml": b"<x/>"}), "a ZIP archive, or a kind"),
        (b"PK\x03\x04 cut off", "a ZIP archive, or a kind"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "an old kind of Office file"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", "a file of the kind GIF"),
        (b"\x00\x01\x02\x03nothing known", "of a kind that is not known"),
    ],
)
def test_what_is_not_on_the_list_is_refused_by_content(content: bytes, seems: str) -> None:
    assert detect(content) is None
    assert describe(content).startswith(seems)


def test_the_test_virus_is_text_so_that_the_scanner_must_find_it() -> None:
    assert detect(EICAR) == "txt"
