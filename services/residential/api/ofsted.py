"""Ofsted's list of providers: which homes are on it and who keeps each; sending a newer list."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromQuery, QueryParameter

from careshare.access import needs
from careshare.database import Uow
from careshare.http import Paging, once, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IdempotencyKey, Limit
from careshare.identity import Principal
from services.residential.api.common import TAGS
from services.residential.model import GSS
from services.residential.ofsted.actions import OfstedList, Provider, lists, providers, take_list_for
from services.residential.ofsted.read import FILE, MOST_BYTES
from services.residential.ofsted.uploads import MOST_IN_REQUEST, uploaded

_BYTES = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)


@dataclass
class ListOperation(Operation):
    """Describes the body, which the handler reads itself."""

    def __post_init__(self) -> None:
        form = Schema(type=OpenAPIType.OBJECT, properties={FILE: _BYTES}, required=[FILE])
        self.request_body = RequestBody(
            description=f"The CSV file, at most {MOST_BYTES // 1024**2} MB, as it is or as a form’s part `{FILE}`.",
            required=True,
            content={
                "text/csv": OpenAPIMediaType(schema=_BYTES),
                "multipart/form-data": OpenAPIMediaType(schema=form),
            },
        )


class ProviderPage(msgspec.Struct, frozen=True):
    """Homes on the list by authority and number. `next_cursor` leads to the next page; null on the last one."""

    items: list[Provider]
    next_cursor: str | None


class Lists(msgspec.Struct, frozen=True):
    """The lists that were taken, the newest first."""

    items: list[OfstedList]


@get(
    "/ofsted-homes",
    opt=needs("residential:read"),
    operation_id="listOfstedHomes",
    summary="List the homes on Ofsted’s list",
    description="As Ofsted publishes them, redactions included, and which authority keeps each here, if any does.",
    tags=TAGS,
    responses=problems(),
)
async def list_providers(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    area: Annotated[str | None, QueryParameter(pattern=GSS)] = None,
    kept: FromQuery[bool | None] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ProviderPage:
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "ofsted-homes", {"area": area, "kept": kept})
    last = paging.after(cursor, tuple[str])
    found = await providers(uow, area=area, kept=kept, after=last[0] if last else None, most=limit + 1)
    return ProviderPage(found[:limit], paging.cursor(found[limit - 1].urn) if len(found) > limit else None)


@get(
    "/ofsted-lists",
    opt=needs("residential:read"),
    operation_id="listOfstedLists",
    summary="List Ofsted’s lists that were taken",
    description="How many homes and places each held, what was redacted, left out or refused, and why.",
    tags=TAGS,
    responses=problems(),
)
async def list_lists(uow: NamedDependency[Uow]) -> Lists:
    return Lists(await lists(uow))


@post(
    "/ofsted-lists",
    opt=needs("residential:import"),
    operation_id="takeOfstedList",
    operation_class=ListOperation,
    summary="Send a newer list of Ofsted’s",
    description=(
        "The published CSV as it comes: lines before the header, REDACTED cells. Homes are taken, agencies and schools "
        "left out, rows with something wrong explained. The same file again changes nothing."
    ),
    tags=TAGS,
    request_max_body_size=MOST_IN_REQUEST,
    responses=problems(409, 413, 415),
)
async def take(
    request: Http,
    uow: NamedDependency[Uow],
    file_name: Annotated[str, QueryParameter(max_length=200, description="What to call the file.")] = "",
    idempotency_key: IdempotencyKey = None,
) -> Response[OfstedList]:
    content, own_name = await uploaded(request)

    async def create() -> tuple[OfstedList, str]:
        taken = await take_list_for(uow, content, file_name or own_name)
        return taken, "/api/v1/ofsted-lists"

    return await once(request, uow, idempotency_key, create)  # type: ignore[return-value]  # the struct, encoded


handlers: list[Any] = [list_providers, list_lists, take]
