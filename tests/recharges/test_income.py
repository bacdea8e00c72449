"""Income of homes beside their plan, month by month: from the charges of two placements, and plans of any size."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careshare.database import Database
from careshare.errors import Invalid, NotFound
from tenants.recharges import actions, files, income, statements
from tenants.recharges.days import today
from tenants.recharges.model import Rate
from tests.recharges.places import opening, pair
from tests.world import World

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


@given(st.decimals(0, 100_000_000, places=2))
def test_the_months_of_a_year_s_plan_sum_to_it_and_are_a_penny_apart_at_most(planned: Decimal) -> None:
    months = income.twelfths(planned)
    assert len(months) == 12
    assert sum(months) == planned
    assert max(months) - min(months) <= Decimal("0.01")


async def test_what_came_in_stands_beside_the_plan_of_its_month(world: World, database: Database) -> None:
    between = pair(world)
    home, other = uuid4(), uuid4()
    async with database.bound(between.lender) as uow:
        # £700.00 a week, £100.00 a night: 24 March to 9 April is 8 nights of March and 9 of April.
        basis = await actions.open_basis(
            uow,
            opening(
                between,
                starts=date(2026, 3, 24),
                rates=(Rate(weekly=Decimal("700.00"), since=MARCH),),
                subject_id=home,
                label="Fellside",
                notice_nights=0,
            ),
        )
        await actions.close_basis(uow, basis, date(2026, 4, 10))
        for month in (MARCH, APRIL):
            await statements.make(uow, month, today())
        await income.plan_month(uow, home, APRIL, Decimal("1000.00"), label="Fellside")
        await income.plan_month(uow, home, MAY, Decimal("800.00"), label="Fellside")
        await income.plan_month(uow, other, MAY, Decimal("50.00"), label="Larches")
        year = await income.income(uow, 2026)
        before = await income.income(uow, 2025)
        known = await income.known_months(uow, home, MARCH, date(2026, 6, 1))
    (fellside,) = [one for one in year if one.subject_id == home]
    april, may = fellside.months[:2]
    assert (april.nights, april.income, april.planned, april.difference, april.percent) == (
        9,
        Decimal("900.00"),
        Decimal("1000.00"),
        Decimal("-100.00"),
        Decimal("90.0"),
    )
    assert (may.income, may.planned, may.percent) == (Decimal(0), Decimal("800.00"), Decimal("0.0"))
    assert (fellside.label, fellside.income, fellside.planned) == ("Fellside", Decimal("900.00"), Decimal("1800.00"))
    assert [one.income for one in before if one.subject_id == home] == [Decimal("800.00")]
    assert [one.month for one in known] == [MAY, APRIL, MARCH]
    # A home that nobody was charged for yet has its plan and its name.
    (larches,) = [one for one in year if one.subject_id == other]
    assert (larches.label, larches.income, larches.difference) == ("Larches", Decimal(0), Decimal("-50.00"))
    rows = files.income_rows(2026, [fellside, larches])
    assert rows[-1][1:9] == [
        *("All homes", "Year", 9, Decimal("900.00"), Decimal("900.00"), Decimal("1850.00"), Decimal("-950.00")),
        Decimal("48.6"),
    ]
    async with database.bound(between.borrower) as uow:
        assert [one for one in await income.income(uow, 2026) if one.subject_id in {home, other}] == []
        with pytest.raises(NotFound):
            await income.plan(uow, home, 2026, Decimal(1))
    async with database.bound(between.lender) as uow:
        with pytest.raises(Invalid):
            await income.plan_month(uow, home, MAY, Decimal("0.001"), label="")
        await income.plan_month(uow, home, MAY, None, label="")
        assert await income.planned_months(uow, home, APRIL, date(2026, 6, 1)) == {APRIL: Decimal("1000.00")}
        await income.plan(uow, home, 2026, Decimal("1200.05"))
        planned = await income.planned_months(uow, home, APRIL, date(2027, 4, 1))
    assert sum(planned.values()) == Decimal("1200.05")
    assert planned[APRIL] == Decimal("100.00")
