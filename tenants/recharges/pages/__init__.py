"""The pages under /recharges: `statements`, `taking` (their steps), `balances`, `charges`, `tariff`, `prices`."""

from litestar import Router

from tenants.recharges.pages import balances, charges, prices, statements, taking, tariff

router = Router(
    "/",
    route_handlers=[
        *(*statements.handlers, *taking.handlers, *balances.handlers, *charges.handlers),
        *(*tariff.handlers, *prices.handlers),
    ],
)
"""Every page of recharges."""
