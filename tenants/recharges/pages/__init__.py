"""The pages under /recharges: `statements`, `taking` (their steps), `balances`, `charges`, `tariff`."""

from litestar import Router

from tenants.recharges.pages import balances, charges, statements, taking, tariff

router = Router(
    "/",
    route_handlers=[*statements.handlers, *taking.handlers, *balances.handlers, *charges.handlers, *tariff.handlers],
)
"""Every page of recharges."""
