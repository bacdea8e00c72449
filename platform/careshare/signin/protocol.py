"""What is said to a provider: where to send people, the code they bring back, and where they sign out.

Authlib writes and reads the OAuth 2.0 messages; our own careful client carries them.
"""

import contextlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client

from careshare.settings import Settings
from careshare.signin.claims import Claims
from careshare.signin.discovery import Discovery
from careshare.signin.fetch import Fetcher
from careshare.signin.model import Provider, ProviderDown, TokenWrong
from careshare.signin.secrets import CannotOpen, unseal

BACK: Final = "/sign-in/back"
SIGNED_OUT: Final = "/signed-out"
LOGOUT: Final = "/oauth/back-channel-logout"
SCOPE: Final = "openid profile email"
CLIENT_USE: Final = "client secret"
KEPT_USE: Final = "id-token"
METHODS: Final = ("client_secret_basic", "client_secret_post")


class _Client(OAuth2Client):  # type: ignore[misc]  # Authlib publishes no types
    """Authlib's client, calling through `Fetcher`."""

    def __init__(self, fetcher: Fetcher, **given: Any) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            session=None, code_challenge_method="S256", **given
        )
        self._fetcher = fetcher

    async def _fetch_token(
        self, url: str, body: str = "", headers: Mapping[str, str] | None = None, auth: Any = None, **_: Any
    ) -> dict[str, Any]:
        address, said, form = auth.prepare("POST", url, dict(headers or {}), body)
        said = {name: value for name, value in said.items() if name.lower() != "content-type"}
        answer = await self._fetcher.post(str(address), str(form), said)
        if answer.status >= 500:
            raise ProviderDown(f"{urlsplit(url).netloc} answered with status {answer.status}.")
        if answer.status != 200:
            raise TokenWrong(str(answer.body.get("error", "code"))[:80])
        return answer.body


def _client(settings: Settings, fetcher: Fetcher, provider: Provider, discovery: Discovery) -> Any:
    secret = None
    if provider.client_secret is not None:
        try:
            secret = unseal(settings.secret_key, CLIENT_USE, provider.client_secret)
        except CannotOpen:
            raise ProviderDown("The client secret must be entered again: our own key has changed.") from None
    offered = discovery.token_endpoint_auth_methods_supported
    method = next((one for one in METHODS if one in offered), METHODS[0]) if secret else "none"
    return _Client(
        fetcher,
        client_id=provider.client_id,
        client_secret=secret,
        token_endpoint_auth_method=method,
        scope=SCOPE,
        redirect_uri=settings.origin + BACK,
    )


def authorization_address(
    settings: Settings,
    provider: Provider,
    discovery: Discovery,
    *,
    state: str,
    nonce: str,
    verifier: str,
    login_hint: str = "",
    again: bool = False,
) -> str:
    """Where to send somebody to sign in (code flow, PKCE S256). `again` makes the provider ask them anew."""
    more: dict[str, str] = {"login_hint": login_hint} if login_hint else {}
    if again:
        more |= {"prompt": "login", "max_age": "0"}
    client = _client(settings, Fetcher(careful=settings.production), provider, discovery)
    address, _ = client.create_authorization_url(
        discovery.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier, **more
    )
    return str(address)


async def exchange_code(
    settings: Settings, fetcher: Fetcher, provider: Provider, discovery: Discovery, *, code: str, verifier: str
) -> dict[str, Any]:
    """The tokens for a code. Raises TokenWrong with the provider's own error, or ProviderDown."""
    client = _client(settings, fetcher, provider, discovery)
    try:
        answer: dict[str, Any] = await client.fetch_token(
            discovery.token_endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
        )
    except AuthlibBaseError as error:
        raise TokenWrong("code") from error
    if not isinstance(answer.get("id_token"), str):
        raise TokenWrong("no_id_token")
    return answer


async def userinfo(fetcher: Fetcher, discovery: Discovery, tokens: Mapping[str, Any], subject: str) -> Claims:
    """What the provider tells about the person beside the ID token; nothing where it is not asked.

    What is about somebody else is left (OpenID Connect Core 1.0 section 5.3.2). Raises ProviderDown.
    """
    access = tokens.get("access_token")
    if discovery.userinfo_endpoint is None or not isinstance(access, str):
        return {}
    told = await fetcher.get(discovery.userinfo_endpoint, {"authorization": f"Bearer {access}"})
    return told if told.get("sub") == subject else {}


def sign_out_address(settings: Settings, provider: Provider, discovery: Discovery, id_token: str | None) -> str | None:
    """Where to send somebody so that the provider's session ends too (RP-Initiated Logout 1.0); None: it has no way.

    `id_token` is the one the session came with, as `actions.believe` encrypted it.
    """
    if discovery.end_session_endpoint is None:
        return None
    said = {"client_id": provider.client_id, "post_logout_redirect_uri": settings.origin + SIGNED_OUT}
    if id_token is not None:
        with contextlib.suppress(CannotOpen):
            said["id_token_hint"] = unseal(settings.secret_key, KEPT_USE, id_token)
    joint = "&" if "?" in discovery.end_session_endpoint else "?"
    return f"{discovery.end_session_endpoint}{joint}{urlencode(said)}"
