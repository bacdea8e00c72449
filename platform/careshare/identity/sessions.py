"""Browser sessions. The cookie holds a random secret; the database only its hash.

A session ends unused, and at all, after as long as its authority says (`tenants.session_limits`). Nothing binds it to
an address on the network: a move between car, court and office signs nobody out.
"""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Credential, Uow

SESSION_COOKIE: Final = "careshare_session"
SIGNING_IN_COOKIE: Final = "careshare_signing_in"
"""Of somebody on the way to their provider and back. `Settings.cookie` gives the name as the browser knows it."""
COOKIE_SECONDS: Final = 48 * 3600
"""Longer than any session, so that a form sent after its end can be kept for whoever filled it in."""

OPEN = text("""
    select identity.open_session(:hash, :person, :authority, cast(:provider as uuid), cast(:provider_session as text),
      cast(:id_token as text), :stepped_up, :device)
""")
ROTATE = text("select identity.rotate_session(:old, :new, :step)")
SWITCH = text("select identity.switch_session(:old, :new, :authority)")
END = text("select identity.end_session(:hash)")
END_OF_PROVIDER = text("select identity.end_provider_session(:provider, :provider_session)")
OF_PROVIDER = text("select provider, provider_session, id_token from identity.provider_session(:hash)")
MINE = text("select * from identity.my_sessions(:hash)")
END_MINE = text("select identity.end_my_sessions(cast(:handle as uuid), :hash)")

_BROWSERS: Final = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"))
_BROWSERS_LAST: Final = (("Chrome", "Chrome"), ("CriOS", "Chrome"), ("FxiOS", "Firefox"), ("Safari", "Safari"))
_SYSTEMS: Final = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "a Chromebook"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)


class OwnSession(msgspec.Struct, frozen=True):
    """One of one's own sessions. `this` is the one that asks."""

    handle: UUID
    authority: str
    kind: str
    device: str
    began_at: datetime
    used_at: datetime
    ends_at: datetime
    this: bool


class ProviderSession(msgspec.Struct, frozen=True):
    """The session at an identity provider that one of ours began with."""

    provider: UUID
    provider_session: str | None
    id_token: str | None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def new_secret() -> str:
    """What a cookie holds: 256 random bits."""
    return secrets.token_urlsafe(32)


def session_credential(secret: str, purpose: str, needed: tuple[str, ...] = ()) -> Credential:
    """What the database is shown for a cookie."""
    return Credential("session", _digest(secret).hex(), purpose, needed)


def session_hash(secret: str) -> bytes:
    """What the database knows of a cookie's secret."""
    return _digest(secret)


def device_of(user_agent: str) -> str:
    """A browser and a system in a few plain words, to tell one's own sessions apart; empty where nothing is known."""
    browser = next((name for mark, name in _BROWSERS + _BROWSERS_LAST if re.search(rf"{mark}/", user_agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system


async def open_session(
    uow: Uow,
    person_id: UUID,
    authority_id: UUID,
    *,
    provider: UUID | None = None,
    provider_session: str | None = None,
    id_token: str | None = None,
    stepped_up: bool = False,
    device: str = "",
) -> str | None:
    """Start a session and return the secret for the cookie; None if the person may not act for the authority now.

    `provider` and what follows are kept so that signing out also ends the identity provider's session; `device` is what
    `device_of` says of the browser.
    """
    secret = new_secret()
    given = {
        "hash": _digest(secret),
        "person": person_id,
        "authority": authority_id,
        "provider": provider,
        "provider_session": provider_session,
        "id_token": id_token,
        "stepped_up": stepped_up,
        "device": device,
    }
    return secret if await uow.scalar(OPEN, given) else None


async def rotate_session(uow: Uow, secret: str, *, step_up: bool = False) -> str | None:
    """A new secret for the same session; the old one is worth nothing. None if it has ended.

    `step_up` says that the person has just confirmed who they are.
    """
    new = new_secret()
    rotated = await uow.scalar(ROTATE, {"old": _digest(secret), "new": _digest(new), "step": step_up})
    return new if rotated else None


async def switch_session(uow: Uow, secret: str, authority_id: UUID) -> str | None:
    """Go on for another authority in a new session and end this one; None if the person may not act for it.

    Asks for a unit of work bound to the session's person.
    """
    new = new_secret()
    switched = await uow.scalar(SWITCH, {"old": _digest(secret), "new": _digest(new), "authority": authority_id})
    return new if switched else None


async def end_session(uow: Uow, secret: str) -> None:
    """End the session at once, on the server."""
    await uow.execute(END, {"hash": _digest(secret)})


async def end_provider_session(uow: Uow, provider: UUID, provider_session: str) -> int:
    """End every session that began with one session of an identity provider (back-channel logout); how many."""
    ended: int = (
        await uow.execute(END_OF_PROVIDER, {"provider": provider, "provider_session": provider_session})
    ).scalar_one()
    return ended


async def provider_session_of(uow: Uow, secret: str) -> ProviderSession | None:
    """The provider's session behind an open session of ours; None where there is none."""
    row = (await uow.execute(OF_PROVIDER, {"hash": _digest(secret)})).mappings().one_or_none()
    return None if row is None or row["provider"] is None else ProviderSession(**row)


async def own_sessions(uow: Uow, secret: str) -> list[OwnSession]:
    """The bound person's sessions that stand: this one first, then the latest used."""
    rows = (await uow.execute(MINE, {"hash": _digest(secret)})).mappings().all()
    return [OwnSession(**row) for row in rows]


async def end_own_sessions(uow: Uow, secret: str, handle: UUID | None = None) -> int:
    """End one of the bound person's sessions, or without `handle` all but the one with this secret; how many."""
    ended: int = (await uow.execute(END_MINE, {"handle": handle, "hash": _digest(secret)})).scalar_one()
    return ended
