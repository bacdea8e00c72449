"""What follows on the home's side: the exemption and the days in its register, and the charge, to the penny."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from careshare.errors import Unprocessable
from services.fostering import actions as register
from services.fostering.queries import household
from services.placements.placed.rules import pauses
from tenants.recharges import rules as worth
from tenants.recharges import tariff
from tenants.recharges.reading import bases
from tenants.recharges.tariff import Pricing
from tests.fostering.register import a_child, a_home, make, terms
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_clocks_run_out import follow_up
from tests.placements.homes import today
from tests.placements.matches.test_way import LAW, consents, say
from tests.placements.placed.test_way import matched, tell_everybody

TURNS_TWELVE = today() - timedelta(days=2)
BORN = TURNS_TWELVE.replace(year=TURNS_TWELVE.year - 12)
"""Twelve two days ago; a leap day has one twelve years before."""


def ago(days: int) -> date:
    return today() - timedelta(days=days)


async def priced(between: Between) -> None:
    """The lender's tariff: £259 a week up to eleven, £301 from twelve on, two supplements."""
    async with between.database.bound(between.world.acting(between.world.b, "team_manager")) as uow:
        for part, youngest, oldest, weekly in (
            ("base", 0, 11, "259.00"),
            ("base", 12, 17, "301.00"),
            ("skills", 0, 17, "49.00"),
            ("enhancement", 0, 17, "70.00"),
        ):
            given = Pricing(
                kind="foster_home",
                part=part,
                age_from=youngest,
                age_to=oldest,
                since=ago(400),
                weekly=Decimal(weekly),
                when_empty=part == "base",
            )
            await tariff.change(uow, given)


async def started(between: Between, body: dict[str, Any]) -> UUID:
    _enquiry, placement = await matched(between, born=BORN)
    await tell_everybody(between, placement)
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200
    begun = await between.officer("POST", f"/placements/{placement}/start", {"day": today().isoformat(), **body})
    assert begun.status_code == 200, begun.text
    return placement


async def owed(between: Between, placement: UUID) -> list[tuple[str, str, Decimal]]:
    """The lines up to today, by kind and part, as the lender reads them."""
    async with between.database.bound(between.world.acting(between.world.b, "team_manager")) as uow:
        found = await uow.execute(
            text("select id from tenants.charge_basis where placement_id = :id"), {"id": placement}
        )
        (basis,) = await bases(uow, [found.scalar_one()])
    return [(line.kind, line.part, line.amount) for line in worth.charges(basis, ago(400), today())]


def total(lines: Sequence[tuple[str, str, Decimal]], kind: str, part: str) -> Decimal:
    return sum((amount for one, other, amount in lines if (one, other) == (kind, part)), Decimal())


async def test_a_tariff_a_birthday_a_pause_and_a_start_put_right_to_the_penny(between: Between) -> None:
    """Prices are whole pounds a night, so that the sum is the same whatever day of the week today is.

    | Nights                         |    | Price  | Skills | Comes to |
    | 20 to 11 days ago, aged eleven | 10 | £37.00 |  £7.00 |  £440.00 |
    | 10 to 5 days ago, away, half   |  6 | £18.50 |        |  £111.00 |
    | 4 and 3 days ago               |  2 | £37.00 |  £7.00 |   £88.00 |
    | 2 days ago and since, twelve   |  2 | £43.00 |  £7.00 |  £100.00 |
    """
    await priced(between)
    placement = await started(between, {"supplements": ["skills"]})
    moved = await between.finder("POST", f"/placements/{placement}/days", {"starts": ago(20).isoformat()})
    assert moved.status_code == 200, moved.text
    await follow_up(between)
    not_theirs = await between.finder(
        "POST", f"/placements/{placement}/pause", {"since": ago(10).isoformat(), "percent": "0"}
    )
    assert [error["field"] for error in not_theirs.json()["errors"]] == ["percent"]
    for wrong in (ago(21), today() + timedelta(days=1)):
        refused = await between.officer("POST", f"/placements/{placement}/pause", {"since": wrong.isoformat()})
        assert refused.status_code == 400, refused.text
    paused = await between.officer(
        "POST", f"/placements/{placement}/pause", {"since": ago(10).isoformat(), "percent": "50"}
    )
    assert (paused.status_code, paused.json()["stage"]) == (200, "paused")
    early = await between.finder("POST", f"/placements/{placement}/resume", {"on": ago(11).isoformat()})
    assert early.status_code == 400
    back = await between.finder("POST", f"/placements/{placement}/resume", {"on": ago(4).isoformat()})
    assert (back.status_code, back.json()["stage"]) == (200, "started")
    await follow_up(between)
    lines = await owed(between, placement)
    assert total(lines, "charge", "base") == Decimal("370.00") + Decimal("74.00") + Decimal("86.00")
    assert total(lines, "charge", "skills") == 14 * Decimal("7.00")
    assert total(lines, "retainer", "base") == Decimal("111.00")
    assert sum(amount for *_, amount in lines) == Decimal("739.00")
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        there = await uow.execute(
            text(
                "select c.starts from fostering.placed_child c join placements.placement p on p.claim_id = c.claim_id "
                "where p.id = :id"
            ),
            {"id": placement},
        )
        assert there.scalar_one() == ago(20)
        posted = await uow.execute(
            text("select what from tenants.charge_change c join tenants.charge_basis b on b.id = c.basis_id "
                 "where b.placement_id = :id order by c.id"),
            {"id": placement},
        )  # fmt: skip
        # The jobs ran twice; each thing was posted once: three prices before the first one known, start and pause.
        assert sorted(posted.scalars()) == ["opened", "pause", "price", "price", "price", "resume", "start"]


async def test_an_agreed_price_holds_from_an_earlier_start_too(between: Between) -> None:
    placement = await started(between, {"weekly": "700.00"})
    for starts in (ago(3), ago(1), ago(2)):
        await between.finder("POST", f"/placements/{placement}/days", {"starts": starts.isoformat()})
        await follow_up(between)
    assert await owed(between, placement) != []
    assert sum(amount for *_, amount in await owed(between, placement)) == Decimal("200.00")


async def test_a_supplement_the_tariff_does_not_have(between: Between) -> None:
    await priced(between)
    _enquiry, placement = await matched(between, born=BORN)
    await tell_everybody(between, placement)
    await between.finder("POST", f"/placements/{placement}/ready")
    refused = await between.officer(
        "POST", f"/placements/{placement}/start", {"day": today().isoformat(), "supplements": ["therapy"]}
    )
    assert [error["field"] for error in refused.json()["errors"]] == ["supplements"]


def test_pauses_by_steps_in_their_order() -> None:
    whole, half = Decimal(100), Decimal(50)
    assert pauses([]) == []
    assert pauses([("pause", ago(9), half)]) == [(ago(9), None, half)]
    steps = [("pause", ago(9), half), ("resume", ago(7), whole), ("pause", ago(3), whole)]
    assert pauses(steps[:2]) == [(ago(9), ago(7), half)]
    assert pauses(steps) == [(ago(9), ago(7), half), (ago(3), None, whole)]
    assert pauses([("resume", ago(7), whole)]) == []


async def test_an_exemption_of_a_match_stands_in_the_register_and_ends_with_the_placement(between: Between) -> None:
    world = between.world
    async with between.database.bound(world.acting(world.b, "fostering_officer")) as uow:
        home = await make(uow, a_home("ZB1 1AA"), places=5, publish=True, approval=terms(places=5))
        for _ in range(3):
            await register.place_child(uow, home, None, a_child(responsible_gss=world.b.gss_code))
        offer = (
            await uow.execute(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
        ).scalar_one()
    reference = f"X{random.randint(10**6, 10**7)}"
    child = {"age": 7, "sex": "F"}
    identity = {"name": "Hidden Person", "reference": reference, "born": ago(7 * 365 + 30).isoformat()}
    request = await between.request(starts=today().isoformat(), children=[{**child, "identity": identity}])
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    enquiry = UUID(sent.json()["enquiry_ids"][0])
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await between.finder("POST", f"/enquiries/{enquiry}/proposal", {})
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    await between.officer("POST", f"/enquiries/{enquiry}/consents")
    known = await consents(between, enquiry)
    for who, role, kind, more in (
        (world.a, "team_manager", "placing_authority", {}),
        (world.a, "team_manager", "area_notified", {}),
        (world.a, "nominated_officer", "nominated_officer", {"stepped_up": True, **LAW}),
        (world.b, "team_manager", "providing_authority", {}),
        (world.b, "fostering_officer", "carer", {}),
        (world.b, "exemptions_officer", "exemption", {}),
    ):
        answered = await say(between, who, role, known[kind]["id"], **more)
        assert answered.status_code == 200, (kind, answered.text)
    listed = (await between.finder("GET", "/placements")).json()["items"]
    placement = next(one["id"] for one in listed if one["enquiry_id"] == str(enquiry))
    await tell_everybody(between, UUID(placement))
    await between.finder("POST", f"/placements/{placement}/ready")
    begun = await between.officer("POST", f"/placements/{placement}/start", {"day": today().isoformat(), "weekly": "0"})
    assert begun.status_code == 200, begun.text
    async with between.database.bound(world.acting(world.b, "fostering_officer")) as uow:
        record = await household(uow, home)
    (exemption,) = record.exemptions
    assert reference in exemption.children
    assert len(exemption.children) == 4
    assert exemption.until is None
    # A fifth is not named by it, so that the limit still forbids them.
    async with between.database.bound(world.acting(world.b, "fostering_officer")) as uow:
        try:
            await register.place_child(uow, home, None, a_child(responsible_gss=world.b.gss_code))
        except Unprocessable as refused:
            assert "usual_limit" in {one.field for one in refused.errors}  # noqa: PT017 — the unit of work ends here
        else:
            raise AssertionError("a fifth child was placed beyond the exemption")
        await uow.rollback()
    body = {"ends": today().isoformat(), "reason": "CARPL", "at_once": True}
    ended = await between.officer("POST", f"/placements/{placement}/end", body)
    assert ended.status_code == 200, ended.text
    async with between.database.bound(world.acting(world.b, "fostering_officer")) as uow:
        record = await household(uow, home)
    assert record.exemptions[0].until == today() + timedelta(days=1)  # a day is the shortest there is


async def test_pauses_that_the_other_side_took_before_anybody_looked_are_each_charged(between: Between) -> None:
    """The placing side says that the child was away twice; the lender's jobs run only then, and each finds both.

    Away 9 and 8 days ago, and 5 to 3 days ago: 5 of 10 nights without the supplement of £7.00 a night.
    """
    await priced(between)
    placement = await started(between, {"supplements": ["skills"]})
    await between.finder("POST", f"/placements/{placement}/days", {"starts": ago(10).isoformat()})
    await follow_up(between)
    for step, field, day in (("pause", "since", 9), ("resume", "on", 7), ("pause", "since", 5), ("resume", "on", 2)):
        took = await between.finder("POST", f"/placements/{placement}/{step}", {field: ago(day).isoformat()})
        assert took.status_code == 200, took.text
    await follow_up(between)
    lines = await owed(between, placement)
    assert total(lines, "charge", "skills") == 5 * Decimal("7.00")
