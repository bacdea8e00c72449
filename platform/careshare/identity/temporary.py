"""Roles held for a time: deputies, delegations to others' staff, support by invitation, and break-glass.

All are the bound authority's own to give and to end, and each step is on its record. The database refuses a role given
to oneself, a break-glass longer than four hours or seconded by who began it, and support longer than seven days.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Acting, Database, Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from careshare.identity.principal import Principal
from careshare.identity.sessions import new_secret, session_hash

Kind = Literal["deputy", "delegation", "support", "break_glass"]

DELEGATED: Final = ("out_of_hours", "regional_placement_officer")
"""What may be delegated to somebody else's staff (access-model: People)."""
NEVER_DEPUTISED: Final = frozenset({"authority_administrator", "api_client", "support_engineer"})
BREAK_GLASS_ROLES: Final = ("out_of_hours",)
SUFFICES_WITH_THE_WORKER: Final = frozenset({"director", "authority_administrator"})
"""Whoever of these begins a break-glass needs no second colleague: the duty worker is the second person."""
LONGEST_BREAK_GLASS: Final = timedelta(hours=4)
LONGEST_SUPPORT: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=366)
CODE_ALPHABET: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH: Final = 10

LISTED = text("""
    select t.id, t.kind, t.person_id, p.name, p.email, t.roles, f.name as for_name, lower(t.during) as since,
      upper(t.during) as until, t.reason, g.name as granted_by, s.name as second_by, t.granted_by as granted_by_id,
      t.second_by as second_by_id, t.ended_at,
      case when t.ended_at is not null or upper(t.during) <= now() then 'ended'
        when lower(t.during) > now() then 'to come' else 'now' end as stage
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
      and m.starts <= current_date and (m.ends is null or m.ends > current_date)
    order by c.name, m.person_id
""")
ACTOR = text("select careshare.actor()")
NOW = text("select now()")
PERSON_FOR = text("select identity.person_for(:email, :name)")
GIVE = text("""
    insert into tenants.temporary_role (authority_id, person_id, kind, roles, for_person, during, reason, granted_by)
    values (careshare.authority(), :person, :kind, :roles, :for_person, tstzrange(:since, :until), :reason,
      careshare.actor())
    returning id
""")
END = text("""
    update tenants.temporary_role set ended_at = now(), ended_by = careshare.actor()
    where authority_id = (select careshare.authority()) and id = :id and ended_at is null and upper(during) > now()
      and kind = any(:kinds)
    returning person_id, kind, roles
""")
SECOND = text("""
    update tenants.temporary_role set second_by = careshare.actor()
    where authority_id = (select careshare.authority()) and id = :id and kind = 'break_glass' and second_by is null
      and ended_at is null and during @> now() and granted_by <> careshare.actor() and person_id <> careshare.actor()
    returning person_id
""")
OFFICERS = text("""
    select person_id from tenants.member where authority_id = (select careshare.authority())
      and 'data_protection_officer' = any(roles)
      and starts <= current_date and (ends is null or ends > current_date)
""")
KEEP_CODE = text("select identity.keep_break_glass_code(:id, :hash)")
USE_CODE = text("select * from identity.use_break_glass(:email, :code, :secret, :device)")


class Term(msgspec.Struct, frozen=True):
    """From when to when a role is held, and why."""

    since: datetime
    until: datetime
    reason: str


class LetIn(msgspec.Struct, frozen=True):
    """Whom a break-glass lets in, for how many hours and why."""

    person_id: UUID
    hours: int
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
    stage: Literal["ended", "to come", "now"]


class Entered(msgspec.Struct, frozen=True):
    """A session begun by break-glass."""

    secret: str
    person_id: UUID
    authority_id: UUID
    until: datetime


async def listed(uow: Uow, *kinds: Kind) -> list[TemporaryRow]:
    """The authority's roles for a time of these kinds: those that stand first, then the ended of the last 90 days."""
    rows = (await uow.execute(LISTED, {"kinds": list(kinds)})).mappings().all()
    return [TemporaryRow(**row) for row in rows]


async def colleagues(uow: Uow) -> list[Colleague]:
    """Who works for the bound authority now, by name."""
    rows = (await uow.execute(MEMBERS)).mappings().all()
    return [Colleague(**row) for row in rows]


async def appoint_deputy(uow: Uow, person_id: UUID, for_person: UUID, term: Term) -> UUID:
    """Let a colleague act in the name of another, with that one's roles. Raises Invalid."""
    known = {one.person_id: one for one in await colleagues(uow)}
    if person_id not in known:
        raise _wrong("person", "Select who is to be the deputy")
    if for_person not in known or for_person == person_id:
        raise _wrong("for_person", "Select somebody else to act in the name of")
    roles = [role for role in known[for_person].roles if role not in NEVER_DEPUTISED]
    if not roles:
        raise _wrong("for_person", "Their roles cannot be held by a deputy")
    return await _give(uow, "deputy", person_id, roles, term, for_person=for_person)


async def delegate(uow: Uow, email: str, name: str, role: str, term: Term) -> UUID:
    """Let somebody, of whatever employer, act for the bound authority in one role. Raises Invalid."""
    if role not in DELEGATED:
        raise _wrong("role", "Select the role to delegate")
    person_id = await _person(uow, email, name)
    return await _give(uow, "delegation", person_id, (role,), term)


async def invite_support(uow: Uow, email: str, name: str, lasts: timedelta, reason: str) -> UUID:
    """Let a support engineer in from now on for `lasts`, seven days at most. Raises Invalid."""
    if not timedelta() < lasts <= LONGEST_SUPPORT:
        raise _wrong("hours", "Support may be let in for 7 days at most")
    person_id = await _person(uow, email, name)
    return await _give(uow, "support", person_id, ("support_engineer",), await _from_now(uow, lasts, reason))


async def end(uow: Uow, which: UUID, *kinds: Kind) -> None:
    """End it at once: the next request of whoever held it is refused what it gave. Raises NotFound."""
    row = (await uow.execute(END, {"id": which, "kinds": list(kinds)})).one_or_none()
    if row is None:
        raise NotFound
    action = "break_glass.ended" if row.kind == "break_glass" else "temporary_role.ended"
    await audit.record(uow, action, subjects=[which, row.person_id], before={"kind": row.kind, "roles": row.roles})


async def begin_break_glass(uow: Uow, principal: Principal, secret_key: str, wanted: LetIn) -> str | None:
    """Begin to let a colleague in who cannot sign in. Returns the code to tell them, or None where a second colleague
    must agree first. Data protection officers are told at once. Raises Invalid.
    """
    if all(one.person_id != wanted.person_id for one in await colleagues(uow)):
        raise _wrong("person", "Select who is to be let in")
    lasts = timedelta(hours=wanted.hours)
    if not timedelta() < lasts <= LONGEST_BREAK_GLASS:
        raise _wrong("hours", "Select for how long, 4 hours at most")
    term = await _from_now(uow, lasts, wanted.reason)
    made = await _give(uow, "break_glass", wanted.person_id, BREAK_GLASS_ROLES, term)
    await tell_officers(uow)
    if not SUFFICES_WITH_THE_WORKER & set(principal.roles):
        return None
    return await _code(uow, secret_key, made)


async def second_break_glass(uow: Uow, secret_key: str, which: UUID) -> str:
    """Agree, as a second person, that a colleague is let in; returns the code to tell them.

    Raises Conflict for whoever began it, is to be let in, or comes too late.
    """
    row = (await uow.execute(SECOND, {"id": which})).one_or_none()
    if row is None:
        raise Conflict("Somebody else than who began it and who is let in must agree, and before it ends.")
    await audit.record(uow, "break_glass.seconded", subjects=[which, row.person_id])
    return await _code(uow, secret_key, which)


async def enter_break_glass(database: Database, secret_key: str, email: str, code: str, device: str) -> Entered | None:
    """Begin a break-glass session with a code told by telephone; None if that does not let this person in."""
    secret = new_secret()
    shown = {"email": email.strip(), "code": _hash(secret_key, code), "secret": session_hash(secret), "device": device}
    async with database.unbound() as uow:
        row = (await uow.execute(USE_CODE, shown)).one_or_none()
    if row is None:
        return None
    async with database.bound(Acting(row.authority_id, row.person_id, "break-glass")) as uow:
        await audit.record(uow, "break_glass.entered", subjects=[row.role_id], after={"until": row.until})
        await tell_officers(uow)
    return Entered(secret, row.person_id, row.authority_id, row.until)


async def tell_officers(uow: Uow) -> None:
    """Tell the authority's data protection officers that break-glass is used."""
    from careshare.messages import send_staff  # noqa: PLC0415  # messages lean on identity, not the other way

    for person_id in (await uow.execute(OFFICERS)).scalars().all():
        await send_staff(uow, person_id, "break_glass", {"link": "/record"})


async def _code(uow: Uow, secret_key: str, which: UUID) -> str:
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    if not await uow.scalar(KEEP_CODE, {"id": which, "hash": _hash(secret_key, code)}):
        raise Conflict("A code has been given for this already.")
    return code


def _hash(secret_key: str, code: str) -> bytes:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hmac.digest(secret_key.encode(), b"break-glass:" + plain.encode(), hashlib.sha256)


async def _from_now(uow: Uow, lasts: timedelta, reason: str) -> Term:
    """A term that begins with this transaction, by the database's clock."""
    now: datetime = (await uow.execute(NOW)).scalar_one()
    return Term(now, now + lasts, reason)


async def _person(uow: Uow, email: str, name: str) -> UUID:
    found: UUID | None = await uow.scalar(PERSON_FOR, {"email": email, "name": name})
    if found is None:
        raise _wrong("email", "That e-mail address cannot be used")
    return found


async def _give(
    uow: Uow, kind: Kind, person_id: UUID, roles: Sequence[str], term: Term, *, for_person: UUID | None = None
) -> UUID:
    if term.until <= term.since or term.until <= datetime.now(UTC):
        raise _wrong("until", "The end must be in the future and after the start")
    if term.until - term.since > LONGEST:
        raise _wrong("until", "It may last for a year at most; give it again then")
    if person_id == (await uow.execute(ACTOR)).scalar_one():
        raise _wrong("person", "Nobody gives a role to themselves: ask another administrator")
    held = {"kind": kind, "roles": list(roles), "for_person": for_person, **msgspec.structs.asdict(term)}
    made: UUID = (await uow.execute(GIVE, {**held, "person": person_id})).scalar_one()
    action = "break_glass.begun" if kind == "break_glass" else "temporary_role.given"
    await audit.record(uow, action, subjects=[made, person_id], after=held)
    return made


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, errors=[FieldError(field, message)])
