"""The routes of terms under /api/v1: read what is asked and offered, state a price, assess, end a supplement."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from services.placements.enquiries.permissions import ANSWER, READ
from services.placements.placed.permissions import START
from services.placements.terms import actions, charging, queries
from services.placements.terms.model import Quote, SupplementEnded, Terms

TAGS: Final = ["Terms of a place"]
ENQUIRY: Final = "/enquiries/{enquiry_id:uuid}"


class AssessmentBegun(msgspec.Struct, frozen=True):
    """The impact assessment of an enquiry; it is written and decided as one of the home's."""

    assessment_id: UUID


@get(
    f"{ENQUIRY}/terms",
    opt=needs(READ),
    operation_id="getTerms",
    summary="Read what is asked for and at which price it is offered",
    description="What is not open to your side is null. `agreed`: the placing authority has agreed to the price.",
    tags=TAGS,
    responses=problems(404),
)
async def get_terms(*, uow: NamedDependency[Uow], enquiry_id: FromPath[UUID]) -> Terms:
    return await queries.terms(uow, enquiry_id)


@put(
    f"{ENQUIRY}/terms",
    opt=needs(ANSWER),
    operation_id="offerTerms",
    summary="State the price of each child anew",
    description="By the home's side, once it has accepted and until the placing authority has agreed to a price.",
    tags=TAGS,
    responses=problems(404, 409, 422),
)
async def offer_terms(*, uow: NamedDependency[Uow], enquiry_id: FromPath[UUID], data: JSONBody[Quote]) -> Terms:
    await actions.quote(uow, enquiry_id, data)
    return await queries.terms(uow, enquiry_id)


@post(
    f"{ENQUIRY}/assessment",
    opt=needs(ANSWER),
    operation_id="beginAssessment",
    summary="Begin the impact assessment of an enquiry, or find it",
    description="Who would come is taken from the profile that was sent, who lives there from your register, in bands.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def begin_assessment(*, uow: NamedDependency[Uow], enquiry_id: FromPath[UUID]) -> AssessmentBegun:
    return AssessmentBegun(await actions.assess(uow, enquiry_id))


@post(
    "/placements/{placement_id:uuid}/supplements/ended",
    opt=needs(START),
    operation_id="endSupplement",
    summary="Charge a supplement no longer from a night on",
    tags=TAGS,
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(404, 409),
)
async def end_supplement(
    *, uow: NamedDependency[Uow], placement_id: FromPath[UUID], data: JSONBody[SupplementEnded]
) -> None:
    await charging.end_supplement(uow, placement_id, data)


router = Router("/", route_handlers=[get_terms, offer_terms, begin_assessment, end_supplement])
