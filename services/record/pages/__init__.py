"""The pages of the record, for the data protection officer."""

from litestar import Router

from services.record.pages import breaches, retention, seen, subject_access

router = Router(
    "/",
    route_handlers=[*seen.handlers, *retention.handlers, *breaches.handlers, *subject_access.handlers],
)
