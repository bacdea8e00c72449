"""The API of the homes."""

from litestar import Router

from services.residential.api import assessments, homes, money, ofsted, places

router = Router(
    "/",
    route_handlers=[
        *homes.handlers,
        *places.handlers,
        *money.handlers,
        *assessments.handlers,
        *ofsted.handlers,
    ],
)
