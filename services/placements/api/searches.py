"""Searches: start one, read its results page by page, say what came of a call."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import once, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IdempotencyKey, Limit
from careshare.identity import Principal
from services.placements import actions, queries
from services.placements.answers import Call, Excluded, Found, FoundHome, Kinds, Plan, Search
from services.placements.api.common import ROOT, TAGS, results_paging
from services.placements.before import Before, asked_before
from services.placements.enquiries.permissions import READ
from services.placements.judged import Outcome
from services.placements.need import MOST_CHILDREN, Need
from services.placements.routes import fields_of_a_body, paging
from services.placements.search import RESULTS


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A search and what it finds.

    `total` counts the homes that meet every hard criterion, `by_kind` those of each kind, best first in `results`;
    `next_cursor` leads to more.
    `near_misses` fail one or two hard criteria about which something could be done (`needs`). `plans` give every child
    of a group a home. `excluded` counts your own homes by the criteria they fail. `unmet_need_id` names the unmet need
    that is kept where nothing can take the children. `asked_before` are those your authority asked for the same child
    already, here and outside, and what they said; empty without the permission to read enquiries.
    """

    id: UUID
    today: date
    stale_after_days: int
    total: int
    by_kind: Kinds
    results: list[FoundHome]
    next_cursor: str | None
    near_misses_total: int
    near_misses: list[FoundHome]
    plans: list[Plan]
    own_homes: int
    excluded: list[Excluded]
    unmet_need_id: UUID | None
    asked_before: list[Before]


class SearchPage(msgspec.Struct, frozen=True):
    """Saved searches, newest first. `next_cursor` leads to the next page; null on the last one."""

    items: list[Search]
    next_cursor: str | None


class NewCall(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What was said on the telephone about a home found. `children` is how many they will take, where not all."""

    offer_id: UUID
    outcome: Outcome
    children: Annotated[int, msgspec.Meta(ge=1, le=MOST_CHILDREN)] | None = None
    note: Annotated[str, msgspec.Meta(max_length=actions.NOTE_LENGTH)] = ""


class CallList(msgspec.Struct, frozen=True):
    """What was said on the telephone in one search, the latest first."""

    items: list[Call]


class NewSearch(Need, forbid_unknown_fields=True, kw_only=True):
    """A need to search for. `kind` says whether it is for tonight, with what little is known, or in full."""

    kind: Literal["tonight", "full"] = "full"


def answer(request: Http, principal: Principal, search_id: UUID, found: Found, before: list[Before]) -> SearchAnswer:
    """What was found, with the cursor of the next page and who was asked already."""
    cursor = results_paging(request, principal, search_id).cursor(*found.after) if found.after else None
    return SearchAnswer(
        id=search_id,
        today=found.today,
        stale_after_days=found.stale_after_days,
        total=found.total,
        by_kind=found.by_kind,
        results=found.results,
        next_cursor=cursor,
        near_misses_total=found.near_misses_total,
        near_misses=found.near_misses,
        plans=found.plans,
        own_homes=found.own_homes,
        excluded=found.excluded,
        unmet_need_id=found.unmet_need_id,
        asked_before=before,
    )


async def _before(
    uow: Uow, principal: Principal, search_id: UUID, need: Need, request_id: UUID | None = None
) -> list[Before]:
    """Who was asked already, for whoever may read enquiries. No statement where the search names no child."""
    if not principal.may(READ):
        return []
    return await asked_before(uow, search_id, request_id=request_id, reference=need.reference)


def _created(struct: type[msgspec.Struct], description: str) -> dict[int, ResponseSpec]:
    return {HTTPStatus.CREATED: ResponseSpec(struct, description=description, generate_examples=False)}


@post(
    "/searches",
    opt=needs("placement:search"),
    operation_id="createSearch",
    summary="Search for a home",
    description=(
        "Judges every home of yours and every home shared with you for a child or a group, and keeps the search so "
        "that colleagues work on one list. What is shown is recorded for you and for each authority whose homes it is."
    ),
    tags=TAGS,
    responses={**_created(SearchAnswer, "The search and what it finds"), **problems(409)},
)
async def create_search(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[NewSearch],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def make() -> tuple[SearchAnswer, str]:
        need = msgspec.convert(data, Need, from_attributes=True)
        with fields_of_a_body():
            search_id, found = await actions.start(uow, need, data.kind)
        before = await _before(uow, principal, search_id, need)
        return answer(request, principal, search_id, found, before), f"{ROOT}/{search_id}"

    return await once(request, uow, idempotency_key, make)


@get(
    "/searches",
    opt=needs("placement:search"),
    operation_id="listSearches",
    summary="List your authority's searches",
    tags=TAGS,
    responses=problems(),
)
async def list_searches(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> SearchPage:
    pages = paging(request, principal, "placements searches")
    after = pages.after(cursor, tuple[UUID])
    found = await queries.recent(uow, before=after[0] if after else None, limit=limit + 1)
    shown = found[:limit]
    return SearchPage(shown, pages.cursor(shown[-1].id) if len(found) > limit else None)


@get(
    "/searches/{search_id:uuid}",
    opt=needs("placement:search"),
    operation_id="getSearch",
    summary="Read what was searched for",
    tags=TAGS,
    responses=problems(404),
)
async def get_search(uow: NamedDependency[Uow], search_id: FromPath[UUID]) -> Search:
    return await queries.saved(uow, search_id)


@get(
    "/searches/{search_id:uuid}/results",
    opt=needs("placement:search"),
    operation_id="getSearchResults",
    summary="Run a search again, as things stand now",
    description="Near misses and plans stand on the first page only.",
    tags=TAGS,
    responses=problems(404),
)
async def get_results(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    search_id: FromPath[UUID],
    cursor: Cursor = None,
    limit: Limit = RESULTS,
) -> SearchAnswer:
    after = results_paging(request, principal, search_id).after(cursor, tuple[float, UUID])
    saved, found = await actions.open_search(uow, search_id, after=after, limit=limit)
    before = await _before(uow, principal, search_id, saved.need, saved.request_id)
    return answer(request, principal, search_id, found, before)


@post(
    "/searches/{search_id:uuid}/calls",
    opt=needs("placement:call"),
    operation_id="logCall",
    summary="Say what came of a call",
    description="It moves the home up or down for everybody in your authority who works on this search.",
    tags=TAGS,
    responses={**_created(Call, "The call as it was kept"), **problems(404, 409)},
)
async def log_call(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    search_id: FromPath[UUID],
    data: JSONBody[NewCall],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def make() -> tuple[Call, str]:
        call = await actions.log_call(
            uow, search_id, data.offer_id, data.outcome, children=data.children, note=data.note
        )
        return call, f"{ROOT}/{search_id}/calls"

    return await once(request, uow, idempotency_key, make)


@get(
    "/searches/{search_id:uuid}/calls",
    opt=needs("placement:search"),
    operation_id="listCalls",
    summary="Read what was said on the telephone in a search",
    tags=TAGS,
    responses=problems(404),
)
async def list_calls(uow: NamedDependency[Uow], search_id: FromPath[UUID]) -> CallList:
    await queries.saved(uow, search_id)
    return CallList(await queries.calls(uow, search_id))


handlers: Final = (create_search, list_searches, get_search, get_results, log_call, list_calls)
