"""What the register's routes share: headers, the answer to a change, the answer to a creation."""

from collections.abc import Awaitable
from typing import Final
from uuid import UUID

from litestar import Response

from careshare.database import Uow
from careshare.http import etag
from services.fostering.queries import seen_household
from services.fostering.records import HouseholdRecord

TAGS: Final = ["Foster carers"]
ROOT: Final = "/api/v1/households"
HOUSEHOLD: Final = "/households/{household_id:uuid}"


def answer(record: HouseholdRecord) -> Response[HouseholdRecord]:
    """The household with its ETag."""
    return Response(record, headers={"ETag": etag(record.version)})


async def changed(uow: Uow, household_id: UUID, change: Awaitable[object]) -> Response[HouseholdRecord]:
    """Make the change; the household as it then stands, with its new ETag."""
    await change
    return answer(await seen_household(uow, household_id))
