"""What a search finds, as a page: plans, homes, near misses, calls, and nothing of another authority's."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4
from xml.etree.ElementTree import Element

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database
from tests.placements.homes import add_home, days, remove_all, remove_home
from tests.web.html import one, parsed, words
from tests.world import World, submit

TONIGHT = "/placements/tonight"
SEARCHES = "/placements/searches"
BOY = {"children-1-age": "7", "children-1-sex": "M"}
SIBLINGS = {
    "children-1-age": "4",
    "children-1-sex": "F",
    "children-2-age": "7",
    "children-2-sex": "M",
    "siblings": "yes",
}


@pytest_asyncio.fixture(autouse=True)
async def finder(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    await remove_all(world)
    await world.sign_in(client, world.a)
    return client


async def searched(client: httpx.AsyncClient, data: Mapping[str, Any], form: str = TONIGHT) -> str:
    """The address of a new search."""
    sent = await submit(client, form, data)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def card(page: httpx.Response, offer: UUID) -> Element:
    return one(parsed(page), "li", id=f"home-{offer}")


def order(page: httpx.Response) -> list[UUID]:
    """The homes on a page from above."""
    found = (item.get("id", "") for item in parsed(page).iter("li"))
    return [UUID(name.removeprefix("home-")) for name in found if name.startswith("home-")]


def points(home: Element) -> dict[str, str]:
    """What a card says of a home, by name."""
    rows = one(home, "dl", class_="careshare-points").iter("div")
    return {words(row.find("dt")): words(row.find("dd")) for row in rows}


async def test_each_home_says_what_decides_whether_to_ring(client: httpx.AsyncClient, world: World) -> None:
    own = await add_home(world, world.a, "ZA1", shared=False, exact=(403_219, 560_000))
    other = await add_home(
        world, world.b, "ZB1", bedrooms=None, age_max=10, places=2, confirmed_on=days(-12), starts=days(0)
    )
    page = await client.get(await searched(client, {**BOY, "home_postcode": "ZA1 3DD"}))
    assert page.status_code == 200
    assert order(page) == [own, other]
    assert words(one(card(page, own), "strong", class_="govuk-tag--blue")) == "Ours"
    assert words(one(card(page, own), "p", class_="careshare-home__facts")).startswith(
        "ZA1 area · 2.0 miles · free now"
    )
    shown = card(page, other)
    assert words(one(shown, "h3")) == "Birkdale · ZB1 area"
    facts = words(one(shown, "p", class_="careshare-home__facts"))
    assert facts == "about 7 miles · free now · ages 0 to 10 · 2 places"
    tags = words(one(shown, "p", class_="careshare-home__tags"))
    assert "Confirmed 12 days ago: check" in tags
    assert "Bedrooms: not known" in tags
    said = points(shown)
    assert (
        said["Approval"] == "Nominated officer. Birkdale adjoins your area and must be notified first (regulation 11)."
    )
    assert said["Shared under"] == "Ashmoor and Birkdale foster carers"
    assert said["Ring"] == f"Birkdale duty desk {world.b.duty_number}"
    assert one(shown, "a", class_="careshare-ring").get("href") == f"tel:{world.b.duty_number.replace(' ', '')}"
    assert points(card(page, own))["Approval"] == "None: your own carers."
    table = one(shown, "table")
    assert [words(head) for head in table.iter("th") if head.get("scope") == "rowgroup"] == ["Must", "Should"]
    rows = {words(row.find("th")): [words(cell) for cell in row.findall("td")] for row in table.iter("tr")}
    assert rows["Ages7"] == ["ages 0 to 10", "Met"]
    assert rows["Bedrooms1 bedroom, one for each child of 3 or over"] == ["not stated", "Not known"]
    assert "straight lines" in page.text


async def test_a_group_has_plans_over_one_home_and_two(client: httpx.AsyncClient, world: World) -> None:
    await add_home(world, world.a, "ZA1", bedrooms=1)
    await add_home(world, world.b, "ZB1", bedrooms=1, sex="M")
    page = await client.get(await searched(client, SIBLINGS))
    plans = [words(plan) for plan in parsed(page).iter("li") if plan.get("class") == "careshare-plan"]
    assert any(plan.startswith("In two homes A girl of 4: Home") for plan in plans), plans
    assert any("A boy of 7: Birkdale · ZB1 area" in plan for plan in plans)
    both = await add_home(world, world.b, "ZB2", places=2, bedrooms=2)
    page = await client.get(await searched(client, SIBLINGS))
    plan = next(plan for plan in parsed(page).iter("li") if plan.get("class") == "careshare-plan")
    assert words(plan).startswith("Together in one home Birkdale · ZB2 area")
    assert next(plan.iter("a")).get("href") == f"#home-{both}"
    assert order(page)[0] == both


async def test_near_misses_stand_apart_and_say_what_it_would_take(client: httpx.AsyncClient, world: World) -> None:
    late = await add_home(world, world.b, "ZB1", starts=days(9))
    page = await client.get(await searched(client, BOY))
    tree = parsed(page)
    assert words(one(tree, "h2", id="near")) == "Near misses"
    assert points(card(page, late))["What it would take"].startswith("A later date: free from")
    notice = words(one(tree, "div", class_="govuk-inset-text"))
    assert notice.startswith("No home was found No home that is shared with you can take this child as asked.")


async def test_many_near_misses_open_at_a_press(client: httpx.AsyncClient, world: World) -> None:
    for _ in range(7):
        await add_home(world, world.b, "ZB1", starts=days(9))
    page = await client.get(await searched(client, BOY))
    assert "Show 2 more near misses" in page.text
    assert len(order(page)) == 7


async def test_nothing_at_all_is_unmet_need_counted_once(client: httpx.AsyncClient, world: World) -> None:
    data = {"children-1-age": "13", "children-1-sex": "F"}
    for _ in range(2):
        page = await client.get(await searched(client, data))
        assert words(one(parsed(page), "div", class_="govuk-inset-text")).startswith("No home was found")
    listed = parsed(await client.get("/placements/unmet-needs"))
    rows = [row for row in one(listed, "table").iter("tr") if words(row).startswith("A girl of 13")]
    assert len(rows) == 1
    assert [words(cell) for cell in rows[0].findall("td")][3:] == ["2", "0", "Open"]
    await add_home(world, world.b, "ZB1")
    assert "No home was found" not in (await client.get(await searched(client, data))).text
    listed = parsed(await client.get("/placements/unmet-needs"))
    assert "Home found" in words(next(row for row in listed.iter("tr") if words(row).startswith("A girl of 13")))


async def test_why_homes_of_ours_are_not_there_is_said_of_ours_alone(client: httpx.AsyncClient, world: World) -> None:
    for owner in (world.a, world.a, world.b):
        await add_home(world, owner, "ZA1", age_min=14)
    page = await client.get(await searched(client, BOY))
    table = one(parsed(page), "table", id="excluded")
    assert [words(row) for row in table.iter("tr")][1:] == ["Approved for other ages 2"]


async def test_a_long_list_goes_on(client: httpx.AsyncClient, world: World) -> None:
    made = {await add_home(world, world.b, "ZB1") for _ in range(13)}
    address = await searched(client, BOY)
    first = await client.get(address)
    assert len(order(first)) == 10
    more = next(link for link in parsed(first).iter("a") if words(link) == "Show more results")
    second = await client.get(more.attrib["href"])
    assert {*order(first), *order(second)} == made
    assert words(one(parsed(second), "h2", id="homes")) == "More homes"
    wrong = await client.get(f"{address}?after=made-up")
    assert wrong.status_code == 400
    assert "This cursor is not one we gave for this list" in wrong.text


def called(offer: UUID, **data: str) -> dict[str, str]:
    return {"offer": str(offer), **data}


async def test_a_call_moves_a_home_for_every_colleague(client: httpx.AsyncClient, world: World) -> None:
    first = await add_home(world, world.a, "ZA1")
    second = await add_home(world, world.b, "ZB1", confirmed_on=days(-9))
    address = await searched(client, SIBLINGS | {"children-2-age": "", "children-2-sex": "", "siblings": ""})
    assert order(await client.get(address)) == [first, second]
    data = called(second, outcome="will_take", note="After school")
    sent = await submit(client, address, data, to=f"{address}/calls")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{address}#home-{second}")
    page = await client.get(address)
    assert "The call is saved. The list is in its new order." in page.text
    assert order(page) == [second, first]
    log = words(one(card(page, second), "ul", class_="careshare-calls"))
    assert re.fullmatch(r"Will take [\d:]+[ap]m today \(Ashmoor Placement finder\): After school", log), log
    await world.sign_in(client, world.a, "team_manager")
    assert order(await client.get(address)) == [second, first]
    listed = next(
        row for row in one(parsed(await client.get(SEARCHES)), "table").iter("tr") if row.find("td") is not None
    )
    assert words(listed).startswith("A girl of 4from ")
    assert words(listed.findall("td")[-1]) == "1"
    await submit(client, address, called(second, outcome="said_no"), to=f"{address}/calls")
    assert order(await client.get(address)) == [first, second]
    await remove_home(world, second)
    page = await client.get(address)
    assert order(page) == [first]
    assert "Said no" in words(one(parsed(page), "section", aria_labelledby="others"))


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({}, "outcome", "Select what they said"),
        ({"outcome": "perhaps"}, "outcome", "Select what they said"),
        (
            {"outcome": "will_take", "children": "3"},
            "children",
            "How many children they will take must be between 1 and 2",
        ),
        ({"outcome": "said_no", "children": "1"}, "children", "Say how many children only if they will take some"),
        ({"outcome": "ring_back", "note": "x" * 301}, "note", "The note must be 300 characters or less"),
    ],
)
async def test_a_call_that_cannot_be_right_is_said_beside_it(
    client: httpx.AsyncClient, world: World, data: dict[str, str], field: str, message: str
) -> None:
    offer = await add_home(world, world.b, "ZB1", places=2)
    await add_home(world, world.b, "ZB1", places=2)
    address = await searched(client, SIBLINGS)
    page = await submit(client, address, called(offer, **data), to=f"{address}/calls")
    assert page.status_code == 400
    tree = parsed(page)
    link = next(one(tree, "div", class_="govuk-error-summary").iter("a"))
    assert (link.get("href"), words(link)) == (f"#{field}-{offer}", message)
    home = card(page, offer)
    assert words(one(home, "p", id=f"{field}-{offer}-error")) == f"Error: {message}"
    assert "open" in one(home, "details", class_="careshare-log").attrib
    assert one(home, "input", name="note").get("value") == data.get("note", "")


async def test_another_authoritys_search_is_not_there(client: httpx.AsyncClient, world: World) -> None:
    offer = await add_home(world, world.b, "ZB1")
    address = await searched(client, BOY)
    await world.sign_in(client, world.b)
    search = address.rpartition("/")[2]
    for path in (
        address,
        f"{SEARCHES}/{uuid4()}",
        f"{TONIGHT}?search={search}",
        f"/placements/search?search={search}",
        f"/placements/offers/{offer}?search={search}",
    ):
        assert (await client.get(path)).status_code == 404, path
    data = called(offer, outcome="will_take")
    assert (await submit(client, TONIGHT, data, to=f"{address}/calls")).status_code == 404
    assert address not in (await client.get(SEARCHES)).text


async def test_who_may_search_but_not_call_sees_no_form_for_it(client: httpx.AsyncClient, world: World) -> None:
    offer = await add_home(world, world.b, "ZB1")
    address = await searched(client, BOY)
    await world.sign_in(client, world.a, "social_worker")
    page = await client.get(address)
    assert order(page) == [offer]
    assert "Log a call" not in page.text
    assert (await submit(client, TONIGHT, called(offer), to=f"{address}/calls")).status_code == 403
    assert "/placements/unmet-needs" not in page.text
    assert (await client.get("/placements/unmet-needs")).status_code == 403


AUDITED = text("select count(*) from audit.entry where action = 'placements.offer'")


async def test_a_notice_is_opened_in_full_and_on_record(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    offer = await add_home(world, world.b, "ZB1", skills=["autism"], sex="M", pets=None, ends=days(40))
    address = await searched(client, BOY)

    async def audited() -> int:
        async with database.bound(world.acting(world.b, "data_protection_officer")) as uow:
            count: int = (await uow.execute(AUDITED)).scalar_one()
            return count

    before = await audited()
    page = await client.get(f"/placements/offers/{offer}?search={address.rpartition('/')[2]}")
    tree = parsed(page)
    assert words(one(tree, "h1")) == "Birkdale · ZB1 area"
    facts = {
        words(row.find("dt")): words(row.find("dd")) for row in one(tree, "dl", class_="govuk-summary-list").iter("div")
    }
    assert facts["Approved for"] == "Ages 0 to 17, boys only"
    assert facts["Experience and training"] == "Autism"
    assert facts["Pets"] == "Not stated"
    assert facts["Area"] == "ZB1 area, Birkdale"
    assert words(one(tree, "table", class_="careshare-criteria")).startswith("How Birkdale · ZB1 area fits")
    assert await audited() == before + 1
    bare = await client.get(f"/placements/offers/{offer}")
    assert bare.status_code == 200
    assert "How it fits" not in bare.text
    await remove_home(world, offer)
    assert (await client.get(f"/placements/offers/{offer}")).status_code == 404


async def test_no_page_carries_more_than_its_role_may_see(client: httpx.AsyncClient, world: World) -> None:
    """A home on its owner's own shelf is nowhere on another authority's pages."""
    hidden = await add_home(world, world.b, "ZB1", shared=False)
    page: Any = await client.get(await searched(client, BOY))
    assert str(hidden) not in page.text
    assert (await client.get(f"/placements/offers/{hidden}")).status_code == 404


async def test_children_who_must_live_apart_are_planned_apart(client: httpx.AsyncClient, world: World) -> None:
    big = await add_home(world, world.a, "ZA1", places=2)
    await add_home(world, world.b, "ZB1")
    data: dict[str, Any] = SIBLINGS | {"apart": "1-2", "skills": ["autism", "missing"]}
    page = await client.get(await searched(client, data, "/placements/search"))
    plan = next(plan for plan in parsed(page).iter("li") if plan.get("class") == "careshare-plan")
    assert words(plan).startswith("In two homes")
    assert "no single home is listed for all of them. The plans say who would go where." in page.text
    assert not [section for section in parsed(page).iter("section") if section.get("aria-labelledby") == "homes"]
    page = await client.get(await searched(client, SIBLINGS | {"skills": ["autism", "missing"]}, "/placements/search"))
    needs = next(row for row in card(page, big).iter("tr") if words(row).startswith("Needs"))
    assert [words(cell) for cell in needs.findall("td")] == ["0 of 2: none stated", "Not met"]
