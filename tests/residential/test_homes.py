"""A home's places have true states; prices have periods; residents live in one place at a time."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from careshare.errors import Conflict, Invalid, NotAvailable, NotFound, PreconditionFailed, Unprocessable
from services.residential import actions, public
from services.residential.model import Closure, Kept, Left, Offering, Places, Staffing
from tenants.places import ChildToPlace
from tests.residential.homes import TODAY, Desk, a_child, a_home, a_urn, days, must_offer, offer, prices, supported


def a_boy(age: int = 14) -> ChildToPlace:
    return ChildToPlace("C-1", TODAY.replace(year=TODAY.year - age, day=1), "M", None, "E06000902")


async def test_a_number_is_kept_by_one_authority_alone(a: Desk, b: Desk) -> None:
    urn = a_urn()
    await a.make(a_home(urn=urn))
    with pytest.raises(Conflict, match="Ashmoor keeps the home"):
        await b.make(a_home("ZB1 1AA", urn=urn))
    with pytest.raises(Exception, match="home_urn"):
        await a.make(a_home(urn=urn))


async def test_what_cannot_be_a_home_is_refused_by_field(a: Desk) -> None:
    async with a.uow() as uow:
        with pytest.raises(Invalid) as refused:
            await actions.register_home(
                uow, supported(age_min=15, category=None, care_types=["none"], postcode="QQ1 1QQ")
            )
    assert {error.field for error in refused.value.errors} == {"age_min", "category", "care_types", "postcode"}
    async with a.uow() as uow:
        with pytest.raises(Invalid) as refused:
            proxy = a_home("ZB1 1AA", kept_as="proxy", proxy_ground="stands_here", owner_organisation=" ")
            await actions.register_home(uow, proxy)
    assert {error.field for error in refused.value.errors} == {"owner_organisation", "proxy_ground"}


async def test_a_notice_counts_matchable_places_and_nothing_by_subtraction(a: Desk) -> None:
    home = await a.make(places=5, staffed=3)  # one more than is registered
    async with a.uow() as uow:
        assert (await must_offer(uow, home))["places"] == 3
        await actions.admit(uow, home, None, a_child(place=1))
        assert (await must_offer(uow, home))["places"] == 2
        await actions.close_place(uow, home, None, 2, Closure(reason="works", since=TODAY))
        assert (await must_offer(uow, home))["places"] == 2  # the staffing of place 2 goes to place 4
        await actions.keep_empty(uow, home, None, 3, Kept(reason="settling", since=TODAY, until=days(10)))
        found = await must_offer(uow, home)
        assert found["places"] == 1
        assert (found["children_there"], found["others_low"], found["others_high"]) == ("some", 11, 15)
        await actions.state_staffing(uow, home, None, Staffing(places=1, until=days(1)))
        assert await offer(uow, home) is None  # the one who is there has all of the staff


async def test_a_statement_of_staffing_that_ran_out_says_nothing(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        assert await offer(uow, home) is not None
        await public.refresh_offers(uow, [home], on=days(8))
        assert await offer(uow, home) is None
        await public.refresh_offers(uow, [home], on=days(7))
        assert await offer(uow, home) is not None


async def test_no_more_than_is_offered_stands_on_the_shared_shelf(a: Desk) -> None:
    home = await a.make(offered=1)
    async with a.uow() as uow:
        found = await must_offer(uow, home)
        assert (found["places"], found["resource"]) == (1, "residential_places")
        shared = "select count(*) from capacity.unit where pool_id = :home and shelf_id = :shelf"
        count = await uow.scalar(text(shared), {"home": home, "shelf": found["shelf_id"]})
        assert count == 1
        await actions.withdraw(uow, home, None)
        again = await must_offer(uow, home)
        assert again["resource"] == "residential_places:own"
        assert again["id"] != found["id"]
        assert again["places"] == 4


async def test_a_place_is_offered_from_its_day_and_not_without_a_price(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        await actions.end_prices(uow, home, None, days(-100))
        with pytest.raises(Unprocessable) as refused:
            await actions.offer(uow, home, None, Offering(since=days(3), places=1))
        assert [error.field for error in refused.value.errors] == ["price"]
        await actions.set_prices(uow, home, None, prices(days(3)))
        await actions.offer(uow, home, None, Offering(since=days(3), until=days(20), places=2))
        found = await must_offer(uow, home)
        assert (found["starts"], found["ends"], found["places"]) == (days(3), days(20), 2)


async def test_prices_follow_each_other_without_gap_or_overlap(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        await actions.set_prices(uow, home, None, prices(days(10)))
        with pytest.raises(Invalid, match="See errors"):
            await actions.set_prices(uow, home, None, prices(days(5)))
        rows = await uow.execute(
            text(
                "select lower(during) as a, upper(during) as b from residential.price_list "
                "where home_id = :h order by a"
            ),
            {"h": home},
        )
        assert [(row.a, row.b) for row in rows] == [(days(-100), days(10)), (days(10), None)]
        await actions.end_prices(uow, home, None, days(10))
        rows = await uow.execute(
            text("select upper(during) as b from residential.price_list where home_id = :h"), {"h": home}
        )
        assert [row.b for row in rows] == [None]
        asked = {"waking_night": Decimal(3), "two_to_one": Decimal("10.5")}
        price = await public.weekly_price(uow, home, TODAY, "complex", asked)
        assert price is not None
        assert price.total == Decimal("7345.50") + Decimal("547.05") + Decimal("253.05")
        assert price.lines[1].explained == "Waking night staff: 3 nights at £182.35 = £547.05"
        assert await public.weekly_price(uow, home, TODAY, "bespoke") is None


async def test_shares_that_are_not_a_whole_are_refused(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        with pytest.raises(Invalid) as refused:
            half = prices(days(1), social_percent=Decimal(50), education_percent=Decimal(49))
            await actions.set_prices(uow, home, None, half)
    assert [error.field for error in refused.value.errors] == ["social_percent"]


async def test_a_child_lives_in_one_place_and_its_place_is_free_when_they_left(a: Desk) -> None:
    home, other = await a.make(places=1), await a.make()
    async with a.uow() as uow:
        child = a_child()
        stay, version = await actions.admit(uow, home, None, child)
        assert await offer(uow, home) is None
        with pytest.raises(NotAvailable):
            await actions.admit(uow, home, None, a_child())
        with pytest.raises(Conflict, match="recorded in a home in that time"):
            await actions.admit(uow, other, None, child)
        with pytest.raises(PreconditionFailed):
            await actions.leave(uow, home, version - 1, stay, Left(ends=TODAY))
        await actions.leave(uow, home, version, stay, Left(ends=days(5)))
        found = await must_offer(uow, home)
        assert found["starts"] == days(5)


async def test_the_registration_forbids_and_nothing_overrides_it(a: Desk) -> None:
    home, lodging = await a.make(a_home(sex="F")), await a.make(supported())
    async with a.uow() as uow:
        found = await public.checks(uow, home, [a_boy(8)], TODAY, None)
        assert [(one.code, one.overridable) for one in found] == [("age", False), ("sex", False)]
        found = await public.checks(uow, lodging, [a_boy(15)], TODAY, None)
        assert [(one.code, one.overridable) for one in found] == [("supported_age", False)]
        assert await public.checks(uow, lodging, [a_boy(16)], TODAY, None) == []
        with pytest.raises(Unprocessable):
            await actions.admit(uow, lodging, None, a_child())


async def test_room_is_checked_for_the_whole_time(a: Desk) -> None:
    home = await a.make(places=2, staffed=1)
    async with a.uow() as uow:
        found = await public.checks(uow, home, [a_boy(), a_boy()], TODAY, None)
        assert [(one.code, one.overridable) for one in found] == [("staffing", True)]
        found = await public.checks(uow, home, [a_boy()], days(30), None)
        assert [one.message for one in found] == ["The staffing statement does not reach the first day"]
        await actions.keep_empty(uow, home, None, 2, Kept(reason="settling", since=TODAY))
        found = await public.checks(uow, home, [a_boy(), a_boy()], TODAY, None)
        assert [one.code for one in found] == ["kept_empty"]
        await actions.close_place(uow, home, None, 1, Closure(reason="works", since=days(3)))
        await actions.close_place(uow, home, None, 2, Closure(reason="works", since=days(3)))
        found = await public.checks(uow, home, [a_boy()], TODAY, None)
        assert [(one.code, one.overridable) for one in found] == [("capacity", False)]


async def test_a_neighbours_claim_is_taken_up_as_a_stay(a: Desk, b: Desk) -> None:
    """What a neighbour holds and makes firm is the child's place; the owner records who lives there."""
    home = await a.make(offered=1)
    async with a.uow() as uow:
        free = await public.free_places(uow, home, TODAY, None)
    async with b.uow() as uow:
        refused = await uow.scalar(text("select capacity.claim_any(:home, 1, '[now,)')"), {"home": home})
        assert refused is None  # no agreement opens the shelf
    async with a.uow() as uow:
        mine = (await uow.execute(text("select capacity.claim_any(:home, 1, '[now,)')"), {"home": home})).scalar_one()
        await uow.execute(text("select capacity.confirm(:claim)"), {"claim": mine})
        taken = await uow.scalar(
            text("select unit_id from capacity.occupancy where claim_id = :claim"), {"claim": mine}
        )
        child = ChildToPlace("CH-77", days(-5000), "F", None, "E06000902")
        with pytest.raises(NotAvailable):
            await public.place(
                uow, home, next(one.unit_id for one in free if one.unit_id != taken), mine, child, starts=days(1)
            )
        await public.place(uow, home, taken, mine, child, starts=days(1))


async def test_nobody_elses_home_is_there(a: Desk, b: Desk) -> None:
    home = await a.make()
    async with b.uow() as uow:
        with pytest.raises(NotFound):
            await public.checks(uow, home, [a_boy()], TODAY, None)
        with pytest.raises(NotFound):
            await public.describe_for_disclosure(uow, home)
        with pytest.raises(NotFound):
            await actions.set_places(uow, home, None, Places(number=1))


async def test_what_is_told_first_names_nothing(a: Desk) -> None:
    home = await a.make(a_home(name="Quiet House", address="9 Quiet Road"))
    async with a.uow() as uow:
        await actions.admit(uow, home, None, a_child(child_reference="C-90210"))
        told = await public.describe_for_disclosure(uow, home)
        said = str(told.fuller)
        for secret in ("Quiet", "C-90210", "ZA1", "Robin", "960 222", "70000"):
            assert secret not in said
        assert told.fuller["residents"] == [{"ages": [11, 15], "sex": "M"}]
        assert told.identity["address"] == "9 Quiet Road"
        await actions.set_confidential(uow, home, None, confidential=True, may_see=False)
        assert "address" not in (await public.describe_for_disclosure(uow, home)).identity
        assert (await must_offer(uow, home))["exact_easting"] is None


async def test_the_host_authority_is_told_of_a_child_from_elsewhere(a: Desk) -> None:
    home = await a.make(a_home("ZB1 1AA"))
    async with a.uow() as uow:
        assert [one.gss for one in await public.who_is_told(uow, home, "E06000901")] == ["E06000902"]
        assert await public.who_is_told(uow, home, "E06000902") == []
