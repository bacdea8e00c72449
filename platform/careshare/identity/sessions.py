"""Browser sessions. The cookie holds a random secret; the database only its hash."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from careshare.database import Credential, Uow

SESSION_COOKIE = "careshare_session"
SESSION_LASTS = timedelta(hours=12)

OPEN = text("select identity.open_session(:hash, :person, :authority, :lasts)")
END = text("select identity.end_session(:hash)")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def session_credential(secret: str, purpose: str) -> Credential:
    """What the database is shown for a cookie."""
    return Credential("session", _digest(secret).hex(), purpose)


async def open_session(uow: Uow, person_id: UUID, authority_id: UUID) -> str | None:
    """Start a session and return the secret for the cookie; None if the person is not a member of the authority."""
    secret = secrets.token_urlsafe(32)
    opened = await uow.scalar(
        OPEN, {"hash": _digest(secret), "person": person_id, "authority": authority_id, "lasts": SESSION_LASTS}
    )
    return secret if opened else None


async def end_session(uow: Uow, secret: str) -> None:
    """End the session at once, on the server."""
    await uow.execute(END, {"hash": _digest(secret)})
