"""Statements from making to settling: to the penny, once, in order, final once issued, and put right later."""

import asyncio
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Acting, Database
from careshare.errors import Conflict, Invalid, NotFound, PreconditionFailed
from careshare.notifications import queries as notifications
from tenants.actions import as_owner
from tenants.recharges import actions, queries, statements, steps, words
from tenants.recharges.queries import Statement, StatementLine
from tenants.recharges.steps import Taking
from tests.recharges.places import Pair, opening, pair, posted
from tests.recharges.worked import APRIL, MARCH
from tests.world import World

CLEAR = "truncate tenants.statement, tenants.charge_basis, tenants.charge_number cascade"
TODAY = date(2026, 7, 10)
IN_MARCH, IN_APRIL, IN_MAY, IN_JUNE = (date(2026, month, 1) for month in (3, 4, 5, 6))


async def made(database: Database, between: Pair, month: date) -> Statement | None:
    """The pair's statement of a month, made (again) by the lender's job."""
    async with database.bound(between.lender) as uow:
        await statements.make(uow, month, TODAY)
        found = await queries.statements(uow, month=month, side="lender", other=between.borrower.authority_id)
    return found[0] if found else None


async def read(database: Database, between: Pair, statement: Statement) -> tuple[Statement, list[StatementLine]]:
    async with database.bound(between.borrower) as uow:
        found = await queries.statement(uow, statement.id)
        return found, await queries.lines(uow, found)


async def take(database: Database, who: object, statement: Statement, step: str, **what: object) -> Statement:
    async with database.bound(who) as uow:  # type: ignore[arg-type]  # an Acting
        found = await queries.statement(uow, statement.id)
        await steps.take(uow, statement.id, found.revision, Taking(step=step, **what), TODAY)  # type: ignore[arg-type]
        return await queries.statement(uow, statement.id)


def told(lines: Sequence[StatementLine]) -> list[tuple[str, int, int, str, str]]:
    return [
        (
            one.line.part,
            one.line.first_night.day,
            one.line.last_night.day,
            str(one.line.amount),
            words.explained(one.line),
        )
        for one in lines
    ]


@pytest.fixture
async def between(world: World, database: Database) -> Pair:
    """A pair without any charge or statement yet: what other tests of this module left is gone."""
    found = pair(world)
    async with as_owner(world.settings) as owner:
        await owner.execute(CLEAR)
    return found


def due(lines: Sequence[StatementLine]) -> Decimal:
    return sum((one.line.amount for one in lines), start=Decimal(0))


async def issued(database: Database, between: Pair, month: date) -> Statement:
    found = await made(database, between, month)
    assert found is not None
    return await take(database, between.lender, found, "issue")


async def test_the_worked_example_is_stated_to_the_penny(database: Database, between: Pair) -> None:
    await posted(database, between)
    march = await issued(database, between, IN_MARCH)
    april = await issued(database, between, IN_APRIL)
    for statement, expected, total in ((march, MARCH, "18326.78"), (april, APRIL, "1262.85")):
        found, lines = await read(database, between, statement)
        assert told(lines) == expected
        assert (found.net, found.vat, found.total) == (Decimal(total), Decimal(0), Decimal(total))
        assert due(lines) == found.net
        assert [one.n for one in lines] == [*range(1, len(lines) + 1)]
    assert (march.invoice_number, april.invoice_number) == ("RC-00001", "RC-00002")
    assert march.due_on is not None
    assert await made(database, between, IN_MAY) is None


async def test_made_twice_nothing_changes(database: Database, between: Pair) -> None:
    await posted(database, between)
    first = await made(database, between, IN_MARCH)
    assert first is not None
    before = await read(database, between, first)
    async with database.bound(between.lender) as uow:
        assert await statements.make(uow, IN_MARCH, TODAY) == []
    after = await read(database, between, first)
    assert after[1] == before[1]
    assert after[0].revision == before[0].revision
    await issued(database, between, IN_MARCH)
    said = await read(database, between, first)
    async with database.bound(between.lender) as uow:
        assert await statements.make(uow, IN_MARCH, TODAY) == []
    assert await read(database, between, first) == said


async def test_made_by_several_at_one_moment_it_is_made_once(database: Database, between: Pair) -> None:
    await posted(database, between)

    async def make() -> int:
        async with database.bound(between.lender) as uow:
            return len(await statements.make(uow, IN_MARCH, TODAY))

    assert sorted(await asyncio.gather(*(make() for _ in range(4)))) == [0, 0, 0, 1]
    found = await made(database, between, IN_MARCH)
    assert found is not None
    assert told((await read(database, between, found))[1]) == MARCH


async def test_a_draft_follows_what_is_posted_and_goes_with_it(database: Database, between: Pair) -> None:
    async with database.bound(between.lender) as uow:
        basis = await actions.open_basis(uow, opening(between, notice_nights=0))
    draft = await made(database, between, IN_MARCH)
    assert draft is not None
    async with database.bound(between.lender) as uow:
        await actions.correct_start(uow, basis, date(2026, 4, 6))
        assert await queries.out_of_date(uow, draft)
    assert await made(database, between, IN_MARCH) is None
    assert (await made(database, between, IN_APRIL)) is not None


async def test_late_changes_come_on_the_next_statement_with_their_reason(database: Database, between: Pair) -> None:
    async with database.bound(between.lender) as uow:
        basis = await actions.open_basis(uow, opening(between))
    march = await issued(database, between, IN_MARCH)
    async with database.bound(between.lender) as uow:  # known too late: all of what the example says
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
        await actions.close_basis(uow, basis, date(2026, 3, 29))
        await actions.refilled(uow, basis, date(2026, 4, 3))
    april = await issued(database, between, IN_APRIL)
    _, before = await read(database, between, march)
    found, after = await read(database, between, april)
    assert due(before) + found.net == Decimal("18326.78") + Decimal("1262.85")
    late = [one for one in after if one.line.reason]
    assert {one.line.reason for one in late} == {"refilled"}
    taken = [one for one in late if one.line.reverses_id]
    assert {one.line.reverses_id for one in taken} <= {one.id for one in before}
    assert words.explained(taken[0].line) == (
        "Taken back: 7 nights, 16 to 22 March 2026, at £4,250.00 a week. The place was filled again"
    )
    assert [words.explained(one.line) for one in after if not one.line.reason] == [APRIL[0][4]]
    assert await made(database, between, IN_MAY) is None  # stated once, not again


async def test_what_is_posted_between_two_drafts_is_stated_once(database: Database, between: Pair) -> None:
    async with database.bound(between.lender) as uow:
        basis = await actions.open_basis(uow, opening(between))
    await issued(database, between, IN_MARCH)
    await made(database, between, IN_APRIL)
    await made(database, between, IN_MAY)  # April's is a draft still
    async with database.bound(between.lender) as uow:
        await actions.change_price(uow, basis, date(2026, 3, 1), Decimal("4300.00"))
    await made(database, between, IN_JUNE)  # makes April's and May's anew
    totals = []
    for month in (IN_APRIL, IN_MAY, IN_JUNE):
        statement = await issued(database, between, month)
        _, lines = await read(database, between, statement)
        totals.append((due([one for one in lines if one.line.reason]), due(lines)))
    # Four weeks of March from Wednesday 4: 17,200.00 at £4,300.00 a week instead of 17,000.00 at £4,250.00.
    assert [late for late, _ in totals] == [Decimal("200.00"), 0, 0]


LATE = "The placement was posted after its month’s statement"


async def test_a_placement_posted_after_its_month_was_stated_says_so(database: Database, between: Pair) -> None:
    await posted(database, between)
    await issued(database, between, IN_MARCH)
    async with database.bound(between.lender) as uow:
        await actions.open_basis(uow, opening(between, starts=date(2026, 3, 30)))
    _, lines = await read(database, between, await issued(database, between, IN_APRIL))
    assert [words.explained(one.line) for one in lines if one.line.reason] == [
        "2 nights, 30 to 31 March 2026, nights 1 to 2 of the week at £4,250.00 a week. " + LATE
    ]


async def test_months_without_a_statement_come_with_the_first(database: Database, between: Pair) -> None:
    await posted(database, between)
    april = await issued(database, between, IN_APRIL)
    _, lines = await read(database, between, april)
    assert due(lines) == Decimal("18326.78") + Decimal("1262.85")
    assert {one.line.reason for one in lines} == {"", "not_stated"}
    # March is stated with it: asking for March's own statement afterwards charges nothing twice.
    assert await made(database, between, IN_MARCH) is None


async def test_numbers_have_no_gaps_whatever_fails(database: Database, between: Pair) -> None:
    other = Pair(between.borrower, between.lender, between.third, between.agreement_id)
    await posted(database, between)
    await posted(database, other)
    async with database.bound(between.lender) as uow:
        await actions.open_basis(uow, opening(between))
    for month in (IN_MARCH, IN_APRIL, IN_MAY):
        await made(database, between, month)
    async with database.bound(between.lender) as uow:
        months = {one.month: one for one in await queries.statements(uow, side="lender")}

    async def fail(month: date) -> None:
        with pytest.raises(ZeroDivisionError):
            async with database.bound(between.lender) as uow:
                await steps.take(uow, months[month].id, None, Taking(step="issue"), TODAY)
                raise ZeroDivisionError

    await fail(IN_MARCH)
    assert (await take(database, between.lender, months[IN_MARCH], "issue")).invoice_number == "RC-00001"
    await fail(IN_APRIL)
    assert (await take(database, between.lender, months[IN_APRIL], "issue")).invoice_number == "RC-00002"
    assert (await take(database, between.lender, months[IN_MAY], "issue")).invoice_number == "RC-00003"
    assert (await issued(database, other, IN_MARCH)).invoice_number == "RC-00001"  # each lender counts for itself


async def test_statements_are_issued_in_order_and_when_the_month_is_over(database: Database, between: Pair) -> None:
    async with database.bound(between.lender) as uow:
        await actions.open_basis(uow, opening(between))
    march, april, july = [await made(database, between, month) for month in (IN_MARCH, IN_APRIL, date(2026, 7, 1))]
    assert march is not None
    assert april is not None
    assert july is not None
    with pytest.raises(Conflict, match="March 2026 first"):
        await take(database, between.lender, april, "issue")
    with pytest.raises(DBAPIError, match="not its turn"):
        async with database.bound(between.lender) as uow:
            await uow.execute(
                text("insert into tenants.statement_step (statement_id, step) values (:id, 'issue')"), {"id": april.id}
            )
    with pytest.raises(Conflict, match="month is over"):
        await take(database, between.lender, july, "issue")
    for month in (date(2026, 8, 1), date(2026, 3, 2)):
        with pytest.raises(Invalid):
            async with database.bound(between.lender) as uow:
                await statements.make(uow, month, TODAY)


async def test_the_other_side_is_told_that_a_statement_waits_and_of_nothing_in_it(
    database: Database, between: Pair, world: World
) -> None:
    async def heard(who: Acting) -> list[tuple[str, str]]:
        async with database.bound(who) as uow:
            return [(one.kind, one.path) for one in reversed(await notifications.listed(uow))]

    before = {who.authority_id: len(await heard(who)) for who in (between.lender, between.borrower)}
    await posted(database, between)
    march = await issued(database, between, IN_MARCH)
    path = f"/recharges/statements/{march.id}"
    assert (await heard(between.borrower))[before[between.borrower.authority_id] :] == [("statement_issued", path)]
    assert len(await heard(between.lender)) == before[between.lender.authority_id]
    await take(database, between.borrower, march, "dispute", reason="nights")
    assert (await heard(between.lender))[before[between.lender.authority_id] :] == [("statement_disputed", path)]
    for nobody in (world.acting(world.a, "placement_finder"), between.third):
        assert await heard(nobody) == []


async def test_disputed_credited_agreed_and_settled(database: Database, between: Pair) -> None:
    await posted(database, between)
    march = await issued(database, between, IN_MARCH)
    _, lines = await read(database, between, march)
    staffing = next(one for one in lines if one.line.part == "one_to_one")
    disputed = await take(
        database,
        between.borrower,
        march,
        "dispute",
        reason="supplement",
        line_id=staffing.id,
        amount=Decimal("612.50"),
        note="We agreed 1:1 staffing from 16 March only.",
    )
    assert disputed.stage == "disputed"
    credited = await take(
        database, between.lender, march, "credit", reason="agreed", line_id=staffing.id, amount=Decimal("612.50")
    )
    assert (credited.stage, credited.credited, credited.outstanding) == (
        "issued",
        Decimal("612.50"),
        Decimal("17714.28"),
    )
    agreed = await take(database, between.borrower, march, "approve")
    settled = await take(database, between.lender, march, "settle")
    assert (agreed.stage, settled.stage, settled.outstanding) == ("agreed", "settled", Decimal(0))
    async with database.bound(between.borrower) as uow:
        taken = await queries.steps(uow, settled)
    assert [(one.step, one.authority, one.number, one.line) for one in taken] == [
        ("issue", "Birkdale", None, None),
        ("dispute", "Ashmoor", None, staffing.n),
        ("credit", "Birkdale", "CN-00001", staffing.n),
        ("approve", "Ashmoor", None, None),
        ("settle", "Birkdale", None, None),
    ]
    # The price of the staffing is put right now: what was credited already is not given twice.
    async with database.bound(between.lender) as uow:
        await actions.change_price(
            uow,
            staffing.line.basis_id or UUID(int=0),
            date(2026, 3, 9),
            None,
            part="one_to_one",
            until=date(2026, 3, 16),
        )
    april = await issued(database, between, IN_APRIL)
    _, after = await read(database, between, april)
    assert due(after) == Decimal("1262.85")
    assert [one.line.amount for one in after if one.line.reverses_id] == [0]


async def test_an_adjustment_comes_on_the_next_statement_once(database: Database, between: Pair) -> None:
    await posted(database, between)
    march = await issued(database, between, IN_MARCH)
    _, lines = await read(database, between, march)
    after = await take(
        database, between.lender, march, "adjust", reason="error", line_id=lines[0].id, amount=Decimal("-35.71")
    )
    assert (after.stage, after.outstanding) == ("issued", march.total)
    april, lines = await read(database, between, await issued(database, between, IN_APRIL))
    assert april.net == Decimal("1262.85") - Decimal("35.71")
    assert words.explained(lines[-1].line) == "Adjustment: charged in error"
    assert await made(database, between, IN_MAY) is None


async def test_vat_at_the_standard_rate_is_on_the_statement_and_the_credit_note(
    database: Database, between: Pair
) -> None:
    await posted(database, between, vat_code="standard")
    march = await issued(database, between, IN_MARCH)
    assert (march.net, march.vat) == (Decimal("18326.78"), Decimal("3665.36"))
    credited = await take(database, between.lender, march, "credit", reason="error", amount=Decimal("100.00"))
    assert credited.credited == Decimal("120.00")
    with pytest.raises(Invalid):
        await take(database, between.lender, march, "credit", reason="error", amount=Decimal("18300.00"))


async def test_the_order_number_stands_on_what_is_made_after_it(database: Database, between: Pair) -> None:
    basis = await posted(database, between)
    await made(database, between, IN_MARCH)
    async with database.bound(between.borrower) as uow:
        await actions.keep_own(uow, basis, order_number="PO 77")
    march = await issued(database, between, IN_MARCH)
    _, lines = await read(database, between, march)
    assert {one.line.order_number for one in lines} == {"PO 77"}
    ordered = await take(database, between.borrower, march, "order", order_number="PO 78")
    assert ordered.order_number == "PO 78"


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("reason", {"step": "dispute"}),
        ("reason", {"step": "dispute", "reason": "boredom"}),
        ("reason", {"step": "approve", "reason": "other"}),
        ("note", {"step": "note"}),
        ("note", {"step": "note", "note": "Ask Jane Smith about it"}),
        ("note", {"step": "note", "note": "Mrs Smith said so"}),
        ("note", {"step": "note", "note": "at ZA1 1AA"}),
        ("note", {"step": "note", "note": "ring 01632 960901"}),
        ("note", {"step": "note", "note": "a\u202eb"}),
        ("note", {"step": "note", "note": "x" * 1001}),
        ("amount", {"step": "dispute", "reason": "price", "amount": Decimal("-1.00")}),
        ("amount", {"step": "dispute", "reason": "price", "amount": Decimal("0.001")}),
        ("amount", {"step": "approve", "amount": Decimal(1)}),
        ("line_id", {"step": "dispute", "reason": "price", "line_id": UUID(int=3)}),
        ("order_number", {"step": "order", "order_number": "<PO>"}),
        ("order_number", {"step": "order"}),
    ],
)
async def test_a_step_that_cannot_be_right_names_its_field(
    database: Database, between: Pair, field: str, what: dict[str, object]
) -> None:
    await posted(database, between)
    march = await issued(database, between, IN_MARCH)
    with pytest.raises(Invalid) as refused:
        await take(database, between.borrower, march, **what)  # type: ignore[arg-type]  # a step and its fields
    assert field in [error.field for error in refused.value.errors]


async def test_a_usual_note_is_kept(database: Database, between: Pair) -> None:
    await posted(database, between)
    march = await issued(database, between, IN_MARCH)
    note = "Line 3: Ashmoor Council agreed this on Monday 9 March. Please see the Placement Agreement."
    await take(database, between.borrower, march, "note", note=note)
    async with database.bound(between.lender) as uow:
        assert (await queries.steps(uow, march))[-1].note == note


async def test_two_people_at_one_moment_take_one_step(database: Database, between: Pair) -> None:
    await posted(database, between)
    march = await issued(database, between, IN_MARCH)

    async def approve() -> str:
        async with database.bound(between.borrower) as uow:
            try:
                await steps.take(uow, march.id, march.revision, Taking(step="approve"), TODAY)
            except (Conflict, PreconditionFailed, DBAPIError) as error:
                await uow.rollback()
                return type(error).__name__
        return "done"

    results = await asyncio.gather(*(approve() for _ in range(3)))
    assert results.count("done") == 1
    async with database.bound(between.lender) as uow:
        assert [one.step for one in await queries.steps(uow, march)] == ["issue", "approve"]


async def test_what_is_issued_is_final_and_a_third_authority_sees_nothing(database: Database, between: Pair) -> None:
    await posted(database, between)
    march = await issued(database, between, IN_MARCH)
    for who in (between.lender, between.borrower):
        for statement in (
            "update tenants.charge_line set amount = 0",
            "delete from tenants.charge_line",
            "update tenants.statement set stage = 'settled'",
            "insert into tenants.statement_rule values ('issued', 'borrower', 'settle', 'settled')",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with database.bound(who) as uow:
                    await uow.execute(text(statement))
    with pytest.raises(NotFound):
        async with database.bound(between.third) as uow:
            await queries.statement(uow, march.id)
    with pytest.raises(DBAPIError, match="no such statement"):
        async with database.bound(between.third) as uow:
            await uow.execute(TAKE, {"id": march.id, "step": "note"})
    async with database.bound(between.third) as uow:
        assert await queries.statements(uow) == []
        for table in ("statement", "charge_line", "statement_step"):
            assert (await uow.execute(text(f"select 1 from tenants.{table}"))).all() == []


TAKE = text("insert into tenants.statement_step (statement_id, step, note) values (:id, :step, 'x')")
MOVED = """insert into tenants.statement_step (statement_id, step, reason, note, amount, number)
    values (:id, :step, :reason, 'x', :amount, :number)"""


async def test_every_step_that_the_table_does_not_allow_is_refused(
    database: Database, between: Pair, world: World
) -> None:
    """Each stage is reached by allowed steps; then each step is tried by each side."""
    async with database.bound(between.lender) as uow:
        rules = {(row.stage, row.side, row.step): row.next_stage for row in await uow.execute(steps.RULES)}
    stages = sorted({stage for stage, _, _ in rules})
    names = sorted({step for _, _, step in rules})
    way = {
        "draft": [],
        "issued": ["issue"],
        "disputed": ["issue", "dispute"],
        "agreed": ["issue", "approve"],
        "settled": ["issue", "settle"],
    }
    assert sorted(way) == stages
    tried = 0
    for stage in stages:
        for side, who in (("lender", between.lender), ("borrower", between.borrower)):
            for name in names:
                await posted(database, between)
                draft = await made(database, between, IN_MARCH)
                assert draft is not None
                for step in way[stage]:
                    by = between.borrower if step in {"dispute", "approve"} else between.lender
                    await moved(database, by, draft.id, step)
                wanted = rules.get((stage, side, name))
                if wanted is None:
                    with pytest.raises(DBAPIError) as refused:
                        await moved(database, who, draft.id, name)
                    assert getattr(refused.value.orig, "sqlstate", "") == "CS409"
                else:
                    await moved(database, who, draft.id, name)
                async with database.bound(between.borrower) as uow:
                    assert (await queries.statement(uow, draft.id)).stage == (wanted or stage)
                async with as_owner(world.settings) as owner:
                    await owner.execute(CLEAR)
                tried += 1
    assert tried == len(stages) * 2 * len(names)


async def moved(database: Database, who: object, statement_id: UUID, step: str) -> None:
    reason = step if step in {"dispute", "credit", "adjust", "answer"} else ""
    amount = Decimal("1.00") if step in {"credit", "adjust"} else None
    async with database.bound(who) as uow:  # type: ignore[arg-type]  # an Acting
        await uow.execute(
            text(MOVED),
            {
                "id": statement_id,
                "step": step,
                "reason": reason,
                "amount": amount,
                "number": "PO 1" if step == "order" else None,
            },
        )
