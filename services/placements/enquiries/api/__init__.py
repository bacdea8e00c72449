"""The routes of enquiries and holds under /api/v1, by side."""

from litestar import Router

from services.placements.enquiries.api import answering, asking, outside, settings

router = Router("/", route_handlers=[*asking.handlers, *answering.handlers, *outside.handlers, *settings.handlers])
