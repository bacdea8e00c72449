"""Homes: list, register, read, change; the address where it is confidential; offering places and withdrawing them."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import expected_version, once, problems
from careshare.http.parameters import Http, IdempotencyKey, IfMatch
from careshare.identity import Principal
from services.residential import actions
from services.residential.api.common import HOME, ROOT, TAGS, answer, changed
from services.residential.model import Confidentiality, Home, Judged, Kind, Offering
from services.residential.queries import Filters, home, homes, open_address, totals
from services.residential.queries.home import may_lift
from services.residential.records import FirstOfAll, HomeRecord, HomeRow, StateCounts

CHANGES = problems(404, 409, 412, 422, 428)


class HomeList(msgspec.Struct, frozen=True):
    """One's own homes by name and the states of their places together."""

    items: list[HomeRow]
    states: StateCounts
    first_of_all: FirstOfAll


class Opening(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a confidential address is needed; it stands in the audit record."""

    reason: Annotated[Literal["placement", "visit", "emergency", "correction"], msgspec.Meta(examples=["visit"])]


@get(
    "/homes",
    opt=needs("residential:read"),
    operation_id="listHomes",
    summary="List your authority’s homes",
    description=(
        "By name, with each state of their places counted from the places themselves. `matchable` is what may be "
        "matched now; it is never worked out by subtraction. Confidential addresses are never part of a list."
    ),
    tags=TAGS,
    responses=problems(),
)
async def list_homes(
    uow: NamedDependency[Uow],
    kind: FromQuery[Kind | None] = None,
    offered: FromQuery[bool | None] = None,
    matchable: FromQuery[bool | None] = None,
) -> HomeList:
    rows = await homes(uow, Filters(kind=kind, offered=offered, matchable=matchable))
    states, first = totals(rows)
    return HomeList(rows, states, first)


@post(
    "/homes",
    opt=needs("residential:change"),
    operation_id="registerHome",
    summary="Register a home",
    description=(
        "Your own, or by proxy one whose owner is not on Careshare. It has no places yet: set them next. One number of "
        "Ofsted’s is kept by one authority; where Ofsted’s list has the home, its judgement comes from there."
    ),
    tags=TAGS,
    responses=problems(409),
)
async def register_home(
    request: Http, uow: NamedDependency[Uow], data: JSONBody[Home], idempotency_key: IdempotencyKey = None
) -> Response[HomeRecord]:
    async def create() -> tuple[HomeRecord, str]:
        made, _version = await actions.register_home(uow, data)
        return await home(uow, made), f"{ROOT}/{made}"

    return await once(request, uow, idempotency_key, create)  # type: ignore[return-value]  # the record, encoded


@get(
    HOME,
    opt=needs("residential:read"),
    operation_id="getHome",
    summary="Read a home in full",
    description="Where the address is confidential it is null: open it with a reason.",
    tags=TAGS,
    responses=problems(404),
)
async def get_home(home_id: FromPath[UUID], uow: NamedDependency[Uow]) -> Response[HomeRecord]:
    return answer(await home(uow, home_id))


@post(
    f"{HOME}/open",
    opt=needs("residential:open", step_up=True),
    operation_id="openHome",
    summary="Read a home with its confidential address",
    description="Takes the permission `residential:open`, signing in again lately and a reason, which is recorded.",
    tags=TAGS,
    status_code=200,
    responses=problems(404),
)
async def open_home(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Opening]
) -> Response[HomeRecord]:
    return answer(await open_address(uow, home_id, data.reason))


@put(
    HOME,
    opt=needs("residential:change"),
    operation_id="changeHome",
    summary="Change what a home is",
    description="All of it. A home with a confidential address is changed by whoever may see the address.",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
)
async def change_home(
    home_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[Home],
    if_match: IfMatch = None,
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(
        uow, home_id, actions.change_home(uow, home_id, version, data, may_see=principal.may("confidential:read"))
    )


@put(
    f"{HOME}/judgement",
    opt=needs("residential:change"),
    operation_id="recordJudgement",
    summary="Record what Ofsted judged",
    description="The newest judgement is the home’s. Earlier ones stay, so that a fall is seen.",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def record_judgement(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Judged], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.record_judgement(uow, home_id, version, data))


@put(
    f"{HOME}/confidential",
    opt=needs("residential:change"),
    operation_id="setHomeConfidential",
    summary="Mark the address confidential, or no longer",
    description="Only those who may see confidential addresses may lift it.",
    tags=TAGS,
    responses=CHANGES,
)
async def set_confidential(
    home_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[Confidentiality],
    if_match: IfMatch = None,
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    may_see = may_lift(principal, data)
    change = actions.set_confidential(uow, home_id, version, confidential=data.confidential, may_see=may_see)
    return await changed(uow, home_id, change)


@put(
    f"{HOME}/offer",
    opt=needs("residential:publish"),
    operation_id="offerPlaces",
    summary="Offer places to other authorities",
    description=(
        "Those of your agreements, from a date and at the price list’s price, and never more than are matchable. "
        "Offering promises nothing: neither that somebody comes, nor an income. "
        "What keeps the home from being offered is listed under `errors`."
    ),
    tags=TAGS,
    responses=CHANGES,
)
async def offer_places(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Offering], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.offer(uow, home_id, version, data))


@post(
    f"{HOME}/withdraw",
    opt=needs("residential:publish"),
    operation_id="withdrawPlaces",
    summary="Offer the home’s places no longer",
    tags=TAGS,
    status_code=200,
    responses=CHANGES,
)
async def withdraw(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.withdraw(uow, home_id, version))


handlers = [
    list_homes,
    register_home,
    get_home,
    open_home,
    change_home,
    record_judgement,
    set_confidential,
    offer_places,
    withdraw,
]
