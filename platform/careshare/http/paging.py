"""Keyset pages: a cursor says after which row the next page begins, and is signed.

A cursor belongs to one authority and one set of filters; one that was tampered with, or carried to another list, is
refused and names the field `cursor`.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from careshare.errors import FieldError, Invalid

DEFAULT_LIMIT = 50
LONGEST = 100
_MAC = 16

T = TypeVar("T")


class Paging:
    """Makes and reads the cursors of one list for one authority."""

    def __init__(self, secret: str, authority_id: UUID, name: str, filters: dict[str, Any]) -> None:
        seed = msgspec.json.encode([str(authority_id), name, filters], order="deterministic")
        self._key = hashlib.sha256(b"cursor:" + secret.encode() + seed).digest()

    def cursor(self, *after: Any) -> str:
        """The cursor of the page that begins after the row with these sort values."""
        body = msgspec.json.encode(after)
        mac = hmac.digest(self._key, body, "sha256")[:_MAC]
        return urlsafe_b64encode(mac + body).decode().rstrip("=")

    def after(self, cursor: str | None, kind: type[T]) -> T | None:
        """The sort values inside `cursor` as `kind` (a tuple type), or None for the first page; raises Invalid."""
        if not cursor:
            return None
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            mac, body = raw[:_MAC], raw[_MAC:]
            if hmac.compare_digest(mac, hmac.digest(self._key, body, "sha256")[:_MAC]):
                return msgspec.json.decode(body, type=kind)
        except (ValueError, msgspec.MsgspecError):
            pass
        message = "This cursor is not one we gave for this list. Begin again without it."
        raise Invalid(message, errors=[FieldError("cursor", message)])
