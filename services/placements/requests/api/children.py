"""The children of a request: add one, change what one needs or who it is, take one out."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.http import etag, expected_version, problems
from careshare.http.parameters import IfMatch
from careshare.identity import Principal
from services.placements.need import Sex
from services.placements.requests import actions, queries
from services.placements.requests.api.common import CHILD, REQUEST, TAGS, RequestAnswer, given, read
from services.placements.requests.model import ChildNeed, Identity, RequestChild
from services.placements.requests.permissions import CHANGE, CHANGE_IDENTITY, IDENTITY
from services.placements.routes import fields_of_a_body


class ChildPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays. `need` is given whole. A date of birth on file decides the age."""

    age: Annotated[int, msgspec.Meta(ge=0, le=25)] | UnsetType = UNSET
    sex: Sex | UnsetType = UNSET
    need: ChildNeed | UnsetType = UNSET


@post(
    f"{REQUEST}/children",
    opt=needs(CHANGE),
    operation_id="addRequestChild",
    summary="Add a child to a request",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
    status_code=200,
)
async def add_child(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    data: JSONBody[RequestChild],
    if_match: IfMatch = None,
) -> Response[RequestAnswer]:
    version = expected_version(if_match)
    with fields_of_a_body():
        await actions.add_child(uow, placement_request_id, version, data)
    return await read(uow, principal, placement_request_id)


@patch(
    CHILD,
    opt=needs(CHANGE),
    operation_id="changeRequestChild",
    summary="Change what a child needs",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
)
async def change_child(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    request_child_id: FromPath[UUID],
    data: JSONBody[ChildPatch],
    if_match: IfMatch = None,
) -> Response[RequestAnswer]:
    version = expected_version(if_match)
    with fields_of_a_body():
        await actions.change_child(
            uow,
            placement_request_id,
            version,
            request_child_id,
            age=given(data.age),
            sex=given(data.sex),
            need=given(data.need),
        )
    return await read(uow, principal, placement_request_id)


@delete(
    CHILD,
    opt=needs(CHANGE),
    operation_id="removeRequestChild",
    summary="Take a child out of a request",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
    status_code=200,
)
async def remove_child(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    request_child_id: FromPath[UUID],
    if_match: IfMatch = None,
) -> Response[RequestAnswer]:
    await actions.remove_child(uow, placement_request_id, expected_version(if_match), request_child_id)
    return await read(uow, principal, placement_request_id)


@get(
    f"{CHILD}/identity",
    opt=needs(IDENTITY),
    operation_id="getRequestChildIdentity",
    summary="Read who a child of a request is",
    tags=TAGS,
    responses=problems(404),
)
async def get_identity(
    uow: NamedDependency[Uow], placement_request_id: FromPath[UUID], request_child_id: FromPath[UUID]
) -> Response[Identity]:
    record = await queries.whole(uow, placement_request_id)
    identity = next((child.identity for child in record.children if child.id == request_child_id), None)
    if identity is None:
        raise NotFound
    return Response(identity, headers={"ETag": etag(record.version)})


@put(
    f"{CHILD}/identity",
    opt=needs(CHANGE_IDENTITY),
    operation_id="changeRequestChildIdentity",
    summary="Record who a child of a request is",
    description=(
        "Name, date of birth, home, school, legal status, and the names of family that must not leak. None of it is "
        "seen outside your authority before a match, and `on_file` never."
    ),
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
)
async def change_identity(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    request_child_id: FromPath[UUID],
    data: JSONBody[Identity],
    if_match: IfMatch = None,
) -> Response[RequestAnswer]:
    version = expected_version(if_match)
    with fields_of_a_body():
        await actions.change_identity(uow, placement_request_id, version, request_child_id, data)
    return await read(uow, principal, placement_request_id)


handlers: Final = (add_child, change_child, remove_child, get_identity, change_identity)
