"""Recharges over the API: statements and their steps, what follows from them, and the charges they are made of."""

from litestar import Router

from tenants.recharges.api import balances, charges, prices, statements, tariff

router = Router(
    "/recharges",
    route_handlers=[
        *(*statements.handlers, *balances.handlers, *charges.handlers),
        *(*tariff.handlers, *prices.handlers),
    ],
)
