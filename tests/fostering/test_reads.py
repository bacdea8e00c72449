"""The list, what is due, tonight's list: whole, filtered, paged; and never with a confidential address."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from services.fostering import actions
from services.fostering.model import Carer, CheckDone, Closure, Resignation, Temporary
from services.fostering.queries import AHEAD, Filters, areas, due, placed_after, register, summary, tonight
from services.fostering.records import HouseholdRow
from tests.fostering.register import TODAY, Desk, a_child, a_home, days, make, terms

SECRET = "Quince"
STALE = text("update fostering.household set confirmed_at = now() - interval '8 days' where id = :id")


async def listed(desk: Desk, filters: Filters | None = None, *, seen: bool = False) -> list[HouseholdRow]:
    async with desk.uow() as uow:
        rows, more = await register(uow, filters or Filters(), seen=seen, limit=100)
    assert not more
    return rows


@pytest.fixture(scope="module")
def homes() -> dict[str, UUID]:
    return {}


async def test_a_register(a: Desk, homes: dict[str, UUID]) -> None:
    async with a.uow() as uow:
        homes["full"] = await make(uow, a_home(name="Abbot"), places=1)
        await actions.place_child(uow, homes["full"], None, a_child())
        homes["room"] = await make(uow, a_home(name="Bell"), places=2, publish=True)
        await actions.set_carers(uow, homes["room"], None, [Carer(name="Zadie Bell", telephone="01632 960 777")])
        homes["shut"] = await make(uow, a_home("ZB1 1AA", name="Crow"), places=1)
        await actions.close_place(uow, homes["shut"], None, 1, Closure(reason="health", since=TODAY))
        homes["secret"] = await make(uow, a_home("ZB1 2BB", name="Dove", address=f"1 {SECRET} Way"))
        await actions.set_confidential(uow, homes["secret"], None, confidential=True, may_see=True)
        homes["kin"] = await make(uow, a_home(name="Earl"), places=1, approval=terms(kind="connected"))
        await uow.execute(STALE, {"id": homes["secret"]})
    rows = await listed(a)
    assert [row.id for row in rows] == [homes[name] for name in ("full", "room", "shut", "secret", "kin")]
    by = {row.id: row for row in rows}
    assert [by[homes[name]].places.vacant for name in ("full", "room", "shut", "kin")] == [0, 2, 0, 1]
    assert by[homes["shut"]].places.not_available == 1
    assert by[homes["full"]].places.filled == 1
    assert (by[homes["kin"]].approval, by[homes["room"]].approval) == ("connected", "mainstream")
    assert (by[homes["shut"]].area, by[homes["secret"]].area) == ("Birkdale", None)
    assert [row.stale for row in rows] == [False, False, False, True, False]


async def test_the_register_in_numbers(a: Desk, b: Desk) -> None:
    async with a.uow() as uow:
        found = await summary(uow)
        assert (found.households, found.published) == (5, 1)
        assert (found.places.filled, found.places.vacant, found.places.not_available) == (1, 5, 1)
        assert await areas(uow) == [("E06000901", "Ashmoor"), ("E06000902", "Birkdale")]
    async with b.uow() as uow:
        assert (await summary(uow)).households == 0
        assert await areas(uow) == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(places="filled"), ["full"]),
        (Filters(places="vacant"), ["room", "secret", "kin"]),
        (Filters(places="not_available"), ["shut"]),
        (Filters(places="held"), []),
        (Filters(published=True), ["room"]),
        (Filters(published=False, places="vacant"), ["secret", "kin"]),
        (Filters(area="E06000902"), ["shut"]),
        (Filters(stale=True), ["secret"]),
        (Filters(care_type="remand"), []),
        (Filters(due=False, q="bell"), []),
        (Filters(due=True, q="bell"), ["room"]),
        (Filters(q="zadie"), ["room"]),
        (Filters(q="hidden lane"), ["full", "room", "shut", "kin"]),
        (Filters(q="zb1 1a"), ["shut"]),
        (Filters(q="%"), []),
        (Filters(q="quince"), []),
        (Filters(q="ZB1 2BB"), []),
    ],
)
async def test_filters(a: Desk, b: Desk, homes: dict[str, UUID], filters: Filters, expected: list[str]) -> None:
    assert [row.id for row in await listed(a, filters)] == [homes[name] for name in expected]
    assert await listed(b, filters) == []


async def test_whoever_may_see_a_confidential_address_finds_a_home_by_it(a: Desk, homes: dict[str, UUID]) -> None:
    for filters in (Filters(q="quince"), Filters(q="ZB1 2BB")):
        assert [row.id for row in await listed(a, filters, seen=True)] == [homes["secret"]]


async def test_the_list_is_paged_by_name(a: Desk, homes: dict[str, UUID]) -> None:
    found: list[UUID] = []
    async with a.uow() as uow:
        after, more = None, True
        while more:
            rows, more = await register(uow, Filters(), seen=False, after=after, limit=2)
            found += [row.id for row in rows]
            after = await placed_after(uow, rows[-1].id)
    assert found == [homes[name] for name in ("full", "room", "shut", "secret", "kin")]


async def test_tonight(a: Desk, b: Desk, homes: dict[str, UUID]) -> None:
    async with a.uow() as uow:
        rows, cut = await tonight(uow)
        assert not cut
        assert [row.household_id for row in rows] == [homes["room"], homes["secret"]]
        assert [carer.telephone for carer in rows[0].carers] == ["01632 960 777"]
        assert (rows[0].area, rows[1].area, rows[1].stale) == ("Ashmoor, ZA1", None, True)
        assert SECRET not in str(rows)
        assert "ZB1" not in str(rows)
        assert len((await tonight(uow, age=17, sex="F", children=2))[0]) == 2
        assert (await tonight(uow, children=3))[0] == []
    async with b.uow() as uow:
        assert (await tonight(uow))[0] == []


async def test_what_is_due(c: Desk, b: Desk) -> None:
    born = days(30).replace(year=days(30).year - 13)
    async with c.uow() as uow:
        home = await make(uow, a_home(name="Fox"), places=2, approval=terms(age_max=12))
        await actions.record_check(uow, home, None, "annual_review", CheckDone(done_on=days(-400), due_on=days(-40)))
        await actions.record_check(uow, home, None, "dbs", CheckDone(done_on=days(-400), due_on=days(10)))
        await actions.record_check(uow, home, None, "pets", CheckDone(done_on=TODAY, due_on=TODAY + AHEAD))
        child = a_child(born=born, child_reference="CH-13")
        await actions.place_child(uow, home, None, child)
        await uow.execute(STALE, {"id": home})
        kin, _ = await actions.register_household(uow, a_home(name="Gull"))
        begun = days(20) - timedelta(weeks=16)
        given = Temporary(since=begun, children=["K1"], care_types=["short_term"])
        await actions.approve_temporarily(uow, kin, None, given)
        gone = await make(uow, a_home(name="Hawk"), places=1)
        await actions.record_check(uow, gone, None, "annual_review", CheckDone(done_on=TODAY))
        await actions.record_resignation(uow, gone, None, Resignation(received_on=days(-3)))
        rows, more = await due(uow)
    assert not more
    assert [(row.on, row.kind, row.name, row.detail) for row in rows] == [
        (days(-40), "annual_review", "Fox", ""),
        (days(-1), "confirm_vacancy", "Fox", ""),
        (days(10), "dbs", "Fox", ""),
        (days(20), "temporary_ends", "Gull", ""),
        (days(25), "resignation_ends", "Hawk", ""),
        (days(30), "past_age_limit", "Fox", "CH-13"),
    ]
    async with c.uow() as uow:
        only, _ = await due(uow, kind="dbs")
        assert [row.kind for row in only] == ["dbs"]
        paged, after, more = [], None, True
        while more:
            page, more = await due(uow, after=after, limit=2)
            paged += page
            after = (page[-1].on, page[-1].kind, page[-1].household_id, page[-1].detail)
        assert paged == rows
    async with b.uow() as uow:
        assert await due(uow) == ([], False)


async def test_birthdays_of_children_born_on_29_february(c: Desk) -> None:
    async with c.uow() as uow:
        home = await make(uow, a_home(name="Ibis"), places=2, approval=terms(age_max=12))
        leap = a_child(born=date(2016, 2, 29), child_reference="L-1", starts=date(2026, 1, 5))
        first = a_child(born=date(2016, 3, 1), child_reference="F-1", starts=date(2026, 1, 5))
        for child in (leap, first):
            await actions.place_child(uow, home, None, child)
        rows, _ = await due(uow, kind="past_age_limit", on=date(2029, 2, 15))
        assert [(row.on, row.detail) for row in rows] == [(date(2029, 3, 1), "F-1"), (date(2029, 3, 1), "L-1")]
        rows, _ = await due(uow, kind="adult", on=date(2034, 2, 15))
    assert [(row.on, row.detail) for row in rows] == [(date(2034, 3, 1), "F-1"), (date(2034, 3, 1), "L-1")]
