"""Signing in is slowed down where it fails again and again: for one account, and from one address.

Only attempts to sign in are counted, and a success forgets the account's, so whoever is signed in is never locked out.
What is kept is a keyed hash, never an address. A council's people may all come from one address, so that limit is wide
and counts failures alone.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import text

from careshare.database import Database

ATTEMPT = text("select identity.attempt(:key, :lim, :per)")
WAIT = text("select identity.attempts_left(:key, :lim, :per)")
FORGET = text("select identity.forget_attempts(:key)")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` within `per`."""

    times: int
    per: timedelta


ACCOUNT: Final = Limit(10, timedelta(minutes=15))
ADDRESS: Final = Limit(100, timedelta(minutes=15))


class SignInThrottle:
    """The attempts of one account from one address. `account` is what names it: an e-mail address, an id."""

    def __init__(self, database: Database, secret_key: str, *, account: str, address: str) -> None:
        self._database = database
        self._limits = [
            (_key(secret_key, "account", account.strip().lower()), ACCOUNT),
            (_key(secret_key, "address", address), ADDRESS),
        ]

    async def wait(self) -> int:
        """The seconds to wait before another attempt; 0 when it may be made. Counts nothing."""
        async with self._database.unbound() as uow:
            waits = [
                (await uow.execute(WAIT, {"key": key, "lim": limit.times, "per": limit.per})).scalar_one()
                for key, limit in self._limits
            ]
        return int(max(waits))

    async def failed(self) -> None:
        """Count a failed attempt, in a transaction of its own."""
        async with self._database.unbound() as uow:
            for key, limit in self._limits:
                await uow.execute(ATTEMPT, {"key": key, "lim": limit.times, "per": limit.per})

    async def succeeded(self) -> None:
        """Forget the account's failures; those of the address stand."""
        async with self._database.unbound() as uow:
            await uow.execute(FORGET, {"key": self._limits[0][0]})


def _key(secret_key: str, kind: str, value: str) -> bytes:
    return hmac.digest(secret_key.encode(), f"sign-in {kind}:{value}".encode(), hashlib.sha256)
