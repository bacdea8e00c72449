"""Signing in and out, and choosing for which authority one acts.

Until councils sign in through their own identity providers, people are chosen from the demo's list of invented staff.
That page is not even mounted in production, and the database answers it only where it was migrated as a demo.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy import text

from careshare.access import needs, public
from careshare.access.permissions import ROLES
from careshare.database import Database, Uow
from careshare.errors import FieldError
from careshare.identity import SESSION_COOKIE, Principal, end_session, open_session
from careshare.service import Service
from careshare.settings import Settings
from careshare.web import page, read_form, redirect

PEOPLE = text("select * from identity.demo_people()")
MINE = text("select authority_id, name, roles from identity.my_authorities()")
SIGN_IN_REASON = "Whoever is not signed in must be able to sign in; lists invented people only."
SESSION_SECONDS = 12 * 3600
FIRST = ("placement_finder", "fostering_officer", "out_of_hours", "team_manager", "supervising_social_worker")
"""Roles with most to see in the demonstration: they stand first."""


class DemoPerson(msgspec.Struct):
    """One invented member of staff on the sign-in page."""

    person_id: UUID
    name: str
    roles: str
    rank: int


class DemoAuthority(msgspec.Struct):
    """An authority and its invented staff."""

    authority_id: UUID
    name: str
    people: list[DemoPerson]


async def _people(database: Database) -> list[DemoAuthority]:
    async with database.unbound() as uow:
        rows = (await uow.execute(PEOPLE)).mappings().all()
    found: dict[UUID, DemoAuthority] = {}
    for row in rows:
        authority = found.setdefault(row["authority_id"], DemoAuthority(row["authority_id"], row["authority_name"], []))
        roles = ", ".join(ROLES[role] for role in row["roles"])
        rank = min(FIRST.index(role) if role in FIRST else len(FIRST) for role in row["roles"])
        authority.people.append(DemoPerson(row["person_id"], row["name"], roles, rank))
    for authority in found.values():
        authority.people.sort(key=lambda one: (one.rank, one.name))
    return list(found.values())


def safe_next(path: str) -> str:
    """`path` if it leads to a page of ours, else the home page: nobody is sent to another site."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"


def next_of(found: Iterator[DemoAuthority]) -> DemoAuthority | None:
    """The first one found, if any."""
    return next(found, None)


@get("/sign-in", opt=public(SIGN_IN_REASON), include_in_schema=False)
async def sign_in_page(
    request: Request[Any, Any, Any],
    next: FromQuery[str] = "/",  # noqa: A002  # the name people know from addresses
    authority: FromQuery[str] = "",
) -> Response[str]:
    """The demo's list of councils; with `authority`, of that council's invented staff by role."""
    listed = await _people(request.app.state.database)
    chosen = next_of(a for a in listed if str(a.authority_id) == authority)
    return page(request, "careshare/sign_in.html", authorities=listed, chosen=chosen, next=safe_next(next))


@post("/sign-in", opt=public(SIGN_IN_REASON), include_in_schema=False)
async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Start a session as the chosen person."""
    form = await read_form(request)
    database: Database = request.app.state.database
    authority, _, person = (form.get("person") or "").partition("/")
    try:
        chosen = UUID(authority), UUID(person)
    except ValueError:
        chosen = None
    listed = await _people(database)
    known = chosen is not None and any(
        a.authority_id == chosen[0] and any(p.person_id == chosen[1] for p in a.people) for a in listed
    )
    after = safe_next(form.get("next") or "/")
    if chosen is None or not known:
        return page(
            request,
            "careshare/sign_in.html",
            status_code=400,
            authorities=listed,
            chosen=next_of(a for a in listed if chosen is not None and a.authority_id == chosen[0]),
            next=after,
            errors=[FieldError("person", "Choose whom to sign in as")],
        )
    async with database.unbound() as uow:
        secret = await open_session(uow, chosen[1], chosen[0])
    if secret is None:
        return redirect("/sign-in")
    return _with_session(request, redirect(after), secret)


def _with_session(request: Request[Any, Any, Any], response: Response[Any], secret: str) -> Response[Any]:
    settings: Settings = request.app.state.settings
    response.cookies.append(
        Cookie(
            key=SESSION_COOKIE,
            value=secret,
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="lax",
            secure=settings.production,
        )
    )
    return response


@post("/sign-out", opt=public("Signing out must always work."), include_in_schema=False)
async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """End the session on the server and forget the cookie."""
    secret = request.cookies.get(SESSION_COOKIE)
    database: Database = request.app.state.database
    if secret:
        async with database.unbound() as uow:
            await end_session(uow, secret)
    response = redirect("/sign-in")
    response.delete_cookie(SESSION_COOKIE)
    return response


@get("/", opt=needs("own:act"), include_in_schema=False)
async def home(request: Request[Any, Any, Any], principal: NamedDependency[Principal]) -> Response[str]:
    """Where a signed-in person begins: what their roles let them do."""
    rooms: Sequence[Service] = request.app.state.services
    sections = [item for room in rooms for item in room.navigation if principal.may(item.permission)]
    return page(request, "careshare/home.html", sections=sections)


@get("/acting", opt=needs("own:act"), include_in_schema=False)
async def acting_page(request: Request[Any, Any, Any], uow: NamedDependency[Uow]) -> Response[str]:
    """The authorities the person may act for."""
    rows = (await uow.execute(MINE)).mappings().all()
    choices = [(str(row["authority_id"]), row["name"], ", ".join(ROLES[r] for r in row["roles"])) for row in rows]
    return page(request, "careshare/acting.html", choices=choices, errors=[])


@post("/acting", opt=needs("own:act"), include_in_schema=False)
async def act_for(
    request: Request[Any, Any, Any], uow: NamedDependency[Uow], principal: NamedDependency[Principal]
) -> Response[Any]:
    """Act for another of one's authorities: a new session, the old one ended."""
    form = await read_form(request)
    rows = (await uow.execute(MINE)).mappings().all()
    chosen = next((row["authority_id"] for row in rows if str(row["authority_id"]) == form.get("authority")), None)
    if chosen is None:
        choices = [(str(row["authority_id"]), row["name"], ", ".join(ROLES[r] for r in row["roles"])) for row in rows]
        error = FieldError("authority", "Choose the authority to act for")
        return page(request, "careshare/acting.html", status_code=400, choices=choices, errors=[error])
    secret = await open_session(uow, principal.person_id, chosen)
    old = request.cookies.get(SESSION_COOKIE)
    if old:
        await end_session(uow, old)
    return redirect("/") if secret is None else _with_session(request, redirect("/"), secret)


def router(settings: Settings) -> Router:
    """The pages that exist in this environment: the demo's sign-in never does in production."""
    handlers = [home, acting_page, act_for, sign_out]
    if not settings.production:
        handlers += [sign_in_page, sign_in]
    return Router("/", route_handlers=handlers)
