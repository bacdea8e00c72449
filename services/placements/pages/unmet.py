"""Need that found no home: the authority's evidence of what it lacks (Children Act 1989 section 22G)."""

from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.web import page
from services.placements import queries
from services.placements.answers import UnmetNeed
from services.placements.need import asked
from services.placements.pages import summary, words
from services.placements.pages.asking import Http

UNMET: Final = "/placements/unmet-needs"
STATES: Final = {None: ("Open", "yellow"), "found": ("Home found", "green"), "lapsed": ("Lapsed", "grey")}


class Listed(msgspec.Struct, frozen=True):
    """One request in the list."""

    need: UnmetNeed
    what: str
    more: str
    kinds: str
    state: tuple[str, str]
    found: str


@get(UNMET, opt=needs("unmet_need:read"), include_in_schema=False)
async def unmet_needs(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], after: FromQuery[str | None] = None
) -> Response[str]:
    """The authority's unmet need, the latest first."""
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "placements unmet page", {})
    last = paging.after(after, tuple[UUID])
    found = await queries.unmet_needs(uow, before=last[0] if last else None, limit=DEFAULT_LIMIT + 1)
    shown = found[:DEFAULT_LIMIT]
    more = f"{UNMET}?after={paging.cursor(shown[-1].id)}" if len(found) > DEFAULT_LIMIT else None
    return page(request, "placements/unmet.html", needs=[_listed(one) for one in shown], more=more)


def _listed(unmet: UnmetNeed) -> Listed:
    wanted = asked(unmet.need, unmet.need.starts or unmet.first_at.date())
    what = summary.who(wanted)
    return Listed(
        unmet,
        what[:1].upper() + what[1:],
        summary.short(unmet.need, wanted),
        words.kinds(unmet.kinds),
        STATES[unmet.closed_as],
        words.kinds(unmet.found_kinds) if unmet.found_kinds else "",
    )


handlers = [unmet_needs]
