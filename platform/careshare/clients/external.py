"""Access tokens of an authority's own provider: the machine it names is a client of that authority, with its scopes.

The token is checked against the provider's keys (`careshare.signin`), then its application is looked up. What was found
is remembered for a minute at most and never longer than the token lasts; whether the client still stands is asked of
the database at every request, as for tokens of ours.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Credential, Database
from careshare.errors import Unavailable
from careshare.settings import Settings
from careshare.signin.keys import verify_access_token
from careshare.signin.model import ProviderDown, TokenWrong

ADMIT = text("select identity.admit_external(:provider, :application, :hash, :until)")

REMEMBERED_FOR: Final = 60.0
MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Application:
    """What a provider's token says: which machine it was issued to, and until when it lasts."""

    id: str
    until: float


def application_of(claims: Mapping[str, Any]) -> Application | None:
    """The machine a verified token was issued to; None for a token that acts for a person, which is not the machine's.

    The machine is `client_id` (RFC 9068), or `azp` or `appid` as Microsoft Entra ID has it. A person's token carries
    `scp` there, and elsewhere a subject that is not the client (RFC 9068 section 2.2).
    """
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or "scp" in claims:
        return None
    if isinstance(client := claims.get("client_id"), str) and client:
        return Application(client, float(expires)) if claims.get("sub", client) == client else None
    client = claims.get("azp") or claims.get("appid")
    if not isinstance(client, str) or not client:
        return None
    machine = claims.get("idtyp", "app") == "app" and claims.get("sub") == claims.get("oid", client)
    return Application(client, float(expires)) if machine else None


class ExternalTokens:
    """Lets in tokens of providers. One for each application."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._known: dict[bytes, tuple[float, UUID]] = {}

    async def credential(self, value: str, purpose: str, needed: tuple[str, ...] = ()) -> Credential | None:
        """The credential for a bearer token that we did not issue; None if nobody may come in with it.

        Raises Unavailable while the provider that should have issued it is away and its keys are not known.
        """
        now = time.time()
        digest = hashlib.sha256(value.encode("utf-8", "replace")).digest()
        until, row = self._known.get(digest, (0.0, None))
        if row is None or now >= until:
            admitted = await self._admit(value, digest, now)
            if admitted is None:
                return None
            row, expires = admitted
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[digest] = min(now + REMEMBERED_FOR, expires), row
        return Credential("token", str(row), purpose, needed)

    async def _admit(self, value: str, digest: bytes, now: float) -> tuple[UUID, float] | None:
        try:
            provider, claims = await verify_access_token(self._settings, value, self._database)
        except TokenWrong:
            return None
        except ProviderDown as error:
            raise Unavailable(retry_after=30) from error
        application = application_of(claims)
        if application is None or application.until <= now:
            return None
        asked = {
            "provider": provider,
            "application": application.id,
            "hash": digest,
            "until": datetime.fromtimestamp(application.until, UTC),
        }
        async with self._database.unbound() as uow:
            row: UUID | None = (await uow.execute(ADMIT, asked)).scalar_one()
        return None if row is None else (row, application.until)
