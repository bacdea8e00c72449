"""A person's own data in enquiries and placements, on both sides: what is theirs, and what tells of somebody else."""

import pytest_asyncio

from careshare.database import Database
from careshare.kept import Subject, SubjectItem
from services.placements import subjects
from services.placements.subjects import SUBJECT_DATA
from services.record.subject_access import find as looked_for
from tests.placements.keeping.stage import end, forget, write
from tests.placements.path.way import Way
from tests.world import World, WorldAuthority

OFFICER = "data_protection_officer"
CHILD = {
    "children": [{"name": "Amara Okafor", "known_as": None, "reference": "CH-77", "born": "2019-02-03", "sex": "F"}]
}
HOME = {
    "name": "The Vales",
    "address": "1 Hidden Street",
    "postcode": "ZB1 1AA",
    "confidential": True,
    "carers": [{"name": "Ann Vale", "telephone": "01632 960111"}],
}


@pytest_asyncio.fixture
async def way(world: World, database: Database) -> Way:
    return Way(world, database)


async def found(way: Way, who: WorldAuthority, name: str) -> list[Subject]:
    async with way.of(who, OFFICER) as uow:
        return await SUBJECT_DATA.find(uow, name)


async def items(way: Way, who: WorldAuthority, subject: Subject) -> list[SubjectItem]:
    async with way.of(who, OFFICER) as uow:
        assert await SUBJECT_DATA.describe(uow, subject.kind, subject.id) == subject
        held = await SUBJECT_DATA.collect(uow, subject)
    assert len({one.key for one in held}) == len(held)
    return held


def said(held: list[SubjectItem]) -> str:
    return "\n".join(f"{one.section} | {one.name} | {one.value}" for one in held)


async def test_a_child_is_found_where_it_lives_while_names_are_open_and_in_the_sealed_copy_after(way: Way) -> None:
    a, b, c = way.world.authorities
    enquiry = await way.matched(a, await way.home(b), await way.request(a))
    async with way.of(a) as uow:
        await way.write(uow, enquiry, "child_identity", CHILD)
    await write(way, a, enquiry, "Her mother is Ngozi")
    (one,) = await found(way, b, "amara okafor")
    assert (one.kind, one.name, one.references) == ("child", "Amara Okafor", ("CH-77",))
    assert await found(way, b, "ch-77") == [one]
    for name in ("amara okafor", "CH-77"):
        assert await found(way, c, name) == []
    held = await items(way, b, one)
    assert "Date of birth" not in said(held)
    assert "Born | 3 February 2019" in said(held)
    (message,) = [item for item in held if item.value == "Her mother is Ngozi"]
    assert message.about_others
    async with way.of(c, OFFICER) as uow:
        assert await SUBJECT_DATA.collect(uow, one) == []
        assert await SUBJECT_DATA.describe(uow, "child", one.id) is None
    # The placement ends, and the other authority deletes its half: the copy here stands.
    await end(way, enquiry, b)
    assert await forget(way, a, enquiry) == [enquiry]
    assert await found(way, b, "CH-77") == [one], "the same person, by the same identifier"
    after = await items(way, b, one)
    assert "Born | 3 February 2019" in said(after)
    assert "Message in the sealed copy | Her mother is Ngozi" in said(after)
    assert all(item.about_others for item in after if item.value == "Her mother is Ngozi")
    assert await forget(way, b, enquiry) == [enquiry]
    assert await found(way, b, "CH-77") == []


async def test_a_childs_own_authority_gives_what_was_shown_written_and_planned(way: Way) -> None:
    a, b = way.world.a, way.world.b
    request = await way.request(a, references=["CH-78"])
    enquiry = await way.matched(a, await way.home(b), request)
    async with way.of(a) as uow:
        await way.write(uow, enquiry, "child_identity", {"children": [{"name": "Child 1", "reference": "CH-78"}]})
    await write(way, b, enquiry, "From the carers")
    (one,) = await found(way, a, "CH-78")
    held = await items(way, a, one)
    (section,) = {item.section for item in held if item.section.startswith("Home asked")}
    assert section.endswith(b.name)
    text = said(held)
    assert "Shown on the match: Name | Child 1" in text
    assert "Shown on acceptance: Wishes | A garden" in text
    assert "Placement | Planned, from" in text
    assert {item.about_others for item in held if item.value in {"From the carers", "Notes"}} == {
        "whoever the message tells of, and staff",
        "whoever the file tells of: look at it and give it by hand",
    }


async def test_another_authoritys_child_of_the_same_reference_is_another_child(way: Way) -> None:
    a, b = way.world.a, way.world.b
    own = await way.matched(a, await way.home(b), await way.request(a, references=["CH-79"]))
    received = await way.matched(b, await way.home(a), await way.request(b, references=["CH-79"]))
    async with way.of(a) as uow:
        await way.write(uow, own, "child_identity", {"children": [{"name": "Child 1", "reference": "CH-79"}]})
    async with way.of(b) as uow:
        other = {**CHILD["children"][0], "reference": "CH-79"}
        await way.write(uow, received, "child_identity", {"children": [other]})
    async with way.of(a, OFFICER) as uow:
        both = await looked_for(uow, "CH-79")
    assert {one.name for one in both} == {"Child 1", "Amara Okafor"}
    held = {one.name: said(await items(way, a, one)) for one in await found(way, a, "CH-79")}
    assert "Amara" not in held["Child 1"]
    assert "3 February 2019" not in held["Child 1"]
    assert "Born | 3 February 2019" in held["Amara Okafor"]


async def test_carers_are_told_who_knows_of_them_and_never_by_a_confidential_address(way: Way) -> None:
    a, b = way.world.a, way.world.b
    home = await way.home(b)
    enquiry = await way.matched(a, home, await way.request(a))
    async with way.of(b, "fostering_officer") as uow:
        await way.write(uow, enquiry, "home_identity", HOME)
    own = Subject("carer", home.subject, "Carer", "Ann Vale", ("H-1",), (home.subject,))
    async with way.of(b, OFFICER) as uow:
        told = await SUBJECT_DATA.collect(uow, own)
    assert {one.section.startswith(f"Told to {a.name}") for one in told} == {True}
    assert "Ann Vale" in said(told)
    (one,) = [each for each in await found(way, a, "ann vale") if each.kind == "carer"]
    held = await items(way, a, one)
    assert "Telephone | 01632 960111" in said(held)
    for text in (said(told), said(held)):
        assert "Hidden Street" not in text
        assert "ZB1 1AA" not in text


async def test_a_colleague_is_told_how_much_they_did_and_not_of_whom(way: Way) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    await way.accept(b, enquiry)
    await write(way, a, enquiry, "A word")
    person = a.people["placement_finder"]
    async with way.of(a, OFFICER) as uow:
        held = await SUBJECT_DATA.collect(uow, Subject("colleague", person, "Colleague"))
    numbers = {one.name: one.value for one in held}
    assert int(numbers["Homes you asked"]) >= 1
    assert int(numbers["Messages you wrote in their threads"]) >= 1
    assert str(enquiry) not in said(held)
    async with way.of(a, OFFICER) as uow:
        assert await subjects.collect(uow, Subject("contact", person, "Somebody")) == []
