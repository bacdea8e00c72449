"""Access tokens that an authority's own provider issued for our API, checked against the provider's keys."""

from typing import Any
from uuid import UUID

import msgspec
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from sqlalchemy import text

from careshare.database import Database
from careshare.settings import Settings
from careshare.signin.claims import LARGEST, Claims, audiences, judge, signed_claims
from careshare.signin.discovery import directory_of
from careshare.signin.model import TokenWrong
from careshare.signin.queries import provider_to_use

OF_TOKEN = text("select tenants.provider_of_token(:issuer, :audiences)")


async def verify_access_token(settings: Settings, token: str, database: Database) -> tuple[UUID, Claims]:
    """Which provider issued this access token for our API, and what it says.

    Its issuer and audience must be one provider's, its signature one of that provider's keys, its times now. An ID
    token is none: it has a nonce, and is made out to another audience. Raises TokenWrong or ProviderDown.
    """
    said = unverified(token)
    issuer = said.get("iss")
    if not isinstance(issuer, str) or "nonce" in said:
        raise TokenWrong("issuer" if "nonce" not in said else "kind")
    async with database.unbound() as uow:
        found: UUID | None = await uow.scalar(OF_TOKEN, {"issuer": issuer, "audiences": audiences(said)})
        provider = None if found is None else await provider_to_use(uow, found)
    if provider is None or provider.api_audience is None:
        raise TokenWrong("issuer")
    claims = await signed_claims(directory_of(settings), provider, token)
    judge(provider, claims, provider.api_audience)
    return provider.id, claims


def unverified(token: str) -> dict[str, Any]:
    """What a token says of itself: good only for finding whose keys to check it with."""
    if len(token) > LARGEST:
        raise TokenWrong("size")
    try:
        payload = extract_compact(token.encode()).payload
        return msgspec.json.decode(payload, type=dict[str, Any])
    except (JoseError, ValueError, msgspec.MsgspecError) as error:
        raise TokenWrong("malformed") from error
