"""Files to upload: good ones with something in them that must not travel, and bad ones of every kind."""

import io
import random
import zipfile
from typing import Any

import openpyxl
import typst
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Text
from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject

AUTHOR = "Jane Invented"
PLACE = "54.9069 N 1.3838 W at the carers"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def picture(form: str = "JPEG", size: tuple[int, int] = (60, 40)) -> bytes:
    """A picture whose left half is red, turned by a camera, that says where it was taken."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = image.getexif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = PLACE
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (54.0, 54.0, 24.8), "W", (1.0, 23.0, 1.7)
    out = io.BytesIO()
    image.save(out, form, exif=exif, **({"comment": PLACE.encode()} if form == "JPEG" else {}))
    return out.getvalue()


def noise(width: int = 900, height: int = 700) -> bytes:
    """A PNG of more than 1 MB."""
    image = Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def pdf(text: str = "A plan") -> bytes:
    """A PDF with an author in its information and in its XMP, and in a note."""
    source = f'#set document(title: "T", author: "{AUTHOR}")\n= {text}\n'
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(typst.compile(source.encode(), format="pdf"))))
    writer.add_metadata({"/Author": AUTHOR})
    note = Text(rect=(50, 550, 200, 650), text="Seen", open=False)
    note[NameObject("/T")] = _text(AUTHOR)
    writer.add_annotation(0, note)
    return _written(writer)


def pdf_with_picture() -> bytes:
    """A PDF in which a camera's JPEG stands as it came."""
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(out, "PDF")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(out.getvalue())))
    inner: Any = writer
    image = next(one for one in inner._objects if isinstance(one, StreamObject) and one.get("/Subtype") == "/Image")
    image._data = picture(size=(40, 40))
    image[NameObject("/Filter")] = NameObject("/DCTDecode")
    return _written(writer)


def pdf_with_program() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    program = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): _text("app.alert(1)")})
    writer.root_object[NameObject("/OpenAction")] = program
    return _written(writer)


def pdf_with_file() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.add_attachment("inside.exe", b"MZ")
    return _written(writer)


def pdf_locked() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.encrypt("secret", algorithm="RC4-128")
    return _written(writer)


def _text(value: str) -> Any:
    return TextStringObject(value)


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def parts(**more: bytes) -> dict[str, bytes]:
    """The parts of a Word file with an author wherever Word writes one. `more`: parts by name, `/` written as `__`."""
    made = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="{WORD}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="r2" '
        f'Type="{PACKAGE}/relationships/metadata/thumbnail" Target="docProps/thumbnail.jpeg"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{WORDS}"><w:body><w:p><w:ins w:id="1" w:author="{AUTHOR}" '
        'w:date="2026-01-01T00:00:00Z"><w:r><w:t>A referral</w:t></w:r></w:ins></w:p></w:body></w:document>',
        "word/comments.xml": f'<w:comments xmlns:w="{WORDS}"><w:comment w:id="0" w:author="{AUTHOR}" w:initials="JI"/>'
        "</w:comments>",
        "word/settings.xml": f'<w:settings xmlns:w="{WORDS}"><w:attachedTemplate r:id="rId1"/></w:settings>',
        "word/_rels/settings.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/relationships/attachedTemplate" Target="file:///C:/Users/{AUTHOR}/Normal.dotm" '
        'TargetMode="External"/></Relationships>',
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="x" xmlns:dc="y"><dc:creator>{AUTHOR}</dc:creator>'
        "</cp:coreProperties>",
        "docProps/app.xml": f"<Properties><Manager>{AUTHOR}</Manager></Properties>",
        "docProps/custom.xml": f"<Properties><Client>{AUTHOR}</Client></Properties>",
    }
    given = {name.replace("__", "/"): content for name, content in more.items()}
    return {
        **{name: content.encode() for name, content in made.items()},
        "docProps/thumbnail.jpeg": picture(),
        "word/media/image1.jpeg": picture(),
        **given,
    }


def packed(made: dict[str, bytes]) -> bytes:
    """These parts as an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in made.items():
            archive.writestr(name, content)
    return out.getvalue()


def docx(**more: bytes) -> bytes:
    return packed(parts(**more))


def xlsx() -> bytes:
    """A workbook as openpyxl writes it, with an author."""
    book = openpyxl.Workbook()
    book.properties.creator = book.properties.lastModifiedBy = AUTHOR
    sheet = book["Sheet"]
    sheet["A1"] = "Costs"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def windows_program() -> bytes:
    return b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00\xb8" + bytes(300) + b"PE\x00\x00" + bytes(700)


def linux_program() -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(500)
