"""What the register of a children's home has of stays that end on another day than was booked, and of a series."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.residential import actions
from tenants.actions import as_owner
from tenants.recharges import rules as worth
from tenants.recharges.model import Split
from tenants.recharges.reading import bases
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_clocks_run_out import follow_up
from tests.placements.homes import days, today
from tests.placements.placed.test_way import tell_everybody
from tests.placements.terms.spare import PRICES, Spare, spare_bed
from tests.residential import homes


async def lived(spare: Spare) -> list[tuple[date, date, bool]]:
    """From when to when somebody lived in the home, and whether that is on a claim still."""
    world = spare.between.world
    async with spare.between.database.bound(world.acting(world.b, "residential_manager")) as uow:
        found = await uow.execute(
            text(
                "select starts, ends, claim_id is not null from residential.resident where home_id = :home"
                " order by starts, ends"
            ),
            {"home": spare.home},
        )
        return [(row[0], row[1], row[2]) for row in found]


@pytest.mark.parametrize("left", [days(-3), days(-1)], ids=["before", "after"])
@pytest.mark.parametrize("side", ["placing", "providing"])
async def test_a_child_left_on_another_day_than_was_planned_and_that_is_said_later(
    between: Between, side: str, left: date
) -> None:
    spare = await spare_bed(between)
    placement = await spare.match(await spare.ask())
    assert (await spare.start(placement, today())).status_code == 200
    booked = {"starts": days(-10).isoformat(), "ends": days(-2).isoformat()}
    assert (await between.finder("POST", f"/placements/{placement}/days", booked)).status_code == 200
    await follow_up(between)
    assert await lived(spare) == [(days(-10), days(-2), True)]
    await between.finder("POST", f"/placements/{placement}/steps", {"step": "review_to_end"})
    who = between.finder if side == "placing" else spare.manager
    ended = await who("POST", f"/placements/{placement}/end", {"ends": left.isoformat(), "reason": "CARPL"})
    assert ended.status_code == 200, ended.text
    await follow_up(between)
    assert await lived(spare) == [(days(-10), left, False)]
    async with between.database.bound(between.world.acting(between.world.b, "team_manager")) as uow:
        charged = await uow.execute(
            text("select ends from tenants.charge_basis where placement_id = :id"), {"id": placement}
        )
        assert charged.scalar_one() == left


async def test_nights_before_the_day_that_was_recorded_are_paid_for_by_the_same_shares(between: Between) -> None:
    spare = await spare_bed(between)
    placement = await spare.match(await spare.ask())
    assert (await spare.start(placement, today())).status_code == 200
    moved = await between.finder("POST", f"/placements/{placement}/days", {"starts": days(-7).isoformat()})
    assert moved.status_code == 200, moved.text
    await follow_up(between)
    async with between.database.bound(between.world.acting(between.world.b, "team_manager")) as uow:
        found = await uow.execute(
            text("select id from tenants.charge_basis where placement_id = :id"), {"id": placement}
        )
        (basis,) = await bases(uow, [found.scalar_one()])
    lines = worth.charges(basis, days(-7), days(7))
    assert worth.total(lines) == 2 * Decimal("4850.00")
    shares = Split(Decimal(60), Decimal(25), Decimal(15))
    assert [one.split for one in lines] == [worth.split(one.amount, shares) for one in lines]


async def stay(spare: Spare, placement: UUID, ends: date) -> str:
    body = {"stays": [{"starts": today().isoformat(), "ends": ends.isoformat()}]}
    added = await spare.between.finder("POST", f"/placements/{placement}/short-breaks", body)
    assert added.status_code == 201, added.text
    made: str = added.json()["break_ids"][0]
    return made


async def took(spare: Spare, break_id: str, step: str, body: dict[str, Any]) -> None:
    taken = await spare.manager("POST", f"/short-breaks/{break_id}/{step}", body)
    assert taken.status_code == 200, taken.text


async def two_days_ago(spare: Spare, placement: UUID, break_id: str) -> None:
    """A stay that begins now stands as if it had begun two days ago and was booked until today."""
    async with as_owner(spare.between.world.settings) as owner:
        for statement, which in (
            ("update placements.short_break set starts = $2, ends = $3 where id = $1", UUID(break_id)),
            ("update residential.resident set starts = $2, ends = $3 where home_id = $1", spare.home),
        ):
            await owner.execute(statement, which, days(-2), today())
        await owner.execute("update placements.placement set starts = $2 where id = $1", placement, days(-2))


async def test_a_price_said_for_one_stay_holds_for_the_next_whatever_the_list_says_since(between: Between) -> None:
    dear = [one for one in PRICES["price"] if one.need_level == "complex"]
    spare = await spare_bed(between, homes.a_home("ZB1 1AA", need_levels=["complex"]), price=dear)
    placement = await spare.match(await spare.ask())
    first = await stay(spare, placement, days(2))
    await tell_everybody(between, placement)
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200
    await took(spare, first, "start", {"day": today().isoformat(), "weekly": "3500.00"})
    await two_days_ago(spare, placement, first)
    await took(spare, first, "end", {"ends": today().isoformat()})
    async with between.database.bound(between.world.acting(between.world.b, "residential_manager")) as uow:
        listed = homes.prices(**{**PRICES, "since": today()})  # £4,850 a week for standard need from now on
        await actions.set_prices(uow, spare.home, None, listed)
    second = await stay(spare, placement, days(3))
    await took(spare, second, "start", {"day": today().isoformat()})
    async with between.database.bound(between.world.acting(between.world.b, "team_manager")) as uow:
        charged = await uow.execute(
            text(
                "select r.weekly from tenants.charge_rate r join tenants.charge_basis b on b.id = r.basis_id"
                " where b.placement_id = :id"
            ),
            {"id": UUID(second)},
        )
        assert charged.scalars().all() == [Decimal("3500.00")]


async def test_a_stay_that_ended_as_booked_leaves_room_for_the_next_one_in_the_register(between: Between) -> None:
    spare = await spare_bed(between)
    placement = await spare.match(await spare.ask())
    first = await stay(spare, placement, days(2))
    await tell_everybody(between, placement)
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200
    await took(spare, first, "start", {"day": today().isoformat()})
    await two_days_ago(spare, placement, first)
    await took(spare, first, "end", {"ends": today().isoformat()})
    second = await stay(spare, placement, days(3))
    await took(spare, second, "start", {"day": today().isoformat()})
    assert await lived(spare) == [(days(-2), today(), False), (today(), days(3), True)]
