"""What placements post about their money: who may, what is refused, and that it reads back as it was meant."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database, Uow
from careshare.errors import Conflict, Invalid, NotFound, PreconditionFailed
from tenants.recharges import actions, reading, rules
from tenants.recharges.model import Basis, Funding, Rate, Split
from tests.recharges.places import ARRIVED, opening, pair, posted
from tests.recharges.worked import PLACE
from tests.world import World

CHARGE_TABLES = ("charge_basis", "charge_rate", "charge_away", "charge_funding", "charge_change")


async def read(database: Database, world: World, basis: UUID) -> Basis:
    async with database.bound(pair(world).lender) as uow:
        (found,) = await reading.bases(uow, [basis])
    return found


def owed(basis: Basis, month: int) -> Decimal:
    return rules.total(rules.charges(basis, date(2026, month, 1), date(2026, month + 1, 1)))


async def test_what_was_posted_reads_back_and_comes_to_the_worked_example(database: Database, world: World) -> None:
    found = await read(database, world, await posted(database, pair(world)))
    assert owed(found, 3) == Decimal("18326.78")
    assert owed(found, 4) == Decimal("1262.85")
    expected = rules.charges(msgspec.structs.replace(PLACE, id=found.id), ARRIVED, date(2026, 5, 1))
    assert rules.charges(found, ARRIVED, date(2026, 5, 1)) == expected


async def test_the_order_of_postings_does_not_matter(database: Database, world: World) -> None:
    between = pair(world)
    async with database.bound(between.lender) as uow:
        late = await actions.open_basis(uow, opening(between))
        await actions.close_basis(uow, late, date(2026, 3, 29))
        await actions.refilled(uow, late, date(2026, 4, 3))
        await actions.change_price(uow, late, date(2026, 3, 17), Decimal("4420.00"))
        await actions.change_price(uow, late, date(2026, 3, 9), Decimal("612.50"), part="one_to_one", when_empty=False)
        await actions.change_price(uow, late, date(2026, 3, 20), None, part="one_to_one")
    found = await read(database, world, late)
    assert (owed(found, 3), owed(found, 4)) == (Decimal("18326.78"), Decimal("1262.85"))


async def test_dated_parts_are_cut_and_never_overlap(database: Database, world: World) -> None:
    between = pair(world)
    async with database.bound(between.lender) as uow:
        basis = await actions.open_basis(uow, opening(between))
        await actions.change_price(uow, basis, date(2026, 3, 10), Decimal("5000.00"), until=date(2026, 3, 20))
        await actions.change_price(uow, basis, date(2026, 3, 15), Decimal("6000.00"), until=date(2026, 3, 17))
        await actions.pause(uow, basis, date(2026, 3, 11), Decimal(50))
        await actions.resume(uow, basis, date(2026, 3, 14))
        await actions.void(uow, basis, date(2026, 3, 25), Decimal(80), until=date(2026, 3, 27))
        await actions.change_funding(uow, basis, date(2026, 3, 8), Split(Decimal(60), Decimal(40)))
    found = await read(database, world, basis)
    rates = sorted((one.since.day, one.until.day if one.until else 0, int(one.weekly)) for one in found.rates)
    assert rates == [(1, 10, 4250), (10, 15, 5000), (15, 17, 6000), (17, 20, 5000), (20, 0, 4250)]
    away = sorted((one.reason, one.since.day, one.until.day if one.until else 0) for one in found.away)
    assert away == [("pause", 11, 14), ("void", 25, 27)]
    assert found.funding == (Funding(since=date(2026, 3, 8), split=Split(Decimal(60), Decimal(40))),)
    with pytest.raises(DBAPIError, match="charge_rate_pkey"):
        async with database.bound(between.lender) as uow:
            await uow.execute(text(OVERLAP), {"basis": basis})


OVERLAP = """
    select tenants.open_charges(jsonb_build_array(jsonb_build_object(
      'placement_id', gen_random_uuid(), 'borrower_id', b.borrower_id, 'kind', 'foster_home', 'contract', 'spot',
      'price_source', 'home', 'starts', '2026-03-01', 'leaving_day', false, 'week_starts', 1, 'notice_nights', 0,
      'notice_percent', 100, 'vat_code', 'outside_scope', 'agreement_id', b.agreement_id, 'agreement_version', 1,
      'order_number', '', 'label', '', 'reference', '', 'ledger_code', '', 'funding', '[]'::jsonb, 'rates',
      '[{"part": "base", "since": "2026-03-01", "weekly": 1, "when_empty": true},
        {"part": "base", "since": "2026-03-05", "weekly": 2, "when_empty": true}]'::jsonb)))
    from tenants.charge_basis b where b.id = :basis
"""


async def test_a_placement_is_opened_once(database: Database, world: World) -> None:
    between = pair(world)
    wanted = opening(between)
    async with database.bound(between.lender) as uow:
        first = await actions.open_basis(uow, wanted)
        second = await actions.open_basis(uow, wanted)
    assert first == second


async def test_a_day_of_leaving_posted_again_holds_and_can_be_taken_back(database: Database, world: World) -> None:
    between = pair(world)
    basis = await posted(database, between)
    async with database.bound(between.lender) as uow:
        await actions.close_basis(uow, basis, date(2026, 3, 20))
        (found,) = await reading.bases(uow, [basis])
        assert (found.ends, found.notice_given_on, found.refilled_on) == (date(2026, 3, 20), None, date(2026, 4, 3))
        await actions.reopen_basis(uow, basis)
        (found,) = await reading.bases(uow, [basis])
        assert (found.ends, found.refilled_on) == (None, None)
        with pytest.raises(Conflict):
            await actions.reopen_basis(uow, basis)
        with pytest.raises(Conflict):
            await actions.refilled(uow, basis, date(2026, 4, 3))


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("rates", {"rates": ()}),
        ("rates", {"rates": (Rate(part="night", weekly=Decimal(1), since=ARRIVED),)}),
        ("part", {"rates": (Rate(weekly=Decimal(1), since=ARRIVED), Rate(part="x", weekly=Decimal(1), since=ARRIVED))}),
        ("weekly", {"rates": (Rate(weekly=Decimal("-1.00"), since=ARRIVED),)}),
        ("weekly", {"rates": (Rate(weekly=Decimal("0.001"), since=ARRIVED),)}),
        ("weekly", {"rates": (Rate(weekly=Decimal(100_001), since=ARRIVED),)}),
        ("until", {"rates": (Rate(weekly=Decimal(1), since=ARRIVED, until=ARRIVED),)}),
        ("split", {"funding": (Funding(since=ARRIVED, split=Split(Decimal(50))),)}),
        ("split", {"funding": (Funding(since=ARRIVED, split=Split(Decimal(101), Decimal(-1))),)}),
        ("order_number", {"order_number": "PO 1\n2"}),
        ("rates", {"rates": (Rate(weekly=Decimal(1), since=date(2026, 3, 5)),)}),
        ("rates", {"rates": (Rate(weekly=Decimal(1), since=ARRIVED), Rate(weekly=Decimal(2), since=date(2026, 4, 1)))}),
        ("reference", {"reference": "x" * 41}),
        ("label", {"label": "a\u202eb"}),
        ("notice_nights", {"notice_nights": 401}),
        ("week_starts", {"week_starts": 8}),
        ("vat_code", {"vat_code": "made_up"}),
        ("notice_percent", {"notice_percent": Decimal(101)}),
    ],
)
async def test_what_cannot_be_right_is_refused(
    database: Database, world: World, field: str, what: dict[str, object]
) -> None:
    between = pair(world)
    async with database.bound(between.lender) as uow:
        with pytest.raises(Invalid) as refused:
            await actions.open_basis(uow, opening(between, **what))
    assert [error.field for error in refused.value.errors] == [field]


async def test_a_charge_stands_on_a_version_that_both_signed(database: Database, world: World) -> None:
    between = pair(world)
    wrong = [
        opening(between, agreement_version=2),
        opening(between, agreement_id=uuid4()),
        opening(between, borrower_id=between.third.authority_id),
    ]
    for one in wrong:
        async with database.bound(between.lender) as uow:
            with pytest.raises(Conflict):
                await actions.open_basis(uow, one)
    async with database.bound(between.third) as uow:
        with pytest.raises(Conflict):
            await actions.open_basis(uow, opening(between))


CHANGES: list[Callable[[Uow, UUID], Awaitable[object]]] = [
    lambda uow, basis: actions.change_price(uow, basis, ARRIVED, Decimal(1)),
    lambda uow, basis: actions.pause(uow, basis, ARRIVED, Decimal(0)),
    lambda uow, basis: actions.void(uow, basis, ARRIVED, Decimal(0)),
    lambda uow, basis: actions.resume(uow, basis, ARRIVED),
    lambda uow, basis: actions.change_funding(uow, basis, ARRIVED, Split(Decimal(0), Decimal(0), Decimal(100))),
    lambda uow, basis: actions.close_basis(uow, basis, date(2026, 3, 30)),
    lambda uow, basis: actions.refilled(uow, basis, date(2026, 4, 1)),
    lambda uow, basis: actions.correct_start(uow, basis, date(2026, 3, 5)),
    lambda uow, basis: actions.change_vat(uow, basis, "outside_scope"),
    actions.reopen_basis,
]


@pytest.mark.parametrize("change", CHANGES)
async def test_only_the_lender_posts_and_each_posting_is_kept(
    database: Database, world: World, change: Callable[[Uow, UUID], Awaitable[object]]
) -> None:
    between = pair(world)
    basis = await posted(database, between)
    before = await read(database, world, basis)
    for other in (between.borrower, between.third):
        with pytest.raises(NotFound):
            async with database.bound(other) as uow:
                await change(uow, basis)
    assert await read(database, world, basis) == before
    count = text("select count(*) from tenants.charge_change where basis_id = :basis")
    async with database.bound(between.lender) as uow:
        were = await uow.scalar(count, {"basis": basis})
        await change(uow, basis)
        assert await uow.scalar(count, {"basis": basis}) == were + 1


async def test_a_change_from_an_old_revision_is_refused(database: Database, world: World) -> None:
    between = pair(world)
    async with database.bound(between.lender) as uow:
        basis = await actions.open_basis(uow, opening(between))
        assert await actions.pause(uow, basis, ARRIVED, Decimal(0), expected=1) == 2
        with pytest.raises(PreconditionFailed):
            await actions.pause(uow, basis, ARRIVED, Decimal(10), expected=1)


async def test_leaving_before_arriving_is_refused(database: Database, world: World) -> None:
    between = pair(world)
    basis = await posted(database, between)
    async with database.bound(between.lender) as uow:
        with pytest.raises(Invalid):
            await actions.close_basis(uow, basis, date(2026, 3, 3))
        with pytest.raises(Invalid):
            await actions.correct_start(uow, basis, date(2026, 3, 30))
        with pytest.raises(Invalid):
            await actions.refilled(uow, basis, date(2026, 3, 28))


async def test_each_side_keeps_its_own_references(database: Database, world: World) -> None:
    between = pair(world)
    basis = await posted(database, between, reference="H-7", ledger_code="4400-77", label="Home 7")
    async with database.bound(between.borrower) as uow:
        await actions.keep_own(uow, basis, reference="C-12", ledger_code="R100", order_number="PO-900")
    own = text("select reference, ledger_code, label from tenants.charge_subject where basis_id = :basis")
    seen = {}
    for who in (between.lender, between.borrower, between.third):
        async with database.bound(who) as uow:
            seen[who] = [tuple(row) for row in await uow.execute(own, {"basis": basis})]
    assert seen[between.lender] == [("H-7", "4400-77", "Home 7")]
    assert seen[between.borrower] == [("C-12", "R100", "")]
    assert seen[between.third] == []
    assert (await read(database, world, basis)).order_number == "PO-900"
    async with database.bound(between.lender) as uow:
        with pytest.raises(Conflict):
            await actions.keep_own(uow, basis, order_number="PO-1")
    async with database.bound(between.third) as uow:
        with pytest.raises(NotFound):
            await actions.keep_own(uow, basis, reference="C-1")


@pytest.mark.parametrize("table", CHARGE_TABLES)
async def test_a_third_authority_sees_no_charge_and_nobody_writes_one_past_the_functions(
    database: Database, world: World, table: str
) -> None:
    between = pair(world)
    basis = await posted(database, between)
    async with database.bound(between.lender) as uow:
        await actions.pause(uow, basis, date(2026, 3, 5), Decimal(50), until=date(2026, 3, 6))
        await actions.change_funding(uow, basis, ARRIVED, Split(Decimal(50), Decimal(50)))
    column = "id" if table == "charge_basis" else "basis_id"
    for who, sees in ((between.lender, True), (between.borrower, True), (between.third, False)):
        async with database.bound(who) as uow:
            rows = (await uow.execute(text(f"select 1 from tenants.{table} where {column} = :id"), {"id": basis})).all()
            assert bool(rows) is sees
        for statement in (
            f"insert into tenants.{table} select * from tenants.{table} limit 1",
            f"update tenants.{table} set lender_id = lender_id",
            f"delete from tenants.{table}",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with database.bound(who) as uow:
                    await uow.execute(text(statement))


async def test_prices_changed_at_one_moment_queue(database: Database, world: World) -> None:
    between = pair(world)
    async with database.bound(between.lender) as uow:
        basis = await actions.open_basis(uow, opening(between))

    async def change(number: int) -> None:
        async with database.bound(between.lender) as uow:
            await actions.change_price(uow, basis, date(2026, 3, 10 + number % 3), Decimal(4000 + number))

    await asyncio.gather(*(change(number) for number in range(9)))
    found = await read(database, world, basis)
    spans = sorted((one.since, one.until) for one in found.rates)
    assert all(until == since for (_, until), (since, _) in pairwise(spans))
    assert spans[0][0] == date(2026, 1, 1)
    assert spans[-1][1] is None
