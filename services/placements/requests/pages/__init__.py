"""The pages of requests under /placements/requests: the list and starting one, one request, its sections, its locks."""

from litestar import Router

from careshare.errors import PreconditionFailed
from services.placements.requests.pages import locks, reading, starting, writing
from services.placements.requests.pages.forms import changed_meanwhile

router = Router(
    "/",
    route_handlers=[*starting.handlers, *reading.handlers, *writing.handlers, *locks.handlers],
    exception_handlers={PreconditionFailed: changed_meanwhile},
)
