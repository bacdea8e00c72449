"""Break-glass: two colleagues let a third in for a few hours while nobody can sign in.

Whoever begins it and whoever agrees each get one half of a code and tell it to the duty worker by telephone. Neither of
them is let in by it, so one person alone, whoever it is, can never both begin and use it. All of it is on the record,
and the authority's data protection officers are told when it begins and when it is used.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Acting, Database, Uow
from careshare.errors import Conflict
from careshare.identity.principal import Principal
from careshare.identity.sessions import new_secret, session_hash
from careshare.identity.temporary import colleagues, from_now, give, wrong

ROLES_LENT: Final = ("out_of_hours",)
LONGEST: Final = timedelta(hours=4)
ALPHABET: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
HALF: Final = 5
"""Letters of a half: 28 million of them. Twenty wrong tries by somebody who knows the other spend the code."""

OFFICERS = text("select tenants.staff_holding('{data_protection_officer}')")
BEGIN = text("select identity.begin_break_glass_code(:id, :half)")
SECOND = text("select identity.second_break_glass(:id, :half)")
WAITING = text("select identity.break_glass_waiting(:email)")
USE = text("select * from identity.use_break_glass(:email, :one, :other, :secret, :device)")


class LetIn(msgspec.Struct, frozen=True):
    """Whom a break-glass lets in, for how many hours and why."""

    person_id: UUID
    hours: int
    reason: str


class Entered(msgspec.Struct, frozen=True):
    """A session begun by break-glass."""

    secret: str
    person_id: UUID
    authority_id: UUID
    until: datetime


async def begin(uow: Uow, principal: Principal, secret_key: str, wanted: LetIn) -> str:
    """Begin to let a colleague in who cannot sign in. Returns the first half of the code; it opens nothing by itself.

    Data protection officers are told at once. Raises Invalid.
    """
    if all(one.person_id != wanted.person_id for one in await colleagues(uow)):
        raise wrong("person", "Select who is to be let in")
    lasts = timedelta(hours=wanted.hours)
    if not timedelta() < lasts <= LONGEST:
        raise wrong("hours", "Select for how long, 4 hours at most")
    term = await from_now(uow, lasts, wanted.reason)
    made = await give(uow, "break_glass", wanted.person_id, ROLES_LENT, term, confirmed=principal.stepped_up)
    half = new_half()
    if not await uow.scalar(BEGIN, {"id": made, "half": hash_of(secret_key, half)}):
        raise Conflict("It has ended meanwhile.")
    await tell_officers(uow)
    return half


async def second(uow: Uow, principal: Principal, secret_key: str, which: UUID) -> str:
    """Agree, as a second person, that a colleague is let in. Returns the second half of the code.

    Raises Conflict for whoever began it, is to be let in, or comes too late.
    """
    half = new_half()
    person_id = await uow.scalar(SECOND, {"id": which, "half": hash_of(secret_key, half)})
    if person_id is None:
        raise Conflict("Somebody else than who began it and who is let in must agree, and before it ends.")
    after = {"confirmed": principal.stepped_up}
    await audit.record(uow, "break_glass.seconded", subjects=[which, person_id], after=after)
    return half


async def waiting(database: Database, email: str) -> UUID | None:
    """The newest break-glass that somebody may come in by: what their failed attempts are counted for."""
    async with database.unbound() as uow:
        found: UUID | None = await uow.scalar(WAITING, {"email": email.strip()})
    return found


async def enter(
    database: Database, secret_key: str, email: str, halves: tuple[str, str], device: str
) -> Entered | None:
    """Begin a session with two halves told by telephone, in either order; None if they do not let this person in."""
    secret = new_secret()
    one, other = (hash_of(secret_key, half) for half in halves)
    shown = {"email": email.strip(), "one": one, "other": other, "secret": session_hash(secret), "device": device}
    async with database.unbound() as uow:
        row = (await uow.execute(USE, shown)).one_or_none()
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


def new_half() -> str:
    """Letters that are told apart when they are spoken."""
    return "".join(secrets.choice(ALPHABET) for _ in range(HALF))


def hash_of(secret_key: str, half: str) -> bytes:
    """What is kept of a half: worth nothing without the service's key."""
    plain = "".join(letter for letter in half.upper() if letter.isalnum())
    return hmac.digest(secret_key.encode(), b"break-glass:" + plain.encode(), hashlib.sha256)
