"""Bearer tokens for API callers: signed by us, short-lived, limited by scopes, each one revocable.

The signature says that we issued it; `identity.enter` then asks the database whether it still stands.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

ALGORITHM = "HS256"
ISSUER = "careshare"
AUDIENCE = "careshare-api"
LONGEST = timedelta(days=1)


class TokenRefused(Exception):
    """The token is malformed, expired, or was not signed by us."""


def _key(secret: str) -> OctKey:
    return OctKey.import_key("token:" + secret)


def sign_token(secret: str, token_id: UUID, lasts: timedelta, said: Mapping[str, str] | None = None) -> str:
    """The bearer token for a row of `identity.token`. `said` are claims for the reader; we go by the row alone."""
    now = int(time.time())
    claims = {
        **(said or {}),
        "iss": ISSUER,
        "aud": AUDIENCE,
        "jti": str(token_id),
        "iat": now,
        "nbf": now,
        "exp": now + int(lasts.total_seconds()),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt"}, claims, _key(secret))


def read_token(secret: str, value: str) -> UUID:
    """The id inside a token that we signed and that has not expired; raises TokenRefused otherwise."""
    token_id, not_before, expires = _verified(secret, value)
    if not not_before <= time.time() < expires:
        raise TokenRefused
    return token_id


@lru_cache(maxsize=10_000)
def _verified(secret: str, value: str) -> tuple[UUID, float, float]:
    """The id, and from when to when. A signature once found right stays right; what is refused is not remembered."""
    try:
        token = jwt.decode(value, _key(secret), algorithms=[ALGORITHM])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            jti={"essential": True},
        ).validate(token.claims)
        return UUID(str(token.claims["jti"])), float(token.claims.get("nbf", 0)), float(token.claims["exp"])
    except (JoseError, ValueError) as error:
        raise TokenRefused from error
