"""What other authorities see of a spare place: a notice in bands; the price only where the agreement goes beyond it."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from careshare.settings import Settings
from services.residential import actions, public
from services.residential.model import Judged, Left, Offering
from tenants.actions import NewAgreement, as_owner, draft_agreement, leave_agreement, sign_agreement
from tests.residential.homes import TODAY, Desk, a_child, a_home, days, must_offer, offer, prices, supported
from tests.world import World

PRICES = text("select need_level, weekly, supplements, notice_nights from tenants.offer_price order by need_level")


async def agree(settings: Settings, world: World, a: Desk, b: Desk, detail: Any) -> UUID:
    """An agreement about places in homes between Ashmoor and Birkdale, in force."""
    new = NewAgreement(
        title=f"Homes, {detail}",
        resource="residential_places",
        detail=detail,
        purpose="To find a child a home.",
        legal_gateway="Children Act 2004 section 10",
        lawful_basis="UK GDPR Article 6(1)(e)",
        notice_days=28,
        starts=date(2024, 1, 1),
        ends=None,
        reviewed_by=date(2027, 1, 1),
    )
    async with as_owner(settings) as owner:
        made = await draft_agreement(owner, world.region_id, new, [world.a.id, world.b.id])
    for desk in (a, b):
        async with desk.uow("director") as uow:
            await sign_agreement(uow, made, "A Director", "Director")
    return made


async def test_the_price_is_seen_only_where_the_agreement_goes_beyond_notices(
    settings: Settings, world: World, a: Desk, b: Desk, c: Desk
) -> None:
    home = await a.make(offered=2)
    async with a.uow() as uow:
        mine = await must_offer(uow, home)
        assert [row.weekly for row in await uow.execute(PRICES)] == [prices().price[1].weekly, prices().price[0].weekly]
    assert mine["id"] not in await b.seen()
    notices = await agree(settings, world, a, b, "notice")
    assert mine["id"] in await b.seen()
    async with b.uow() as uow:
        assert (await uow.execute(PRICES)).all() == []
    profiles = await agree(settings, world, a, b, "profile")
    async with b.uow() as uow:
        rows = (await uow.execute(PRICES)).all()
        assert [(row.need_level, row.notice_nights) for row in rows] == [("complex", 28), ("standard", 28)]
        assert {one["code"]: one["amount"] for one in rows[0].supplements} == {
            "waking_night": "182.35",
            "two_to_one": "24.10",
        }
    assert mine["id"] not in await c.seen()
    async with c.uow() as uow:
        assert (await uow.execute(PRICES)).all() == []
    for agreement in (profiles, notices):
        async with b.uow("director") as uow:
            await leave_agreement(uow, agreement, "Over")
        async with b.uow() as uow:
            assert (await uow.execute(PRICES)).all() == []
    assert mine["id"] not in await b.seen()


async def test_a_notice_holds_bands_and_nothing_that_finds_the_home(a: Desk) -> None:
    home = await a.make(a_home(name="Secret House", address="5 Secret Street", postcode="ZA1 5FF"), offered=1)
    async with a.uow() as uow:
        await actions.record_judgement(uow, home, None, Judged(judgement="good", judged_on=days(-40)))
        await actions.admit(uow, home, None, a_child())
        found = await must_offer(uow, home)
        rows = await uow.execute(text("select * from tenants.offer where id = :id"), {"id": found["id"]})
        row = rows.mappings().one()
    said = str(dict(row))
    for secret in ("Secret", "ZA1", "Robin", "960 222", str(home)):
        assert secret not in said
    assert days(-40) not in row.values()
    assert (row["judgement"], row["judged_year"]) == ("good", days(-40).year)
    assert (row["others_low"], row["others_high"], row["solo"]) == (11, 15, False)
    assert row["kind"] == "residential_home"


async def test_no_area_is_finer_than_the_authority_and_few_homes_are_shown_by_a_larger_one(c: Desk) -> None:
    first = await c.make(a_home("ZC1 1AA"))
    async with c.uow() as uow:
        assert (await must_offer(uow, first))["area_code"].startswith(("region:", "postcode_area:"))
    for _ in range(4):
        await c.make(a_home("ZC1 1AA"))
    async with c.uow() as uow:
        assert (await must_offer(uow, first))["area_code"] == f"authority:{c.authority.gss_code}"


async def test_the_kind_and_category_stand_in_the_notice(a: Desk) -> None:
    home = await a.make(supported(category=3))
    async with a.uow() as uow:
        found = await must_offer(uow, home)
        assert (found["kind"], found["category"], found["age_min"], found["age_max"]) == (
            "supported_accommodation",
            3,
            16,
            17,
        )


async def test_what_is_right_is_not_written_again(a: Desk) -> None:
    home = await a.make(offered=1)
    written = text(
        "select cast(o.xmin as text), cast(o.ctid as text), cast(n.ctid as text), cast(u.ctid as text),"
        " cast(p.ctid as text) from tenants.offer o join tenants.offer_own n on n.offer_id = o.id"
        " join tenants.offer_price p on p.offer_id = o.id, capacity.unit u"
        " where n.subject_id = :home and u.pool_id = :home order by 1, 2, 3, 4, 5"
    )
    async with a.uow() as uow:
        before = (await uow.execute(written, {"home": home})).all()
        assert before
    async with a.uow() as uow:
        assert await public.refresh_offers(uow) > 0
        assert (await uow.execute(written, {"home": home})).all() == before


async def test_prices_of_a_notice_follow_the_list(a: Desk) -> None:
    home = await a.make(offered=1)
    async with a.uow() as uow:
        await actions.set_prices(uow, home, None, prices(days(5), notice_nights=7))
        found = await must_offer(uow, home)
        rows = await uow.execute(
            text("select distinct notice_nights from tenants.offer_price where offer_id = :id order by 1"),
            {"id": found["id"]},
        )
        assert list(rows.scalars()) == [7, 28]


@pytest.mark.parametrize("status", ["suspended", "cancelled", "applied"])
async def test_a_home_that_is_not_registered_has_no_notice(a: Desk, status: str) -> None:
    given = a_home()
    home = await a.make(given)
    async with a.uow() as uow:
        changed = msgspec.structs.replace(given, registration=status)
        await actions.change_home(uow, home, None, changed, may_see=True)
        assert await offer(uow, home) is None


async def test_a_vacancy_follows_by_itself_when_a_child_leaves_or_a_hold_lapses(a: Desk) -> None:
    home = await a.make(places=1, offered=1)
    async with a.uow() as uow:
        claim = await uow.scalar(text("select capacity.claim_any(:home, 1, '[now,)', '1 hour')"), {"home": home})
        assert claim is not None
        await public.refresh_offers(uow, [home])
        assert await offer(uow, home) is None
        await uow.execute(text("select capacity.release(:claim)"), {"claim": claim})
        await public.refresh_offers(uow, [home])
        assert (await must_offer(uow, home))["places"] == 1
        stay, _ = await actions.admit(uow, home, None, a_child())
        assert await offer(uow, home) is None
        await actions.leave(uow, home, None, stay, Left(ends=TODAY))
        assert (await must_offer(uow, home))["empty"] is True
        await actions.offer(uow, home, None, Offering(since=TODAY, until=days(3), places=1))
        assert (await must_offer(uow, home))["ends"] == days(3)
