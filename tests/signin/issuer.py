"""An issuer whose every token a test writes itself: to send what no honest provider would."""

import base64
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from litestar import Litestar, Request, get, post

from tests.fixtures.live import serving

CLIENT = "careshare"


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def unsigned(claims: dict[str, Any], header: dict[str, Any], signature: str = "") -> str:
    """A token whose header says what it likes."""
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (header, claims)]
    return ".".join([*parts, signature])


@dataclass(frozen=True)
class In:
    """A moment so many seconds from when the token is signed, however long the tests have run by then."""

    seconds: int


@dataclass
class Issuer:
    """What it publishes, and how often it was asked."""

    address: str = ""
    key: RSAKey = field(default_factory=lambda: new_key("first"))
    published: list[RSAKey] = field(default_factory=list[RSAKey])
    id_token: str = ""
    asked_for_keys: int = 0
    given: dict[str, str] = field(default_factory=dict[str, str])
    """The form of the last code exchange."""

    describes_itself_as: str = ""
    broken: bool = False

    def claims(self, leaving: str, **changed: Any) -> dict[str, Any]:
        """What an honest provider would say to whoever set out with this address; `changed` to None is left out."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(leaving).query).items()}
        now = int(time.time())
        honest = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": "subject-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked.get("nonce"),
            "email": "placement-finder@ashmoor.example",
            "email_verified": True,
        }
        return {name: value for name, value in {**honest, **changed}.items() if value is not None}

    def sign(self, claims: dict[str, Any], key: RSAKey | OctKey | None = None, **header: Any) -> str:
        """The claims signed, with this issuer's key unless told otherwise."""
        said = {"alg": "RS256", "kid": self.key.kid, **header}
        now = int(time.time())
        timed = {name: now + value.seconds if isinstance(value, In) else value for name, value in claims.items()}
        return jwt.encode(said, timed, key or self.key, algorithms=[said["alg"]])


@asynccontextmanager
async def issuing() -> AsyncGenerator[Issuer]:
    """An issuer on loopback."""
    issuer = Issuer()
    issuer.published = [issuer.key]

    @get("/.well-known/openid-configuration")
    async def described() -> dict[str, Any]:
        if issuer.broken:
            raise RuntimeError
        return {
            "issuer": issuer.describes_itself_as or issuer.address,
            "authorization_endpoint": f"{issuer.address}/authorize",
            "token_endpoint": f"{issuer.address}/token",
            "jwks_uri": f"{issuer.address}/keys",
            "end_session_endpoint": f"{issuer.address}/end",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    @get("/keys")
    async def keys() -> dict[str, Any]:
        issuer.asked_for_keys += 1
        return {"keys": [key.as_dict(private=False) for key in issuer.published]}

    @post("/token", status_code=200)
    async def token(request: Request[Any, Any, Any]) -> dict[str, Any]:
        issuer.given = {name: str(value) for name, value in (await request.form()).items()}
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": issuer.id_token}

    app = Litestar([described, keys, token], openapi_config=None, logging_config=None)
    async with serving(app) as address:
        issuer.address = address
        yield issuer
