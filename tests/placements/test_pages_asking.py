"""The two forms: quick and full, what their buttons do, and what they say when something is wrong."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio

from careshare.web import Form
from careshare.web.filters import long_date
from services.placements.need import Need
from services.placements.pages import forms, groups
from tests.placements.homes import add_home, days, today
from tests.web.html import one, parsed, words
from tests.world import World, submit

TONIGHT = "/placements/tonight"
SEARCH = "/placements/search"


@pytest_asyncio.fixture
async def finder(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    await world.sign_in(client, world.a)
    return client


def typed(page: httpx.Response, name: str) -> list[str]:
    """What stands in the inputs of this name: the text, the boxes ticked, the choice made."""
    tree = parsed(page)
    inputs = [field for field in tree.iter("input") if field.get("name") == name]
    chosen = [field for field in inputs if field.get("type") == "text" or "checked" in field.attrib]
    selects = [field for field in tree.iter("select") if field.get("name") == name]
    options = [option for field in selects for option in field.iter("option") if "selected" in option.attrib]
    return [field.get("value", "") for field in [*chosen, *options]]


def date_of(name: str, ahead: int) -> dict[str, str]:
    day = days(ahead)
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


async def test_age_and_sex_are_enough(finder: httpx.AsyncClient) -> None:
    page = await finder.get(TONIGHT)
    assert words(one(parsed(page), "h1")) == "Find a home"
    assert typed(page, "starts-day") == [str(today().day)]
    sent = await submit(finder, TONIGHT, {"children-1-age": "4", "children-1-sex": "F"})
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/placements/searches/")
    found = await finder.get(sent.headers["location"])
    assert words(one(parsed(found), "h1")) == "Homes for a girl of 4"


async def test_nothing_typed_is_lost_when_a_child_is_added_or_removed(finder: httpx.AsyncClient) -> None:
    data = {"children-1-age": "4", "children-1-sex": "F", "home_postcode": "not yet", **date_of("starts", 3)}
    two = await submit(finder, TONIGHT, {**data, "action": "add-child"})
    assert two.status_code == 200
    assert typed(two, "children-1-age") == ["4"]
    assert typed(two, "children-2-age") == [""]
    assert typed(two, "home_postcode") == ["not yet"]
    assert typed(two, "starts-day") == [str(days(3).day)]
    assert "There is a problem" not in two.text
    one_left = await submit(finder, TONIGHT, {**data, "children-2-age": "7", "action": "remove-child-1"})
    assert typed(one_left, "children-1-age") == ["7"]
    assert typed(one_left, "children-1-sex") == []
    assert "Child 2" not in one_left.text


async def test_the_first_button_of_each_form_searches(finder: httpx.AsyncClient) -> None:
    """A browser presses the first button when somebody presses Enter."""
    for path in (TONIGHT, SEARCH):
        form = next(one for one in parsed(await finder.get(path)).iter("form") if one.get("action") == path)
        button = next(form.iter("button"))
        assert (words(button), button.get("name")) == ("Find homes", None)


async def test_tonight_goes_on_to_the_full_form_with_what_was_typed(finder: httpx.AsyncClient) -> None:
    data = {"children-1-age": "4", "children-2-age": "7", "siblings": "yes", "action": "full"}
    page = await submit(finder, TONIGHT, data, to=SEARCH)
    assert page.status_code == 200
    assert words(one(parsed(page), "h1")) == "Find a home: full form"
    assert typed(page, "children-2-age") == ["7"]
    assert typed(page, "siblings") == ["yes"]


BAD: list[tuple[dict[str, str], str, str]] = [
    ({"children-1-age": ""}, "children-1-age", "Enter the age of each child"),
    ({"children-1-age": "", "children-1-sex": "M"}, "children-1-age", "Enter the age of child 1"),
    ({"children-1-age": "26"}, "children-1-age", "The age of child 1 must be between 0 and 25"),
    ({"children-1-age": "-1"}, "children-1-age", "The age of child 1 must be between 0 and 25"),
    ({"children-1-age": "four"}, "children-1-age", "The age of child 1 must be a whole number"),
    ({"children-1-age": "18"}, "children-1-age", "Child 1 must be under 18, except in a parent and child placement"),
    ({"home_postcode": "NE"}, "home_postcode", "Enter a full UK postcode, like NE1 4LP"),
    ({"home_postcode": "ZZ99 9ZZ"}, "home_postcode", "Enter a full UK postcode, like NE1 4LP"),
    (
        {"home_postcode": "ne1 4lp"},
        "home_postcode",
        "We do not know the postcode NE1 4LP. Check it, or use one close by",
    ),
    (date_of("starts", -1), "starts", "The date the home is needed from must be today or in the future"),
    (date_of("starts", 400), "starts", "The date the home is needed from must be within a year from today"),
    ({"starts": "2026-02-30"}, "starts", "The date the home is needed from must be a real date"),
]


@pytest.mark.parametrize("path", [TONIGHT, SEARCH])
@pytest.mark.parametrize(("change", "field", "message"), BAD, ids=[f"{name}: {said}" for _, name, said in BAD])
async def test_what_is_wrong_is_said_beside_the_field(
    finder: httpx.AsyncClient, path: str, change: Mapping[str, str], field: str, message: str
) -> None:
    await shows(finder, path, {"children-1-age": "4", **change}, field, message)


FULL_BAD: list[tuple[dict[str, str], str, str]] = [
    ({"children-1-born": "2019-03-27"}, "children-1-age", "Enter the age of child 1 or the date of birth, not both"),
    (
        {**date_of("starts", 3), **date_of("ends", 2)},
        "ends",
        "The date the home is needed until must be after the date it is needed from",
    ),
    ({"home_miles": "10"}, "home_postcode", "Enter the postcode of the child’s home to search so many miles from it"),
    ({"home_postcode": "ZA1 1AA", "home_miles": "0"}, "home_miles", "The miles from home must be between 1 and 400"),
    ({"school_postcode": "ZA1"}, "school_postcode", "Enter a full UK postcode, like NE1 4LP"),
    ({"keep_away-1-postcode": "ZA1 1AA"}, "keep_away-1-miles", "Enter the miles to keep away from place 1"),
    (
        {"keep_away-2-postcode": "NE1 4LP", "keep_away-2-miles": "2"},
        "keep_away-1-postcode",
        "We do not know the postcode NE1 4LP. Check it, or use one close by",
    ),
    (
        {"reference": "Anna Smith"},
        "reference",
        "Enter the case system’s reference, such as CH-104482, and never a name",
    ),
    ({"skills": "juggling"}, "skills", "“juggling” is not a need on the list"),
    (
        {"children-2-age": "7", "together": "1-2", "apart": "1-2"},
        "together",
        "Children 1 and 2 cannot both live apart and together",
    ),
]


@pytest.mark.parametrize(("change", "field", "message"), FULL_BAD, ids=[name + said[:20] for _, name, said in FULL_BAD])
async def test_the_full_form_says_what_is_wrong_beside_the_field(
    finder: httpx.AsyncClient, change: Mapping[str, str], field: str, message: str
) -> None:
    await shows(finder, SEARCH, {"children-1-age": "4", **change}, field, message)


async def shows(client: httpx.AsyncClient, path: str, data: Mapping[str, str], field: str, message: str) -> None:
    """The page says what is wrong at the top and beside the field, leads there, and keeps what was typed."""
    page = await submit(client, path, data)
    assert page.status_code == 400
    tree = parsed(page)
    summary = one(tree, "div", class_="govuk-error-summary")
    link = next(link for link in summary.iter("a") if words(link).startswith(message))
    target = link.attrib["href"].removeprefix("#")
    assert any(target == found.get("id") for found in tree.iter() if isinstance(found.tag, str))
    assert words(one(tree, "p", id=f"{field}-error")).startswith(f"Error: {message}")
    assert words(one(tree, "title")).startswith("Error: ")
    for name, value in data.items():
        if value and name in {"children-1-age", "children-2-age", "home_postcode", "home_miles", "reference"}:
            assert typed(page, name) == [value]


@pytest.mark.parametrize("path", [TONIGHT, SEARCH])
async def test_nine_children_are_too_many_for_one_search(finder: httpx.AsyncClient, path: str) -> None:
    data = {f"children-{number}-age": str(number) for number in range(1, 10)}
    page = await submit(finder, path, data)
    assert page.status_code == 400
    assert "You can search for up to 8 children at once" in words(
        one(parsed(page), "div", class_="govuk-error-summary")
    )
    assert typed(page, "children-9-age") == ["9"]
    assert "Add another child" not in page.text


async def test_no_more_than_five_places_to_keep_away_from(finder: httpx.AsyncClient) -> None:
    places = {
        f"keep_away-{n}-{part}": typed for n in range(1, 6) for part, typed in (("postcode", "ZA1 1AA"), ("miles", "1"))
    }
    page = await submit(finder, SEARCH, {"children-1-age": "4", **places, "action": "add-place"})
    assert typed(page, "keep_away-5-postcode") == ["ZA1 1AA"]
    assert "Place 6" not in page.text
    fewer = await submit(finder, SEARCH, {"children-1-age": "4", **places, "action": "remove-place-2"})
    assert typed(fewer, "keep_away-4-miles") == ["1"]
    assert "Place 5" not in fewer.text


async def test_everything_that_can_be_asked_is_kept_and_shown_and_changed(
    finder: httpx.AsyncClient, world: World
) -> None:
    await add_home(world, world.b, "ZB1", places=3)
    asked: dict[str, Any] = {
        "children-1-age": "4",
        "children-1-sex": "F",
        "children-2-born": f"{days(3).year - 8}-01-01",
        "children-2-sex": "M",
        "children-4-age": "11",
        "siblings": "yes",
        "together": ["1-2"],
        "apart": ["1-4", "2-4"],
        **date_of("starts", 3),
        **date_of("ends", 30),
        "care_type": "short_term",
        "home_postcode": "za1 1aa",
        "home_miles": "40",
        "school_postcode": "ZA2 1AA",
        "skills": ["autism", "missing"],
        "communication": "makaton",
        "adaptations": "wheelchair",
        "languages": ["pl", "", "ar"],
        "religion": "muslim",
        "culture": "asian",
        "alongside": "only_older",
        "pets": "no",
        "keep_away-2-postcode": "ZC1 1AA",
        "keep_away-2-miles": "2.5",
        "reference": "ch-104482",
    }
    sent = await submit(finder, SEARCH, asked)
    assert sent.status_code == 303, sent.text
    page = await finder.get(sent.headers["location"])
    asked_for = one(parsed(page), "section", class_="careshare-asked")
    shown = {words(row.find("dt")): words(row.find("dd")) for row in asked_for.iter("div")}
    assert shown == {
        "Children": "A girl of 4, a boy of 8 and a child of 11, brothers and sisters of each other",
        "Together": "Children 1 and 2",
        "Apart": "Children 1 and 3 and children 2 and 3",
        "From": long_date(days(3)),
        "Until": long_date(days(30)),
        "Type of care": "Short-term",
        "Home": "ZA1 1AA, within 40 miles",
        "School": "ZA2 1AA",
        "Needs": "Autism and going missing",
        "Communication": "Makaton",
        "Adaptations": "Wheelchair throughout",
        "Languages": "Arabic and Polish",
        "Religion": "Muslim",
        "Culture": "Asian",
        "Alongside": "Only older children",
        "Pets": "No pets",
        "Keep away from": "2.5 miles around ZC1 1AA",
    }
    assert "CH-104482" in page.text
    search = sent.headers["location"].rpartition("/")[2]
    again = await finder.get(f"{SEARCH}?search={search}")
    assert typed(again, "children-2-age") == ["8"]
    assert typed(again, "apart") == ["1-3", "2-3"]
    assert typed(again, "languages") == ["ar", "pl"]
    assert typed(again, "skills") == ["missing", "autism"]
    assert typed(again, "keep_away-1-miles") == ["2.5"]
    assert typed(again, "pets") == ["no"]


async def test_who_may_not_search_is_told_so(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "payments")
    assert (await client.get(TONIGHT)).status_code == 403
    assert (await client.get(SEARCH)).status_code == 403


def test_rows_move_up_and_pairs_follow() -> None:
    form = Form({"children-1-age": ["4"], "children-2-age": [""], "children-3-age": ["9"], "apart": ["1-3", "1-2"]})
    tidy = groups.gathered(form, "children", ("apart",))
    assert {name: tidy.all(name) for name in tidy.names()} == {
        "children-1-age": ["4"],
        "children-2-age": ["9"],
        "apart": ["1-2"],
    }


def test_a_need_becomes_a_form_and_a_need_again() -> None:
    form, need, errors = forms.read(forms.blank(today()), today())
    assert need is None
    assert [error.field for error in errors] == ["children-1-age"]
    form = Form({"children-1-age": ["3"], "children-2-age": ["5"], "apart": ["1-2"], "languages": ["pl", ""]})
    _, need, errors = forms.read(form, today())
    assert errors == []
    assert isinstance(need, Need)
    assert forms.read(forms.filled(need), today())[1] == need
