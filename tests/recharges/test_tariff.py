"""A lender's tariff: dated prices by age, and the prices of one placement over birthdays and changes."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from careshare.database import Database
from tenants.recharges import actions, tariff
from tenants.recharges.tariff import Pricing, TariffLine
from tests.recharges.places import opening, pair
from tests.world import World, submit

URL = "/api/v1/recharges/tariff"
APRIL = date(2026, 4, 6)


def line(weekly: str, ages: tuple[int, int], since: date, until: date | None = None, part: str = "base") -> TariffLine:
    return TariffLine(
        id=UUID(int=1),
        kind="foster_home",
        part=part,
        age_from=ages[0],
        age_to=ages[1],
        since=since,
        until=until,
        weekly=Decimal(weekly),
        when_empty=True,
    )


def test_a_price_changes_on_the_birthday_and_when_the_tariff_does() -> None:
    old, new = date(2025, 4, 6), APRIL
    lines = [
        line("220.00", (5, 10), old, new),
        line("225.00", (5, 10), new),
        line("257.00", (11, 15), old),
        line("50.00", (0, 17), old, part="skills"),
    ]
    found = tariff.rates_of(lines, born=date(2015, 9, 3), starts=date(2026, 1, 10))
    assert [(one.part, str(one.weekly), one.since, one.until) for one in found] == [
        ("base", "220.00", date(2026, 1, 10), new),
        ("base", "225.00", new, date(2026, 9, 3)),
        ("base", "257.00", date(2026, 9, 3), date(2031, 9, 3)),
        ("skills", "50.00", date(2026, 1, 10), date(2033, 9, 3)),
    ]


def test_a_change_that_changes_nothing_is_none() -> None:
    lines = [line("220.00", (5, 10), date(2025, 4, 6), APRIL), line("220.00", (5, 10), APRIL)]
    (one,) = tariff.rates_of(lines, born=date(2020, 1, 1), starts=date(2026, 1, 10))
    assert (one.since, one.until) == (date(2026, 1, 10), date(2031, 1, 1))


def test_born_on_29_february() -> None:
    assert tariff.birthday(date(2016, 2, 29), 10) == date(2026, 3, 1)
    assert tariff.birthday(date(2016, 2, 29), 12) == date(2028, 2, 29)


@given(st.dates(date(2008, 1, 1), date(2026, 1, 1)), st.integers(0, 3000), st.integers(1, 16))
def test_every_night_up_to_18_has_one_price(born: date, after: int, cut: int) -> None:
    starts = min(born + timedelta(days=after), tariff.birthday(born, 18) - timedelta(days=1))
    since = date(2000, 1, 1)
    lines = [
        line("200.00", (0, cut), since, APRIL),
        line("210.00", (0, cut), APRIL),
        line("300.00", (cut + 1, 17), since),
    ]
    found = tariff.rates_of(lines, born, starts)
    assert found[0].since == starts
    assert found[-1].until == tariff.birthday(born, 18)
    assert all(one.until == other.since for one, other in pairwise(found))


async def test_a_placement_is_charged_by_the_tariff(database: Database, world: World) -> None:
    between = pair(world)
    async with database.bound(between.lender) as uow:
        for ages, weekly in (((5, 10), "225.00"), ((11, 15), "257.00")):
            await tariff.change(
                uow,
                Pricing(
                    kind="foster_home",
                    part="base",
                    age_from=ages[0],
                    age_to=ages[1],
                    since=date(2026, 1, 1),
                    weekly=Decimal(weekly),
                    when_empty=True,
                ),
            )
        rates = await tariff.rates(uow, "foster_home", date(2015, 3, 20), date(2026, 3, 4))
        basis = await actions.open_basis(
            uow, opening(between, kind="foster_home", price_source="tariff", rates=rates, notice_nights=0)
        )
        kept = await uow.execute(
            text("select weekly, lower(during) as since from tenants.charge_rate where basis_id = :id order by 2"),
            {"id": basis},
        )
        assert [(str(row.weekly), row.since) for row in kept] == [
            ("225.00", date(2026, 3, 4)),
            ("257.00", date(2026, 3, 20)),
        ]
        assert await tariff.rates(uow, "residential_home", date(2015, 3, 20), date(2026, 3, 4)) == ()
    async with database.bound(between.borrower) as uow:
        assert await tariff.lines(uow) == []
        assert await tariff.rates(uow, "foster_home", date(2015, 3, 20), date(2026, 3, 4)) == ()


async def test_set_changed_and_ended_over_the_api(client: httpx.AsyncClient, world: World) -> None:
    headers = await world.bearer(world.c, "payments")
    given = {"kind": "foster_home", "part": "base", "age_from": 0, "age_to": 10, "when_empty": True}

    async def put(**what: object) -> httpx.Response:
        return await client.put(URL, json=given | what, headers=headers)

    assert (await put(since="2025-04-06", weekly="200.00")).status_code == 200
    changed = await put(since="2026-04-06", weekly="210.00")
    assert [(one["since"], one["until"], one["weekly"]) for one in changed.json()] == [
        ("2025-04-06", "2026-04-06", "200.00"),
        ("2026-04-06", None, "210.00"),
    ]
    clash = await put(age_from=10, age_to=12, since="2026-06-01", weekly="1.00")
    assert (clash.status_code, [one["field"] for one in clash.json()["errors"]]) == (409, ["age_from"])
    ended = await put(since="2026-07-01")
    assert ended.json()[-1]["until"] == "2026-07-01"
    for field, what in (
        ("part", {"part": "adjustment"}),
        ("age_to", {"age_from": 11}),
        ("weekly", {"weekly": "0.001"}),
    ):
        refused = await put(**({"since": "2026-08-01", "weekly": "1.00"} | what))
        assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert (await client.put(URL, json=given, headers=await world.bearer(world.c, "budget_holder"))).status_code == 403


@pytest.mark.parametrize("answers", [{"weekly": "258.00"}, {"weekly": ""}])
async def test_set_on_its_page(client: httpx.AsyncClient, world: World, answers: dict[str, str]) -> None:
    await world.sign_in(client, world.a, "payments")
    page = "/recharges/tariff"
    wrong = await submit(client, page, {"kind": "", "part": "base"})
    assert wrong.status_code == 400
    assert "Select the kind of home" in wrong.text
    sent = {"kind": "residential_home", "part": "base", "age_from": "0", "age_to": "17", "since": "2026-04-06"}
    assert (await submit(client, page, sent | answers)).headers["location"] == page
    assert ("£258.00" in (await client.get(page)).text) is bool(answers["weekly"])
