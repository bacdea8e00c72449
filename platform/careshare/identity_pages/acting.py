"""Where a signed-in person begins, and for which authority they act."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from sqlalchemy import RowMapping, text

from careshare import audit
from careshare.access import needs
from careshare.access.permissions import ROLES
from careshare.database import Acting, Database, Uow
from careshare.errors import FieldError
from careshare.identity import Principal, switch_session
from careshare.identity.arriving import record_for_a_time
from careshare.identity_pages.common import Http, secret_of, with_session
from careshare.service import Service
from careshare.web import page, read_form, redirect
from careshare.web.filters import moment

MINE = text("select authority_id, name, roles, until from identity.my_authorities()")


@get("/", opt=needs("own:act"), include_in_schema=False)
async def home(request: Http, principal: NamedDependency[Principal]) -> Response[str]:
    """Where a signed-in person begins: what their roles let them do."""
    rooms: Sequence[Service] = request.app.state.services
    sections = [item for room in rooms for item in room.navigation if principal.may(item.permission)]
    return page(request, "careshare/home.html", sections=sorted(sections, key=lambda item: item.order))


def _choices(rows: Sequence[RowMapping]) -> list[tuple[str, str, str]]:
    """Value, name and hint of each authority; the hint says until when, where it is for a time."""
    return [
        (
            str(row["authority_id"]),
            row["name"],
            ", ".join(ROLES[role] for role in row["roles"])
            + (f", until {moment(row['until'])}" if row["until"] else ""),
        )
        for row in rows
    ]


@get("/acting", opt=needs("own:act"), include_in_schema=False)
async def acting_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The authorities the person may act for."""
    rows = (await uow.execute(MINE)).mappings().all()
    return page(request, "careshare/acting.html", choices=_choices(rows), errors=[])


@post("/acting", opt=needs("own:act"), include_in_schema=False)
async def act_for(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Act for another of one's authorities: a new session, the old one ended. It is on that authority's record."""
    form = await read_form(request)
    rows = (await uow.execute(MINE)).mappings().all()
    chosen = next((row for row in rows if str(row["authority_id"]) == form.get("authority")), None)
    secret = None if chosen is None else await switch_session(uow, secret_of(request), chosen["authority_id"])
    if chosen is None or secret is None:
        error = FieldError("authority", "Choose the authority to act for")
        return page(request, "careshare/acting.html", status_code=400, choices=_choices(rows), errors=[error])
    database: Database = request.app.state.database
    await uow.commit()
    async with database.bound(Acting(chosen["authority_id"], principal.person_id, "own:act")) as theirs:
        if not await record_for_a_time(theirs, principal.person_id):
            await audit.record(theirs, "session.begun", subjects=[principal.person_id], after={"switched": True})
    return with_session(request, redirect("/"), secret)
