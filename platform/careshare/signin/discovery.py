"""What providers publish about themselves, remembered for an hour: their addresses and the keys they sign with.

A key id we do not know means that the provider has changed its keys: they are fetched again, once, and not again within
half a minute, so that made-up ids do not make us hammer it. Where the provider is away, keys known before still count.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from careshare.settings import Settings
from careshare.signin.fetch import Fetcher
from careshare.signin.model import Provider, ProviderDown, is_list, is_object

FRESH: Final = 3600.0
USABLE: Final = 24 * 3600.0
"""Seconds for which keys count while the provider cannot be asked."""

REFRESH_AT_MOST: Final = 30.0
FAILED_FOR: Final = 5.0
"""Seconds for which a provider that did not answer is not asked for its description again."""

SMALLEST_RSA: Final = 2048

PublicKey = RSAKey | ECKey


class Discovery(msgspec.Struct, frozen=True):
    """The provider's own description (OpenID Connect Discovery 1.0), as far as we use it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    response_types_supported: tuple[str, ...] = ()
    code_challenge_methods_supported: tuple[str, ...] | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False
    backchannel_logout_supported: bool = False


@dataclass(slots=True)
class _Kept:
    discovery: Discovery | None = None
    discovered: float = 0.0
    keys: Mapping[str, PublicKey] = field(default_factory=dict[str, PublicKey])
    fetched: float = 0.0
    tried: float = -REFRESH_AT_MOST
    failed: tuple[float, str] = (-FAILED_FOR, "")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Directory:
    """What is known of each issuer. One for each process: `directory_of`."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self._kept: dict[str, _Kept] = {}

    async def discover(self, provider: Provider) -> Discovery:
        """The provider's description. Raises ProviderDown."""
        kept = self._kept.setdefault(provider.issuer, _Kept())
        async with kept.lock:
            return await self._discover(kept, provider.issuer)

    async def key(self, provider: Provider, kid: str | None) -> PublicKey | None:
        """The key the provider calls `kid`; None if it has none of that name, or without a name not exactly one.

        Raises ProviderDown where no key was ever known.
        """
        kept = self._kept.setdefault(provider.issuer, _Kept())
        async with kept.lock:
            now = monotonic()
            known = _pick(kept.keys, kid)
            age = now - kept.fetched
            if known is not None and age < FRESH:
                return known
            if now - kept.tried < REFRESH_AT_MOST:
                return known if age < USABLE else None
            kept.tried = now
            try:
                discovery = await self._discover(kept, provider.issuer)
                kept.keys = await self.fetch_keys(discovery)
            except ProviderDown:
                if kept.keys and age < USABLE:
                    return known
                raise
            kept.fetched = now
            return _pick(kept.keys, kid)

    async def fetch_keys(self, discovery: Discovery) -> dict[str, PublicKey]:
        """The provider's signing keys of kinds we accept, by id. Raises ProviderDown."""
        document = await self.fetcher.get(discovery.jwks_uri)
        listed: object = document.get("keys")
        if not is_list(listed):
            raise ProviderDown(f"{discovery.jwks_uri} does not hold a list of keys.")
        keys: dict[str, PublicKey] = {}
        for entry in listed[:100]:
            key = _signing_key(entry)
            if key is not None:
                keys[str(entry.get("kid", ""))] = key
        if not keys:
            raise ProviderDown(f"{discovery.jwks_uri} holds no RSA or elliptic-curve signing key.")
        return keys

    async def fetch_discovery(self, issuer: str) -> Discovery:
        """The description as it stands now, not remembered. Raises ProviderDown."""
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        document = await self.fetcher.get(address)
        try:
            discovery = msgspec.convert(document, Discovery)
        except msgspec.ValidationError as error:
            raise ProviderDown(f"{address} is not an OpenID Connect description: {error}.") from None
        if discovery.issuer != issuer:
            raise ProviderDown(f"{address} says its issuer is {discovery.issuer[:200]}, and we expect {issuer}.")
        leads = (discovery.authorization_endpoint, discovery.token_endpoint, discovery.jwks_uri)
        for endpoint in (*leads, *filter(None, [discovery.end_session_endpoint])):
            self.fetcher.check(endpoint)
        return discovery

    async def _discover(self, kept: _Kept, issuer: str) -> Discovery:
        now = monotonic()
        if kept.discovery is not None and now - kept.discovered < FRESH:
            return kept.discovery
        failed_at, words = kept.failed
        if now - failed_at < FAILED_FOR:
            raise ProviderDown(words)
        try:
            kept.discovery = await self.fetch_discovery(issuer)
        except ProviderDown as error:
            kept.failed = monotonic(), error.words
            raise
        kept.discovered = now
        return kept.discovery


def _pick(keys: Mapping[str, PublicKey], kid: str | None) -> PublicKey | None:
    if kid is None:
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(kid)


def _signing_key(entry: object) -> PublicKey | None:
    if not is_object(entry) or entry.get("use", "sig") != "sig" or entry.get("kty") not in {"RSA", "EC"}:
        return None
    try:
        key = import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAKey):
        return key if key.public_key.key_size >= SMALLEST_RSA else None
    return key if isinstance(key, ECKey) else None


@lru_cache(maxsize=2)
def _directory(*, careful: bool) -> Directory:
    return Directory(Fetcher(careful=careful))


def directory_of(settings: Settings) -> Directory:
    """The directory of this process."""
    return _directory(careful=settings.production)
