"""Stylesheets and scripts, read once at start and served from memory by name: no address reaches the file system."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Final

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_OURS: Final = ("careshare.css", "careshare.js", "favicon.svg")
_GOVUK: Final = ("govuk-frontend.min.css", "govuk-frontend.min.js")
_SOURCE_MAP: Final = re.compile(rb"(/\*|//)# sourceMappingURL=\S+( \*/)?\s*$")
_FONT_FACE: Final = re.compile(rb"@font-face\{[^}]*\}")
_CREST: Final = re.compile(rb"[^{}]*__copyright-logo:before\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    gzipped: bytes
    media_type: str


class Assets:
    """The files, and one hash over all of them, which stands in their addresses.

    One hash for all lets a script import its neighbour by name. Raises FileNotFoundError if GOV.UK Frontend is missing.
    """

    def __init__(self, directory: Path) -> None:
        self._govuk = directory / "govuk"

    @cached_property
    def by_name(self) -> dict[str, Asset]:
        """Every file by its name."""
        ours = files("careshare.web") / "static"
        contents = {name: (ours / name).read_bytes() for name in _OURS}
        for name in _GOVUK:
            path = self._govuk / name
            if not path.is_file():
                msg = f"{path} is missing: run `make assets`, or set CARESHARE_ASSETS_DIR to where it was run"
                raise FileNotFoundError(msg)
            contents[name] = without_branding(path.read_bytes())
        return {name: _asset(name, body) for name, body in contents.items()}

    @cached_property
    def release(self) -> str:
        """A short hash that changes when any file does."""
        digest = hashlib.sha256()
        for name, asset in sorted(self.by_name.items()):
            digest.update(name.encode() + b"\0" + asset.body)
        return digest.hexdigest()[:16]

    def url(self, name: str) -> str:
        """The address of a file; KeyError if there is none of that name."""
        if name not in self.by_name:
            raise KeyError(name)
        return f"/static/{self.release}/{name}"


def without_branding(source: bytes) -> bytes:
    """GOV.UK Frontend without what is licensed to services on gov.uk domains alone: the typeface and the crest."""
    plain = _SOURCE_MAP.sub(b"", source)
    return _CREST.sub(b"", _FONT_FACE.sub(b"", plain)).replace(b"GDS Transport,", b"")


def _asset(name: str, body: bytes) -> Asset:
    return Asset(body, gzip.compress(body, mtime=0), _TYPES[Path(name).suffix])
