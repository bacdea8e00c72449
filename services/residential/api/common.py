"""What the routes of the homes share: addresses, the answer to a change."""

from collections.abc import Awaitable
from typing import Final
from uuid import UUID

from litestar import Response

from careshare.database import Uow
from careshare.http import etag
from services.residential.queries import home
from services.residential.records import HomeRecord

TAGS: Final = ["Homes"]
ROOT: Final = "/api/v1/homes"
HOME: Final = "/homes/{home_id:uuid}"


def answer(record: HomeRecord) -> Response[HomeRecord]:
    """The home with its ETag."""
    return Response(record, headers={"ETag": etag(record.version)})


async def changed(uow: Uow, home_id: UUID, change: Awaitable[object]) -> Response[HomeRecord]:
    """Make the change; the home as it then stands, with its new ETag."""
    await change
    return answer(await home(uow, home_id))
