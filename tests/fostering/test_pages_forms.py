"""The forms of the register: each saves what is right, and shows again what is wrong with the answers kept."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.fostering import actions
from services.fostering.model import Closure, Temporary
from tests.fostering.register import TODAY, Desk, a_child, a_home, days, make, terms, version_of
from tests.web.html import one, parsed, words
from tests.world import World, submit

Answers = Mapping[str, object]


@pytest.fixture
async def officer(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    await world.sign_in(client, world.a, "fostering_officer")
    return client


def on(name: str, day: date) -> dict[str, str]:
    """A day typed into the field `name`."""
    return {f"{name}-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


async def send(client: httpx.AsyncClient, desk: Desk, household: UUID, form: str, answers: Answers) -> httpx.Response:
    async with desk.uow() as uow:
        version = await version_of(uow, household)
    return await submit(client, f"/foster-carers/{household}/{form}", {"version": str(version), **answers})


def problems(page: httpx.Response) -> list[str]:
    """What the error summary says, after a look at whether each of its links leads somewhere."""
    assert page.status_code == 400, page.text
    tree = parsed(page)
    summary = one(tree, "div", data_module="govuk-error-summary")
    ids = {found.get("id") for found in tree.iter()}
    for link in summary.iter("a"):
        assert link.attrib["href"].removeprefix("#") in ids, link.attrib["href"]
    return [words(item) for item in summary.iter("li")]


async def value(desk: Desk, what: str, household: UUID) -> Any:
    async with desk.uow() as uow:
        return (await uow.execute(text(what), {"id": household})).scalar_one()


CARER = {"carer-1-name": "Rose", "carer-1-telephone": "01632 960 444", "carer-1-languages": ["en", "pl"]}
TERMS: Answers = {
    **on("since", TODAY),
    "kind": "mainstream",
    "places": "2",
    "age_min": "5",
    "age_max": "11",
    "sex": "any",
    "care_types": ["short_term"],
}
PLACED: Answers = {
    "child_reference": "C-65",
    **on("born", date(TODAY.year - 8, 1, 1)),
    "sex": "F",
    "responsible_gss": "E06000902",
    **on("starts", TODAY),
    "care_type": "short_term",
}

RIGHT: list[tuple[str, Answers, str, object]] = [
    (
        "home",
        {"reference": "H-FORM", "name": "Anew", "address": "1 New Road", "postcode": "za1 2dd", "duty_number": ""},
        "select postcode from fostering.household where id = :id",
        "ZA1 2DD",
    ),
    (
        "privacy",
        {**on("privacy_notice_on", TODAY), "beliefs_shared": "yes"},
        "select beliefs_shared and privacy_notice_on = current_date from fostering.household where id = :id",
        True,
    ),
    ("confidential", {"confidential": "yes"}, "select confidential from fostering.household where id = :id", True),
    (
        "abilities",
        {"pets_stated": "none", "skills": ["autism"], "solo": ""},
        "select pets = '{}' and skills = '{autism}' and solo is null from fostering.household where id = :id",
        True,
    ),
    (
        "abilities",
        {"pets_stated": "some", "pets": ["dog", "cat"], "solo": "yes"},
        "select pets = '{dog,cat}' and solo from fostering.household where id = :id",
        True,
    ),
    ("carers", CARER, "select name from fostering.carer where household_id = :id", "Rose"),
    (
        "members",
        {"person-1-name": "", "person-2-name": "Tom", "person-2-relationship": "adult"},
        "select name from fostering.member where household_id = :id",
        "Tom",
    ),
    (
        "bedrooms",
        {"bedroom-1-beds": "2", "bedroom-1-sharing": "siblings"},
        "select sharing from fostering.bedroom where household_id = :id",
        "siblings",
    ),
    (
        "approval",
        TERMS,
        "select age_max from fostering.approval where household_id = :id and upper_inf(during)",
        11,
    ),
    (
        "approval",
        {**TERMS, "kind": "connected", "named_children": "C-1\r\n C-2 \r\n\r\n"},
        "select named_children = '{C-1,C-2}' from fostering.approval where household_id = :id and upper_inf(during)",
        True,
    ),
    (
        "resignation",
        on("received_on", TODAY),
        "select ends_on = current_date + 28 from fostering.resignation where household_id = :id",
        True,
    ),
    (
        "exemption",
        {
            "granted_by_gss": "E06000901",
            "children": "C-1\nC-2\nC-3\nC-4",
            **on("notice_on", TODAY),
            **on("since", TODAY),
        },
        "select cardinality(children) from fostering.exemption where household_id = :id",
        4,
    ),
    (
        "checks",
        {"kind": "dbs", **on("done_on", TODAY)},
        "select done_on = current_date from fostering.check where household_id = :id and kind = 'dbs'",
        True,
    ),
    ("places", {"number": "3"}, "select count(*) from fostering.place where household_id = :id", 3),
    (
        "places/1/close",
        {"reason": "works", **on("since", TODAY), **on("until", days(9)), "note": "A new roof"},
        "select closed_note from fostering.place where household_id = :id and number = 1",
        "A new roof",
    ),
    (
        "children/new",
        PLACED,
        "select responsible_gss from fostering.placed_child where household_id = :id",
        "E06000902",
    ),
]


@pytest.mark.parametrize(("form", "answers", "what", "expected"), RIGHT)
async def test_what_is_right_is_saved(
    officer: httpx.AsyncClient, a: Desk, form: str, answers: Answers, what: str, expected: object
) -> None:
    made = await a.make()
    parsed(await officer.get(f"/foster-carers/{made}/{form}"))
    unlike = {"child_reference": f"C-{made.int % 10**9}", "reference": f"H-{made}"[:40]}
    sent = await send(officer, a, made, form, {**answers, **{name: unlike[name] for name in unlike if name in answers}})
    assert sent.status_code == 303, sent.text
    assert sent.headers["location"].startswith(f"/foster-carers/{made}#")
    after = await officer.get(f"/foster-carers/{made}?without=address")
    assert one(parsed(after), "div", class_="govuk-notification-banner--success") is not None
    assert one(parsed(after), "section", id=sent.headers["location"].partition("#")[2]) is not None
    assert await value(a, what, made) == expected


WRONG: list[tuple[str, Answers, str]] = [
    ("home", {"reference": "X", "name": "", "address": "1 Road", "postcode": "ZA1 1AA"}, "Enter the household’s name"),
    ("home", {"reference": "X", "name": "X", "address": "1 Road", "postcode": "nowhere"}, "postcode"),
    ("privacy", on("privacy_notice_on", days(3)), "The privacy notice must have been given today or earlier"),
    ("privacy", {"privacy_notice_on-day": "31"}, "must include a month and year"),
    ("confidential", {}, "Select whether the address is confidential"),
    ("abilities", {"pets_stated": "some"}, "Select the pets there are"),
    ("abilities", {"pets_stated": "none", "pets": ["dog"]}, "Select “There are pets”"),
    ("abilities", {"pets_stated": "unknown", "skills": ["juggling"]}, "is not on the list"),
    ("carers", {"carer-1-telephone": "01632 960 1"}, "Enter the name of carer 1"),
    ("carers", {"carer-3-name": "Late", **on("carer-3-born", days(4))}, "A date of birth must be in the past"),
    ("carers", {"carer-1-name": "Rose", "carer-1-telephone": "<script>"}, "Enter a telephone number"),
    ("members", {"person-1-name": "Tom"}, "Select what person 1 is to the household"),
    ("bedrooms", {"bedroom-1-beds": "many"}, "must be a whole number"),
    ("approval", {**TERMS, "age_min": "12"}, "The oldest age must not be below the youngest age"),
    ("approval", {**TERMS, "care_types": []}, "Select the types of care"),
    ("approval", {**TERMS, "places": "1"}, "The home has 2 places"),
    ("temporary", {**on("since", TODAY), "children": "C-1", "care_types": ["short_term"]}, "approved already"),
    ("extension", {**on("decided_on", TODAY), "ground": "irm"}, "There is no temporary approval"),
    ("resignation", on("received_on", days(1)), "The notice must have been received today or earlier"),
    (
        "exemption",
        {
            "granted_by_gss": "E06000903",
            "children": "C-1\nC-2\nC-3\nC-4",
            **on("notice_on", TODAY),
            **on("since", TODAY),
        },
        "Only the authority in whose area",
    ),
    ("exemption/withdrawn", {**on("notice_on", TODAY), **on("ends", TODAY)}, "Choose which exemption"),
    (
        "exemption/withdrawn",
        {"exemption_id": str(UUID(int=7)), **on("notice_on", TODAY), **on("ends", TODAY)},
        "There is no such exemption",
    ),
    ("checks", {"kind": "juggling", **on("done_on", TODAY)}, "Select what was done"),
    (
        "checks",
        {"kind": "annual_review", **on("done_on", TODAY), **on("due_on", days(800))},
        "The next must be due by",
    ),
    ("places", {"number": "9"}, "The approval is for 3 at most"),
    ("places/1/close", {**on("since", TODAY)}, "Select why the place is not available"),
    ("children/new", {**PLACED, "care_type": "remand"}, "The approval is for"),
    ("children/new", {**PLACED, **on("born", date(TODAY.year - 19, 1, 1))}, "is not fostered"),
    ("children/new", {**PLACED, "responsible_gss": "E06000999"}, "We do not know this authority"),
    ("children/new", {**PLACED, "place": "7"}, "no place of that number"),
]


@pytest.fixture(scope="module")
async def left_alone(a: Desk) -> UUID:
    """A household that no refused form may change."""
    return await a.make()


RECORDED = "select count(*) from audit.entry where subjects @> array[cast(:id as uuid)]"


@pytest.mark.parametrize(("form", "answers", "said"), WRONG)
async def test_what_is_wrong_is_said_and_the_answers_are_kept(
    officer: httpx.AsyncClient, a: Desk, left_alone: UUID, form: str, answers: Answers, said: str
) -> None:
    before = await value(a, RECORDED, left_alone)
    sent = await send(officer, a, left_alone, form, answers)
    found = problems(sent)
    assert any(said in problem for problem in found), found
    assert sent.text.count("<title>Error: ") == 1
    kept = {field.get("value") for field in parsed(sent).iter("input") if field.get("type") in {"text", "tel"}}
    typed = {
        value
        for name, value in answers.items()
        if isinstance(value, str) and name.rpartition("-")[2] in {"name", "day", "places", "number", "beds"} and value
    }
    assert typed <= kept
    assert await value(a, RECORDED, left_alone) == before
    assert await value(a, "select count(*) from fostering.placed_child where household_id = :id", left_alone) == 0


async def test_a_household_is_registered(officer: httpx.AsyncClient, a: Desk) -> None:
    answers = {"reference": "NEW-1", "name": "The Newcomers", "address": "2 First Street", "postcode": "ZA1 1AA"}
    sent = await submit(officer, "/foster-carers/new", answers)
    assert sent.status_code == 303
    page = await officer.get(sent.headers["location"])
    shown = words(one(parsed(page), "main"))
    assert "The household is registered" in shown
    assert "Before a child can be placed here" in shown
    again = await submit(officer, "/foster-carers/new", {**answers, "name": "Somebody else"})
    assert problems(again) == ["Another household has this reference already"]
    assert "Somebody else" in again.text
    assert problems(await submit(officer, "/foster-carers/new", {})) == [
        "Enter the household’s reference",
        "Enter the household’s name",
        "Enter the address",
        "Enter the postcode",
    ]


async def test_groups_are_added_and_taken_away_without_scripts(officer: httpx.AsyncClient, a: Desk) -> None:
    made = await a.make()
    more = await send(officer, a, made, "carers", {**CARER, "action": "add"})
    assert more.status_code == 200
    assert "Carer 2" in words(one(parsed(more), "main"))
    assert 'value="Rose"' in more.text
    two = {**CARER, "carer-2-name": "Fern", "carer-3-name": "Ivy"}
    fewer = await send(officer, a, made, "carers", {**two, "action": "remove-2"})
    names = [
        field.get("value") for field in parsed(fewer).iter("input") if str(field.get("name", "")).endswith("-name")
    ]
    assert names == ["Rose", "Ivy"]
    assert await value(a, "select count(*) from fostering.carer where household_id = :id", made) == 0


async def test_what_somebody_else_changed_first_is_not_lost(officer: httpx.AsyncClient, a: Desk) -> None:
    made = await a.make()
    for form, answers in (("places", {"number": "3"}), ("carers", CARER), ("children/new", PLACED)):
        sent = await submit(officer, f"/foster-carers/{made}/{form}", {**answers, "version": "1"})
        assert sent.status_code == 412
        tree = parsed(sent)
        assert "Somebody else changed this household first" in words(one(tree, "h1"))
        assert any(link.get("href") == f"/foster-carers/{made}" for link in tree.iter("a"))
    lost = await submit(officer, f"/foster-carers/{made}/places", {"number": "3"})
    assert lost.status_code == 400


async def test_an_error_keeps_the_version_the_form_was_made_from(officer: httpx.AsyncClient, a: Desk) -> None:
    made = await a.make()
    async with a.uow() as uow:
        stale = await version_of(uow, made) - 1
    sent = await submit(officer, f"/foster-carers/{made}/places", {"number": "many", "version": str(stale)})
    field = next(found for found in parsed(sent).iter("input") if found.get("name") == "version")
    assert field.get("value") == str(stale)


async def test_a_place_is_made_available_again(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow)
        await actions.close_place(uow, made, None, 1, Closure(reason="health", since=TODAY))
    page = await officer.get(f"/foster-carers/{made}/places/1/open")
    assert "carer’s health" in words(one(parsed(page), "main"))
    assert (await send(officer, a, made, "places/1/open", {})).status_code == 303
    assert await value(a, "select count(closed_reason) from fostering.place where household_id = :id", made) == 0
    assert (await officer.get(f"/foster-carers/{made}/places/7/open")).status_code == 404


async def test_a_solo_placement_keeps_the_other_places_closed(officer: httpx.AsyncClient, a: Desk) -> None:
    made = await a.make()
    solo = {**PLACED, "child_reference": f"C-{made.int % 10**9}", "solo": "yes", "place": "1"}
    assert (await send(officer, a, made, "children/new", solo)).status_code == 303
    page = await officer.get(f"/foster-carers/{made}")
    assert "Follows the solo placement" in words(one(parsed(page), "section", id="places"))
    refused = problems(await send(officer, a, made, "places/2/open", {}))
    assert refused == ["The place stays closed for as long as the child in the solo placement is there"]


async def test_a_child_leaves(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow)
        child = a_child(starts=days(-20))
        stay, _ = await actions.place_child(uow, made, None, child)
    form = f"children/{stay}/left"
    assert child.child_reference in words(one(parsed(await officer.get(f"/foster-carers/{made}/{form}")), "h1"))
    early = problems(await send(officer, a, made, form, on("ends", days(-30))))
    assert "cannot have left before" in early[0]
    assert (await send(officer, a, made, form, on("ends", TODAY))).status_code == 303
    shown = words(one(parsed(await officer.get(f"/foster-carers/{made}")), "section", id="children"))
    assert "1 child who left" in shown
    over = problems(await send(officer, a, made, form, on("ends", TODAY)))
    assert over == ["This stay is over already."]


async def test_the_limit_is_refused_with_its_reason(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow, places=4, approval=terms(places=4))
        for _ in range(3):
            await actions.place_child(uow, made, None, a_child())
    found = problems(
        await send(officer, a, made, "children/new", {**PLACED, "child_reference": f"C-{made.int % 10**9}"})
    )
    assert "the usual fostering limit is 3" in found[0]


async def test_a_temporary_approval_is_recorded_and_extended_once(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made, _ = await actions.register_household(uow, a_home())
    answers = {**on("since", TODAY), "children": "C-KIN", "care_types": ["short_term"]}
    assert (await send(officer, a, made, "temporary", answers)).status_code == 303
    async with a.uow() as uow:
        other, _ = await actions.register_household(uow, a_home())
        begun = Temporary(since=days(-60), children=["C-KIN2"], care_types=["short_term"])
        await actions.approve_temporarily(uow, other, None, begun)
    extension = {**on("decided_on", TODAY), "ground": "assessment", **on("until", days(-60 + 16 * 7 + 30))}
    assert (await send(officer, a, other, "extension", extension)).status_code == 303
    assert "the assessment is not finished" in words(one(parsed(await officer.get(f"/foster-carers/{other}")), "main"))
    again = problems(await send(officer, a, other, "extension", extension))
    assert "extended before" in again[0]


async def test_a_form_without_its_token_is_refused(officer: httpx.AsyncClient, a: Desk) -> None:
    made = await a.make()
    sent = await officer.post(f"/foster-carers/{made}/places", data={"version": "1", "number": "1"})
    assert sent.status_code == 403
