"""“Test this connection”: what a provider answers, tried step by step and said in plain words."""

from dataclasses import dataclass
from typing import Final

from careshare.settings import Settings
from careshare.signin import protocol
from careshare.signin.claims import ALGORITHMS
from careshare.signin.discovery import Directory, Discovery, directory_of
from careshare.signin.model import Provider, ProviderDown, TokenWrong

NOBODYS_CODE: Final = "careshare-connection-test"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried. `right` None: could not be told, or does not matter."""

    name: str
    right: bool | None
    words: str


async def try_connection(settings: Settings, provider: Provider) -> list[Check]:
    """Everything that can be tried without a person, in order; nothing remembered is used."""
    directory = directory_of(settings)
    try:
        discovery = await directory.fetch_discovery(provider.issuer)
    except ProviderDown as error:
        return [Check("Its description", right=False, words=error.words)]
    described = f"{provider.issuer} describes itself as the issuer we expect."
    return [
        Check("Its description", right=True, words=described),
        await _keys(directory, discovery),
        *_offers(discovery),
        await _client(settings, directory, provider, discovery),
        *_sign_out(discovery),
    ]


async def _keys(directory: Directory, discovery: Discovery) -> Check:
    try:
        keys = await directory.fetch_keys(discovery)
    except ProviderDown as error:
        return Check("Its keys", right=False, words=error.words)
    return Check("Its keys", right=True, words=f"It publishes {len(keys)} signing keys we can use.")


def _offers(discovery: Discovery) -> list[Check]:
    offered = discovery.response_types_supported
    code = not offered or "code" in offered
    algorithms = sorted(ALGORITHMS & set(discovery.id_token_signing_alg_values_supported))
    challenge = discovery.code_challenge_methods_supported
    pkce = None if challenge is None else "S256" in challenge
    return [
        Check("Code flow", code, "It offers the code flow." if code else "It does not offer the code flow."),
        Check(
            "Signatures",
            bool(algorithms),
            f"It signs with {', '.join(algorithms)}." if algorithms else "It offers no signature that we accept.",
        ),
        Check(
            "PKCE",
            pkce,
            "It does not say whether it checks PKCE with S256. We send it anyway."
            if pkce is None
            else ("It checks PKCE with S256." if pkce else "It does not offer PKCE with S256."),
        ),
    ]


async def _client(settings: Settings, directory: Directory, provider: Provider, discovery: Discovery) -> Check:
    """Shows a code that is nobody's: a provider that knows us says so of the code, otherwise of the client."""
    name = "Client ID and secret"
    try:
        await protocol.exchange_code(
            settings, directory.fetcher, provider, discovery, code=NOBODYS_CODE, verifier=NOBODYS_CODE * 2
        )
    except ProviderDown as error:
        return Check(name, right=False, words=error.words)
    except TokenWrong as wrong:
        if wrong.why == "invalid_grant":
            return Check(name, right=True, words="It knows our client ID and takes our secret.")
        if wrong.why in {"invalid_client", "unauthorized_client"}:
            refused = "It refuses our client ID or secret. A secret may have expired: make a new one there."
            return Check(name, right=False, words=refused)
        return Check(name, right=None, words=f"It answered “{wrong.why}”, which does not tell. Try to sign in.")
    return Check(name, right=None, words="It gave tokens for a code that is nobody’s. Ask its supplier why.")


def _sign_out(discovery: Discovery) -> list[Check]:
    ends = discovery.end_session_endpoint is not None
    back = discovery.backchannel_logout_supported
    return [
        Check(
            "Signing out there",
            ends or None,
            "Signing out here ends its session too." if ends else "It has no sign-out page: only our session ends.",
        ),
        Check(
            "Being told of sign-outs",
            back or None,
            "It can tell us when its session ends." if back else "It does not say that it tells us of sign-outs there.",
        ),
    ]
