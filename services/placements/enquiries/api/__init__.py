"""The routes of enquiries and holds under /api/v1, by side."""

from litestar import Router

from services.placements.enquiries.api import answering, asking, assigning, attaching, outside, settings

router = Router(
    "/",
    route_handlers=[
        *(*asking.handlers, *answering.handlers, *attaching.handlers, *assigning.handlers),
        *(*outside.handlers, *settings.handlers),
    ],
)
