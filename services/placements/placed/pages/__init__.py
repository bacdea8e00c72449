"""The pages of placements: lists and one of them for each side, plan, notices, start, changes, end, its agreement."""

from litestar import Router

from services.placements.placed.pages import both, outside, placing, providing, reading, series

router = Router(
    "/",
    route_handlers=[
        *reading.handlers,
        *placing.handlers,
        *providing.handlers,
        *both.handlers,
        *series.handlers,
        *outside.handlers,
    ],
)
