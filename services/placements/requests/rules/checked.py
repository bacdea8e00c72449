"""The check of a request's texts before others see them: what was found, and what its author decided of each."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

import msgspec

from services.placements.requests.records import RequestRecord, Ruling
from services.placements.requests.rules.naming import Kind, identifying
from services.placements.requests.rules.profile import on_file, texts


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """A finding in one text. `why` says why its author let it stand; null: it must be mended or decided first.

    `field` and `child_id` name the text, `digest` is of it as it stands, `first` and `last` the characters in it.
    """

    field: str
    child_id: UUID | None
    child: int | None
    text: str
    digest: str
    first: int
    last: int
    found: str
    kind: Kind
    why: str | None


def digest(text: str) -> str:
    """What tells one text from another (SHA-256)."""
    return hashlib.sha256(text.encode()).hexdigest()


def flags(request: RequestRecord, rulings: Iterable[Ruling]) -> list[Flag]:
    """Everything found in the texts that level 3 shows. A decision holds for its text alone: a changed one is new."""
    known = on_file(request)
    decided = {(one.child_id, one.field, one.digest, one.first, one.last, one.kind): one.why for one in rulings}
    found: list[Flag] = []
    for said in texts(request):
        mark = digest(said.text)
        for one in identifying(said.text, known):
            key = (said.child_id, said.field, mark, one.first, one.last, str(one.kind))
            found.append(
                Flag(
                    field=said.field,
                    child_id=said.child_id,
                    child=said.child,
                    text=said.text,
                    digest=mark,
                    first=one.first,
                    last=one.last,
                    found=one.found,
                    kind=one.kind,
                    why=decided.get(key),
                )
            )
    return found
