"""The routes of requests under /api/v1, split by noun."""

from litestar import Router

from services.placements.requests.api import children, profiles, requests

router = Router("/", route_handlers=[*requests.handlers, *children.handlers, *profiles.handlers])
