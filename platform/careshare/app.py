"""Puts the house together: settings, database, services, the gate, pages and API."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from careshare import health, identity_pages, workdays
from careshare.access import Permissions, gate, provide_principal, provide_uow, public
from careshare.access.gate import KEPT, close_what_is_left
from careshare.clients import ExternalTokens, Limiter, limit, tell_limit
from careshare.clients import oauth as client_tokens
from careshare.database import Database
from careshare.errors import DomainError, StepUpRequired
from careshare.files import limit_uploads
from careshare.http.openapi import TimesOfDay
from careshare.http.problems import MEDIA_TYPE, domain_error, problem_of
from careshare.logging import configure as configure_logging
from careshare.service import Service, services
from careshare.settings import Settings, load
from careshare.signin import leaving
from careshare.signin import pages as signin_pages
from careshare.web import error_page, redirect
from careshare.web.routes import router as web_router
from careshare.web.setup import configure_web

API_ROOT = "/api/v1"
SIGN_IN = "/sign-in"
STEP_UP = "/step-up"
LONGEST_QUERY = 500
"""Characters that an address keeps beyond its path while somebody signs in."""


def create_app(settings: Settings | None = None, *, found: Sequence[Service] | None = None) -> Litestar:
    """The ASGI application. Fails at once if a setting is missing or a service declares a role that does not exist."""
    settings = settings or load()
    configure_logging(settings)
    workdays.use(settings.bank_holidays)
    rooms = services() if found is None else list(found)
    for room in rooms:
        for module in room.jobs:
            import_module(module)
    permissions = Permissions(room.permissions for room in rooms)
    database = Database.open(settings)
    limiter = Limiter(settings.redis_url)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await limiter.close()
            await database.close()

    api = Router(API_ROOT, route_handlers=[router for room in rooms for router in room.api], opt={"kind": "api"})
    pages: list[ControllerRouterHandler] = [router for room in rooms for router in room.pages]
    pages += [identity_pages.router(settings), signin_pages.router(settings)]
    config = AppConfig(
        route_handlers=[
            api,
            Router("/", route_handlers=pages, opt={"kind": "page"}),
            client_tokens.router,
            leaving.router,
            web_router,
            health.router,
        ],
        guards=[gate, limit],
        dependencies={"uow": Provide(provide_uow), "principal": Provide(provide_principal)},
        exception_handlers={Exception: answer_error, HTTPException: answer_error},
        middleware=[close_what_is_left, limit_uploads(settings)],
        lifespan=[lifespan],
        state=State(
            {
                "settings": settings,
                "database": database,
                "permissions": permissions,
                "services": rooms,
                "keep_form": identity_pages.keep,
                "limiter": limiter,
                "external": ExternalTokens(settings, database),
            }
        ),
        before_send=[tell_limit],
        openapi_config=openapi_config(),
        plugins=[TimesOfDay()],
        request_max_body_size=2 * 1024 * 1024,
        debug=False,
        pdb_on_exception=False,
        logging_config=None,
    )
    configure_web(config, settings, rooms)
    return Litestar.from_config(config)


def openapi_config() -> OpenAPIConfig:
    """OpenAPI 3.1 of the API alone, served at /api/docs/openapi.json."""
    return OpenAPIConfig(
        title="Careshare",
        version="1",
        description=(
            "Foster carers, residential places, family time and allowances shared between local authorities. "
            "Every call acts for one authority and is recorded."
        ),
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"bearer": []}],
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        openapi_router=Router(
            "/api/docs", route_handlers=[], opt=public("Describes the API; holds no data."), include_in_schema=False
        ),
    )


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Problem+json for the API, a page for people; somebody not signed in is sent to sign in and back again."""
    if request.url.path.startswith("/api/"):
        problem, headers = problem_of(error)
        return Response(
            msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers
        )
    known = domain_error(error)
    if known is not None and known.status == 401:
        after = _wanted(request) if request.method == "GET" else request.scope["state"].get(KEPT) or "/"
        to = STEP_UP if isinstance(known, StepUpRequired) else SIGN_IN
        return redirect(f"{to}?next={quote(after)}")
    problem, headers = problem_of(error)
    ours = isinstance(error, DomainError)  # the framework's own words are for programmers
    said = (problem.title, problem.detail) if ours else (None, None)
    response = error_page(request, problem.status, said[0], said[1], list(problem.errors) if ours else [])
    for name, value in headers.items():
        response.set_header(name, value)
    return response


def _wanted(request: Request[Any, Any, Any]) -> str:
    """The address somebody asked for, with what they asked of it: links in messages lead to a part of a list."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query and len(query) <= LONGEST_QUERY else request.url.path
