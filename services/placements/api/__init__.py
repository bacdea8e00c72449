"""The search's routes under /api/v1, split by noun."""

from litestar import Router

from services.placements.api import offers, searches, unmet

router = Router("/", route_handlers=[*searches.handlers, *offers.handlers, *unmet.handlers])
