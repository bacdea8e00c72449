"""One-time links: a short-lived address `/l/<secret>` that lets whoever holds it do one thing, once.

The database keeps the sha256 of the secret. Opening the address shows a page with a button; only the button uses the
link up, because scanners of mail open every address they find. What a link does is declared by the room that makes it:

    @links.purpose("confirm_vacancy", title="Confirm a vacancy", button="Yes, it is still free")
    async def confirm(uow: Uow, link: Link) -> Used: ...
"""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow

LONGEST: Final = timedelta(days=14)
"""No link lasts longer. Careshare's own choice."""

PATH: Final = "/l/"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")

SINCE = text("""
    select distinct subject_id from messages.one_time_link
    where authority_id = (select careshare.authority()) and purpose = :purpose and created_at >= :since
""")
MAKE = text("""
    insert into messages.one_time_link (authority_id, id, purpose, subject_id, person_id, expires_at)
    values (careshare.authority(), :id, :purpose, :subject, :person, clock_timestamp() + cast(:lasts as interval))
""")
LOOK = text("select purpose, state from messages.look_at_link(:id)")
SEE = text("select purpose, subject_id, authority_id, person_id from messages.see_link(:id)")
HELD = text("""
    select roles from tenants.member where authority_id = (select careshare.authority()) and person_id = :person
      and starts <= current_date and (ends is null or ends > current_date)
""")
USE = text("select purpose, subject_id, authority_id, person_id from messages.use_link(:id)")

State = Literal["usable", "used", "expired"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was just used up. `person_id` is in whose name; None: nobody in person."""

    purpose: str
    subject_id: UUID
    authority_id: UUID
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Used:
    """What to show when a link has done its thing; with `path`, that page of ours is opened instead."""

    title: str
    text: str = ""
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """What links of one kind are for, in the words of the page that shows the button."""

    name: str
    title: str
    text: str
    button: str
    run: Callable[[Uow, Link], Awaitable[Used]]
    about: Callable[[Uow, Link], Awaitable[str]] | None
    permission: str | None


_purposes: dict[str, Purpose] = {}


def purpose(
    name: str,
    *,
    title: str,
    button: str,
    text: str = "",
    about: Callable[[Uow, Link], Awaitable[str]] | None = None,
    permission: str | None = None,
) -> Callable[[Callable[[Uow, Link], Awaitable[Used]]], Callable[[Uow, Link], Awaitable[Used]]]:
    """Declare what a link of this purpose does. It runs bound to the link's authority and person, in the transaction
    that uses the link up: if it raises, the link still works. `about` says what the link is about to whoever holds it,
    who may not have signed in: never a name or an address. With `permission` the person whose link it is must hold it
    at that moment: a link gives nobody what their roles no longer do.
    """

    def register(run: Callable[[Uow, Link], Awaitable[Used]]) -> Callable[[Uow, Link], Awaitable[Used]]:
        if name in _purposes:
            raise ValueError(f"the purpose {name} is declared twice")
        _purposes[name] = Purpose(name, title, text, button, run, about, permission)
        return run

    return register


def purposes() -> Mapping[str, Purpose]:
    """Every purpose that was declared."""
    return _purposes


async def one_time_link(
    uow: Uow, purpose: str, subject_id: UUID, lasts: timedelta, *, person_id: UUID | None = None
) -> str:
    """A new link's path, `/l/<secret>`, for the bound authority. The secret is nowhere else: send it or lose it.

    `person_id` is in whose name the link is used: it stops working when they no longer work for the authority.
    """
    if not timedelta() < lasts <= LONGEST:
        raise ValueError(f"a one-time link lasts up to {LONGEST.days} days")
    secret = secrets.token_urlsafe(32)
    await uow.execute(
        MAKE,
        {"id": _digest(secret), "purpose": purpose, "subject": subject_id, "person": person_id, "lasts": lasts},
    )
    return PATH + secret


async def linked_since(uow: Uow, purpose: str, since: datetime) -> set[UUID]:
    """The subjects for which the bound authority has made links of this purpose since a moment."""
    return set((await uow.execute(SINCE, {"purpose": purpose, "since": since})).scalars())


async def look_at_link(uow: Uow, secret: str) -> tuple[str, State] | None:
    """The purpose of a link and whether it can still be used; None if there is none. Changes nothing."""
    if not _SECRET.fullmatch(secret):
        return None
    row = (await uow.execute(LOOK, {"id": _digest(secret)})).one_or_none()
    return None if row is None else (row.purpose, row.state)


async def see_link(uow: Uow, secret: str) -> Link | None:
    """The link, if it still works, without using it up; the unbound unit of work is then bound as for its use."""
    if not _SECRET.fullmatch(secret):
        return None
    row = (await uow.execute(SEE, {"id": _digest(secret)})).one_or_none()
    return None if row is None else Link(row.purpose, row.subject_id, row.authority_id, row.person_id)


async def use_link(uow: Uow, secret: str) -> Link | None:
    """Use the link up: of any number of callers one gets it, the others None, as for one that expired or never was.

    For an unbound unit of work, which is then bound to the link's authority, and to its person or else to nobody in
    person; if it is rolled back, the link still works.
    """
    if not _SECRET.fullmatch(secret):
        return None
    row = (await uow.execute(USE, {"id": _digest(secret)})).one_or_none()
    if row is None:
        return None
    link = Link(row.purpose, row.subject_id, row.authority_id, row.person_id)
    await audit.record(uow, "link.used", subjects=[link.subject_id], after={"purpose": link.purpose})
    return link


async def roles_behind(uow: Uow, link: Link) -> list[str]:
    """The roles that the person whose link it is holds now, for the authority it is bound to."""
    return list(await uow.scalar(HELD, {"person": link.person_id}) or ())


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
