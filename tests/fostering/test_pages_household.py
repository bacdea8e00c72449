"""A household's page, opening one whose address is confidential, and publishing."""

from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from services.fostering import actions
from services.fostering.model import Carer, Closure, Consent, Exemption, Member, Temporary
from tests.fostering.register import LONG_AGO, TODAY, Desk, a_child, a_home, days, make, must_offer, terms, version_of
from tests.web.html import one, parsed, words
from tests.world import World, submit

SECRET = "9 Undisclosed Row"


@pytest.fixture
async def officer(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    await world.sign_in(client, world.a, "fostering_officer")
    return client


def main(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    return words(one(parsed(page), "main"))


def card(page: httpx.Response, name: str) -> str:
    return words(one(parsed(page), "section", id=name))


async def hidden_home(desk: Desk, postcode: str = "ZA2 3BB") -> UUID:
    async with desk.uow() as uow:
        made = await make(uow, a_home(postcode, name="Hidden", address=SECRET), publish=True)
        await actions.set_confidential(uow, made, None, confidential=True, may_see=True)
    return made


async def test_everything_of_a_household_stands_on_its_page(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow, a_home(name="The Gamgees", address="3 Bagshot Row"), places=3)
        await actions.set_carers(uow, made, None, [Carer(name="Sam", telephone="01632 960 333", religion="sikh")])
        await actions.set_members(uow, made, None, [Member(name="Elanor", relationship="own_child", born=LONG_AGO)])
        await actions.place_child(uow, made, None, a_child(child_reference="C-901"))
        await actions.close_place(uow, made, None, 3, Closure(reason="allegation", since=TODAY, note="See the file"))
        await actions.set_terms(uow, made, None, terms(since=days(30), places=3, age_min=5))
    page = await officer.get(f"/foster-carers/{made}")
    shown = main(page)
    for expected in ("The Gamgees", "3 Bagshot Row", "01632 960 333", "Elanor", "C-901"):
        assert expected in shown
    assert "Allegation or concern" in card(page, "places")
    assert "See the file" in card(page, "places")
    assert "1 of 3" in card(page, "limit")
    assert "In force" in card(page, "approval")
    assert "To come" in card(page, "approval")
    async with a.uow() as uow:
        notice = await must_offer(uow, made)
    assert "not published" in card(page, "notice")
    for said in (notice["area_name"], f"{notice['age_min']} to {notice['age_max']}"):
        assert said in card(page, "notice")
    for kept in ("Allegation", "See the file", "Gamgee", "Bagshot"):
        assert kept not in card(page, "notice")


async def test_the_limit_stands_apart_from_the_terms(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow, a_home("ZA1 2BB"), places=4, approval=terms(places=4))
        children = [a_child() for _ in range(3)]
        for child in children:
            await actions.place_child(uow, made, None, child)
        fourth = a_child()
        names = [child.child_reference for child in (*children, fourth)]
        exemption = Exemption(granted_by_gss=a.authority.gss_code, children=names, notice_on=TODAY, since=TODAY)
        await actions.record_exemption(uow, made, None, exemption)
        await actions.place_child(uow, made, None, fourth)
    page = await officer.get(f"/foster-carers/{made}")
    assert "4 of 3" in card(page, "limit")
    assert "exempted" in card(page, "limit")
    assert "4 children aged 0 to 17" in card(page, "approval")


async def test_siblings_may_be_more_than_three(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow, a_home("ZA1 2DD"), places=4, approval=terms(places=4))
        for _ in range(4):
            await actions.place_child(uow, made, None, a_child(sibling_group="Family 7"))
    limit = card(await officer.get(f"/foster-carers/{made}"), "limit")
    assert "all are siblings" in limit


async def test_birthdays_that_matter_are_said(officer: httpx.AsyncClient, a: Desk) -> None:
    nearly = TODAY.replace(year=TODAY.year - 18, day=1) if TODAY.day > 1 else TODAY.replace(year=TODAY.year - 18)
    async with a.uow() as uow:
        made = await make(uow, a_home("ZA1 2EE"))
        await actions.place_child(uow, made, None, a_child(born=nearly.replace(year=nearly.year + 1)))
    page = await officer.get(f"/foster-carers/{made}")
    assert "staying put" in card(page, "birthdays")


async def test_another_authoritys_household_is_not_there(
    client: httpx.AsyncClient, world: World, a: Desk, b: Desk
) -> None:
    theirs = await a.make(a_home(), publish=True)
    await world.sign_in(client, world.b, "fostering_officer", stepped_up=True)
    pages = (
        *("", "/home", "/carers", "/members", "/bedrooms", "/abilities", "/privacy", "/confidential", "/approval"),
        *(
            "/temporary",
            "/extension",
            "/resignation",
            "/exemption",
            "/exemption/withdrawn",
            "/checks",
            "/places",
            "/places/1/close",
        ),
        *("/places/1/open", "/children/new", f"/children/{uuid4()}/left", "/publish", "/withdraw", "/open"),
    )
    for page in pages:
        there = await client.get(f"/foster-carers/{theirs}{page}")
        nowhere = await client.get(f"/foster-carers/{uuid4()}{page}")
        assert there.status_code == nowhere.status_code == 404, page
        assert words(one(parsed(there), "main")) == words(one(parsed(nowhere), "main")), page
        sent = await submit(
            client, "/foster-carers/new", {"version": "1", "reason": "visit"}, to=f"/foster-carers/{theirs}{page}"
        )
        assert sent.status_code in {400, 404, 405}, (page, sent.status_code)
        assert "Household" not in words(one(parsed(sent), "main")).replace("household", ""), page
    async with a.uow() as uow:
        untouched = await version_of(uow, theirs)
    assert untouched == await _version(a, theirs)


async def _version(desk: Desk, household: UUID) -> int:
    async with desk.uow() as uow:
        return await version_of(uow, household)


async def test_a_confidential_address_is_opened_with_a_reason_that_is_recorded(
    officer: httpx.AsyncClient, a: Desk, world: World
) -> None:
    made = await hidden_home(a)
    path = f"/foster-carers/{made}"
    first = await officer.get(path)
    assert first.status_code == 303
    assert first.headers["location"] == f"{path}/open"
    unconfirmed = await officer.get(f"{path}/open")
    assert unconfirmed.headers["location"] == f"/step-up?next={path}/open"
    confirmed = await submit(officer, unconfirmed.headers["location"], {"next": f"{path}/open"}, to="/step-up")
    assert confirmed.headers["location"] == f"{path}/open"
    asked = await officer.get(f"{path}/open")
    assert SECRET not in asked.text
    without = await officer.get(f"{path}?without=address")
    assert SECRET not in without.text
    assert "ZA2" not in without.text
    nothing = await submit(officer, f"{path}/open", {})
    assert nothing.status_code == 400
    assert "Select why you need the address" in words(one(parsed(nothing), "main"))
    unknown = await submit(officer, f"{path}/open", {"reason": "curiosity"})
    assert unknown.status_code == 400
    opened = await submit(officer, f"{path}/open", {"reason": "visit"})
    assert opened.headers["location"] == path
    shown = await officer.get(path)
    assert SECRET in main(shown)
    assert "Do not give it to anybody" in shown.text
    async with a.uow() as uow:
        row = (
            await uow.execute(
                text("select purpose, actor_id from audit.entry where action = 'household.opened' and subjects @> :id"),
                {"id": [made]},
            )
        ).one()
    assert (row.purpose, row.actor_id) == ("visit", world.a.people["fostering_officer"])
    await world.sign_in(officer, world.a, "team_manager")
    assert (await officer.get(path)).status_code == 303, "a reason is one person's"


async def test_a_confidential_address_stands_nowhere_for_others(
    client: httpx.AsyncClient, a: Desk, world: World
) -> None:
    made = await hidden_home(a, "ZA2 3DD")
    path = f"/foster-carers/{made}"
    await world.sign_in(client, world.a, "exemptions_officer")
    assert (await client.get(f"{path}/open")).status_code == 403
    lists = ["/foster-carers", "/foster-carers/due"]
    await _hold_no_address(client, [path, f"{path}/exemption", *lists])
    await world.sign_in(client, world.a, "supervising_social_worker")
    forms = ("home", "carers", "abilities", "privacy", "confidential", "places", "children/new", "places/1/close")
    await _hold_no_address(client, [f"{path}/{form}" for form in forms])
    await _hold_no_address(client, [f"{path}?without=address", "/foster-carers/tonight", *lists])
    for looked_for in (SECRET, "ZA2 3DD"):
        found = await submit(client, "/foster-carers", {"q": looked_for})
        assert "No household in your register is like that" in words(one(parsed(found), "main"))
    assert "The address of this household is confidential" in (await client.get(f"{path}?without=address")).text


async def _hold_no_address(client: httpx.AsyncClient, addresses: list[str]) -> None:
    for address in addresses:
        page = await client.get(address)
        assert page.status_code == 200, address
        assert SECRET not in page.text, address
        assert "ZA2 3DD" not in page.text, address


async def test_an_address_that_is_not_shown_stays_as_it_is(client: httpx.AsyncClient, a: Desk, world: World) -> None:
    made = await hidden_home(a, "ZA2 3EE")
    await world.sign_in(client, world.a, "supervising_social_worker")
    path = f"/foster-carers/{made}/home"
    answers = {"reference": "NEW-REF", "name": "Renamed", "version": str(await _version(a, made))}
    assert (await submit(client, path, answers)).status_code == 303
    async with a.uow() as uow:
        row = (
            await uow.execute(text("select name, address from fostering.household where id = :id"), {"id": made})
        ).one()
    assert (row.name, row.address) == ("Renamed", SECRET)
    assert (await submit(client, path, {**answers, "name": ""})).status_code == 400
    await world.sign_in(client, world.a, "supervising_social_worker", stepped_up=True)
    await submit(client, f"/foster-carers/{made}/open", {"reason": "correction"})
    assert SECRET in (await client.get(path)).text


async def test_publishing_says_first_what_is_shown_to_whom(officer: httpx.AsyncClient, a: Desk, b: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow, a_home("ZA1 3AA", name="To publish"))
    path = f"/foster-carers/{made}"
    blocked = await officer.get(f"{path}/publish")
    assert "It cannot be published yet" in main(blocked)
    assert "privacy notice" in main(blocked)
    assert "Publish" not in [words(button) for button in parsed(blocked).iter("button")]
    refused = await submit(
        officer, "/foster-carers/new", {"version": str(await _version(a, made))}, to=f"{path}/publish"
    )
    assert refused.status_code == 400
    assert "It cannot be published yet" in words(one(parsed(refused), "main"))
    async with a.uow() as uow:
        await actions.change_consent(uow, made, None, Consent(privacy_notice_on=LONG_AGO))
    ready = main(await officer.get(f"{path}/publish"))
    assert "Ashmoor and Birkdale foster carers" in ready
    assert "Birkdale, under the agreement" in ready
    assert "Caldergarth" not in ready
    before = await b.seen()
    sent = await submit(officer, f"{path}/publish", {"version": str(await _version(a, made))})
    assert sent.status_code == 303
    done = await officer.get(path)
    assert "The vacancies of this home are published" in main(done)
    assert len(await b.seen()) == len(before) + 1
    assert (await officer.get(f"{path}/publish")).headers["location"] == path
    withdrawn = await submit(officer, f"{path}/withdraw", {"version": str(await _version(a, made))})
    assert withdrawn.status_code == 303
    assert await b.seen() == before
    assert (await officer.get(f"{path}/withdraw")).headers["location"] == path


async def test_what_others_see_is_the_notice_that_others_see(officer: httpx.AsyncClient, a: Desk, b: Desk) -> None:
    made = await a.make(a_home("ZA1 3BB"), publish=True)
    preview = card(await officer.get(f"/foster-carers/{made}"), "notice")
    async with a.uow() as uow:
        offer = await must_offer(uow, made)
    async with b.uow() as uow:
        seen = (await uow.execute(text("select * from tenants.offer where id = :id"), {"id": offer["id"]})).mappings()
        theirs = dict(seen.one())
    assert "shown to the authorities of your agreements" in preview
    assert f"{theirs['area_name']}: nothing finer" in preview
    assert "Ashmoor" in preview


async def test_the_vacancy_is_confirmed_with_one_button(officer: httpx.AsyncClient, a: Desk, world: World) -> None:
    async with a.uow() as uow:
        made = await make(uow, a_home("ZA1 3DD"))
        await uow.execute(text("update fostering.household set confirmed_at = null, confirmed_by = null"))
    path = f"/foster-carers/{made}"
    page = await officer.get(path)
    version = str(await _version(a, made))
    assert "never confirmed" in main(page)
    sent = await submit(officer, path, {"version": version}, to=f"{path}/confirm")
    assert sent.status_code == 303
    assert world.a.names["fostering_officer"] in main(await officer.get(path))
    again = await submit(officer, path, {"version": version}, to=f"{path}/confirm")
    assert again.status_code == 412
    assert "Somebody else changed this household first" in words(one(parsed(again), "main"))
    lost = await submit(officer, path, {"version": "one"}, to=f"{path}/confirm")
    assert lost.status_code == 400


async def test_whoever_may_only_read_is_offered_no_change(client: httpx.AsyncClient, a: Desk, world: World) -> None:
    made = await a.make(a_home("ZA1 4AA"))
    await world.sign_in(client, world.a, "exemptions_officer")
    page = await client.get(f"/foster-carers/{made}")
    links = [link.get("href", "") for link in parsed(page).iter("a")]
    assert [link for link in links if str(made) in link] == [f"/foster-carers/{made}/exemption"]
    forms = [form.get("action", "") for form in parsed(page).iter("form")]
    assert not any(str(made) in form for form in forms)


async def test_a_temporary_approval_says_for_whom(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made, _ = await actions.register_household(uow, a_home("ZA1 4BB"))
        wanted = Temporary(since=TODAY, children=["C-KIN"], care_types=["short_term"])
        await actions.approve_temporarily(uow, made, None, wanted)
    page = await officer.get(f"/foster-carers/{made}")
    assert "Only for C-KIN" in card(page, "approval")
    assert "Extend" in card(page, "approval")
    blocked = main(await officer.get(f"/foster-carers/{made}/publish"))
    assert "for particular children, so cannot be published" in blocked
