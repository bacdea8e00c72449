"""What of the register is deleted at the end of its time: ended households, and the rows of imports."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict
from careshare.kept import DueRecord, Kept
from careshare.messages import kept as contacts
from careshare.messages.kept import delete_with_cases
from services.fostering.imports.undo import REMOVE

# SI 2011/581 reg 32: ten years from the end of approval; a connected person's from the end of the placement.
DUE = text("""
select h.id, h.reference, s.began
from fostering.household h cross join lateral (
  select greatest(max(upper(a.during)) - 1,
      (select max(coalesce(c.ends, 'infinity')) from fostering.placed_child c
        where c.authority_id = h.authority_id and c.household_id = h.id)) as began,
    coalesce(bool_and(not upper_inf(a.during)), false) as ended
  from fostering.approval a where a.authority_id = h.authority_id and a.household_id = h.id) s
where h.authority_id = (select careshare.authority()) and s.ended and s.began <= :before
  and (cast(:ids as uuid[]) is null or h.id = any(cast(:ids as uuid[])))
order by s.began, h.id limit :most
""")
OLD_IMPORTS = text("""
select r.id, r.kind as reference, cast(r.created_at at time zone 'Europe/London' as date) as began
from fostering.import_run r
where r.authority_id = (select careshare.authority()) and r.cleared_at is null
  and r.created_at < cast(:before as date) + 1 and (cast(:ids as uuid[]) is null or r.id = any(cast(:ids as uuid[])))
order by r.created_at, r.id limit :most
""")
STANDING = text("""
select h.id, h.reference from fostering.household h
where h.authority_id = (select careshare.authority()) and h.id = any(:ids) for update
""")
REFERENCES = text("select reference_key from fostering.household where authority_id = (select careshare.authority())")


async def due_households(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Households whose approval and last placement ended on or before a day, those that ended first at the top."""
    rows = await uow.execute(DUE, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def delete_households(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete households with everything that hangs on them, places and notices, and the contacts that serve them."""
    found = (await uow.execute(STANDING, {"ids": list(ids)})).all()
    there = [row.id for row in found]
    for statement in REMOVE:
        await uow.execute(statement, {"ids": there})
    await delete_with_cases(uow, [row.reference for row in found])
    return there


async def due_contacts(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Contacts that nobody has used since a day, but for those of households that are on the register."""
    standing = list((await uow.execute(REFERENCES)).scalars())
    return await contacts.due_contacts(uow, before, most, ids, standing=standing)


async def due_imports(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Imports of a day or before whose rows still stand."""
    rows = await uow.execute(OLD_IMPORTS, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def nightly(_uow: Uow, _ids: Sequence[UUID]) -> list[UUID]:
    """The rows of imports are deleted by their own job."""
    raise Conflict("These are deleted each night without being confirmed.")


KEPT: Final = (
    Kept("household", due_households, delete_households),
    Kept("import_row", due_imports, nightly),
    Kept("contact", due_contacts, contacts.delete_contacts),
)
