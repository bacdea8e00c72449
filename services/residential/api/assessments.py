"""Impact assessments: begun for an enquiry, written, decided by the home's manager."""

from uuid import UUID

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import etag, expected_version, once, problems
from careshare.http.parameters import Http, IdempotencyKey, IfMatch
from services.residential import actions
from services.residential.actions.assessments import Assessment, assessment
from services.residential.api.common import HOME, TAGS
from services.residential.model import Concerns, Decision, NewAssessment

ONE = "/assessments/{assessment_id:uuid}"


def _answer(found: Assessment) -> Response[Assessment]:
    return Response(found, headers={"ETag": etag(found.version)})


@post(
    f"{HOME}/assessments",
    opt=needs("residential:change"),
    operation_id="openAssessment",
    summary="Begin the impact assessment of an enquiry",
    description="Who lives there is taken down in bands, with the concerns worth speaking to. An enquiry has one.",
    tags=TAGS,
    responses=problems(404, 409),
)
async def open_assessment(
    request: Http,
    home_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[NewAssessment],
    idempotency_key: IdempotencyKey = None,
) -> Response[Assessment]:
    async def create() -> tuple[Assessment, str]:
        made = await actions.open_assessment(uow, home_id, data.enquiry_id, data.child)
        return await assessment(uow, made), f"/api/v1/assessments/{made}"

    return await once(request, uow, idempotency_key, create)  # type: ignore[return-value]  # the struct, encoded


@get(
    ONE,
    opt=needs("residential:read"),
    operation_id="getAssessment",
    summary="Read an impact assessment",
    tags=TAGS,
    responses=problems(404),
)
async def get_assessment(assessment_id: FromPath[UUID], uow: NamedDependency[Uow]) -> Response[Assessment]:
    return _answer(await assessment(uow, assessment_id))


@put(
    f"{ONE}/concerns",
    opt=needs("residential:change"),
    operation_id="writeConcerns",
    summary="Write the concerns and what would be done",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
)
async def set_concerns(
    assessment_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Concerns], if_match: IfMatch = None
) -> Response[Assessment]:
    await actions.set_concerns(uow, assessment_id, expected_version(if_match), data.concern)
    return _answer(await assessment(uow, assessment_id))


@post(
    f"{ONE}/decision",
    opt=needs("impact_assessment:decide"),
    operation_id="decideAssessment",
    summary="Decide an impact assessment",
    description="By the home’s manager. The authority that asked is told that it is done, and nothing else of it.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 409, 412, 428),
)
async def decide(
    assessment_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Decision], if_match: IfMatch = None
) -> Response[Assessment]:
    await actions.decide(uow, assessment_id, expected_version(if_match), data)
    return _answer(await assessment(uow, assessment_id))


handlers = [open_assessment, get_assessment, set_concerns, decide]
