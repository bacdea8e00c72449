"""The register's routes under /api/v1, split by noun."""

from litestar import Router

from services.fostering.api import approval, lists, people, places, register, vacancy

router = Router(
    "/",
    route_handlers=[
        *register.handlers,
        *lists.handlers,
        *people.handlers,
        *approval.handlers,
        *places.handlers,
        *vacancy.handlers,
    ],
)
