"""Statements at the end of their time go when both sides have confirmed it and neither holds them."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from asyncpg.exceptions import InsufficientPrivilegeError
from sqlalchemy import text

from careshare.database import Acting, Database
from tenants.actions import as_owner
from tenants.recharges import actions, kept, queries, statements, steps
from tenants.recharges.model import Rate
from tenants.recharges.steps import Taking
from tests.recharges.places import Pair, opening, pair
from tests.world import World

OLD = date(2018, 5, 1)
BEFORE = date(2020, 11, 29)
HOLD = text("""
    insert into record.hold (authority_id, class, subject_id, reason)
    values (careshare.authority(), 'recharge', :id, 'x')
""")
LIFT = text("""
    update record.hold set lifted_at = now(), lifted_by = careshare.actor(), lifted_why = 'x'
    where authority_id = careshare.authority()
""")


@pytest.fixture
async def between(world: World) -> Pair:
    async with as_owner(world.settings) as owner:
        await owner.execute("truncate tenants.statement, tenants.charge_basis, tenants.charge_number cascade")
    return pair(world)


async def settled(database: Database, between: Pair, month: date = OLD) -> UUID:
    """A paid statement for one month of a placement that ended then, with a credit note and an adjustment after it."""
    async with database.bound(between.lender) as uow:
        basis = await actions.open_basis(
            uow,
            opening(
                between,
                starts=month,
                notice_nights=0,
                rates=(Rate(weekly=Decimal("700.00"), since=month),),
            ),
        )
        await actions.close_basis(uow, basis, month + timedelta(days=10))
        await statements.make(uow, month, date(2026, 1, 1))
        (made,) = await queries.statements(uow, month=month)
        for step in (
            Taking(step="issue"),
            Taking(step="credit", reason="error", amount=Decimal("1.00")),
            Taking(step="settle"),
        ):
            await steps.take(uow, made.id, None, step, date(2026, 1, 1))
    return made.id


async def due(database: Database, who: Acting) -> list[UUID]:
    async with database.bound(who) as uow:
        return [one.id for one in await kept.due(uow, BEFORE, 10)]


async def confirm(database: Database, who: Acting, *ids: UUID) -> list[UUID]:
    async with database.bound(who) as uow:
        return await kept.delete(uow, list(ids))


async def left(world: World) -> list[int]:
    async with as_owner(world.settings) as owner:
        return [
            await owner.fetchval(f"select count(*) from tenants.{table}")
            for table in ("statement", "charge_line", "statement_step", "charge_basis", "charge_rate", "charge_change")
        ]


async def test_gone_when_both_have_confirmed(database: Database, between: Pair, world: World) -> None:
    statement = await settled(database, between)
    newer = await settled(database, between, date(2024, 5, 1))
    for who in (between.lender, between.borrower):
        assert await due(database, who) == [statement]
    assert await due(database, between.third) == []
    assert await confirm(database, between.third, statement) == []
    assert await confirm(database, between.lender, statement) == []  # the other side has not said so yet
    assert await due(database, between.lender) == []
    assert await due(database, between.borrower) == [statement]
    async with database.bound(between.borrower) as uow:
        assert (await queries.statement(uow, statement)).id == statement
    assert await confirm(database, between.borrower, statement) == [statement]
    async with database.bound(between.lender) as uow:
        assert [one.id for one in await queries.statements(uow)] == [newer]
        assert await uow.scalar(text("select count(*) from tenants.charge_basis")) == 1


async def test_a_hold_of_either_side_stops_it(database: Database, between: Pair, world: World) -> None:
    statement = await settled(database, between)
    assert await confirm(database, between.lender, statement) == []
    async with database.bound(between.lender) as uow:
        await uow.execute(HOLD, {"id": statement})
    assert await confirm(database, between.borrower, statement) == []
    async with database.bound(between.lender) as uow:
        await uow.execute(LIFT)
    # It is listed again for both, so that it does not lie there for good.
    assert await due(database, between.lender) == await due(database, between.borrower) == [statement]
    assert await confirm(database, between.borrower, statement) == [statement]
    assert await left(world) == [0, 0, 0, 0, 0, 0]


async def test_nothing_is_recent_enough_to_go_early(database: Database, between: Pair) -> None:
    """March 2020 belongs to a year that ended on 31 March 2020; April 2020 to the next."""
    march = await settled(database, between, date(2020, 3, 1))
    await settled(database, between, date(2020, 4, 1))
    async with database.bound(between.lender) as uow:
        found = await kept.due(uow, date(2020, 3, 31), 10)
        assert [(one.id, one.began) for one in found] == [(march, date(2020, 3, 31))]
        assert await kept.due(uow, date(2020, 3, 30), 10) == []


async def test_not_even_the_owner_of_the_tables_changes_an_issued_line(
    database: Database, between: Pair, world: World
) -> None:
    await settled(database, between)
    for statement in ("update tenants.charge_line set amount = amount", "delete from tenants.charge_line"):
        with pytest.raises(InsufficientPrivilegeError, match=r"never changed|final"):
            async with as_owner(world.settings) as owner:
                await owner.execute(statement)
