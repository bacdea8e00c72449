"""The register's list, what is due, tonight's list: what they show, and what they must not."""

from datetime import date
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.fostering import actions
from services.fostering.model import Carer, CheckDone, Closure
from tests.fostering.register import TODAY, Desk, a_child, a_home, days, make
from tests.web.html import one, parsed, words
from tests.world import World, submit


@pytest.fixture
async def officer(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    await world.sign_in(client, world.a, "fostering_officer")
    return client


async def test_every_home_stands_in_the_list_with_its_places_in_words(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow, a_home(name="Adams"), places=3, publish=True)
        await actions.place_child(uow, made, None, a_child())
        await actions.close_place(uow, made, None, 3, Closure(reason="carer_break", since=TODAY))
    page = await officer.get("/foster-carers")
    assert page.status_code == 200
    shown = words(one(parsed(page), "main"))
    assert "Adams" in shown
    assert "1 filled" in shown
    assert "1 vacant" in shown
    assert "1 not available" in shown
    assert "Confirmed today" in shown


async def test_the_list_goes_on_by_key_and_no_address_holds_a_name(
    officer: httpx.AsyncClient, world: World, a: Desk
) -> None:
    async with a.uow() as uow:
        for number in range(52):
            await actions.register_household(uow, a_home(name=f"Numbered {number:02}"))
    page = await officer.get("/foster-carers")
    link = next(found for found in parsed(page).iter("a") if found.get("rel") == "next")
    assert "Numbered" not in link.attrib["href"]
    following = await officer.get(link.attrib["href"])
    names = [words(found) for found in parsed(following).iter("th") if found.get("scope") == "row"]
    assert names == sorted(names)
    assert any("Numbered 51" in name for name in names)
    spoilt = await officer.get(link.attrib["href"][:-4] + "AAAA")
    assert spoilt.status_code == 400
    parsed(spoilt)


async def test_a_name_is_looked_for_without_standing_in_an_address(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        made = await make(uow, a_home(name="Quillfeather"))
        await actions.set_carers(uow, made, None, [Carer(name="Peregrine Took")])
    found = await submit(officer, "/foster-carers", {"q": "peregrine"})
    assert found.status_code == 200
    assert "Quillfeather" in words(one(parsed(found), "main"))
    sent = await submit(officer, "/foster-carers", {"q": "", "places": "vacant"})
    assert sent.status_code == 303
    assert sent.headers["location"] == "/foster-carers?places=vacant"
    assert (await officer.get("/foster-carers?q=took")).headers["location"] == "/foster-carers"


async def test_a_search_by_name_goes_on_from_page_to_page(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        for number in range(51):
            await actions.register_household(uow, a_home(name=f"Paged {number:02}"))
    first = await submit(officer, "/foster-carers", {"q": "Paged"})
    hidden = {
        found.attrib["name"]: found.attrib["value"]
        for found in parsed(first).iter("input")
        if found.get("type") == "hidden"
    }
    assert hidden["q"] == "Paged"
    second = await officer.post("/foster-carers", data=hidden)
    shown = words(one(parsed(second), "main"))
    assert "Paged 50" in shown
    assert "Paged 49" not in shown


@pytest.mark.parametrize(
    "wrong", ["places=sold", "published=perhaps", "area=Ashmoor", "care_type=%27", "after=abc", "stale=x"]
)
async def test_a_filter_that_cannot_be_is_named(officer: httpx.AsyncClient, wrong: str) -> None:
    page = await officer.get(f"/foster-carers?{wrong}")
    assert page.status_code == 400
    assert "There is a problem" in words(one(parsed(page), "main"))


async def test_filters_narrow_the_list(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        await make(uow, a_home(name="Published home"), publish=True)
        late = await make(uow, a_home(name="Late home"))
        await actions.record_check(uow, late, None, "dbs", CheckDone(done_on=date(2019, 1, 1)))
    published = words(one(parsed(await officer.get("/foster-carers?published=yes")), "table"))
    assert "Published home" in published
    assert "Late home" not in published
    due = words(one(parsed(await officer.get("/foster-carers?due=yes&published=no")), "table"))
    assert "Late home" in due
    assert "Published home" not in due
    nothing = await officer.get("/foster-carers?care_type=remand")
    assert "No household in your register is like that" in words(one(parsed(nothing), "main"))


async def test_what_is_due_is_ordered_by_date(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        home = await make(uow, a_home(name="Due home"))
        await actions.record_check(uow, home, None, "medical", CheckDone(done_on=days(-10), due_on=days(5)))
        child = a_child(born=date(TODAY.year - 3, TODAY.month, TODAY.day), starts=days(-1))
        await actions.place_child(uow, home, None, child)
    page = await officer.get("/foster-carers/due?kind=medical")
    shown = words(one(parsed(page), "main"))
    assert "Medical" in shown
    assert "in 5 days" in shown
    birthday = words(one(parsed(await officer.get("/foster-carers/due?kind=own_bedroom")), "main"))
    assert child.child_reference in birthday
    assert (await officer.get("/foster-carers/due?kind=nonsense")).status_code == 400
    parsed(await officer.get("/foster-carers/due"))


async def test_tonight_shows_whom_to_ring_and_no_address(client: httpx.AsyncClient, world: World, a: Desk) -> None:
    async with a.uow() as uow:
        home = await make(uow, a_home(name="Ring me", address="7 Nowhere Street"))
        await actions.set_carers(uow, home, None, [Carer(name="Rosie Cotton", telephone="01632 960 222")])
        hidden = await make(uow, a_home("ZA2 1AA", name="Hidden home", address="8 Secret Street"))
        await actions.set_confidential(uow, hidden, None, confidential=True, may_see=True)
    await world.sign_in(client, world.a, "out_of_hours")
    page = await client.get("/foster-carers/tonight")
    tree = parsed(page)
    shown = words(one(tree, "main"))
    assert "Rosie Cotton" in shown
    assert any(link.get("href") == "tel:01632960222" for link in tree.iter("a"))
    assert "Hidden home" in shown
    for secret in ("Nowhere Street", "Secret Street", "ZA1 1AA", "ZA2 1AA"):
        assert secret not in page.text
    assert not any(link.get("href", "").endswith(str(home)) for link in tree.iter("a")), "may not open the register"
    assert (await client.get("/foster-carers")).status_code == 403
    few = words(one(parsed(await client.get("/foster-carers/tonight?age=3&sex=F&children=9")), "main"))
    assert "None of your own homes" in few
    assert (await client.get("/foster-carers/tonight?age=200")).status_code == 400


async def test_the_list_is_one_authoritys_alone(client: httpx.AsyncClient, world: World, a: Desk, b: Desk) -> None:
    await world.sign_in(client, world.b, "fostering_officer")
    await b.make(a_home("ZB1 1AA", name="Bees"))
    paths = ("/foster-carers", "/foster-carers/tonight", "/foster-carers/due")
    before = [_steady(await client.get(path)) for path in paths]
    await a.make(a_home(name="Aardvark"), publish=True)
    assert [_steady(await client.get(path)) for path in paths] == before


def _steady(page: httpx.Response) -> str:
    main = words(one(parsed(page), "main"))
    return main.split("As of")[0] + main.partition("As of")[2][25:]


async def test_nobody_without_the_permission_gets_in(client: httpx.AsyncClient, world: World, a: Desk) -> None:
    made: UUID = await a.make()
    for role in ("placement_finder", "regional_board_member", "authority_administrator"):
        await world.sign_in(client, world.a, role)
        for path in ("", "/due", f"/{made}", f"/{made}/home", "/new"):
            assert (await client.get(f"/foster-carers{path}")).status_code == 403, (role, path)
    client.cookies.clear()
    assert (await client.get("/foster-carers")).status_code == 303


async def test_a_stale_vacancy_is_to_be_asked_about(officer: httpx.AsyncClient, a: Desk) -> None:
    async with a.uow() as uow:
        home = await make(uow, a_home(name="Stale home"))
        await uow.execute(
            text("update fostering.household set confirmed_at = now() - interval '30 days' where id = :id"),
            {"id": home},
        )
    shown = words(one(parsed(await officer.get("/foster-carers?stale=yes")), "table"))
    assert "Stale home" in shown
    assert "ask again" in shown
    due = words(one(parsed(await officer.get("/foster-carers/due?kind=confirm_vacancy")), "main"))
    assert "Stale home" in due
