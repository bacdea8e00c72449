"""The record as JSON, under /api/v1/record."""

from litestar import Router

from services.record.api import cases, retention, seen

router = Router("/", route_handlers=[*seen.handlers, *retention.handlers, *cases.handlers])
