"""Signing out at the provider too: people sent there by us, and sessions ended because it says so."""

from typing import Any, Final
from uuid import UUID

import structlog
from litestar import Request, Response, Router, post
from sqlalchemy import text

from careshare.access import public
from careshare.database import Database, Uow
from careshare.identity import end_provider_session, provider_session_of
from careshare.settings import Settings
from careshare.signin import claims as judged
from careshare.signin.discovery import directory_of
from careshare.signin.keys import unverified
from careshare.signin.model import Provider, ProviderDown, TokenWrong
from careshare.signin.protocol import LOGOUT, sign_out_address
from careshare.signin.queries import provider_to_use
from careshare.web import page, read_form

OF_LOGOUT = text("select tenants.provider_of_client(:issuer, :audiences)")
END_OF_ACCOUNT = text("select identity.end_account_sessions(:provider, :subject)")

NO_STORE: Final = {"Cache-Control": "no-store"}

logger = structlog.get_logger(__name__)


async def way_out(request: Request[Any, Any, Any], uow: Uow, secret: str) -> Response[Any] | None:
    """The page that goes on to the provider's own sign-out, for a session that is about to end; None: there is none.

    A provider that does not answer keeps nobody from signing out here.
    """
    settings: Settings = request.app.state.settings
    session = await provider_session_of(uow, secret)
    provider = None if session is None else await provider_to_use(uow, session.provider)
    if session is None or provider is None:
        return None
    try:
        discovery = await directory_of(settings).discover(provider)
    except ProviderDown as error:
        logger.warning("an identity provider does not answer", provider=str(provider.id), words=error.words)
        return None
    address = sign_out_address(settings, provider, discovery, session.id_token)
    if address is None:
        return None
    return page(request, "signin/leave.html", to=address, title=provider.title, signing_out=True)


@post(
    LOGOUT,
    opt=public("A provider that ends a session proves itself with a token it signed."),
    include_in_schema=False,
    status_code=200,
)
async def back_channel_logout(request: Request[Any, Any, Any]) -> Response[Any]:
    """End the sessions that began with one of the provider's, or with one of its accounts (Back-Channel Logout 1.0)."""
    token = (await read_form(request)).get("logout_token")
    database: Database = request.app.state.database
    settings: Settings = request.app.state.settings
    try:
        said = unverified(token)
        provider = await _provider_of(database, said)
        claims = await judged.signed_claims(directory_of(settings), provider, token)
        judged.judge_logout_token(provider, claims)
    except TokenWrong as wrong:
        logger.warning("a logout token was refused", why=wrong.why)
        return Response({"error": "invalid_request"}, status_code=400, headers=NO_STORE)
    except ProviderDown as down:
        logger.warning("a logout token could not be checked", words=down.words)
        return Response({"error": "temporarily_unavailable"}, status_code=503, headers=NO_STORE)
    async with database.unbound() as uow:
        session = judged.session_of(claims)
        if session:
            await end_provider_session(uow, provider.id, session)
        else:
            account = {"provider": provider.id, "subject": judged.subject_of(provider, claims)}
            await uow.execute(END_OF_ACCOUNT, account)
    return Response(None, headers=NO_STORE)


async def _provider_of(database: Database, said: judged.Claims) -> Provider:
    issuer = said.get("iss")
    if not isinstance(issuer, str):
        raise TokenWrong("issuer")
    async with database.unbound() as uow:
        found: UUID | None = await uow.scalar(OF_LOGOUT, {"issuer": issuer, "audiences": judged.audiences(said)})
        provider = None if found is None else await provider_to_use(uow, found)
    if provider is None:
        raise TokenWrong("issuer")
    return provider


router = Router("/", route_handlers=[back_channel_logout], opt={"kind": "api"})
"""Beside the pages, but called by providers: it looks at no cookie."""
