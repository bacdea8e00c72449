"""Offers are as the register has them: who stands as one, where, with which bands, under which id."""

import asyncio
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from services.fostering import actions
from services.fostering.model import (
    Abilities,
    Bedroom,
    Carer,
    Closure,
    Consent,
    Member,
    Places,
    Resignation,
    Temporary,
)
from services.fostering.offers import refresh_offers
from tests.fostering.register import LONG_AGO, TODAY, Desk, a_child, a_home, days, must_offer, offer, terms

WRITTEN = text("select xmin::text as xmin, ctid::text as ctid from tenants.offer order by id".replace("::", r"\:\:"))


async def test_a_home_with_room_stands_on_its_owners_shelf_until_it_is_published(a: Desk, b: Desk, c: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        own = await must_offer(uow, home)
    assert (own["resource"], own["places"], own["starts"], own["ends"]) == ("foster_carers:own", 2, TODAY, None)
    assert own["id"] in await a.seen()
    assert own["id"] not in await b.seen()

    async with a.uow() as uow:
        await actions.change_consent(uow, home, None, Consent(privacy_notice_on=LONG_AGO))
        assert (await must_offer(uow, home))["id"] == own["id"]
        await actions.publish(uow, home, None)
        shared = await must_offer(uow, home)
    assert shared["resource"] == "foster_carers"
    assert shared["id"] != own["id"]
    assert shared["id"] in await b.seen()
    assert shared["id"] not in await c.seen()

    async with a.uow() as uow:
        await actions.withdraw(uow, home, None)
        again = await must_offer(uow, home)
    assert again["id"] not in {own["id"], shared["id"]}
    assert again["id"] not in await b.seen()


async def test_the_places_units_stand_on_the_same_shelf(a: Desk) -> None:
    home = await a.make(publish=True)
    units = text("""
        select distinct s.resource from capacity.unit u join careshare.shelf s on s.id = u.shelf_id
        where u.pool_id = :home
    """)
    async with a.uow() as uow:
        assert list((await uow.execute(units, {"home": home})).scalars()) == ["foster_carers"]
        await actions.withdraw(uow, home, None)
        assert list((await uow.execute(units, {"home": home})).scalars()) == ["foster_carers:own"]


async def test_what_is_right_is_not_written_again(a: Desk) -> None:
    await a.make()
    async with a.uow() as uow:
        before = (await uow.execute(WRITTEN)).all()
        count = await refresh_offers(uow)
    async with a.uow() as uow:
        assert count == len(before)
        assert (await uow.execute(WRITTEN)).all() == before


async def test_carers_of_particular_children_are_no_offer(a: Desk) -> None:
    connected = await a.make(approval=terms(kind="connected"))
    named = await a.make(approval=terms(named_children=["C1"]))
    async with a.uow() as uow:
        temporary, _ = await actions.register_household(uow, a_home())
        asked = Temporary(since=TODAY, children=["C1", "C2"], care_types=["short_term"])
        await actions.approve_temporarily(uow, temporary, None, asked)
        await actions.set_places(uow, temporary, None, Places(number=2))
        assert [await offer(uow, home) for home in (connected, named, temporary)] == [None, None, None]


async def test_a_full_home_is_no_offer_until_a_place_is_about_to_be_free(a: Desk) -> None:
    home = await a.make(places=1)
    async with a.uow() as uow:
        first = await must_offer(uow, home)
        await actions.place_child(uow, home, None, a_child(ends=days(60)))
        assert await offer(uow, home) is None
        assert await refresh_offers(uow, [home], on=days(31)) == 0
        assert await refresh_offers(uow, [home], on=days(32)) == 1
        soon = await must_offer(uow, home)
    assert (soon["starts"], soon["empty"], soon["children_there"]) == (days(60), True, "none")
    assert soon["id"] != first["id"]


async def test_a_place_that_is_booked_later_is_free_until_then(a: Desk) -> None:
    home = await a.make(places=1)
    async with a.uow() as uow:
        await actions.place_child(uow, home, None, a_child(starts=days(10)))
        found = await must_offer(uow, home)
    assert (found["starts"], found["ends"], found["places"]) == (TODAY, days(10), 1)


async def test_a_place_that_is_held_is_not_offered_and_returns_when_the_hold_lapses(a: Desk, b: Desk) -> None:
    home = await a.make(places=1, publish=True)
    async with b.uow() as uow:
        claim = text("select capacity.claim_any(:home, 1, tstzrange(now(), null), interval '0.5 s')")
        assert (await uow.execute(claim, {"home": home})).scalar_one() is not None
    async with a.uow() as uow:
        assert await refresh_offers(uow, [home]) == 0
        await uow.execute(text("select pg_sleep(0.6)"))
    async with a.uow() as uow:
        assert await refresh_offers(uow, [home]) == 1


async def test_a_place_that_is_not_available_is_not_offered(a: Desk) -> None:
    home = await a.make(places=2)
    async with a.uow() as uow:
        closure = Closure(reason="allegation", since=TODAY, until=days(14), note="Private")
        await actions.close_place(uow, home, None, 1, closure)
        assert (await must_offer(uow, home))["places"] == 1
        await actions.close_place(uow, home, None, 2, closure)
        later = await must_offer(uow, home)
        assert (later["starts"], later["places"]) == (days(14), 2)
        await actions.close_place(uow, home, None, 2, Closure(reason="works", since=days(3), until=days(5)))
        gap = await must_offer(uow, home)
        assert (gap["starts"], gap["ends"], gap["places"]) == (TODAY, days(3), 1)
        await refresh_offers(uow, [home], on=days(14))
        both = await must_offer(uow, home)
    assert (both["starts"], both["places"]) == (days(14), 2)


async def test_a_resignation_bounds_the_offer_and_then_ends_it(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        await actions.record_resignation(uow, home, None, Resignation(received_on=days(-2)))
        assert (await must_offer(uow, home))["ends"] == days(26)
        assert await refresh_offers(uow, [home], on=days(26)) == 0


async def test_what_the_usual_limit_leaves(a: Desk) -> None:
    home = await a.make(places=3)
    private = Member(name="Kim Vale", relationship="privately_fostered", born=date(TODAY.year - 6, 1, 1))
    async with a.uow() as uow:
        assert ((await must_offer(uow, home))["within_limit"], (await must_offer(uow, home))["empty"]) == (3, True)
        await actions.place_child(uow, home, None, a_child())
        await actions.set_members(uow, home, None, [private])
        found = await must_offer(uow, home)
    assert (found["places"], found["within_limit"], found["empty"]) == (2, 1, False)


async def test_who_else_is_there_is_said_in_bands(a: Desk) -> None:
    home = await a.make(places=3)
    grown = Member(name="Jo Vale", relationship="own_child", born=date(TODAY.year - 20, 1, 1))
    toddler = Member(name="Bea Vale", relationship="own_child", born=date(TODAY.year - 2, 1, 1))
    unknown = Member(name="Ali Vale", relationship="own_child")
    async with a.uow() as uow:
        await actions.set_members(uow, home, None, [grown])
        assert (await must_offer(uow, home))["children_there"] == "none"
        await actions.set_members(uow, home, None, [grown, toddler])
        await actions.place_child(uow, home, None, a_child(born=date(TODAY.year - 12, 1, 1)))
        found = await must_offer(uow, home)
        assert (found["children_there"], found["others_low"], found["others_high"]) == ("some", 0, 15)
        await actions.set_members(uow, home, None, [unknown])
        found = await must_offer(uow, home)
    assert (found["children_there"], found["others_low"], found["others_high"]) == ("some", None, None)


async def test_what_the_home_can_do(a: Desk) -> None:
    home = await a.make()
    carers = [
        Carer(name="Ann Vale", languages=["en", "pl"], religion="christian", ethnicity="WBRI"),
        Carer(name="Bo Vale", languages=["en", "ur"], religion="muslim", ethnicity="APKN"),
    ]
    async with a.uow() as uow:
        empty = await must_offer(uow, home)
        assert [empty[name] for name in ("bedrooms", "sharing", "solo", "pets", "languages")] == [None] * 5
        abilities = Abilities(pets=[], skills=["autism"], communication=["bsl"], adaptations=["hoist"], solo=True)
        await actions.change_abilities(uow, home, None, abilities)
        await actions.set_bedrooms(uow, home, None, [Bedroom(beds=1), Bedroom(beds=2, sharing="siblings")])
        await actions.set_carers(uow, home, None, carers)
        found = await must_offer(uow, home)
        assert (found["pets"], found["skills"], found["communication"]) == ([], ["autism"], ["bsl"])
        assert (found["bedrooms"], found["sharing"], found["solo"]) == (2, "siblings", True)
        assert (found["languages"], found["religions"], found["cultures"]) == (["en", "pl", "ur"], None, None)
        await actions.change_consent(uow, home, None, Consent(privacy_notice_on=LONG_AGO, beliefs_shared=True))
        found = await must_offer(uow, home)
        assert (found["religions"], found["cultures"]) == (["christian", "muslim"], ["asian", "white"])
        await actions.place_child(uow, home, None, a_child())
        found = await must_offer(uow, home)
    assert (found["bedrooms"], found["solo"]) == (1, False)


async def test_own_eyes_have_the_name_and_the_exact_point(a: Desk) -> None:
    home = await a.make(a_home("ZA1 1AA"))
    async with a.uow() as uow:
        found = await must_offer(uow, home)
    assert "The Household" in found["label"]
    assert (found["exact_easting"], found["exact_northing"]) == (399_200, 559_200)


@pytest.mark.parametrize("publish", [False, True])
async def test_a_confidential_home_has_no_point_and_no_name(a: Desk, publish: bool) -> None:
    home = await a.make(publish=publish)
    async with a.uow() as uow:
        await actions.set_confidential(uow, home, None, confidential=True, may_see=True)
        found = await must_offer(uow, home)
    assert found["label"].startswith("H")
    assert (found["exact_easting"], found["exact_northing"]) == (None, None)
    assert not found["area_code"].startswith("outward:")


async def test_an_objection_withdraws_at_once(a: Desk, b: Desk) -> None:
    home = await a.make(publish=True)
    async with a.uow() as uow:
        shared = await must_offer(uow, home)
        await actions.change_consent(uow, home, None, Consent(privacy_notice_on=LONG_AGO, objection=True))
        assert (await must_offer(uow, home))["resource"] == "foster_carers:own"
    assert shared["id"] not in await b.seen()


async def test_refreshes_at_once_make_one_offer(a: Desk) -> None:
    homes = [await a.make(places=1) for _ in range(2)]
    async with a.uow() as uow:
        for home in homes:
            await actions.place_child(uow, home, None, a_child(ends=days(60)))
            assert await offer(uow, home) is None

    async def refresh(wanted: list[UUID] | None) -> None:
        async with a.uow() as uow:
            await refresh_offers(uow, wanted, on=days(40))

    await asyncio.gather(*(refresh(wanted) for wanted in (None, homes, None, homes[::-1], None)))
    async with a.uow() as uow:
        assert [(await must_offer(uow, home))["starts"] for home in homes] == [days(60)] * 2
        await refresh_offers(uow)
