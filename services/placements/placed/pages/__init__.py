"""The pages of placements: lists and one of them for each side, plan, notices, start, changes, end, its agreement."""

from litestar import Router

from services.placements.placed.pages import both, home_notices, outside, placing, providing, reading, sealed, series

router = Router(
    "/",
    route_handlers=[
        *reading.handlers,
        *placing.handlers,
        *providing.handlers,
        *home_notices.handlers,
        *both.handlers,
        *series.handlers,
        *sealed.handlers,
        *outside.handlers,
    ],
)
