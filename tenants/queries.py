"""What anybody may know of authorities, and what an authority knows of its own agreements."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow

AUTHORITIES = text("""
    select a.id, a.dfe_code, a.gss_code, a.name, a.short_name, a.duty_number, a.starts, a.ends
    from tenants.authority a
    where a.starts <= :day and (a.ends is null or a.ends > :day) order by a.name, a.id
""")
WITH_CODE = text("""
    select a.id, a.dfe_code, a.gss_code, a.name, a.short_name, a.duty_number, a.starts, a.ends
    from tenants.authority_code c join tenants.authority a on a.id = c.authority_id
    where c.gss_code = :gss and c.valid @> cast(:day as date) order by a.starts desc limit 1
""")
# An ended authority's successors may have ended since: follow them to those that stand.
SUCCESSORS = text("""
    with recursive next (id) as (
      select cast(:authority as uuid)
      union
      select s.successor_id from next n
      join tenants.authority_successor s on s.predecessor_id = n.id and s.since <= :day)
    select a.id, a.dfe_code, a.gss_code, a.name, a.short_name, a.duty_number, a.starts, a.ends
    from next n join tenants.authority a on a.id = n.id
    where a.starts <= :day and (a.ends is null or a.ends > :day) order by a.name, a.id
""")
AGREEMENTS = text("""
    select g.id, g.title, g.resource, g.detail, g.purpose, g.legal_gateway, g.lawful_basis, g.notice_days, g.state,
      g.in_force @> now() as running, g.reviewed_by
    from tenants.agreement g order by g.title, g.id
""")
PARTIES = text("""
    select p.agreement_id, p.authority_id, a.name, p.signed_by, p.signed_role, p.signed_at,
      case when p.leaves_at <= now() then p.leaves_at else p.left_at end as left_at
    from tenants.agreement_party p join tenants.authority a on a.id = p.authority_id
    order by p.agreement_id, a.name
""")


class Authority(msgspec.Struct, frozen=True):
    """A local authority. `ends` is the first day on which it is no longer one."""

    id: UUID
    dfe_code: str
    gss_code: str
    name: str
    short_name: str
    duty_number: str
    starts: date
    ends: date | None


class Party(msgspec.Struct, frozen=True):
    """A party of an agreement and who signed for it."""

    agreement_id: UUID
    authority_id: UUID
    name: str
    signed_by: str | None
    signed_role: str | None
    signed_at: datetime | None
    left_at: datetime | None


class Agreement(msgspec.Struct, frozen=True):
    """A sharing agreement of the bound authority. `running`: in its period now, whatever its state."""

    id: UUID
    title: str
    resource: str
    detail: str
    purpose: str
    legal_gateway: str
    lawful_basis: str
    notice_days: int
    state: str
    running: bool
    reviewed_by: date
    parties: tuple[Party, ...]


async def authorities(uow: Uow, day: date) -> list[Authority]:
    """Every authority there is on a day, by name."""
    rows = await uow.execute(AUTHORITIES, {"day": day})
    return [msgspec.convert(dict(row), Authority) for row in rows.mappings()]


async def authority_with_code(uow: Uow, gss_code: str, day: date) -> Authority | None:
    """The authority that had this GSS code on a day; None where nobody had. It may have ended since: see `standing`."""
    row = (await uow.execute(WITH_CODE, {"gss": gss_code, "day": day})).mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), Authority)


async def standing(uow: Uow, authority_id: UUID, day: date) -> list[Authority]:
    """Who answers for an authority on a day: itself while it stands, then whoever took over, by name."""
    rows = await uow.execute(SUCCESSORS, {"authority": authority_id, "day": day})
    return [msgspec.convert(dict(row), Authority) for row in rows.mappings()]


async def agreements(uow: Uow) -> list[Agreement]:
    """The agreements the bound authority is or was a party of, by title."""
    parties: dict[UUID, list[Party]] = {}
    for row in (await uow.execute(PARTIES)).mappings():
        party = msgspec.convert(dict(row), Party)
        parties.setdefault(party.agreement_id, []).append(party)
    rows = await uow.execute(AGREEMENTS)
    return [
        msgspec.convert({**row, "parties": tuple(parties.get(row["id"], ()))}, Agreement) for row in rows.mappings()
    ]
