"""Every route declares a permission or a reason to be public, and holds to it."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from careshare.access.permissions import Permissions
from careshare.service import services
from tests.world import World

PUBLIC = {
    "/health/live",
    "/health/ready",
    "/static/{release:str}/{name:str}",
    "/accessibility",
    "/cookies",
    "/privacy",
    "/feedback",
    "/sign-in",
    "/sign-in/email",
    "/sign-in/back",
    "/sign-in/choose",
    "/signed-out",
    "/oauth/back-channel-logout",
    "/sign-out",
    "/l/{secret:str}",
    "/messages/outbox",
    "/api/v1/messages/notify",
    "/break-glass",
    "/api/docs",
    "/api/docs/openapi.json",
    "/api/docs/{path:str}",
    "/oauth/token",
    "/oauth/revoke",
}
"""All addresses that ask nobody who they are. A new one is a decision: add it here."""


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if method != "OPTIONS":
                    yield route.path, method, handler


def concrete(path: str) -> str:
    """The address with values that lead to nothing."""
    return re.sub(r"\{[^}]+:uuid\}", str(uuid4()), re.sub(r"\{[^}]+:(?:str|int)\}", "0", path))


def test_every_route_declares_a_permission_that_exists_or_a_reason_to_be_public(app: Litestar) -> None:
    known = Permissions(service.permissions for service in services()).all
    found = list(routes(app))
    assert len(found) > 20
    for path, method, handler in found:
        if handler.opt.get("public"):
            assert path in PUBLIC, f"{method} {path} is public and not listed"
        else:
            assert handler.opt.get("permission") in known, f"{method} {path} declares no known permission"


def test_api_routes_take_tokens_and_pages_take_sessions(app: Litestar) -> None:
    for path, _method, handler in routes(app):
        if path.startswith(("/api/v1", "/oauth/", "/scim/")):
            assert handler.opt.get("kind") == "api", path
        else:
            assert handler.opt.get("kind", "page") == "page", path


async def test_without_a_credential_every_guarded_route_refuses(app: Litestar, client: httpx.AsyncClient) -> None:
    for path, method, handler in routes(app):
        if handler.opt.get("public") or method == "HEAD":
            continue
        answer = await client.request(method, concrete(path))
        if path.startswith(("/api/", "/scim/")):
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
            form = "problem" if path.startswith("/api/") else "scim"
            assert answer.headers["content-type"] == f"application/{form}+json"
        elif method == "GET":
            assert answer.status_code == 303, f"{method} {path}: {answer.status_code}"
            assert answer.headers["location"].startswith("/sign-in?next=/"), f"{method} {path}"
        else:
            assert answer.status_code in {303, 403, 415}, f"{method} {path}: {answer.status_code}"


async def test_a_session_cookie_does_not_open_the_api(app: Litestar, client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "placement_finder")
    for path, method, handler in routes(app):
        if path.startswith("/api/v1") and not handler.opt.get("public"):
            answer = await client.request(method, concrete(path))
            assert answer.status_code == 401, f"{method} {path}"


NO_CASE_DATA = ["regional_administrator", "authority_administrator", "regional_board_member", "payments"]


@pytest.mark.parametrize("role", NO_CASE_DATA)
async def test_roles_without_case_data_are_refused_it_everywhere(
    app: Litestar, client: httpx.AsyncClient, world: World, role: str
) -> None:
    headers = await world.bearer(world.a, role)
    granted = Permissions(service.permissions for service in services()).of([role])
    for path, method, handler in routes(app):
        guarded = path.startswith("/api/v1") and not handler.opt.get("public")
        if guarded and handler.opt["permission"] not in granted:
            answer = await client.request(method, concrete(path), headers=headers)
            assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"


async def test_each_role_is_let_through_or_refused_as_declared(
    app: Litestar, client: httpx.AsyncClient, world: World
) -> None:
    permissions = Permissions(service.permissions for service in services())
    for role in world.a.people:
        headers = await world.bearer(world.a, role)
        for path, method, handler in routes(app):
            if not path.startswith("/api/v1") or method != "GET" or "export" in path:
                continue
            answer = await client.get(concrete(path), headers=headers)
            allowed = handler.opt["permission"] in permissions.of([role])
            assert (answer.status_code != 403) == allowed, f"{role} {path}: {answer.status_code}"
            assert answer.status_code < 500, f"{role} {path}: {answer.text}"
