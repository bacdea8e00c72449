"""What others see of a request, the check of its texts, and the searches made for it."""

from typing import Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import once, problems
from careshare.http.parameters import Http, IdempotencyKey
from services.placements.queries import today
from services.placements.requests import actions, queries, rules
from services.placements.requests.actions.disclose import NewRuling, checks
from services.placements.requests.api.common import REQUEST, TAGS
from services.placements.requests.api.requests import Made
from services.placements.requests.permissions import CHANGE, READ
from services.placements.routes import created, fields_of_a_body


class Preview(msgspec.Struct, frozen=True):
    """The profile as others see it at a level, and what the check of its texts found (level 2 has no text)."""

    profile: rules.Fuller | rules.Profile
    flags: list[rules.Flag]


class FlagList(msgspec.Struct, frozen=True):
    """What the check finds in the texts, with what their author decided."""

    items: list[rules.Flag]


class RequestSearchList(msgspec.Struct, frozen=True):
    """Searches made for a request, the latest first."""

    items: list[queries.RequestSearch]


@get(
    f"{REQUEST}/profile",
    opt=needs(READ),
    operation_id="getRequestProfile",
    summary="See what others would see of a request",
    description=(
        "Level 2 goes with an enquiry and has no free text; level 3 is for whoever accepted it. At level 3 a text with "
        "a finding that nobody decided on keeps the profile from being sent."
    ),
    tags=TAGS,
    responses=problems(404),
)
async def get_profile(
    *, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID], level: FromQuery[Literal["2", "3"]] = "2"
) -> Preview:
    record = await queries.whole(uow, placement_request_id)
    flags = rules.flags(record, await queries.rulings(uow, placement_request_id)) if level == "3" else []
    return Preview(rules.profile(record, int(level), today()), flags)


@post(
    f"{REQUEST}/rulings",
    opt=needs(CHANGE),
    operation_id="ruleOnFinding",
    summary="Let a finding in a text stand, and say why",
    description="It holds for this text alone: when the text is changed, it is looked at anew.",
    tags=TAGS,
    responses=problems(404),
    status_code=200,
)
async def rule_on_finding(
    *, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID], data: JSONBody[NewRuling]
) -> FlagList:
    await actions.rule(uow, placement_request_id, data)
    return FlagList(await checks(uow, placement_request_id))


@post(
    f"{REQUEST}/searches",
    opt=needs("placement:search"),
    operation_id="searchForRequest",
    summary="Search for a home for a request as it stands now",
    description="The search is kept and joined to the request; its results are read at /api/v1/searches/{id}/results.",
    tags=TAGS,
    responses={**created(Made, "The search"), **problems(404, 409)},
)
async def search_for_request(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    placement_request_id: FromPath[UUID],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def make() -> tuple[Made, str]:
        with fields_of_a_body():
            made = await actions.search(uow, placement_request_id)
        return Made(made), f"/api/v1/searches/{made}"

    return await once(request, uow, idempotency_key, make)


@get(
    f"{REQUEST}/searches",
    opt=needs("placement:search"),
    operation_id="listRequestSearches",
    summary="List the searches made for a request",
    tags=TAGS,
    responses=problems(404),
)
async def list_searches(uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> RequestSearchList:
    await queries.whole(uow, placement_request_id)
    return RequestSearchList(await queries.searches(uow, placement_request_id))


handlers: Final = (get_profile, rule_on_finding, search_for_request, list_searches)
