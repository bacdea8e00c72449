"""Pictures: drawn anew, so that nothing but what is seen stays; and, inside documents, without what a camera wrote."""

import io
import struct
import warnings
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from careshare.cleaning.refusing import CannotClean

PIXELS: Final = 50_000_000
"""As many as a telephone's or a scanner's picture has; each copy of them takes up to 200 MB."""
QUALITY: Final = 92
FORMATS: Final = {"jpeg": ("JPEG", "MPO"), "png": ("PNG",)}
"""What Pillow calls them. MPO is a JPEG with a second picture behind it, as some cameras write; it is left out."""
KEPT_MODES: Final = frozenset({"1", "L", "LA", "RGB", "RGBA", "I;16"})

JPEG_START: Final = b"\xff\xd8"
JPEG_SCAN: Final = 0xDA
DROPPED: Final = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
"""APP1 to APP13 (Exif, XMP, Photoshop), APP15 and comments. APP0 says how large, APP14 which colours."""
PNG_START: Final = b"\x89PNG\r\n\x1a\n"
PNG_DROPPED: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"})


def clean(kind: str, content: bytes) -> bytes:
    """The first picture drawn anew, upright. Raises CannotClean."""
    name = "JPEG" if kind == "jpeg" else "PNG"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower and refuses
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS[kind]) as found:
                if found.width * found.height > PIXELS:
                    raise CannotClean("too_many_pixels")
                found.load()
                bare = _bare(ImageOps.exif_transpose(found), name)
        except Image.DecompressionBombError:
            raise CannotClean("too_many_pixels") from None
        except UnidentifiedImageError:
            raise CannotClean("damaged") from None
    out = io.BytesIO()
    bare.save(out, name, **({"quality": QUALITY, "subsampling": 0} if name == "JPEG" else {"optimize": False}))
    return out.getvalue()


def _bare(found: Image.Image, name: str) -> Image.Image:
    """The pixels alone: what is saved with a picture comes from its `info`, and a new one has none."""
    if name == "JPEG":
        seen = found if found.mode in {"L", "RGB"} else found.convert("RGB")
    elif found.mode in KEPT_MODES and "transparency" not in found.info:
        seen = found
    else:
        seen = found.convert("RGBA" if found.has_transparency_data else "RGB")
    return Image.frombytes(seen.mode, seen.size, seen.tobytes())


def without_camera(content: bytes) -> bytes:
    """A JPEG or PNG inside a document without Exif, XMP and comments, its picture untouched; others as they are."""
    if content.startswith(JPEG_START):
        return _jpeg(content)
    return _png(content) if content.startswith(PNG_START) else content


def _jpeg(content: bytes) -> bytes:
    kept, at = [JPEG_START], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == JPEG_SCAN:
            end = content.rfind(b"\xff\xd9")
            return b"".join([*kept, content[at : end + 2 if end > at else len(content)]])
        if marker == 0xFF:  # a byte that fills
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker not in DROPPED:
            kept.append(content[at : at + 2 + length])
        at += 2 + length
    raise CannotClean("damaged")


def _png(content: bytes) -> bytes:
    kept, at = [PNG_START], len(PNG_START)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        name = content[at + 4 : at + 8]
        if name not in PNG_DROPPED:
            kept.append(content[at : at + 12 + length])
        at += 12 + length
        if name == b"IEND":
            return b"".join(kept)
    raise CannotClean("damaged")
