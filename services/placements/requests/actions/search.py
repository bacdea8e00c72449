"""A request and the search: a search made for it, joined to it, and a request begun from a search."""

from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict
from services.placements import actions as searching
from services.placements import queries as found
from services.placements.need import check
from services.placements.queries import today
from services.placements.requests import rules
from services.placements.requests.actions.start import NewRequest, start
from services.placements.requests.model import Kind
from services.placements.requests.queries import whole

JOIN = text("""
insert into placements.request_search (authority_id, request_id, search_id)
values (careshare.authority(), :request, :search) on conflict do nothing returning search_id
""")
# Need that was found unmet before there was a request is the request's from now on.
JOIN_UNMET = text("""
update placements.unmet_need u set need_key = 'request:' || cast(cast(:request as uuid) as text),
  request_id = cast(:request as uuid)
from placements.search s
where s.authority_id = (select careshare.authority()) and s.id = :search and u.authority_id = s.authority_id
  and u.need_key = s.need_key and u.closed_at is null
""")


async def search(uow: Uow, request_id: UUID) -> UUID:
    """Keep a search for what the request needs now, joined to it; opening it runs it.

    Raises NotFound, Conflict where the request is over, Invalid where what is known cannot be searched for.
    """
    request = await whole(uow, request_id)
    if "change" not in request.allowed:
        raise Conflict("The request is over. Reopen it to search for it.")
    day = today()
    need = check(rules.as_need(request, day), day)
    made = await searching.save(uow, need, "full", request_id=request_id)
    await uow.execute(JOIN, {"request": request_id, "search": made})
    return made


async def from_search(uow: Uow, search_id: UUID) -> UUID:
    """Begin a request with what a saved search asked for; the search is then its first.

    Raises NotFound, and Conflict where the search is a request's already.
    """
    saved = await found.saved(uow, search_id)
    if saved.request_id is not None:
        raise Conflict("There is a request for this search already.")
    need, children, starts, ends = rules.from_need(saved.need, today())
    kind: Kind = "emergency" if saved.kind == "tonight" and starts == today() else "planned"
    request_id = await start(uow, NewRequest(children=children, kind=kind, starts=starts, ends=ends, need=need))
    if (await uow.execute(JOIN, {"request": request_id, "search": search_id})).scalar_one_or_none() is None:
        raise Conflict("There is a request for this search already.")
    await uow.execute(JOIN_UNMET, {"request": request_id, "search": search_id})
    return request_id
