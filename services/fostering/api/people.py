"""Who lives in a household, and its bedrooms: each list is set as a whole."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import expected_version, problems
from careshare.http.parameters import IfMatch
from services.fostering import actions
from services.fostering.api.common import HOUSEHOLD, TAGS, changed
from services.fostering.model import Bedroom, Carer, Member
from services.fostering.records import HouseholdRecord


class CarerList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """All carers of a household, the main one first."""

    carers: Annotated[list[Carer], msgspec.Meta(min_length=1, max_length=4)]


class MemberList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Everybody else who lives in a household."""

    members: Annotated[list[Member], msgspec.Meta(max_length=20)]


class BedroomList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """All bedrooms for fostered children."""

    bedrooms: Annotated[list[Bedroom], msgspec.Meta(max_length=12)]


@put(
    f"{HOUSEHOLD}/carers",
    opt=needs("household:change"),
    operation_id="setCarers",
    summary="Set the approved carers",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def set_carers(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[CarerList], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.set_carers(uow, household_id, version, data.carers))


@put(
    f"{HOUSEHOLD}/members",
    opt=needs("household:change"),
    operation_id="setMembers",
    summary="Set who else lives in the household",
    description="Privately fostered children count towards the usual fostering limit, so need a date of birth.",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def set_members(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[MemberList], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.set_members(uow, household_id, version, data.members))


@put(
    f"{HOUSEHOLD}/bedrooms",
    opt=needs("household:change"),
    operation_id="setBedrooms",
    summary="Set the bedrooms for fostered children",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def set_bedrooms(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[BedroomList], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.set_bedrooms(uow, household_id, version, data.bedrooms))


handlers = [set_carers, set_members, set_bedrooms]
