"""Series of short breaks: only the days of the stays are taken, never twice; limits, clock changes, the charge."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database
from careshare.errors import Conflict, DomainError, NotAvailable, NotFound
from careshare.settings import Settings
from services.placements import steps
from services.placements.follows import STEP_TAKEN
from services.placements.placed.series import rules
from tenants.actions import as_owner
from tenants.recharges import rules as worth
from tenants.recharges.reading import bases
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_clocks_run_out import follow_up, left
from tests.placements.homes import days, today
from tests.placements.path.way import Home, Way
from tests.placements.placed.test_way import matched, tell_everybody
from tests.world import World, WorldAuthority

STEP = text("""
insert into placements.short_break_step (placement_id, break_id, step, by_id, starts, ends)
values (:placement, :break, :step, careshare.authority(), :starts, :ends) returning break_id
""")


@pytest_asyncio.fixture
async def way(settings: Settings, world: World, database: Database) -> Way:
    del settings
    return Way(world, database)


async def step(
    way: Way, who: WorldAuthority, placement: UUID, name: str, stay: UUID | None = None, *day: date | None
) -> UUID:
    """One step with a stay in its own transaction."""
    starts, ends = day or (None, None)
    async with way.of(who) as uow:
        row = {"placement": placement, "break": stay, "step": name, "starts": starts, "ends": ends}
        try:
            made: UUID = (await uow.execute(STEP, row)).scalar_one()
        except DBAPIError as error:
            raise steps.meaning(error) from error
        return made


async def placement_of(way: Way, enquiry: UUID) -> UUID:
    found: UUID = await way.scalar(way.world.a, "select id from placements.placement where enquiry_id = :e", e=enquiry)
    return found


async def series(way: Way, home: Home, *, ends: date | None = None) -> UUID:
    """A match of one child whose placement is to be a series from the third day on."""
    return await placement_of(way, await way.matched(way.world.a, home, await way.request(way.world.a), ends=ends))


async def test_only_the_days_of_the_stays_are_taken_and_never_twice(way: Way) -> None:
    a, b = way.world.a, way.world.b
    home = await way.home(b)
    placement = await series(way, home, ends=days(60))
    stay = await step(way, a, placement, "add", None, days(5), days(7))
    # The days between are free: another child is matched into them, and not into those of the stay.
    between_stays = await way.send(a, home, await way.request(a), starts=days(10), ends=days(12))
    await way.accept(b, between_stays)
    await way.take(b, between_stays, "grant")
    overlapping = await way.send(a, home, await way.request(a), starts=days(6), ends=days(8))
    await way.accept(b, overlapping)
    with pytest.raises(NotAvailable):
        await way.take(b, overlapping, "grant")
    with pytest.raises(NotAvailable):
        await step(way, a, placement, "add", None, days(11), days(13))
    # Back to back is no conflict: the day of leaving is the next one's day of arrival.
    await step(way, a, placement, "add", None, days(12), days(13))
    await step(way, a, placement, "add", None, days(7), days(8))
    with pytest.raises(NotAvailable):
        await step(way, a, placement, "move", stay, days(5), days(11))
    await step(way, a, placement, "move", stay, days(4), days(6))
    await step(way, b, placement, "cancel", stay)
    await step(way, a, placement, "add", None, days(4), days(7))
    with pytest.raises(DomainError, match="within those agreed"):
        await step(way, a, placement, "add", None, days(58), days(61))
    with pytest.raises(DomainError, match="within those agreed"):
        await step(way, a, placement, "add", None, days(2), days(4))
    with pytest.raises(NotFound):
        await step(way, way.world.c, placement, "add", None, days(30), days(31))


async def test_a_child_with_stays_here_lives_elsewhere_between_them_and_not_in_them(way: Way) -> None:
    a, b = way.world.a, way.world.b
    placement = await series(way, await way.home(b), ends=days(60))
    await step(way, a, placement, "add", None, days(5), days(7))
    reference = await way.scalar(
        a,
        "select c.reference from placements.request_child c join placements.asked q on c.id = any(q.children)"
        " join placements.placement p on p.enquiry_id = q.enquiry_id where p.id = :p",
        p=placement,
    )
    for starts, ends, fits in ((days(8), days(20), True), (days(6), days(9), False)):
        request = await way.request(a, references=[reference])
        if fits:
            await way.matched(a, await way.home(b), request, starts=starts, ends=ends)
        else:
            with pytest.raises(NotAvailable):
                await way.matched(a, await way.home(b), request, starts=starts, ends=ends)


async def test_two_series_in_one_place_and_many_who_add_at_once(way: Way) -> None:
    a, b = way.world.a, way.world.b
    home = await way.home(b)
    one = await series(way, home, ends=days(90))
    await step(way, a, one, "add", None, days(4), days(5))
    second = await way.send(a, home, await way.request(a), starts=days(10), ends=days(80))
    await way.accept(b, second)
    await way.take(b, second, "grant")
    await way.matching(a, b, second)
    for who, kind in ((a, "placing_authority"), (b, "providing_authority"), (b, "carer")):
        await way.consent(who, second, kind)
    other = await placement_of(way, second)
    await step(way, a, other, "add", None, days(10), days(11))

    async def add(placement: UUID) -> bool:
        try:
            await step(way, a, placement, "add", None, days(20), days(22))
        except NotAvailable:
            return False
        return True

    assert sum(await asyncio.gather(*(add(placement) for placement in (one, other) * 8))) == 1
    async with as_owner(way.world.settings) as owner:
        taken = await owner.fetchval(
            "select count(*) from capacity.occupancy o join capacity.unit u on u.id = o.unit_id"
            " where u.pool_id = $1 and o.during @> $2::date::timestamp at time zone 'Europe/London'",
            home.subject,
            days(21),
        )
    assert taken == 1


def clock_change(month: int) -> date:
    """The Sunday of the next clock change in London of that month: the last of March or October."""
    for year in (today().year, today().year + 1):
        last = date(year, month, 31)
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        if sunday > days(5):
            return sunday
    raise AssertionError("there is one in every year")


@pytest.mark.parametrize(("month", "hours"), [(3, 47), (10, 49)])
async def test_a_weekend_over_a_clock_change_is_two_nights(way: Way, month: int, hours: int) -> None:
    a = way.world.a
    sunday = clock_change(month)
    placement = await series(way, await way.home(way.world.b))
    await step(way, a, placement, "add", None, sunday - timedelta(days=1), sunday + timedelta(days=1))
    length = await way.scalar(
        a,
        "select distinct extract(epoch from upper(o.during) - lower(o.during)) / 3600 from capacity.occupancy o"
        " join placements.placement p on p.claim_id = o.claim_id where p.id = :p",
        p=placement,
    )
    assert length == hours
    assert rules.nights(sunday - timedelta(days=1), sunday + timedelta(days=1)) == 2


async def test_every_step_with_a_stay_that_is_not_in_the_table_is_refused(way: Way) -> None:
    a, b = way.world.a, way.world.b
    async with way.of(a) as uow:
        table = [one for one in await steps.rules(uow) if one.machine == "short_break"]
    names = sorted({one.step for one in table} - {"add"})
    placement = await series(way, await way.home(b), ends=days(300))
    enquiry = await way.scalar(a, "select enquiry_id from placements.placement where id = :p", p=placement)
    first = await step(way, a, placement, "add", None, days(5), days(6))
    with pytest.raises(Conflict):
        await step(way, b, placement, "add", None, days(7), days(8))
    with pytest.raises(Conflict):  # nobody said that the child may come
        await step(way, b, placement, "start", first, days(5), None)
    await way.take(a, enquiry, "make_ready", placement_id=placement)
    await way.take(b, enquiry, "start", placement_id=placement, body={"day": days(3).isoformat()})
    tried = 0
    for number, stage in enumerate(("planned", "started", "ended", "cancelled")):
        day = days(20 + 5 * number)
        stay = await step(way, a, placement, "add", None, day, day + timedelta(days=2))
        for name, who in {
            "started": [("start", b)],
            "ended": [("start", b), ("end", a)],
            "cancelled": [("cancel", b)],
        }.get(stage, []):
            await step(way, who, placement, name, stay, day, day + timedelta(days=1))
        for (side, who), name in itertools.product((("placing", a), ("providing", b)), names):
            if not any(one.stage == stage and one.step == name and one.side in {side, "either"} for one in table):
                tried += 1
                with pytest.raises(Conflict):
                    await step(way, who, placement, name, stay, day, day + timedelta(days=1))
    assert tried > 15


async def test_a_placement_that_began_as_one_long_stay_is_no_series(way: Way) -> None:
    a, b = way.world.a, way.world.b
    placement = await series(way, await way.home(b))
    enquiry = await way.scalar(a, "select enquiry_id from placements.placement where id = :p", p=placement)
    await way.take(a, enquiry, "make_ready", placement_id=placement)
    await way.take(b, enquiry, "start", placement_id=placement, body={"day": days(3).isoformat()})
    with pytest.raises(Conflict):
        await step(way, a, placement, "add", None, days(5), days(7))


@trying(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 20)), max_size=8))
def test_the_most_nights_within_twelve_months(lengths: Sequence[tuple[int, int]]) -> None:
    """The same as counting every period of twelve months that ends on a day of a stay."""
    stays = [(date(2024, 1, 1) + timedelta(days=day), date(2024, 1, 1) + timedelta(days=day + n)) for day, n in lengths]
    nights = {starts + timedelta(days=n) for starts, ends in stays for n in range((ends - starts).days)}
    most = max((sum(rules.before(last, 12) < one <= last for one in nights) for last in nights), default=0)
    assert rules.most_within(stays, 12) == most


def test_the_limits_of_regulation_48() -> None:
    friday = date(2026, 1, 2)
    weekends = [(friday + timedelta(weeks=n), friday + timedelta(weeks=n, days=2)) for n in range(37)]
    assert rules.beyond(weekends, friday) == []  # 74 days
    (over,) = rules.beyond([*weekends, (friday + timedelta(weeks=40), friday + timedelta(weeks=40, days=2))], friday)
    assert (over.limit.code, over.limit.firm, over.days) == ("twelve_months", True, 76)
    (long,) = rules.beyond([(friday, friday + timedelta(days=18))], friday)
    assert (long.limit.code, long.limit.firm) == ("one_stay", False)
    assert rules.before(date(2028, 2, 29), 12) == date(2027, 2, 28)
    assert all(one.source for one in rules.limits())


async def test_a_series_over_the_api_from_the_first_stay_to_its_end(between: Between) -> None:
    await left(between, between.world.b, STEP_TAKEN)  # what other tests left, whose homes stand in no register
    _enquiry, placement = await matched(between)
    root = f"/placements/{placement}/short-breaks"
    wrong = await between.finder(
        "POST", root, {"stays": [{"starts": days(4).isoformat(), "ends": days(4).isoformat()}]}
    )
    assert [one["field"] for one in wrong.json()["errors"]] == ["stays[0].ends"]
    many = {"stays": [{"starts": days(10 * n).isoformat(), "ends": days(10 * n + 9).isoformat()} for n in range(1, 10)]}
    beyond = await between.finder("POST", root, many)
    assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "twelve_months")
    body = {
        "stays": [
            {"starts": today().isoformat(), "ends": days(2).isoformat()},
            {"starts": days(30).isoformat(), "ends": days(50).isoformat()},
        ]
    }
    keyed = {"headers": {"Idempotency-Key": f"series-{placement}"}}
    added = await between.finder("POST", root, body, **keyed)
    assert added.status_code == 201, added.text
    again = await between.finder("POST", root, body, **keyed)
    assert again.json() == added.json()
    first, second = added.json()["break_ids"]
    read = (await between.officer("GET", root)).json()
    assert [one["id"] for one in read["stays"]] == [first, second]
    assert (read["nights"], read["most"], read["may_add"]) == (22, 75, False)
    assert read["beyond"] == ["One stay may be at most 17 days; this would be 20"]
    assert (await between.outsider("GET", root)).status_code == 404
    assert (await between.officer("GET", f"/short-breaks/{first}")).json()["nights"] == 2
    assert (await between.outsider("GET", f"/short-breaks/{first}")).status_code == 404
    assert (
        await between.outsider("POST", f"/short-breaks/{first}/end", {"ends": today().isoformat()})
    ).status_code in {
        403,
        404,
    }
    come = {"day": today().isoformat(), "weekly": "700.00"}
    assert (await between.officer("POST", f"/short-breaks/{first}/start", come)).status_code == 409  # not ready
    await tell_everybody(between, placement)
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200
    assert (await between.officer("POST", f"/placements/{placement}/start", come)).status_code == 409
    started = await between.officer("POST", f"/short-breaks/{first}/start", come)
    assert started.status_code == 200, started.text
    assert [one["stage"] for one in started.json()["stays"]] == ["started", "planned"]
    assert (await between.finder("GET", f"/placements/{placement}")).json()["stage"] == "started"
    early = await between.finder("POST", f"/short-breaks/{first}/end", {"ends": days(-1).isoformat()})
    assert early.status_code == 400
    ended = await between.finder("POST", f"/short-breaks/{first}/end", {"ends": today().isoformat()})
    assert ended.status_code == 200, ended.text
    await follow_up(between)
    # Two nights were planned, none was slept: nothing is owed, and the day is free for another stay.
    assert await owed(between, [first]) == Decimal()
    one_more = await between.finder(
        "POST", root, {"stays": [{"starts": today().isoformat(), "ends": days(1).isoformat()}]}
    )
    assert one_more.status_code == 201, one_more.text
    third = one_more.json()["break_ids"][0]
    without_price = await between.officer("POST", f"/short-breaks/{third}/start", {"day": today().isoformat()})
    assert without_price.status_code == 200, without_price.text
    assert await owed(between, [third], until=days(7)) == Decimal("700.00")  # as the stay before: £100 a night
    await between.finder("POST", f"/placements/{placement}/steps", {"step": "review_to_end"})
    over = await between.officer(
        "POST", f"/placements/{placement}/end", {"ends": today().isoformat(), "reason": "CARPL"}
    )
    assert over.status_code == 200, over.text
    stays = {one["id"]: one["stage"] for one in (await between.finder("GET", root)).json()["stays"]}
    assert stays == {first: "ended", second: "cancelled", third: "ended"}
    assert await owed(between, [first, third], until=days(7)) == Decimal()
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        lived = await uow.execute(
            text(
                "select c.starts, c.ends from fostering.placed_child c join placements.answering w"
                " on w.authority_id = c.authority_id and w.subject_id = c.household_id"
                " join placements.placement p on p.enquiry_id = w.enquiry_id where p.id = :id"
            ),
            {"id": placement},
        )
        assert [tuple(row) for row in lived] == [(today(), today())]


async def owed(between: Between, stays: Sequence[str], *, until: date | None = None) -> Decimal:
    """What the nights of these stays come to, up to a day."""
    async with between.database.bound(between.world.acting(between.world.b, "team_manager")) as uow:
        found = await uow.execute(
            text("select id from tenants.charge_basis where placement_id = any(:ids)"),
            {"ids": [UUID(one) for one in stays]},
        )
        known = await bases(uow, list(found.scalars()))
    return sum((line.amount for one in known for line in worth.charges(one, days(-9), until or days(1))), Decimal())


async def test_a_stay_over_christmas_names_its_bank_holidays(between: Between) -> None:
    _enquiry, placement = await matched(between)
    christmas = date(today().year + (today() > date(today().year, 12, 20)), 12, 25)
    day = {"starts": (christmas - timedelta(days=1)).isoformat(), "ends": (christmas + timedelta(days=2)).isoformat()}
    await between.finder("POST", f"/placements/{placement}/short-breaks", {"stays": [day]})
    (stay,) = (await between.finder("GET", f"/placements/{placement}/short-breaks")).json()["stays"]
    assert stay["nights"] == 3
    assert christmas.isoformat() in stay["bank_holidays"] or christmas.weekday() >= 5  # then a substitute day follows
