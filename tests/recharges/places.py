"""Charges for tests: B lends A a place of one of its homes, under the agreement of the two."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from careshare.database import Acting, Database, Uow
from tenants.recharges import actions
from tenants.recharges.model import Opening, Rate
from tests.world import World

ARRIVED = date(2026, 3, 4)


@dataclass(frozen=True)
class Pair:
    """The lender of a place and the authority whose child is in it."""

    lender: Acting
    borrower: Acting
    third: Acting
    agreement_id: UUID


def pair(world: World, role: str = "payments") -> Pair:
    """B lends to A; C is the third."""
    b, a, c = (world.acting(one, role, "recharge:read") for one in (world.b, world.a, world.c))
    return Pair(b, a, c, world.agreement_id)


def opening(between: Pair, **what: Any) -> Opening:
    """A residential place at £4,250.00 a week from Wednesday 4 March 2026."""
    given: dict[str, Any] = {
        "placement_id": uuid4(),
        "borrower_id": between.borrower.authority_id,
        "kind": "residential_home",
        "price_source": "home",
        "starts": ARRIVED,
        "rates": (Rate(weekly=Decimal("4250.00"), since=date(2026, 1, 1)),),
        "agreement_id": between.agreement_id,
        "agreement_version": 1,
        "notice_nights": 14,
    }
    return Opening(**{**given, **what})


async def worked(uow: Uow, between: Pair, **what: Any) -> UUID:
    """The placement of `worked.py`, posted as it happened."""
    basis = await actions.open_basis(uow, opening(between, **what))
    await actions.change_price(
        uow,
        basis,
        date(2026, 3, 9),
        Decimal("612.50"),
        part="one_to_one",
        until=date(2026, 3, 20),
        when_empty=False,
    )
    await actions.change_price(uow, basis, date(2026, 3, 17), Decimal("4420.00"))
    await actions.close_basis(uow, basis, date(2026, 3, 29), date(2026, 3, 29))
    await actions.refilled(uow, basis, date(2026, 4, 3))
    return basis


async def posted(database: Database, between: Pair, **what: Any) -> UUID:
    """The same in a transaction of its own."""
    async with database.bound(between.lender) as uow:
        return await worked(uow, between, **what)
