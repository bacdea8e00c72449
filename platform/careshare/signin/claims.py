"""What a provider's token says, once its signature is right: ID tokens, logout tokens, the address, the groups.

OpenID Connect Core 1.0 section 3.1.3.7, Back-Channel Logout 1.0 section 2.6, and Microsoft's rules for Entra ID.
"""

import hmac
import re
import time
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact

from careshare.signin.discovery import Directory
from careshare.signin.model import Provider, TokenWrong, is_list, is_object

ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
"""Signatures with a private key that only the provider has; never `none`, never one with a shared secret."""

LEEWAY: Final = 60
"""Seconds by which clocks may differ."""

OLDEST: Final = 600
"""Seconds since an ID token was issued: people come straight back with it."""

LARGEST: Final = 64 * 1024
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"

Claims = dict[str, Any]

_ADDRESS: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,253}")
_REGISTRY: Final = JWSRegistry(algorithms=sorted(ALGORITHMS), strict_check_header=False)


async def signed_claims(directory: Directory, provider: Provider, token: str) -> Claims:
    """The claims of a token that the provider signed, not yet judged. Raises TokenWrong or ProviderDown."""
    if len(token) > LARGEST:
        raise TokenWrong("size")
    try:
        header = extract_compact(token.encode(), registry=_REGISTRY).headers()
    except (JoseError, ValueError) as error:
        raise TokenWrong("malformed") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise TokenWrong("algorithm")
    if kid is not None and not isinstance(kid, str):
        raise TokenWrong("malformed")
    key = await directory.key(provider, kid)
    if key is None:
        raise TokenWrong("key")
    if key.get("alg", algorithm) != algorithm:
        raise TokenWrong("algorithm")
    try:
        return dict(jwt.decode(token, key, registry=_REGISTRY).claims)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenWrong("signature") from error


def judge(provider: Provider, claims: Claims, audience: str, now: float | None = None) -> None:
    """Issuer, tenant, audience, times: what holds for every token of a provider. Raises TokenWrong."""
    now = time.time() if now is None else now
    if claims.get("iss") != provider.issuer:
        raise TokenWrong("issuer")
    if provider.kind == "entra" and claims.get("tid") != provider.tenant_id:
        raise TokenWrong("tenant")
    if audience not in audiences(claims):
        raise TokenWrong("audience")
    if _moment(claims, "exp") <= now - LEEWAY:
        raise TokenWrong("expired")
    if _moment(claims, "iat") > now + LEEWAY or ("nbf" in claims and _moment(claims, "nbf") > now + LEEWAY):
        raise TokenWrong("not_yet_valid")


def judge_id_token(
    provider: Provider, claims: Claims, nonce: str, *, signed_in_since: float | None = None, now: float | None = None
) -> None:
    """What makes an ID token ours, for this sign-in. Raises TokenWrong.

    With `signed_in_since` the person must have signed in at the provider after that moment: stepping up.
    """
    now = time.time() if now is None else now
    judge(provider, claims, provider.client_id, now)
    several = len(audiences(claims)) > 1
    if (several or "azp" in claims) and claims.get("azp") != provider.client_id:
        raise TokenWrong("authorized_party")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise TokenWrong("nonce")
    if _moment(claims, "iat") < now - OLDEST - LEEWAY:
        raise TokenWrong("expired")
    if not _text(claims, "sub"):
        raise TokenWrong("subject")
    if signed_in_since is not None:
        if "auth_time" not in claims:
            raise TokenWrong("auth_time_missing")
        if _moment(claims, "auth_time") < signed_in_since - LEEWAY:
            raise TokenWrong("auth_time")


def judge_logout_token(provider: Provider, claims: Claims) -> None:
    """What makes a logout token one (Back-Channel Logout 1.0 section 2.6). Raises TokenWrong."""
    judge(provider, claims, provider.client_id)
    events: object = claims.get("events")
    if not is_object(events) or not is_object(events.get(LOGOUT_EVENT)):
        raise TokenWrong("event")
    if "nonce" in claims:
        raise TokenWrong("nonce")
    if not _text(claims, "sid") and not _text(claims, "sub"):
        raise TokenWrong("subject")


def audiences(claims: Claims) -> list[str]:
    """Whom a token is made out to."""
    given: object = claims.get("aud")
    listed = given if is_list(given) else [given]
    return [one for one in listed if isinstance(one, str)]


def subject_of(provider: Provider, claims: Claims) -> str:
    """The name of the account at the provider that never changes and is never given again.

    Entra's `sub` differs from one application to the next; its `oid` is one in the whole tenant.
    """
    return (_text(claims, "oid") if provider.kind == "entra" else "") or _text(claims, "sub")


def session_of(claims: Claims) -> str:
    """What the provider calls its own session; empty where it does not say."""
    return _text(claims, "sid")


def verified_address(provider: Provider, claims: Claims) -> str | None:
    """The person's e-mail address, if the provider vouches for it.

    Entra: the name people sign in with, which the tenant's verified domains bind; `email` alone could be anything that
    somebody typed, so it counts only with `xms_edov`. Guests of the tenant are not its people.
    """
    if provider.kind == "oidc":
        return _address(claims, "email") if claims.get("email_verified") is True else None
    if claims.get("xms_edov") in {True, "1", "true"}:
        return _address(claims, "email")
    name = _address(claims, "preferred_username") or _address(claims, "upn")
    return None if name is None or "#ext#" in name else name


def groups_of(provider: Provider, claims: Mapping[str, Any]) -> frozenset[str] | None:
    """The groups the provider says the person is in; None where there are too many for the token to say (overage).

    Entra then sends `_claim_names` or `hasgroups` in their place.
    """
    names: object = claims.get("_claim_names")
    elsewhere = is_object(names) and provider.groups_claim in names
    if provider.groups_claim not in claims and (elsewhere or claims.get("hasgroups") in {True, "true"}):
        return None
    given: object = claims.get(provider.groups_claim)
    listed = given if is_list(given) else [given]
    return frozenset(one for one in listed if isinstance(one, str) and one)


def _moment(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -(2**53) < value < 2**53:
        raise TokenWrong("times")
    return float(value)


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) and len(value) <= 255 else ""


def _address(claims: Claims, name: str) -> str | None:
    value = _text(claims, name).strip().lower()
    return value if _ADDRESS.fullmatch(value) else None
