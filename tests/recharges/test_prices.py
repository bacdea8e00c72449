"""A price changed by hand: asked for, looked at by another, told on the lines; issued months put right to the penny."""

import asyncio
import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Acting, Database
from careshare.errors import Conflict, DomainError, Invalid, NotFound
from tenants.actions import as_owner
from tenants.recharges import actions, kept, prices, queries, reading, rules, statements, steps
from tenants.recharges.days import today
from tenants.recharges.model import Rate
from tenants.recharges.prices import NewPrice
from tenants.recharges.queries import Statement, StatementLine
from tenants.recharges.steps import Taking
from tests.recharges.places import Pair, opening, pair
from tests.world import World, submit

NOW = date(2026, 7, 10)
MARCH, APRIL, MAY = (date(2026, month, 1) for month in (3, 4, 5))
URL = "/api/v1/recharges"


@pytest.fixture
async def between(world: World) -> Pair:
    async with as_owner(world.settings) as owner:
        await owner.execute("truncate tenants.statement, tenants.charge_basis, tenants.charge_number cascade")
    return pair(world)


@pytest.fixture
def second(world: World) -> Acting:
    return world.acting(world.b, "budget_holder", "recharge:second_look")


async def lent(database: Database, between: Pair, **what: Any) -> UUID:
    """A place at £700.00 a week, £100.00 a night, from Monday 2 March 2026."""
    rates = (Rate(weekly=Decimal("700.00"), since=date(2026, 3, 2)),)
    async with database.bound(between.lender) as uow:
        return await actions.open_basis(
            uow, opening(between, **{"starts": date(2026, 3, 2), "rates": rates, "notice_nights": 0, **what})
        )


async def issued(database: Database, between: Pair, month: date) -> Statement:
    async with database.bound(between.lender) as uow:
        await statements.make(uow, month, NOW)
        (made,) = await queries.statements(uow, month=month, side="lender")
        await steps.take(uow, made.id, None, Taking(step="issue"), NOW)
        return await queries.statement(uow, made.id)


async def drafted(database: Database, between: Pair, month: date) -> tuple[Statement, list[StatementLine]]:
    async with database.bound(between.lender) as uow:
        await statements.make(uow, month, NOW)
        (made,) = await queries.statements(uow, month=month, side="lender")
        return made, await queries.lines(uow, made)


async def asked(database: Database, between: Pair, basis: UUID, **what: Any) -> UUID:
    given: dict[str, Any] = {
        "part": "base",
        "since": date(2026, 3, 18),
        "weekly": Decimal("560.00"),
        "reason": "agreed",
    }
    async with database.bound(between.lender) as uow:
        return await prices.ask(uow, basis, NewPrice(**{**given, "when_empty": True, **what}), NOW)


async def agreed(database: Database, who: Acting, change: UUID) -> list[tuple[date, str, bool]]:
    async with database.bound(who) as uow:
        return [(one.month, str(one.difference), one.credited) for one in await prices.agree(uow, change, NOW)]


async def test_a_lower_price_is_credited_where_it_was_issued_and_told_on_the_lines(
    database: Database, between: Pair, second: Acting
) -> None:
    """From Wednesday 18 March the night costs £80 instead of £100.

    March has 30 nights from the 2nd: 16 at £100 (2 to 17) and 14 at £80 (18 to 31), £2,720.00 instead of £3,000.00.
    The credit notes: the week of the 16th 5 nights, £100; that of the 23rd 7 nights, £140; 30 and 31 March, £40.
    """
    basis = await lent(database, between)
    march = await issued(database, between, MARCH)
    assert march.net == Decimal("3000.00")
    change = await asked(database, between, basis)
    async with database.bound(second) as uow:
        found = await prices.change(uow, change)
        assert [
            (one.invoice_number, str(one.difference), one.credited) for one in await prices.effects(uow, found)
        ] == [("RC-00001", "-280.00", True)]
        assert (await queries.statement(uow, march.id)).credited == 0, "looking changes nothing"
    assert await agreed(database, second, change) == [(MARCH, "-280.00", True)]
    async with database.bound(between.borrower) as uow:
        after = await queries.statement(uow, march.id)
        notes = [one for one in await queries.steps(uow, after) if one.step == "credit"]
    assert (after.credited, after.outstanding) == (Decimal("280.00"), Decimal("2720.00"))
    assert [(one.reason, str(one.amount), one.number) for one in notes] == [
        ("price", "100.00", "CN-00001"),
        ("price", "140.00", "CN-00002"),
        ("price", "40.00", "CN-00003"),
    ]
    april, lines = await drafted(database, between, APRIL)
    assert april.net == Decimal("2400.00"), "30 nights at £80: what was credited is not taken off twice"
    late = [one for one in lines if one.line.reason]
    assert {one.line.reason for one in late} == {"price_agreed"}
    assert sum(one.line.amount for one in late) == 0
    (week, *_) = [one for one in lines if not one.line.reason]
    assert week.text == (
        "5 nights, 1 to 5 April 2026, nights 3 to 7 of the week at £560.00 a week. Since 18 March 2026: "
        "the price was changed: the two authorities agreed another"
    )


async def test_a_higher_price_comes_on_the_next_statement_with_its_reason(
    database: Database, between: Pair, second: Acting
) -> None:
    """£840 a week instead of £700 from Wednesday 25 March: 7 nights of March at £20 more are £140.00."""
    basis = await lent(database, between)
    march = await issued(database, between, MARCH)
    change = await asked(database, between, basis, since=date(2026, 3, 25), weekly=Decimal("840.00"), reason="need")
    assert await agreed(database, second, change) == [(MARCH, "140.00", False)]
    april, lines = await drafted(database, between, APRIL)
    assert april.net == 30 * Decimal("120.00") + Decimal("140.00")
    late = [one for one in lines if one.line.reason == "price_need"]
    assert sum(one.line.amount for one in late) == Decimal("140.00")
    assert all(one.text.endswith("The price was changed: the child’s needs changed") for one in late)
    async with database.bound(between.lender) as uow:
        assert (await queries.statement(uow, march.id)).credited == 0


async def test_what_was_paid_is_put_right_on_the_next_statement(
    database: Database, between: Pair, second: Acting
) -> None:
    basis = await lent(database, between)
    march = await issued(database, between, MARCH)
    async with database.bound(between.lender) as uow:
        await steps.take(uow, march.id, None, Taking(step="settle"), NOW)
    change = await asked(database, between, basis, reason="error")
    assert await agreed(database, second, change) == [(MARCH, "-280.00", False)]
    april, _lines = await drafted(database, between, APRIL)
    assert april.net == Decimal("2400.00") - Decimal("280.00")


async def test_a_supplement_for_some_days_is_added_and_ends(database: Database, between: Pair, second: Acting) -> None:
    """£70 a week for a night's staff from Monday 9 to Monday 16 March: one week."""
    basis = await lent(database, between)
    await issued(database, between, MARCH)
    change = await asked(
        database,
        between,
        basis,
        part="night",
        since=date(2026, 3, 9),
        until=date(2026, 3, 16),
        weekly=Decimal("70.00"),
        reason="need",
    )
    assert await agreed(database, second, change) == [(MARCH, "70.00", False)]
    april, _ = await drafted(database, between, APRIL)
    assert april.net == Decimal("3000.00") + Decimal("70.00")
    ends = await asked(database, between, basis, part="night", since=date(2026, 3, 12), weekly=None, reason="error")
    await agreed(database, second, ends)
    april, _ = await drafted(database, between, APRIL)
    assert april.net == Decimal("3000.00") + Decimal("30.00")


async def test_notice_takes_its_share_of_a_weekly_price_whatever_was_ticked(
    database: Database, between: Pair, second: Acting
) -> None:
    basis = await lent(database, between, notice_nights=14)
    await agreed(database, second, await asked(database, between, basis, when_empty=False))
    async with database.bound(between.lender) as uow:
        await actions.close_basis(uow, basis, date(2026, 3, 25), date(2026, 3, 25))
        (found,) = await reading.bases(uow, [basis])
    notice = [one for one in rules.charges(found, MARCH, MAY) if one.kind == "notice"]
    assert sum(one.amount for one in notice) == 14 * Decimal("80.00")


async def test_the_credit_has_its_vat_and_never_more_than_is_owed(
    database: Database, between: Pair, second: Acting
) -> None:
    basis = await lent(database, between, vat_code="standard")
    march = await issued(database, between, MARCH)
    assert (march.net, march.vat) == (Decimal("3000.00"), Decimal("600.00"))
    async with database.bound(between.lender) as uow:
        given = Taking(step="credit", reason="goodwill", amount=Decimal("2950.00"))
        await steps.take(uow, march.id, None, given, NOW)
    change = await asked(database, between, basis)
    await agreed(database, second, change)
    async with database.bound(between.lender) as uow:
        after = await queries.statement(uow, march.id)
    assert after.outstanding == 0
    assert after.credited == Decimal("3600.00")


@pytest.mark.parametrize("since", [date(2026, 3, 2), date(2026, 3, 18), date(2026, 3, 23), date(2026, 9, 1)])
@pytest.mark.parametrize("until", [None, date(2026, 9, 20)])
async def test_what_the_second_look_is_shown_is_what_the_database_does(
    database: Database, between: Pair, second: Acting, since: date, until: date | None
) -> None:
    basis = await lent(database, between)
    for more in (
        {"since": date(2026, 3, 10), "weekly": Decimal("650.00")},
        {"since": date(2026, 4, 1), "weekly": Decimal("651.00")},
    ):
        await agreed(database, second, await asked(database, between, basis, **more))
    change = await asked(database, between, basis, since=since, until=until)
    async with database.bound(second) as uow:
        found = await prices.change(uow, change)
        (before,) = await reading.bases(uow, [basis])
        shown = prices.with_price(before, found)
    await agreed(database, second, change)
    async with database.bound(second) as uow:
        (after,) = await reading.bases(uow, [basis])
    far = date(2027, 1, 1)
    assert rules.charges(shown, MARCH, far) == rules.charges(after, MARCH, far)
    assert sorted(shown.rates, key=lambda one: one.since) == sorted(after.rates, key=lambda one: one.since)


async def test_nobody_agrees_to_their_own_and_nothing_is_decided_twice(
    database: Database, between: Pair, second: Acting
) -> None:
    basis = await lent(database, between)
    change = await asked(database, between, basis)
    with pytest.raises(Conflict, match="Somebody else"):
        await agreed(database, between.lender, change)
    with pytest.raises(DBAPIError, match="price_change_second"):
        async with database.bound(between.lender) as uow:
            await uow.execute(text("update tenants.price_change set state = 'agreed' where id = :id"), {"id": change})
    with pytest.raises(DBAPIError, match="price_change_waiting"):
        await asked(database, between, basis, weekly=Decimal("1.00"))
    both = await asyncio.gather(*(agreed(database, second, change) for _ in range(2)), return_exceptions=True)
    assert [type(one) for one in both if isinstance(one, BaseException)] == [Conflict]
    with pytest.raises(Conflict):
        async with database.bound(second) as uow:
            await prices.refuse(uow, change)
    other = await asked(database, between, basis, weekly=Decimal("1.00"))
    async with database.bound(between.lender) as uow:
        await prices.refuse(uow, other)
        (row, *_) = await prices.changes(uow, basis=basis)
        assert (row.id, row.state) == (other, "refused")
        (after,) = await reading.bases(uow, [basis])
    assert {str(one.weekly) for one in after.rates} == {"700.00", "560.00"}


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("part", {"part": "nothing"}),
        ("part", {"part": "adjustment"}),
        ("reason", {"reason": "because"}),
        ("weekly", {"weekly": None}),
        ("weekly", {"weekly": Decimal("1.001")}),
        ("weekly", {"weekly": Decimal("-1.00")}),
        ("weekly", {"weekly": Decimal("NaN")}),
        ("since", {"since": date(2026, 3, 1)}),
        ("until", {"until": date(2026, 3, 18)}),
        ("note", {"note": "As Jane Smith wished"}),
    ],
)
async def test_what_cannot_be_right_names_its_field(
    database: Database, between: Pair, field: str, what: dict[str, Any]
) -> None:
    basis = await lent(database, between)
    with pytest.raises(Invalid) as refused:
        await asked(database, between, basis, **what)
    assert [one.field for one in refused.value.errors] == [field]


async def test_the_borrower_reads_why_and_not_the_note_and_changes_nothing(
    database: Database, between: Pair, second: Acting
) -> None:
    basis = await lent(database, between)
    change = await asked(database, between, basis, note="Ours alone")
    for who in (between.borrower, between.third):
        async with database.bound(who) as uow:
            assert await prices.changes(uow) == []
            with pytest.raises(NotFound):
                await prices.change(uow, change)
        with pytest.raises(DomainError):
            async with database.bound(who) as uow:
                await prices.ask(uow, basis, NewPrice(part="base", since=NOW, reason="agreed", weekly=Decimal(1)), NOW)
    with pytest.raises(DBAPIError):
        async with database.bound(between.borrower) as uow:
            await uow.execute(
                text(
                    "insert into tenants.price_change (authority_id, basis_id, part, since, weekly, when_empty, reason)"
                    " values (careshare.authority(), :id, 'base', current_date, 1, true, 'agreed')"
                ),
                {"id": basis},
            )
    await agreed(database, second, change)
    made = await issued(database, between, MARCH)
    async with database.bound(between.borrower) as uow:
        texts = [one.text for one in await queries.lines(uow, made)]
    assert sum("the two authorities agreed another" in one for one in texts) == 3
    assert not any("Ours alone" in one for one in texts)


async def test_it_is_deleted_with_its_charge(database: Database, between: Pair, second: Acting, world: World) -> None:
    basis = await lent(database, between)
    async with database.bound(between.lender) as uow:
        await actions.close_basis(uow, basis, date(2026, 3, 20))
    await agreed(database, second, await asked(database, between, basis))
    march = await issued(database, between, MARCH)
    async with database.bound(between.lender) as uow:
        await steps.take(uow, march.id, None, Taking(step="settle"), NOW)
    for who in (between.lender, between.borrower):
        async with database.bound(who) as uow:
            await kept.delete(uow, [march.id])
    async with as_owner(world.settings) as owner:
        assert await owner.fetchval("select count(*) from tenants.charge_basis where id = $1", basis) == 0
        assert await owner.fetchval("select count(*) from tenants.price_change where basis_id = $1", basis) == 0


async def test_over_the_api_once_with_one_key(
    database: Database, client: httpx.AsyncClient, world: World, between: Pair
) -> None:
    basis = await lent(database, between)
    headers = {**await world.bearer(world.b, "payments"), "Idempotency-Key": "price-1"}
    body = {"part": "base", "since": "2026-03-18", "weekly": "560.00", "reason": "agreed", "when_empty": True}
    answers = [await client.post(f"{URL}/charges/{basis}/price-changes", json=body, headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    at = answers[0].headers["location"]
    assert (await client.post(f"{at}/agree", headers=await world.bearer(world.b, "budget_holder"))).status_code == 401
    stepped = await world.bearer(world.b, "budget_holder", stepped_up=True)
    mine = await client.post(f"{at}/agree", headers=await world.bearer(world.b, "payments", stepped_up=True))
    assert (mine.status_code, mine.json()["detail"]) == (409, "Somebody else must take the second look.")
    done = await client.post(f"{at}/agree", headers=stepped)
    assert (done.status_code, done.json()["change"]["state"]) == (200, "agreed")
    listed = await client.get(f"{URL}/charges/{basis}/price-changes", headers=stepped)
    assert [one["reason"] for one in listed.json()] == ["agreed"]
    for path in (at, f"{at}/agree", f"{at}/refuse"):
        method = "GET" if path == at else "POST"
        theirs = await client.request(
            method, path, headers=await world.bearer(world.a, "budget_holder", stepped_up=True)
        )
        assert theirs.status_code == 404


async def test_on_pages_from_the_form_to_the_statement(
    database: Database, client: httpx.AsyncClient, world: World, between: Pair
) -> None:
    month = rules.month_of(rules.month_of(today()) - rules.DAY)
    rates = (Rate(weekly=Decimal("700.00"), since=month),)
    basis = await lent(database, between, starts=month, rates=rates)
    async with database.bound(between.lender) as uow:
        await statements.make(uow, month, today())
        (made,) = await queries.statements(uow, month=month, side="lender")
        await steps.take(uow, made.id, None, Taking(step="issue"), today())
    await world.sign_in(client, world.b, "payments")
    page = f"/recharges/charges/{basis}"
    assert f"{page}/price" in (await client.get(page)).text
    wrong = await submit(client, f"{page}/price", {"part": "base"})
    assert wrong.status_code == 400
    assert "Choose why the price is changed" in wrong.text
    day = {"since-day": "15", "since-month": str(month.month), "since-year": str(month.year)}
    sent = await submit(client, f"{page}/price", {"part": "base", "weekly": "630", "reason": "agreed", **day})
    assert sent.status_code == 303, sent.text
    at = sent.headers["location"]
    shown = (await client.get(at)).text
    assert "Credit note now" in shown
    assert "somebody else must take the second look" in shown
    assert f"{at}/agree" not in shown
    await world.sign_in(client, world.b, "budget_holder", stepped_up=True)
    assert at in (await client.get("/recharges/price-changes")).text
    agreed_ = await submit(client, at, {}, to=f"{at}/agree")
    assert agreed_.status_code == 303, agreed_.text
    assert "Agreed" in (await client.get(at)).text
    again = await submit(client, page, {}, to=f"{at}/agree")
    assert again.status_code == 409
    await world.sign_in(client, world.a, "payments")
    statement = (await client.get(f"/recharges/statements/{made.id}")).text
    assert "CN-00001" in statement
    assert re.search(r"A price was changed|a price was changed", statement)
    assert (await client.get(at)).status_code == 404
    assert (await client.get(f"{page}/price")).status_code in {403, 404}
