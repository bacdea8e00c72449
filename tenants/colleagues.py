"""Who works for the bound authority now, for whoever chooses a colleague: by name, in roles that fit."""

from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow

NOW = text("""
    select m.person_id, m.name, m.email, m.roles from tenants.members() m
    where m.starts <= current_date and (m.ends is null or m.ends > current_date)
      and m.roles && cast(:roles as text[]) and (cast(:person as uuid) is null or m.person_id = cast(:person as uuid))
    order by m.name, m.person_id
""")
LOCKED = text("""
    select subject_id from tenants.record_lock
    where authority_id = (select careshare.authority()) and person_id = :person and subject_id = any(:subjects)
""")


class Colleague(msgspec.Struct, frozen=True):
    """Somebody who works for the authority, by the name it gave them."""

    person_id: UUID
    name: str
    email: str
    roles: list[str]


async def colleagues(uow: Uow, roles: Collection[str]) -> list[Colleague]:
    """Whoever is a member today and has one of these roles, by name."""
    rows = (await uow.execute(NOW, {"roles": sorted(roles), "person": None})).mappings()
    return [Colleague(**row) for row in rows]


async def colleague(uow: Uow, person_id: UUID, roles: Collection[str]) -> Colleague | None:
    """One of them; None where they are no member today or have none of these roles."""
    row = (await uow.execute(NOW, {"roles": sorted(roles), "person": person_id})).mappings().one_or_none()
    return None if row is None else Colleague(**row)


async def locked_from(uow: Uow, person_id: UUID, subjects: Collection[UUID]) -> set[UUID]:
    """Those of these records that are locked from a colleague, who can hold none of them."""
    return set((await uow.execute(LOCKED, {"person": person_id, "subjects": list(subjects)})).scalars())
