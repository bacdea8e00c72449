"""The pages under /recharges: `statements`, `taking` (their steps), `balances`, `charges`."""

from litestar import Router

from tenants.recharges.pages import balances, charges, statements, taking

router = Router(
    "/",
    route_handlers=[*statements.handlers, *taking.handlers, *balances.handlers, *charges.handlers],
)
"""Every page of recharges."""
