"""The pages under /agreements: `reading`, `drafting`, `signing` (and leaving), and the live `preview`."""

from litestar import Router

from tenants.agreements.pages import drafting, preview, reading, signing

router = Router(
    "/",
    route_handlers=[*reading.handlers, *drafting.handlers, *signing.handlers, *preview.handlers],
)
"""Every page of agreements."""
