"""The landing page, and what the record answers."""

from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from services.record import breaches, queries, retention, subject_access
from services.record.pages.common import PAGE, RECORD, Http, narrowed, show
from services.record.period import bounds

READ: Final = needs("record:read")


@get(RECORD, opt=READ, include_in_schema=False)
async def overview(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """What needs the officer now, and where everything is."""
    period = bounds(None, None)
    open_breaches = [one for one in await breaches.breaches(uow) if not one.closed]
    requests = [one for one in await subject_access.requests(uow) if one.sent_at is None]
    return show(
        request,
        "overview",
        viewers=await queries.viewers(uow, period),
        probes=await queries.probes(uow, period, limit=PAGE),
        emergencies=await queries.steps(uow, period, kind="emergency", limit=PAGE),
        verification=await queries.verification(uow),
        breaches=open_breaches,
        requests=requests,
        due=sum(not one.confirmed and not one.held for one in await retention.due(uow, "household")),
    )


@get(f"{RECORD}/shown", opt=READ, include_in_schema=False)
async def shown(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Who outside saw which of our records."""
    wanted = await narrowed(request, uow, principal, f"{RECORD}/shown")
    viewer, home = wanted.asked.authority, wanted.household
    found = await queries.shown(uow, wanted.period, viewer=viewer, household=home, before=wanted.before, limit=PAGE + 1)
    rows, more = wanted.cut(found)
    viewers = await queries.viewers(uow, wanted.period, household=home)
    return show(
        request,
        "shown",
        form=wanted.form,
        errors=wanted.errors,
        rows=rows,
        more=more,
        first=wanted.first,
        viewers=viewers,
        authorities=await queries.others(uow),
    )


@get(f"{RECORD}/opened", opt=READ, include_in_schema=False)
async def opened(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Who inside opened confidential records."""
    wanted = await narrowed(request, uow, principal, f"{RECORD}/opened")
    found = await queries.opened(uow, wanted.period, household=wanted.household, before=wanted.before, limit=PAGE + 1)
    rows, more = wanted.cut(found)
    return show(request, "opened", form=wanted.form, errors=wanted.errors, rows=rows, more=more, first=wanted.first)


@get(f"{RECORD}/searches", opt=READ, include_in_schema=False)
async def searches(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Our own searches."""
    wanted = await narrowed(request, uow, principal, f"{RECORD}/searches")
    rows, more = wanted.cut(await queries.searches(uow, wanted.period, before=wanted.before, limit=PAGE + 1))
    return show(request, "searches", form=wanted.form, errors=wanted.errors, rows=rows, more=more, first=wanted.first)


@get(f"{RECORD}/steps", opt=READ, include_in_schema=False)
async def steps(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Steps that change who may see or do what."""
    wanted = await narrowed(request, uow, principal, f"{RECORD}/steps")
    found = await queries.steps(uow, wanted.period, kind=wanted.asked.kind, before=wanted.before, limit=PAGE + 1)
    rows, more = wanted.cut(found)
    return show(request, "steps", form=wanted.form, errors=wanted.errors, rows=rows, more=more, first=wanted.first)


@get(f"{RECORD}/probing", opt=READ, include_in_schema=False)
async def probing(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Searches that look like probing."""
    wanted = await narrowed(request, uow, principal, f"{RECORD}/probing")
    rows, more = wanted.cut(await queries.probes(uow, wanted.period, before=wanted.before, limit=PAGE + 1))
    return show(request, "probing", form=wanted.form, errors=wanted.errors, rows=rows, more=more, first=wanted.first)


@get(f"{RECORD}/verification", opt=READ, include_in_schema=False)
async def verification(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The last check of the chain, and the head to compare."""
    return show(request, "verification", last=await queries.verification(uow))


handlers = [overview, shown, opened, searches, steps, probing, verification]
