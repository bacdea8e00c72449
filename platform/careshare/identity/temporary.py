"""Roles held for a time: deputies, delegations to others' staff, support by invitation; and what break-glass shares.

All are the bound authority's own to give and to end, and each step is on its record. The database refuses a role given
to oneself, a break-glass longer than four hours or seconded by who began it or is let in, and support longer than seven
days. A deputy holds what whom they stand in for holds: `identity.enter` looks at each request.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound

Kind = Literal["deputy", "delegation", "support", "break_glass"]

DELEGATED: Final = ("out_of_hours", "regional_placement_officer")
"""What may be delegated to somebody else's staff (access-model: People)."""
NEVER_DEPUTISED: Final = frozenset({"authority_administrator", "api_client", "support_engineer"})
LONGEST_SUPPORT: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=366)

LISTED = text("""
    select t.id, t.kind, t.person_id, p.name, p.email, t.roles, f.name as for_name, lower(t.during) as since,
      upper(t.during) as until, t.reason, g.name as granted_by, s.name as second_by, t.granted_by as granted_by_id,
      t.second_by as second_by_id, t.ended_at,
      case when t.ended_at is not null or upper(t.during) <= now() then 'ended'
        when lower(t.during) > now() then 'to come'
        when t.kind = 'deputy' and not exists (select from tenants.member m where m.authority_id = t.authority_id
          and m.person_id = t.for_person and m.roles && t.roles
          and m.starts <= current_date and (m.ends is null or m.ends > current_date)) then 'lapsed'
        else 'now' end as stage
    from tenants.temporary_role t
    join identity.temporary_people() p on p.person_id = t.person_id
    join identity.temporary_people() g on g.person_id = t.granted_by
    left join identity.temporary_people() f on f.person_id = t.for_person
    left join identity.temporary_people() s on s.person_id = t.second_by
    where t.authority_id = (select careshare.authority()) and t.kind = any(:kinds)
      and coalesce(t.ended_at, upper(t.during)) > now() - interval '90 days'
    order by t.ended_at is not null or upper(t.during) <= now(), upper(t.during), t.id
""")
MEMBERS = text("""
    select m.person_id, c.name, m.roles from tenants.member m
    join identity.colleagues(array(select person_id from tenants.member
      where authority_id = (select careshare.authority()))) c on c.person_id = m.person_id
    where m.authority_id = (select careshare.authority())
      and m.starts <= current_date and (m.ends is null or m.ends > current_date) and not 'api_client' = any(m.roles)
      and not exists (select from identity.client k where k.authority_id = m.authority_id and k.person_id = m.person_id)
    order by c.name, m.person_id
""")
ACTOR = text("select careshare.actor()")
NOW = text("select now()")
PERSON_FOR = text("select identity.person_for(:email, :name)")
GIVE = text("""
    insert into tenants.temporary_role (authority_id, person_id, kind, roles, for_person, during, reason)
    values (careshare.authority(), :person, :kind, :roles, :for_person, tstzrange(:since, :until), :reason)
    returning id
""")
END = text("""
    update tenants.temporary_role set ended_at = now(), ended_by = careshare.actor()
    where authority_id = (select careshare.authority()) and id = :id and ended_at is null and upper(during) > now()
      and kind = any(:kinds)
    returning person_id, kind, roles
""")


class Term(msgspec.Struct, frozen=True):
    """From when to when a role is held, and why."""

    since: datetime
    until: datetime
    reason: str


class Colleague(msgspec.Struct, frozen=True):
    """Somebody who works for the authority now."""

    person_id: UUID
    name: str
    roles: Sequence[str]


class TemporaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A role held for a time, as its authority sees it."""

    id: UUID
    kind: Kind
    person_id: UUID
    name: str
    email: str
    roles: Sequence[str]
    for_name: str | None
    since: datetime
    until: datetime
    reason: str
    granted_by: str
    second_by: str | None
    granted_by_id: UUID
    second_by_id: UUID | None
    ended_at: datetime | None
    stage: Literal["ended", "to come", "now", "lapsed"]
    """`lapsed`: whom a deputy stands in for no longer holds the role."""


async def listed(uow: Uow, *kinds: Kind) -> list[TemporaryRow]:
    """The authority's roles for a time of these kinds: those that stand first, then the ended of the last 90 days."""
    rows = (await uow.execute(LISTED, {"kinds": list(kinds)})).mappings().all()
    return [TemporaryRow(**row) for row in rows]


async def one(uow: Uow, which: UUID, kind: Kind) -> TemporaryRow:
    """One of them. Raises NotFound."""
    found = next((row for row in await listed(uow, kind) if row.id == which), None)
    if found is None:
        raise NotFound
    return found


async def colleagues(uow: Uow) -> list[Colleague]:
    """Who works for the bound authority now, by name. Machines are nobody's colleagues."""
    rows = (await uow.execute(MEMBERS)).mappings().all()
    return [Colleague(**row) for row in rows]


async def appoint_deputy(uow: Uow, person_id: UUID, for_person: UUID, term: Term) -> UUID:
    """Let a colleague act in the name of another, with that one's roles. Raises Invalid."""
    known = {one.person_id: one for one in await colleagues(uow)}
    if person_id not in known:
        raise wrong("person", "Select who is to be the deputy")
    if for_person not in known or for_person == person_id:
        raise wrong("for_person", "Select somebody else to act in the name of")
    roles = [role for role in known[for_person].roles if role not in NEVER_DEPUTISED]
    if not roles:
        raise wrong("for_person", "Their roles cannot be held by a deputy")
    return await give(uow, "deputy", person_id, roles, term, for_person=for_person)


async def delegate(uow: Uow, email: str, name: str, role: str, term: Term) -> UUID:
    """Let somebody, of whatever employer, act for the bound authority in one role. Raises Invalid."""
    if role not in DELEGATED:
        raise wrong("role", "Select the role to delegate")
    person_id = await _person(uow, email, name)
    return await give(uow, "delegation", person_id, (role,), term)


async def invite_support(uow: Uow, email: str, name: str, lasts: timedelta, reason: str) -> UUID:
    """Let a support engineer in from now on for `lasts`, seven days at most. Raises Invalid."""
    if not timedelta() < lasts <= LONGEST_SUPPORT:
        raise wrong("hours", "Support may be let in for 7 days at most")
    person_id = await _person(uow, email, name)
    return await give(uow, "support", person_id, ("support_engineer",), await from_now(uow, lasts, reason))


async def end(uow: Uow, which: UUID, *kinds: Kind) -> None:
    """End it at once: the next request of whoever held it is refused what it gave. Raises NotFound."""
    row = (await uow.execute(END, {"id": which, "kinds": list(kinds)})).one_or_none()
    if row is None:
        raise NotFound
    action = "break_glass.ended" if row.kind == "break_glass" else "temporary_role.ended"
    await audit.record(uow, action, subjects=[which, row.person_id], before={"kind": row.kind, "roles": row.roles})


async def from_now(uow: Uow, lasts: timedelta, reason: str) -> Term:
    """A term that begins with this transaction, by the database's clock."""
    now: datetime = (await uow.execute(NOW)).scalar_one()
    return Term(now, now + lasts, reason)


async def _person(uow: Uow, email: str, name: str) -> UUID:
    found: UUID | None = await uow.scalar(PERSON_FOR, {"email": email, "name": name})
    if found is None:
        raise wrong("email", "That e-mail address cannot be used")
    return found


async def give(
    uow: Uow,
    kind: Kind,
    person_id: UUID,
    roles: Sequence[str],
    term: Term,
    *,
    for_person: UUID | None = None,
    **said: object,
) -> UUID:
    """Give roles to another, on the record with what else is `said` of it. Raises Invalid."""
    if term.until <= term.since or term.until <= datetime.now(UTC):
        raise wrong("until", "The end must be in the future and after the start")
    if term.until - term.since > LONGEST:
        raise wrong("until", "It may last for a year at most; give it again then")
    if person_id == (await uow.execute(ACTOR)).scalar_one():
        raise wrong("person", "Nobody gives a role to themselves: ask another administrator")
    held = {"kind": kind, "roles": list(roles), "for_person": for_person, **msgspec.structs.asdict(term)}
    made: UUID = (await uow.execute(GIVE, {**held, "person": person_id})).scalar_one()
    action = "break_glass.begun" if kind == "break_glass" else "temporary_role.given"
    await audit.record(uow, action, subjects=[made, person_id], after={**held, **said})
    return made


def wrong(field: str, message: str) -> Invalid:
    """What one field of a form has wrong."""
    return Invalid(message, errors=[FieldError(field, message)])
