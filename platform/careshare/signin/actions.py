"""What a person does to sign in: they set out for their provider, come back with a code, and act for an authority.

What is set out with is a row that is used once, by the browser that began it. Nonce and PKCE verifier are made from the
state and from a secret in that browser's cookie, so that the database alone could not finish anybody's sign-in.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Acting, Database, Uow
from careshare.identity import open_session, rotate_session, session_credential, session_hash
from careshare.identity.arriving import record_for_a_time
from careshare.settings import Settings
from careshare.signin import claims as judged
from careshare.signin import protocol, queries
from careshare.signin.discovery import directory_of
from careshare.signin.groups import Mapped, apply_groups
from careshare.signin.model import Provider, TokenWrong
from careshare.signin.queries import Choice
from careshare.signin.secrets import derived, seal, unseal

BEGIN: Final = text("""
    select identity.begin_sign_in(:state, :browser, :provider, :kind, :after, cast(:session as bytea),
      cast(:held as text))
""")
TAKE: Final = text("select * from identity.take_sign_in(:state, :browser)")
SEE: Final = text("select * from identity.see_sign_in(:state, :browser)")
END_SESSIONS: Final = text("select identity.end_sessions_of(:person)")
HELD: Final = "held sign-in"
PURPOSE: Final = "sign-in"


@dataclass(frozen=True, slots=True)
class SettingOut:
    """Where to send the browser, and the secret to leave in its cookie."""

    address: str
    browser: str


class Begun(msgspec.Struct, frozen=True):
    """What was set out with."""

    provider_id: UUID
    kind: str
    after: str
    session_id: bytes | None
    held: str | None
    began_at: datetime


class Believed(msgspec.Struct, frozen=True):
    """What we believe of a person after their provider vouched for them. `groups` None: too many to say."""

    provider_id: UUID
    subject: str
    address: str | None
    provider_session: str
    id_token: str
    groups: list[str] | None


class Arrived(msgspec.Struct, frozen=True):
    """Somebody whose provider vouched for them, about to act for an authority."""

    person_id: UUID
    first: bool
    believed: Believed


class Refused(Exception):
    """The provider vouched for them, and they may not come in. `why` is `ended`, `not_invited`, `another_account`,
    `no_address` or `no_roles`.
    """

    def __init__(self, why: str, title: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.title = title


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that has begun, and what the provider's groups did to the roles."""

    secret: str
    mapped: Mapped


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def _made(settings: Settings, use: str, state: str, browser: str) -> str:
    made = hmac.digest(derived(settings.secret_key, use), f"{state}\n{browser}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


async def set_out(
    settings: Settings,
    database: Database,
    provider: Provider,
    *,
    after: str,
    browser: str = "",
    login_hint: str = "",
    session: str = "",
) -> SettingOut:
    """Begin to sign in through `provider`, or with the secret of a `session` to confirm who one is.

    `browser` is the secret its cookie holds already. Raises ProviderDown.
    """
    discovery = await directory_of(settings).discover(provider)
    state, browser = secrets.token_urlsafe(32), browser or secrets.token_urlsafe(32)
    given = {
        "state": _digest(state),
        "browser": _digest(browser),
        "provider": provider.id,
        "kind": "again" if session else "sign_in",
        "after": after,
        "session": session_hash(session) if session else None,
        "held": None,
    }
    async with database.unbound() as uow:
        await uow.execute(BEGIN, given)
    address = protocol.authorization_address(
        settings,
        provider,
        discovery,
        state=state,
        nonce=_made(settings, "nonce", state, browser),
        verifier=_made(settings, "verifier", state, browser),
        login_hint=login_hint,
        again=bool(session),
    )
    return SettingOut(address, browser)


async def take(database: Database, state: str, browser: str) -> Begun | None:
    """What this browser set out with, once."""
    async with database.unbound() as uow:
        row = (await uow.execute(TAKE, {"state": _digest(state), "browser": _digest(browser)})).mappings().one_or_none()
    return None if row is None else Begun(**row)


async def believe(
    settings: Settings,
    provider: Provider,
    *,
    code: str,
    state: str,
    browser: str,
    said_issuer: str | None = None,
    signed_in_since: float | None = None,
) -> Believed:
    """Trade the code for tokens and judge them. Raises TokenWrong or ProviderDown.

    `said_issuer` is the `iss` that came with the code (RFC 9207): whose answer this is, so that a code of one provider
    is never brought to another.
    """
    directory = directory_of(settings)
    discovery = await directory.discover(provider)
    expected = said_issuer or discovery.authorization_response_iss_parameter_supported
    if expected and said_issuer != provider.issuer:
        raise TokenWrong("response_issuer")
    verifier = _made(settings, "verifier", state, browser)
    tokens = await protocol.exchange_code(
        settings, directory.fetcher, provider, discovery, code=code, verifier=verifier
    )
    id_token: str = tokens["id_token"]
    said = await judged.signed_claims(directory, provider, id_token)
    nonce = _made(settings, "nonce", state, browser)
    judged.judge_id_token(provider, said, nonce, signed_in_since=signed_in_since)
    if "email" not in said and provider.kind == "oidc":
        told = await protocol.userinfo(directory.fetcher, discovery, tokens, str(said["sub"]))
        said = {**told, **said}
    groups = judged.groups_of(provider, said)
    return Believed(
        provider.id,
        judged.subject_of(provider, said),
        judged.verified_address(provider, said),
        judged.session_of(said),
        seal(settings.secret_key, protocol.KEPT_USE, id_token),
        None if groups is None else sorted(groups),
    )


async def arrive(database: Database, believed: Believed) -> tuple[Arrived, list[Choice]]:
    """Who has come, and the authorities they may act for. Raises Refused."""
    async with database.unbound() as uow:
        known = await queries.person_signing_in(uow, believed.provider_id, believed.subject, believed.address)
        if known.person_id is None:
            no_address = believed.address is None and known.outcome == "not_invited"
            raise Refused("no_address" if no_address else known.outcome)
        choices = await queries.choices(uow, believed.provider_id, known.person_id)
    return Arrived(known.person_id, known.outcome == "linked", believed), choices


async def hold(settings: Settings, database: Database, arrived: Arrived, browser: str, after: str) -> str:
    """Keep an arrival while the person chooses an authority; the secret that leads back to it."""
    secret = secrets.token_urlsafe(32)
    held = seal(settings.secret_key, HELD, msgspec.json.encode(arrived).decode())
    given = {
        "state": _digest(secret),
        "browser": _digest(browser),
        "provider": arrived.believed.provider_id,
        "kind": "choose",
        "after": after,
        "session": None,
        "held": held,
    }
    async with database.unbound() as uow:
        await uow.execute(BEGIN, given)
    return secret


async def held(
    settings: Settings, database: Database, secret: str, browser: str, *, take_it: bool
) -> tuple[Arrived, str, list[Choice]] | None:
    """An arrival that was held, where it was going and between what it may choose; None if it is over."""
    found = {"state": _digest(secret), "browser": _digest(browser)}
    async with database.unbound() as uow:
        row = (await uow.execute(TAKE if take_it else SEE, found)).mappings().one_or_none()
        if row is None or row["kind"] != "choose":
            return None
        arrived = msgspec.json.decode(unseal(settings.secret_key, HELD, row["held"]), type=Arrived)
        choices = await queries.choices(uow, arrived.believed.provider_id, arrived.person_id)
    return arrived, str(row["after"]), choices


async def act_for(database: Database, arrived: Arrived, choice: Choice, device: str) -> Entry:
    """Begin a session for one authority; roles that groups give are set first. Raises Refused."""
    believed = arrived.believed
    acting = Acting(choice.authority_id, arrived.person_id, PURPOSE)
    secret = None
    async with database.bound(acting) as uow:
        groups = None if believed.groups is None else frozenset(believed.groups)
        mapped = await apply_groups(uow, believed.provider_id, arrived.person_id, groups)
        if mapped is Mapped.NONE:
            await uow.execute(END_SESSIONS, {"person": arrived.person_id})
            await _record(uow, arrived, "session.refused", mapped)
        else:
            secret = await open_session(
                uow,
                arrived.person_id,
                choice.authority_id,
                provider=believed.provider_id,
                provider_session=believed.provider_session or None,
                id_token=believed.id_token,
                device=device,
            )
            if secret is not None:
                await _record(uow, arrived, "session.begun", mapped)
                await record_for_a_time(uow, arrived.person_id)
    if secret is None:
        raise Refused("no_roles" if mapped is Mapped.NONE else "ended", choice.name)
    return Entry(secret, mapped)


async def confirm(database: Database, believed: Believed, begun: Begun, secret: str) -> str | None:
    """Mark the session that set out as confirmed, under a new secret; None: somebody else came back to it."""
    if begun.session_id != session_hash(secret):
        return None
    async with database.session(session_credential(secret, "own:act")) as uow, uow.begin():
        _ = await uow.connection()
        entered = uow.info["entered"]
        person = await queries.person_of_account(uow, believed.provider_id, believed.subject)
        if entered is None or person is None or entered["person_id"] != person:
            return None
        new = await rotate_session(uow, secret, step_up=True)
        if new is not None:
            await audit.record(uow, "session.stepped_up", subjects=[person])
    return new


async def _record(uow: Uow, arrived: Arrived, action: str, mapped: Mapped) -> None:
    after: dict[str, Any] = {"provider": arrived.believed.provider_id, "groups": mapped.value}
    if arrived.first:
        after["first"] = True
    await audit.record(uow, action, subjects=[arrived.person_id], after=after)


def only(choices: Sequence[Choice]) -> Choice | None:
    """The one authority there is to act for, where there is one."""
    return choices[0] if len(choices) == 1 else None
