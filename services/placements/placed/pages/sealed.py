"""The sealed copy of an ended placement on a page, for those few who may open it."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from services.placements.placed import queries, sealed
from services.placements.placed.pages.forms import ONE_IN_HOME, ONE_MADE, Http, path_of, show, side_of
from services.placements.placed.permissions import ARCHIVE

COPY: Final = "/sealed-copy"


@get([f"{ONE_MADE}{COPY}", f"{ONE_IN_HOME}{COPY}"], opt=needs(ARCHIVE), include_in_schema=False)
async def copy(request: Http, uow: NamedDependency[Uow], placement_id: FromPath[UUID]) -> Response[str]:
    """Who the child or the home was, what the other side wrote, and its files."""
    body = await queries.archived(uow, placement_id)
    path = path_of(side_of(request), placement_id)
    children: dict[str, Any] = body.get("children") or {}
    home: dict[str, Any] | None = body.get("home")
    return show(
        request,
        "sealed_copy",
        path=path,
        children=children.get("children") or [],
        home=home,
        confidential=bool(home and home.get("confidential")),
        messages=body.get("messages") or [],
        files=await sealed.files(uow, placement_id),
        copy=f"{path}{COPY}",
    )


@get(
    [f"{ONE_MADE}{COPY}/{{archived_file_id:uuid}}", f"{ONE_IN_HOME}{COPY}/{{archived_file_id:uuid}}"],
    opt=needs(ARCHIVE),
    include_in_schema=False,
)
async def file(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    archived_file_id: FromPath[UUID],
) -> Stream:
    """Save one of its files."""
    return await sealed.send(request, uow, principal, placement_id, archived_file_id)


handlers: Final = [copy, file]
