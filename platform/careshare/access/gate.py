"""The gate every route passes: it declares a permission or a reason to be public, and the unit of work opens here.

API routes take a bearer token and never look at cookies, so a page on another site cannot use somebody's session on
them; pages take the session cookie and never a token.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.handlers.base import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from careshare.access.permissions import Permissions
from careshare.database import Credential, Database, Uow
from careshare.errors import Forbidden, StepUpRequired, Unauthenticated
from careshare.identity import (
    SESSION_COOKIE,
    Principal,
    TemporaryRole,
    TokenRefused,
    principal_of,
    read_token,
    session_credential,
)
from careshare.notifications.queries import unread
from careshare.settings import Settings

RouteKind = Literal["api", "page"]
ROUTE_KINDS: tuple[RouteKind, ...] = ("api", "page")
UOW = "careshare.uow"
PRINCIPAL = "principal"
KEPT = "careshare.kept"
KeepForm = Callable[[ASGIConnection[Any, Any, Any, Any]], Awaitable[str | None]]
_TEMPORARY = msgspec.json.Decoder(tuple[TemporaryRole, ...])


def needs(permission: str, *, purpose: str = "", step_up: bool = False) -> dict[str, Any]:
    """Options of a route that needs `permission`. `purpose` is what the audit record says it was for.

    With `step_up` the caller must also have confirmed within the last fifteen minutes that it is them.
    """
    return {"permission": permission, "purpose": purpose or permission, "step_up": step_up}


def public(reason: str) -> dict[str, Any]:
    """Options of a route that anybody may call, and why."""
    return {"public": reason}


async def gate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Find out who calls, bind a unit of work to them, and refuse what their roles do not allow.

    A route that declares nothing is refused always: forgetting is a closed door. Raises Unauthenticated, Forbidden or
    StepUpRequired.
    """
    options = handler.opt
    if options.get("public"):
        return
    permission = options.get("permission")
    if not isinstance(permission, str):
        raise Forbidden("This address declares no permission, so nobody may use it.")
    principal = await enter(connection, await _credential(connection, options, permission))
    if principal is None:
        await _keep_form(connection, options)
        raise Unauthenticated
    if not principal.may(permission):
        raise Forbidden
    if options.get("step_up") and not principal.stepped_up:
        await _keep_form(connection, options)
        require_step_up(principal)
    if options.get("kind", "page") == "page":  # for the header of the page
        connection.scope["state"]["unread"] = await unread(connection.scope["state"][UOW])


def require_step_up(principal: Principal) -> None:
    """For what only some requests to a route need. Raises StepUpRequired."""
    if not principal.stepped_up:
        raise StepUpRequired("Confirm that it is you, then ask again. It holds for 15 minutes.")


async def enter(connection: ASGIConnection[Any, Any, Any, Any], credential: Credential | None) -> Principal | None:
    """Open the request's unit of work with `credential`; None if it lets nobody in."""
    if credential is None:
        return None
    database: Database = connection.app.state.database
    permissions: Permissions = connection.app.state.permissions
    uow = database.session(credential)
    connection.scope["state"][UOW] = uow
    _ = await uow.connection()
    row = uow.info["entered"]
    if row is None:
        return None
    principal = Principal(
        person_id=row["person_id"],
        person_name=row["person_name"],
        authority_id=row["authority_id"],
        authority_name=row["authority_name"],
        authority_gss=row["gss_code"],
        roles=tuple(row["roles"]),
        permissions=permissions.lent(row["roles"], row["standing"], row["scopes"]),
        purpose=row["bound_purpose"],
        stepped_up=row["stepped_up"],
        session_kind=row["session_kind"],
        temporary=_TEMPORARY.decode(row["temporary"]) if row["temporary"] else (),
    )
    uow.info["principal"] = principal
    connection.scope["state"][PRINCIPAL] = principal
    return principal


async def _credential(
    connection: ASGIConnection[Any, Any, Any, Any], options: Mapping[str, Any], permission: str
) -> Credential | None:
    settings: Settings = connection.app.state.settings
    permissions: Permissions = connection.app.state.permissions
    purpose = str(options.get("purpose", permission))
    needed = permissions.granting(permission)
    if options.get("kind", "page") == "api":
        scheme, _, value = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            return None
        try:
            return Credential("token", str(read_token(settings.secret_key, value.strip())), purpose, needed)
        except TokenRefused:  # one of the authority's own provider, perhaps
            found: Credential | None = await connection.app.state.external.credential(value.strip(), purpose, needed)
            return found
    secret = connection.cookies.get(settings.cookie(SESSION_COOKIE))
    return session_credential(secret, purpose, needed) if secret else None


async def _keep_form(connection: ASGIConnection[Any, Any, Any, Any], options: Mapping[str, Any]) -> None:
    """What was typed into a page is not lost because its session has ended: `KEPT` says where it is offered again."""
    keep: KeepForm | None = connection.app.state.get("keep_form")
    scope = connection.scope
    sent = scope["type"] == ScopeType.HTTP and scope["method"] == "POST"
    if keep is not None and sent and options.get("kind", "page") == "page":
        await _close(scope)
        scope["state"][KEPT] = await keep(connection)


async def provide_uow(request: Request[Any, Any, Any]) -> AsyncGenerator[Uow, None]:
    """The one generator dependency: hands out the gate's unit of work and commits it before the response is sent.

    A failed commit is therefore an error the caller sees.
    """
    uow: Uow | None = request.scope["state"].get(UOW)
    if uow is None:
        raise Unauthenticated
    try:
        yield uow
    except BaseException:
        await uow.rollback()
        raise
    await uow.commit()


async def provide_principal(uow: NamedDependency[Uow]) -> Principal:
    """Who calls; only routes with a permission have one. After the unit of work, so that no task is made for either."""
    return principal_of(uow)


def close_what_is_left(app: ASGIApp) -> ASGIApp:
    """Middleware that closes a unit of work nobody committed, once the response is out or the request failed."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return

        async def close_before_last(message: Message) -> None:
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if last:
                await _close(scope)
            await send(message)

        try:
            await app(scope, receive, close_before_last)
        finally:
            await _close(scope)

    return middleware


async def _close(scope: Scope) -> None:
    uow: Uow | None = scope["state"].pop(UOW, None)
    if uow is not None:
        await uow.close()
