"""The vacancy: confirm it, publish it, withdraw it; and whether the household's address is confidential."""

from uuid import UUID

from litestar import Response, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import expected_version, problems
from careshare.http.parameters import IfMatch
from careshare.identity import Principal
from services.fostering import actions
from services.fostering.api.common import HOUSEHOLD, TAGS, changed
from services.fostering.model import Confidentiality
from services.fostering.queries.opening import may_lift
from services.fostering.records import HouseholdRecord

CHANGES = problems(404, 409, 412, 422, 428)


@post(
    f"{HOUSEHOLD}/confirm",
    opt=needs("vacancy:confirm"),
    operation_id="confirmVacancy",
    summary="Confirm that the vacancies are as they stand",
    description="Recorded with who and when; an old confirmation sinks in searches.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 412, 428),
)
async def confirm_vacancy(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.confirm_vacancy(uow, household_id, version))


@post(
    f"{HOUSEHOLD}/publish",
    opt=needs("household:publish"),
    operation_id="publishHousehold",
    summary="Share the household’s vacancies with others",
    description=(
        "With the authorities of your agreements, as the notice under `notice` says and no more. What keeps the "
        "household from being published is listed under `errors`."
    ),
    tags=TAGS,
    status_code=200,
    responses=CHANGES,
)
async def publish(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.publish(uow, household_id, version))


@post(
    f"{HOUSEHOLD}/withdraw",
    opt=needs("household:publish"),
    operation_id="withdrawHousehold",
    summary="Share the household’s vacancies no longer",
    tags=TAGS,
    status_code=200,
    responses=CHANGES,
)
async def withdraw(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.withdraw(uow, household_id, version))


@put(
    f"{HOUSEHOLD}/confidential",
    opt=needs("household:change"),
    operation_id="setConfidential",
    summary="Mark the address confidential, or no longer",
    description="Only those who may see confidential addresses may lift it.",
    tags=TAGS,
    responses=CHANGES,
)
async def set_confidential(
    household_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[Confidentiality],
    if_match: IfMatch = None,
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    change = actions.set_confidential(
        uow, household_id, version, confidential=data.confidential, may_see=may_lift(principal, data)
    )
    return await changed(uow, household_id, change)


handlers = [confirm_vacancy, publish, withdraw, set_confidential]
