"""Tokens for API clients: client credentials (RFC 6749 section 4.4) and revocation (RFC 7009).

Forms in, JSON out, with the errors of RFC 6749 section 5.2. A client that is unknown, ended or revoked and one that
shows a wrong secret get one answer, so that nobody learns which clients there are.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote_plus
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.enums import RequestEncodingType
from sqlalchemy import text

from careshare.access import Permissions, public
from careshare.clients.limits import Limiter
from careshare.clients.rules import Policy, read_scope
from careshare.database import Database
from careshare.errors import DomainError
from careshare.http.problems import problem_of
from careshare.identity import TokenRefused, read_token, sign_token
from careshare.settings import Settings
from careshare.web.forms import Form, read_form

Http = Request[Any, Any, Any]

ISSUE = text("select * from identity.issue_client_token(:client, :hash, cast(:wanted as text[]))")
REVOKE = text("select identity.revoke_client_token(:client, :hash, :token)")

ONE_CLIENT: Final = Policy(30)
ONE_ADDRESS: Final = Policy(300)
"""Calls a minute from one address: for one client, and for all. Load is what they hold off: secrets have 256 bits."""

REASON: Final = "A machine has no token yet: it proves itself with its own secret."
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
BASIC: Final = {"WWW-Authenticate": 'Basic realm="careshare", charset="UTF-8"'}


class Token(msgspec.Struct):
    """An access token (RFC 6749 section 5.1); `expires_in` is in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class Refusal(Exception):
    """An error of RFC 6749 section 5.2, with its status."""

    def __init__(
        self, error: str, description: str, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Shown:
    """Who a client says it is, and the hash of the secret it shows; `client` is None where it cannot be one of ours."""

    client: UUID | None
    hash: bytes


def secret_hash(secret: str) -> bytes:
    """What is kept of a secret. It has 256 random bits, so one plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


@post("/token", opt=public(REASON), include_in_schema=False, status_code=200)
async def token(request: Http) -> Response[bytes]:
    """Give a client a short-lived token with its scopes, or those it asks for."""
    form = await _form(request)
    shown = await _client(request, form)
    grant = _once(form, "grant_type")
    if not grant:
        raise Refusal("invalid_request", "grant_type is missing: send client_credentials.")
    if grant != "client_credentials":
        raise Refusal("unsupported_grant_type", "Only client_credentials is offered.")
    try:
        wanted = read_scope(_once(form, "scope"))
    except ValueError as error:
        raise Refusal("invalid_scope", str(error)) from error
    settings: Settings = request.app.state.settings
    permissions: Permissions = request.app.state.permissions
    async with _database(request).unbound() as uow:
        asked = {"client": shown.client, "hash": shown.hash, "wanted": None if wanted is None else list(wanted)}
        row = (await uow.execute(ISSUE, asked)).mappings().one()
        if row["outcome"] == "refused":
            raise _unknown()
        if row["outcome"] == "waiting":
            raise Refusal("unauthorized_client", "A second person of the authority has not agreed to this yet.")
        granted = permissions.of(row["roles"], row["scopes"]) if row["outcome"] == "issued" else frozenset[str]()
        if not granted or (wanted is not None and not granted >= set(wanted)):
            raise Refusal("invalid_scope", "The client does not have all of these scopes.")
    lasts = timedelta(seconds=row["seconds"])
    scope = " ".join(sorted(granted))
    said = {
        "sub": str(row["person_id"]),
        "client_id": str(shown.client),
        "authority": str(row["authority_id"]),
        "scope": scope,
    }
    value = sign_token(settings.secret_key, row["token_id"], lasts, said)
    return _answer(Token(value, "Bearer", row["seconds"], scope))


@post("/revoke", opt=public(REASON), include_in_schema=False, status_code=200)
async def revoke(request: Http) -> Response[bytes]:
    """End a token of the client's own. One that is not, or no longer, a token of ours needs no ending: 200 too."""
    form = await _form(request)
    shown = await _client(request, form)
    value = _once(form, "token")
    if not value:
        raise Refusal("invalid_request", "token is missing.")
    settings: Settings = request.app.state.settings
    try:
        token_id = read_token(settings.secret_key, value)
    except TokenRefused:
        token_id = None
    async with _database(request).unbound() as uow:
        asked = {"client": shown.client, "hash": shown.hash, "token": token_id}
        outcome = (await uow.execute(REVOKE, asked)).scalar_one()
    if outcome == "refused":
        raise _unknown()
    if outcome == "foreign":
        raise Refusal("unauthorized_client", "This token was not issued to this client.")
    return Response(b"", status_code=200, headers=dict(NO_STORE), media_type="application/json")


def _database(request: Http) -> Database:
    found: Database = request.app.state.database
    return found


def _unknown() -> Refusal:
    return Refusal("invalid_client", "The client is not known, or its secret is not right.", 401, BASIC)


async def _form(request: Http) -> Form:
    if request.content_type[0] != RequestEncodingType.URL_ENCODED:
        raise Refusal("invalid_request", "Send a form: application/x-www-form-urlencoded.")
    return await read_form(request)


def _once(form: Form, name: str) -> str:
    """A parameter, which must not be sent twice (RFC 6749 section 3.2)."""
    if len(form.all(name)) > 1:
        raise Refusal("invalid_request", f"{name} was sent more than once.")
    return form.get(name)


async def _client(request: Http, form: Form) -> Shown:
    """Who asks, after counting that they did. Basic or in the form, never both (RFC 6749 section 2.3)."""
    name, secret = _once(form, "client_id"), _once(form, "client_secret")
    header = request.headers.get("authorization")
    if header is not None:
        basic = _basic(header)
        if secret or (name and name != basic[0]):
            raise Refusal("invalid_request", "Send the secret of the client once: in the header or in the form.")
        name, secret = basic
    await _count(request, name)
    try:
        client = UUID(name)
    except ValueError:
        client = None
    return Shown(client, secret_hash(secret))


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        raise _unknown()
    try:
        name, found, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        if not found:
            raise _unknown()
        return unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError) as error:
        raise _unknown() from error


async def _count(request: Http, name: str) -> None:
    limiter: Limiter = request.app.state.limiter
    address = request.client.host if request.client else ""
    digest = hashlib.sha256(f"{address} {name}".encode("utf-8", "replace")).hexdigest()[:32]
    for key, policy in ((f"token:{address}", ONE_ADDRESS), (f"token:{digest}", ONE_CLIENT)):
        decision = await limiter.count(key, policy)
        if decision is not None and not decision.allowed:
            again = {"Retry-After": str(decision.retry_after)}
            raise Refusal("temporarily_unavailable", "Too many requests for tokens: wait and ask again.", 429, again)


def _answer(
    body: msgspec.Struct | dict[str, str], status: int = 200, more: Mapping[str, str] | None = None
) -> Response[bytes]:
    headers = {**NO_STORE, **(more or {})}
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json", headers=headers)


def refused(_request: Http, error: Refusal) -> Response[bytes]:
    """The error as RFC 6749 section 5.2 has it."""
    return _answer({"error": error.error, "error_description": error.description}, error.status, error.headers)


def failed(_request: Http, error: Exception) -> Response[bytes]:
    """What else may go wrong, in the same form; faults of ours are in the log alone."""
    problem, headers = problem_of(error)
    if problem.status >= 500:
        code = "temporarily_unavailable" if problem.status == 503 else "server_error"
    else:
        code = "invalid_request"
    said = (isinstance(error, DomainError) and problem.detail) or problem.title
    plain = said.encode("ascii", "replace").decode()  # RFC 6749 appendix A.8 has no other characters
    return _answer({"error": code, "error_description": plain}, problem.status, headers)


router = Router(
    "/oauth",
    route_handlers=[token, revoke],
    opt={"kind": "api"},
    exception_handlers={Refusal: refused, Exception: failed},
)
