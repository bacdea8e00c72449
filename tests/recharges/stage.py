"""Statements on both sides of authority A, for the pages that every test of pages opens."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from careshare.database import Database
from tenants.recharges import actions, queries, rules, statements, steps
from tenants.recharges.days import today
from tenants.recharges.model import Funding, Opening, Rate, Split
from tenants.recharges.steps import Taking
from tests.world import World, WorldAuthority


async def lend(world: World, database: Database) -> dict[str, UUID | str]:
    """A lends to B and has an issued statement with everything on it; B lends to A and has issued one."""
    lent, _ = await _lend(world, database, world.a, world.b)
    borrowed, basis = await _lend(world, database, world.b, world.a)
    return {
        "lent": lent,
        "borrowed": borrowed,
        "borrowed_basis": basis,
        "lent_to": world.b.id,
        "borrower_step": "dispute",
    }


async def _lend(
    world: World, database: Database, lender: WorldAuthority, borrower: WorldAuthority
) -> tuple[UUID, UUID]:
    month = rules.month_of(rules.month_of(today()) - rules.DAY)
    async with database.bound(world.acting(lender, "payments", "recharge:issue")) as uow:
        basis = await actions.open_basis(uow, _opening(world, borrower.id, month))
        await actions.pause(uow, basis, month + timedelta(days=9), Decimal(50), until=month + timedelta(days=12))
        await statements.make(uow, month, today())
        (made,) = await queries.statements(uow, month=month, side="lender", other=borrower.id)
        await steps.take(uow, made.id, None, Taking(step="issue"), today())
    return made.id, basis


def _opening(world: World, borrower: UUID, month: date) -> Opening:
    return Opening(
        placement_id=uuid4(),
        borrower_id=borrower,
        kind="residential_home",
        starts=month,
        rates=(Rate(weekly=Decimal("4250.00"), since=month),),
        funding=(Funding(since=month, split=Split(Decimal(60), Decimal(40))),),
        agreement_id=world.agreement_id,
        agreement_version=1,
        subject_id=uuid4(),
        label="Home 7",
        reference="H-7",
        ledger_code="4400-77",
        order_number="PO 1",
    )
