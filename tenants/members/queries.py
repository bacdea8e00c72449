"""Reads of an authority's members. Names and addresses come from one function of the database, never a table."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, text

from careshare.database import Uow
from careshare.errors import NotFound
from tenants.members.model import (
    ADMINISTRATOR,
    DORMANT_AFTER,
    LEFT_LATELY,
    Filters,
    Member,
    Review,
    Settings,
)

LONDON: Final = ZoneInfo("Europe/London")

STATED = """
  select m.*, case
    when m.ends <= current_date then 'left'
    when m.starts > current_date then 'future'
    when m.invited_at is not null and m.accepted_at is null and m.expires_at <= now() then 'expired'
    when m.invited_at is not null and m.accepted_at is null then 'invited'
    else 'active' end as state
  from tenants.members({given}) m
"""
COLUMNS = """
  id, person_id, name, email, roles, state, starts, ends, signed_in_at, invited_at,
  expires_at as invitation_expires_at, version
"""
ONE = text(f"select {COLUMNS} from ({STATED.format(given='which => :id')}) m")  # noqa: S608  # our own text
LIST = text(f"""
select {COLUMNS} from ({STATED.format(given="")}) m
where (cast(:q as text) is null or position(lower(:q) in lower(m.name || ' ' || m.email)) > 0)
  and case when cast(:state as text) is null then m.state <> 'left' else m.state = :state end
  and (cast(:role as text) is null or :role = any(m.roles))
  and (cast(:after as uuid) is null
    or (m.name, m.id) > (select l.name, l.id from tenants.members(which => cast(:after as uuid)) l))
order by m.name, m.id limit :limit
""")  # noqa: S608  # our own text
REVIEW = text(f"""
select {COLUMNS}, case when m.state = 'left' then 'left' when m.state = 'expired' then 'expired'
    when m.signed_in_at is null then 'never' else 'dormant' end as why
from ({STATED.format(given="")}) m
where m.state = 'left' and m.ends > cast(:left_since as date) or m.state = 'expired'
  or m.state = 'active' and m.signed_in_at < :dormant_since
  or m.state = 'active' and m.signed_in_at is null and m.created_at < :dormant_since
order by m.name, m.id
""")  # noqa: S608  # our own text
ADMINISTRATORS = text(f"""
select {COLUMNS} from ({STATED.format(given="")}) m
where m.state = 'active' and :role = any(m.roles) order by m.name, m.id
""")  # noqa: S608  # our own text
SETTINGS = text(
    "select default_roles, version from tenants.membership_settings where authority_id = (select careshare.authority())"
)
COUNTS = text(f"""
select m.state, count(*) as number from ({STATED.format(given="")}) m group by m.state
""")  # noqa: S608  # our own text


def today() -> date:
    """The date in London now."""
    return datetime.now(LONDON).date()


def _member(row: RowMapping) -> Member:
    return Member(**{name: row[name] for name in Member.__struct_fields__})


async def member(uow: Uow, member_id: UUID) -> Member:
    """One member of the bound authority. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": member_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _member(row)


async def members(
    uow: Uow, filters: Filters, *, after: UUID | None = None, limit: int = 50
) -> tuple[list[Member], bool]:
    """Members by name, and whether there are more. Those who left are listed only when asked for.

    `after` is the last one of the page before: an id, since it stands in an address and a name must not.
    """
    asked = {"q": filters.q, "state": filters.state, "role": filters.role, "after": after}
    rows = (await uow.execute(LIST, {**asked, "limit": limit + 1})).mappings()
    found = [_member(row) for row in rows]
    return found[:limit], len(found) > limit


async def counts(uow: Uow) -> dict[str, int]:
    """How many members there are in each state."""
    return {row["state"]: row["number"] for row in (await uow.execute(COUNTS)).mappings()}


async def review(uow: Uow) -> Review:
    """Whom an administrator should look at, by name."""
    rows = (
        await uow.execute(
            REVIEW, {"left_since": today() - LEFT_LATELY, "dormant_since": datetime.now(UTC) - DORMANT_AFTER}
        )
    ).mappings()
    found: dict[str, list[Member]] = {name: [] for name in Review.__struct_fields__}
    for row in rows:
        found[row["why"]].append(_member(row))
    return Review(**found)


async def administrators(uow: Uow) -> list[Member]:
    """The bound authority's active administrators."""
    return [_member(row) for row in (await uow.execute(ADMINISTRATORS, {"role": ADMINISTRATOR})).mappings()]


async def membership_settings(uow: Uow) -> Settings:
    """How members of the bound authority come about; without roles by default until it says otherwise."""
    row = (await uow.execute(SETTINGS)).mappings().one_or_none()
    return Settings(**row) if row else Settings([], 0)
