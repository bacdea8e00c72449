"""The demonstration's sign-in, and signing out.

People are chosen from the demo's list of invented staff. That page is not even mounted in production, where councils
sign in through their own identity providers, and the database answers it only where it was migrated as a demo.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery
from sqlalchemy import text

from careshare.access import public
from careshare.access.permissions import ROLES
from careshare.database import Database
from careshare.errors import FieldError
from careshare.identity import SESSION_COOKIE, end_session, open_session
from careshare.identity_pages.common import (
    Http,
    browser_of,
    safe_next,
    secret_of,
    throttle_of,
    too_many,
    with_session,
)
from careshare.settings import Settings
from careshare.signin.leaving import way_out
from careshare.web import page, read_form, redirect

PEOPLE = text("select * from identity.demo_people()")
SIGN_IN_REASON = "Whoever is not signed in must be able to sign in; lists invented people only."
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
        roles = ", ".join(ROLES[role] for role in row["roles"]) or "No role yet"
        rank = min((FIRST.index(role) for role in row["roles"] if role in FIRST), default=len(FIRST))
        authority.people.append(DemoPerson(row["person_id"], row["name"], roles, rank))
    for authority in found.values():
        authority.people.sort(key=lambda one: (one.rank, one.name))
    return list(found.values())


def next_of(found: Iterator[DemoAuthority]) -> DemoAuthority | None:
    """The first one found, if any."""
    return next(found, None)


@get("/sign-in", opt=public(SIGN_IN_REASON), include_in_schema=False)
async def sign_in_page(
    request: Http,
    next: FromQuery[str] = "/",  # noqa: A002  # the name people know from addresses
    authority: FromQuery[str] = "",
) -> Response[str]:
    """The demo's list of councils; with `authority`, of that council's invented staff by role."""
    listed = await _people(request.app.state.database)
    chosen = next_of(a for a in listed if str(a.authority_id) == authority)
    return page(request, "careshare/sign_in.html", authorities=listed, chosen=chosen, next=safe_next(next))


@post("/sign-in", opt=public(SIGN_IN_REASON), include_in_schema=False)
async def sign_in(request: Http) -> Response[Any]:
    """Start a session as the chosen person, with a new secret; the one this browser had before ends."""
    form = await read_form(request)
    database: Database = request.app.state.database
    given = form.get("person")
    authority, _, person = given.partition("/")
    throttle = throttle_of(request, given)
    wait = await throttle.wait()
    if wait:
        return too_many(request, wait)
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
        await throttle.failed()
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
        secret = await open_session(uow, chosen[1], chosen[0], device=browser_of(request))
        old = secret_of(request)
        if secret is not None and old:
            await end_session(uow, old)
    return redirect("/sign-in") if secret is None else with_session(request, redirect(after), secret)


@post("/sign-out", opt=public("Signing out must always work."), include_in_schema=False)
async def sign_out(request: Http) -> Response[Any]:
    """End the session on the server, forget the cookie, and go on to the identity provider's own sign-out."""
    secret = secret_of(request)
    database: Database = request.app.state.database
    onward: Response[Any] | None = None
    if secret:
        async with database.unbound() as uow:
            onward = await way_out(request, uow, secret)
            await end_session(uow, secret)
    response = onward or redirect("/sign-in")
    settings: Settings = request.app.state.settings
    response.delete_cookie(settings.cookie(SESSION_COOKIE))
    return response
