"""A lender's own tariff over the API."""

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from tenants.recharges import tariff
from tenants.recharges.api.answers import TAGS
from tenants.recharges.tariff import Pricing, TariffLine


@get(
    "/tariff",
    opt=needs("recharge:read"),
    operation_id="readTariff",
    summary="Your authority's tariff, past and to come",
    tags=TAGS,
    responses=problems(),
)
async def read_tariff(uow: NamedDependency[Uow]) -> list[TariffLine]:
    return await tariff.lines(uow)


@put(
    "/tariff",
    opt=needs("recharge:issue"),
    operation_id="changeTariff",
    summary="Let a price of your tariff hold from a day on, or end it",
    description="For the ages given. Placements that have begun keep their prices.",
    tags=TAGS,
    responses=problems(409),
)
async def change_tariff(uow: NamedDependency[Uow], data: JSONBody[Pricing]) -> list[TariffLine]:
    await tariff.change(uow, data)
    return await tariff.lines(uow)


handlers = [read_tariff, change_tariff]
