"""The impact assessment before the manager's yes, and the price that is asked, offered, agreed and then stands."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.residential.offers import refresh_offers
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.matches.test_way import consents, say
from tests.placements.terms.spare import spare_bed
from tests.residential import homes

ASKED: dict[str, Any] = {
    "need_level": "complex",
    "supplement": [
        {"code": "one_to_one", "quantity": "10"},
        {"code": "two_to_one", "quantity": "20"},
        {"code": "waking_night", "quantity": "7"},
    ],
}


async def line(between: Between, enquiry: UUID, *, home: bool = False) -> Any:
    """The impact assessment in the list of consents, as one side reads it."""
    who, role = (between.world.b, "residential_manager") if home else (between.world.a, "placement_finder")
    return (await between.call(who, role, "GET", f"/enquiries/{enquiry}/consents")).json()["assessment"]


async def test_the_manager_says_yes_only_after_the_assessment_allows_it(between: Between) -> None:
    spare = await spare_bed(between)
    enquiry = await spare.ask()
    assert (await line(between, enquiry))["standing"] == "needed"
    await spare.propose(enquiry)
    other = await line(between, enquiry)
    assert other == {"standing": "open", "required": True, "assessment_id": None, "outcome": None, "due_at": None}
    own = await line(between, enquiry, home=True)
    assessment = (await spare.manager("GET", f"/assessments/{own['assessment_id']}")).json()
    # Bands from the profile that was sent: a risk that is not known to be there is none.
    assert assessment["incoming"] == [{"age_low": 11, "age_high": 15, "sex": "M", "needs": ["missing"]}]
    await spare.agree(enquiry, but="manager")
    manager = (await consents(between, enquiry))["manager"]["id"]
    early = await say(between, between.world.b, "residential_manager", manager)
    assert early.status_code == 422
    assert "impact assessment must be decided first" in early.json()["detail"]
    # On the telephone neither, though the words are another's.
    phoned = await say(
        between, between.world.b, "team_manager", manager, by_telephone=True, heard_from="manager on call"
    )
    assert phoned.status_code == 422
    await spare.assess(enquiry)
    assert (await line(between, enquiry))["standing"] == "done"
    assert (await line(between, enquiry))["outcome"] is None  # the outcome is its own side's
    assert (await line(between, enquiry, home=True))["outcome"] == "can_live_together"
    said = await say(between, between.world.b, "residential_manager", manager)
    assert said.status_code == 200, said.text
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "matched"
    outsider = await between.outsider("GET", f"/enquiries/{enquiry}/terms")
    assert outsider.status_code == 404


async def test_who_cannot_live_together_is_not_matched(between: Between) -> None:
    spare = await spare_bed(between)
    enquiry = await spare.ask()
    await spare.propose(enquiry)
    await spare.assess(enquiry, "cannot_live_together")
    await spare.agree(enquiry, but="manager")
    manager = (await consents(between, enquiry))["manager"]["id"]
    assert (await say(between, between.world.b, "residential_manager", manager)).status_code == 422
    assert (await line(between, enquiry))["standing"] == "done"  # and not how
    refused = await say(between, between.world.b, "residential_manager", manager, "refused")
    assert refused.status_code == 200
    declined = await spare.manager("POST", f"/enquiries/{enquiry}/decline", {"reason": "matching"})
    assert declined.status_code == 200, declined.text
    assert await line(between, enquiry) is None


@pytest.mark.parametrize("category", [1, 2, 3, 4])
async def test_supported_accommodation_of_each_category_for_a_young_person_of_17(
    between: Between, category: int
) -> None:
    home = homes.supported(postcode="ZB1 1AA", category=category)
    spare = await spare_bed(between, home)
    enquiry = await spare.ask(age=17)
    assert await line(between, enquiry) is None  # nobody asks for an assessment
    seen = (await between.finder("GET", f"/enquiries/{enquiry}")).json()
    assert seen["kind"] == "supported_accommodation"
    await spare.propose(enquiry)
    told = (await between.finder("GET", f"/enquiries/{enquiry}")).json()["home"]
    assert told["category"] == category
    if category == 2:  # one that is begun counts: no yes while it is not decided
        await spare.manager("POST", f"/enquiries/{enquiry}/assessment")
        manager = (await consents(between, enquiry))["manager"]["id"]
        assert (await say(between, between.world.b, "residential_manager", manager)).status_code == 422
        await spare.assess(enquiry, "can_live_together")
    await spare.agree(enquiry)
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "matched"


async def test_supported_accommodation_is_refused_for_15(between: Between) -> None:
    spare = await spare_bed(between, homes.supported(postcode="ZB1 1AA", category=4))
    enquiry = await spare.ask(age=15)
    refused = await spare.manager("POST", f"/enquiries/{enquiry}/accept")
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["supported_age"]


async def test_the_price_is_asked_offered_agreed_and_then_stands(between: Between) -> None:
    spare = await spare_bed(between)
    bad = {"need_level": "complex", "supplement": [{"code": "two_to_one", "quantity": "999"}]}
    request = await between.request()
    for terms, field in (
        (bad, "supplement-1-quantity"),
        ({"supplement": [{"code": "two_to_one", "quantity": "NaN"}]}, "supplement-1-quantity"),
        ({"need_level": "grand"}, "need_level"),
        ({"supplement": [{"code": "champagne", "quantity": "1"}]}, "supplement-1-code"),
    ):
        sent = await between.finder(
            "POST", f"/requests/{request}/enquiries", {"offer_ids": [str(spare.offer)], **terms}
        )
        assert sent.status_code == 400
        assert [one["field"] for one in sent.json()["errors"]] == [field]
    enquiry = await spare.ask(**ASKED)
    path = f"/enquiries/{enquiry}/terms"
    asked = (await spare.manager("GET", path)).json()
    assert asked["asked"]["children"][0]["need_level"] == "complex"
    assert asked["offered"] is None
    early = await spare.manager("PUT", path, {"child": [{}]})
    assert early.status_code == 409  # not before the home has accepted
    await spare.propose(enquiry)
    (price,) = (await between.finder("GET", path)).json()["offered"]["children"]
    assert [(one["part"], one["total"]) for one in price["lines"]] == [
        ("base", "7345.50"),
        ("one_to_one", "194.00"),
        ("two_to_one", "482.00"),
        ("night", "1276.45"),
    ]
    assert (price["total"], price["notice_nights"], price["void_percent"]) == ("9297.95", 28, "80.00")
    # The finder states no price; the home's side may, as often as it likes, until it is agreed to.
    assert (await between.finder("PUT", path, {"child": [{}]})).status_code in {403, 404}
    endless = await spare.manager("PUT", path, {"child": [{"weekly": "NaN"}]})
    assert [one["field"] for one in endless.json()["errors"]] == ["child-1-weekly"]
    wrong = await spare.manager("PUT", path, {"child": [{}, {}]})
    assert [one["field"] for one in wrong.json()["errors"]] == ["child"]
    fewer = {**ASKED, "weekly": "7000.00", "supplement": ASKED["supplement"][:2]}
    restated = await spare.manager("PUT", path, {"child": [fewer]})
    assert restated.status_code == 200, restated.text
    assert restated.json()["offered"]["children"][0]["total"] == "7676.00"
    assert restated.json()["offered"]["children"][0]["by_hand"]
    await spare.assess(enquiry)
    known = await consents(between, enquiry)
    # What the placing side had before its eyes is no longer the price: its yes waits until it has seen the new one.
    unseen = await say(
        between, between.world.a, "team_manager", known["placing_authority"]["id"], weekly=price["total"]
    )
    assert unseen.status_code == 409
    assert "£7,676.00 a week" in unseen.json()["detail"]
    yes = await say(between, between.world.a, "team_manager", known["placing_authority"]["id"], weekly="7676.00")
    assert yes.status_code == 200, yes.text
    late = await spare.manager("PUT", path, {"child": [ASKED]})
    assert late.status_code == 409
    assert "price is agreed" in late.json()["detail"]
    back = await say(between, between.world.a, "team_manager", known["placing_authority"]["id"], "revoked")
    assert back.status_code == 200
    assert (await spare.manager("PUT", path, {"child": [ASKED]})).status_code == 200
    await spare.agree(enquiry)
    assert (await spare.manager("PUT", path, {"child": [fewer]})).status_code == 409
    seen = (await between.finder("GET", path)).json()
    assert seen["agreed"]
    assert Decimal(seen["offered"]["children"][0]["total"]) == Decimal("9297.95")


async def test_a_place_held_for_another_authority_is_still_shared_with_it_at_the_match(
    between: Between,
) -> None:
    """A place without an end leaves the home no vacancy, and its notices are made anew while everybody is asked."""
    spare = await spare_bed(between)
    enquiry = await spare.ask()
    await spare.propose(enquiry)
    async with between.database.bound(between.world.acting(between.world.b, "residential_manager")) as uow:
        await refresh_offers(uow, [spare.home])
    await spare.assess(enquiry)
    await spare.agree(enquiry)
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "matched"
