"""The authority's own settings for enquiries and holds."""

from typing import Final

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import etag, expected_version, problems
from careshare.http.parameters import IfMatch
from services.placements import settings
from services.placements.enquiries.api.asking import TAGS
from services.placements.enquiries.permissions import READ, SETTINGS

PATH: Final = "/placement-settings"


@get(
    PATH,
    opt=needs(READ),
    operation_id="getPlacementSettings",
    summary="Read your authority's settings for enquiries and holds",
    description="Minutes for one's own children, hours by day and by night, days for planned moves; working days to"
    " answer a planned enquiry.",
    tags=TAGS,
    responses=problems(),
)
async def get_settings(*, uow: NamedDependency[Uow]) -> Response[settings.SettingsRecord]:
    found = await settings.read(uow)
    return Response(found, headers={"ETag": etag(found.version)})


@put(
    PATH,
    opt=needs(SETTINGS),
    operation_id="changePlacementSettings",
    summary="Change your authority's settings for enquiries and holds",
    tags=TAGS,
    responses=problems(412, 428),
)
async def change_settings(
    *, uow: NamedDependency[Uow], data: JSONBody[settings.Settings], if_match: IfMatch = None
) -> Response[settings.SettingsRecord]:
    changed = await settings.change(uow, expected_version(if_match), data)
    return Response(changed, headers={"ETag": etag(changed.version)})


handlers: Final = [get_settings, change_settings]
