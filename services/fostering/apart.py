"""References of records that are locked from whoever asks (tenants.locks): to them the record is not there.

A reference is unique in an authority, so entering it a second time must be refused all the same. The refusal says that
a colleague is needed and never why; whoever enters it learns no more of the record than that.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, FieldError
from tenants.references import reference_key

ROW: Final = "This row needs a colleague: ask your team manager"
ENTRY: Final = "This needs a colleague: ask your team manager"

KEPT = text("""
    select home, child, starts, ends
    from fostering.kept_from_me(cast(:homes as text[]), cast(:children as text[]))
""")


class Apart(msgspec.Struct, frozen=True):
    """Of the references that were asked for, those that stand on records locked from the asker, by their keys."""

    homes: frozenset[str] = frozenset()
    stays: dict[str, list[tuple[date, date | None]]] = {}

    def home(self, reference: object) -> bool:
        """Whether a household of this reference is one of them."""
        return reference_key(str(reference)) in self.homes

    def child(self, reference: object, starts: date, ends: date | None) -> bool:
        """Whether a child of this reference is placed in one of them at any time of this stay."""
        return any(
            starts == since or ((until is None or until > starts) and (ends is None or since < ends))
            for since, until in self.stays.get(reference_key(str(reference)), ())
        )


async def apart(uow: Uow, *, homes: Iterable[object] = (), children: Iterable[object] = ()) -> Apart:
    """Which of these references of households and of children are kept from whoever is bound."""
    keys = [sorted({reference_key(str(one)) for one in given}) for given in (homes, children)]
    if not any(keys):
        return Apart()
    kept: set[str] = set()
    stays: dict[str, list[tuple[date, date | None]]] = {}
    for row in await uow.execute(KEPT, {"homes": keys[0], "children": keys[1]}):
        if row.home is not None:
            kept.add(row.home)
        else:
            stays.setdefault(row.child, []).append((row.starts, row.ends))
    return Apart(frozenset(kept), stays)


async def refuse_home(uow: Uow, reference: str) -> None:
    """Raises Conflict where a household of this reference is kept from the asker."""
    if (await apart(uow, homes=[reference])).home(reference):
        raise Conflict(ENTRY, errors=[FieldError("reference", ENTRY)])


async def refuse_child(uow: Uow, reference: str, starts: date, ends: date | None) -> None:
    """Raises Conflict where a child of this reference is placed then in a home that is kept from the asker."""
    if (await apart(uow, children=[reference])).child(reference, starts, ends):
        raise Conflict(ENTRY, errors=[FieldError("child_reference", ENTRY)])
