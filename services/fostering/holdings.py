"""What somebody holds in the register, for hand-over: the households they supervise."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, Unprocessable
from careshare.service import Held, Holding
from services.fostering.workers import WORKERS, barred
from tenants.colleagues import colleague

PERMISSION: Final = "household:read"
HELD_WITH: Final = "vacancy:confirm"

SUPERVISED = text("""
    select h.id, h.reference from fostering.household h
    where h.authority_id = (select careshare.authority()) and h.supervising_person_id = :person
    order by h.reference_key, h.id
""")
# A name alone is theirs only while no colleague who works here has it too.
NAMED = text("""
    select h.id, h.reference from fostering.household h
    where h.authority_id = (select careshare.authority()) and h.supervising_person_id is null
      and lower(btrim(h.supervising_worker)) = lower(btrim(:name))
      and not exists (select from tenants.members() m where m.person_id <> :person
        and lower(btrim(m.name)) = lower(btrim(:name)) and (m.ends is null or m.ends > current_date))
    order by h.reference_key, h.id
""")
GIVE = text("""
    update fostering.household h set supervising_person_id = :person, supervising_worker = left(:name, 120),
      version = version + 1, updated_at = clock_timestamp()
    where h.authority_id = (select careshare.authority()) and h.id = any(:ids)
    returning h.id, h.reference, old.supervising_person_id as was, old.supervising_worker as was_called
""")


async def holdings(uow: Uow, person_id: UUID, name: str) -> list[Holding]:
    """The households whose supervising social worker the person is, and those that give no more than their name."""
    asked = {"person": person_id, "name": name}
    return [
        Holding(kind, title, PERMISSION, [_held(row) for row in rows], HELD_WITH, hand_over)
        for kind, title, rows in (
            (
                "fostering.household",
                "Foster households they supervise",
                (await uow.execute(SUPERVISED, {"person": person_id})).mappings(),
            ),
            (
                "fostering.household_named",
                "Foster households that give their name as the worker’s",
                (await uow.execute(NAMED, asked)).mappings(),
            ),
        )
    ]


def _held(row: RowMapping) -> Held:
    return Held(row["id"], row["reference"], f"/foster-carers/{row['id']}")


async def hand_over(uow: Uow, ids: Sequence[UUID], to: UUID) -> None:
    """Make a colleague the supervising social worker of these households. Raises Unprocessable and Conflict."""
    found = await colleague(uow, to, WORKERS)
    if found is None:
        raise Unprocessable("They do not supervise foster households.")
    rows = (await uow.execute(GIVE, {"ids": list(ids), "person": to, "name": found.name})).mappings().all()
    if len(rows) < len(set(ids)):
        raise Conflict("Something you selected is not there any more. Look at the list again.")
    locked = await barred(uow, to, ids)
    if locked:
        which = ", ".join(sorted(row["reference"] for row in rows if row["id"] in locked))
        raise Unprocessable(f"{found.name} cannot hold {which}. Give it to somebody else.")
    await audit.record(
        uow,
        "household.handed_over",
        subjects=[row["id"] for row in rows],
        before={str(row["id"]): {"person": row["was"], "name": row["was_called"]} for row in rows},
        after={"person": to, "name": found.name},
    )
