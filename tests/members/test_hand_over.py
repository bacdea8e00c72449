"""Hand-over: given to colleagues who may hold it or ticked off, told, on the record, done only when nothing is left."""

from collections.abc import AsyncIterator
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser
from sqlalchemy import text

from careshare.database import Database
from services.fostering.actions import register_household
from tenants.actions import add_member, add_person, as_owner
from tenants.members.actions import reinstate
from tenants.members.hand_over import FROM_YOU, OWN_LINK, TO_YOU
from tenants.members.jobs import WAITING, Nothing, review
from tests.fostering.register import a_home
from tests.web import axe
from tests.web.html import one, parsed, words
from tests.world import World, submit

ROLE = "supervising_social_worker"
LIST = "/administration/hand-over"
HOUSEHOLDS, NAMED, SEARCHES = "fostering.household", "fostering.household_named", "placements.search"
numbers = count(1)


class Leaver:
    """Somebody of Ashmoor with households and a search, and where their hand-over stands."""

    def __init__(self, person: UUID, member: UUID, name: str, homes: list[UUID]) -> None:
        self.person, self.member, self.name, self.homes = person, member, name, homes
        self.path = f"/administration/members/{member}/hand-over"
        self.api = f"/api/v1/members/{member}"


async def end(world: World, person: UUID) -> None:
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.member set ends = current_date where person_id = $1", person)


@pytest_asyncio.fixture
async def leaver(world: World, database: Database) -> Leaver:
    """Left today, with two households by account, one by name alone, and two searches of one need."""
    number = next(numbers)
    name = f"Lee Leaver {number}"
    async with as_owner(world.settings) as owner:
        await owner.execute("delete from messages.message")
        person = await add_person(owner, name, f"leaver{number}@ashmoor.example")
        await add_member(owner, world.a.id, person, [ROLE], starts=date(2024, 1, 1))
        member = await owner.fetchval("select id from tenants.member where person_id = $1", person)
    homes: list[UUID] = []
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        for one_ in range(2):
            home = a_home(reference=f"HO-{number}-{one_}", supervising_person_id=person)
            homes.append((await register_household(uow, home))[0])
        named = a_home(reference=f"HO-{number}-N", supervising_worker=name.upper())
        homes.append((await register_household(uow, named))[0])
    async with as_owner(world.settings) as owner:
        for _ in range(2):
            await owner.execute(
                "insert into placements.search (authority_id, made_by, kind, need, need_key, reference)"
                " values ($1, $2, 'tonight', '{}', $3, $3)",
                world.a.id,
                person,
                f"CH-{number}",
            )
    await end(world, person)
    return Leaver(person, member, name, homes)


@pytest_asyncio.fixture
async def manager(client: httpx.AsyncClient, world: World) -> AsyncIterator[httpx.AsyncClient]:
    await world.sign_in(client, world.a, "team_manager")
    yield client


async def told(world: World) -> set[tuple[str, UUID]]:
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch("select template, person_id from messages.message")
    return {(row["template"], row["person_id"]) for row in rows}


async def entries(world: World, member: UUID, action: str) -> list[dict[str, Any]]:
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch(
            "select e.subjects, d.body from audit.entry e join audit.detail d on d.entry_id = e.id"
            " where e.action = $2 and e.subjects @> array[$1::uuid] order by e.id",
            member,
            action,
        )
    return [dict(row) for row in rows]


async def worker(world: World, home: UUID) -> tuple[UUID, str]:
    async with as_owner(world.settings) as owner:
        row = await owner.fetchrow(
            "select supervising_person_id, supervising_worker from fostering.household where id = $1", home
        )
    assert row is not None
    return row["supervising_person_id"], row["supervising_worker"]


async def state(api: httpx.AsyncClient, world: World, leaver: Leaver) -> dict[str, Any]:
    answer = await api.get(f"{leaver.api}/holdings", headers=await world.bearer(world.a, "team_manager"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_manager_hands_everything_over_and_only_then_it_is_done(
    manager: httpx.AsyncClient, world: World, leaver: Leaver, database: Database
) -> None:
    other, finder = world.a.people[ROLE], world.a.people["placement_finder"]
    listed = words(one(parsed(await manager.get(LIST)), "table"))
    assert f"{leaver.name}" in listed
    assert "4 of 4" in listed
    shown = await manager.get(leaver.path)
    assert "4 of 4 left" in words(one(parsed(shown), "main"))
    form = await manager.get(f"{leaver.path}/{HOUSEHOLDS}")
    choices = words(one(parsed(form), "select", id="to"))
    assert world.a.names[ROLE] in choices
    assert world.a.names["director"] not in choices
    assert leaver.name not in choices
    nobody = await submit(manager, f"{leaver.path}/{HOUSEHOLDS}", {"action": "give", "items": str(leaver.homes[0])})
    assert nobody.status_code == 400
    assert "Select the colleague who takes over" in nobody.text
    nothing = await submit(manager, f"{leaver.path}/{HOUSEHOLDS}", {"action": "give", "to": str(other)})
    assert "Select what is handed over" in nothing.text
    given = {"action": "give", "items": str(leaver.homes[0]), "to": str(other)}
    answer = await submit(manager, f"{leaver.path}/{HOUSEHOLDS}", given)
    assert (answer.status_code, answer.headers["location"]) == (303, leaver.path), answer.text
    assert await worker(world, leaver.homes[0]) == (other, world.a.names[ROLE])
    assert await worker(world, leaver.homes[1]) == (leaver.person, leaver.name)
    assert await told(world) == {(TO_YOU, other)}, "whoever left is told nothing; whoever takes over is"
    every = await submit(
        manager, f"{leaver.path}/{NAMED}", {"action": "give", "items": "all", "to": str(world.a.people["team_manager"])}
    )
    assert every.status_code == 303
    assert await worker(world, leaver.homes[2]) == (world.a.people["team_manager"], world.a.names["team_manager"])
    searches = await submit(manager, f"{leaver.path}/{SEARCHES}", {"action": "give", "items": "all", "to": str(finder)})
    assert searches.status_code == 303
    async with as_owner(world.settings) as owner:
        holders = await owner.fetch("select held_by from placements.search where made_by = $1", leaver.person)
    assert [row["held_by"] for row in holders] == [finder, finder], "earlier searches of the need go along"
    page = words(one(parsed(await manager.get(leaver.path)), "main"))
    assert "1 of 4 left: 3 given to colleagues, 0 ticked off" in page
    reasoned = {"action": "tick", "items": str(leaver.homes[1]), "reason": "The home has closed"}
    assert (await submit(manager, f"{leaver.path}/{HOUSEHOLDS}", reasoned)).status_code == 303
    page = words(one(parsed(await manager.get(leaver.path)), "main"))
    assert "Done 0 of 4 left" in page
    assert "Ticked off: The home has closed" in page
    assert (await manager.get(f"{leaver.path}/{HOUSEHOLDS}")).headers["location"] == leaver.path
    listed = words(one(parsed(await manager.get(LIST)), "table"))
    assert "Done" in listed
    async with database.bound(world.acting(world.a, "team_manager")) as uow:
        assert await uow.scalar(
            text("select handed_over_at is not null from tenants.member where id = :id"), {"id": leaver.member}
        )
    steps = await entries(world, leaver.member, "member.handed_over")
    assert [len(entry["subjects"]) for entry in steps] == [4, 4, 4], "the member, both people, and each thing"
    (ticked,) = await entries(world, leaver.member, "member.holding_ticked_off")
    assert "The home has closed" in ticked["body"]
    (moved,) = await entries(world, leaver.homes[0], "household.handed_over")
    assert leaver.name in moved["body"]
    assert world.a.names[ROLE] in moved["body"]


async def test_whoever_takes_over_sees_it_and_whoever_moved_on_is_told(
    client: httpx.AsyncClient, world: World, leaver: Leaver
) -> None:
    """Somebody who still works here hands over too; each hears of it by a message without any detail."""
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.member set ends = null where person_id = $1", leaver.person)
    other = world.a.people[ROLE]
    headers = await world.bearer(world.a, "team_manager")
    body = {"kind": HOUSEHOLDS, "to": str(other)}
    answer = await client.post(f"{leaver.api}/hand-over", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["given"] == 2
    assert await told(world) == {(TO_YOU, other), (FROM_YOU, leaver.person)}
    async with as_owner(world.settings) as owner:
        kept = await owner.fetchval("select string_agg(\"values\"::text, '') from messages.message")
    assert "HO-" not in kept
    assert OWN_LINK in kept
    await world.sign_in(client, world.a, ROLE)
    own = words(one(parsed(await client.get(OWN_LINK)), "main"))
    assert "Handed over to you" in own
    assert leaver.name in own
    assert "HO-" in own
    await world.sign_in(client, world.a, "data_protection_officer")
    assert "Nothing that is recorded here is yours" in (await client.get(OWN_LINK)).text


async def test_standing_requests_are_handed_over_and_those_ended_are_nobodys(
    client: httpx.AsyncClient, world: World, leaver: Leaver
) -> None:
    made: list[UUID] = []
    async with as_owner(world.settings) as owner:
        for stage in ("draft", "open", "placed"):
            made.append(
                await owner.fetchval(
                    "insert into placements.request (authority_id, number, kind, stage, starts, need, made_by, held_by)"
                    " values ($1, 'R-' || lpad(($4::int * 10 + $5::int)::text, 6, '0'), 'planned', $2,"
                    " current_date + 3, '{}', $3, $3) returning id",
                    world.a.id,
                    stage,
                    leaver.person,
                    next(numbers),
                    len(made),
                )
            )
        await owner.execute(
            "insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)"
            " values ($1, $2, $3, 'Their niece', $4)",
            world.a.id,
            made[0],
            world.a.people["social_worker"],
            world.a.people["team_manager"],
        )
    headers = await world.bearer(world.a, "team_manager")
    kinds = {kind["kind"]: kind for kind in (await state(client, world, leaver))["kinds"]}
    assert {item["id"] for item in kinds["placements.request"]["items"]} == {str(one) for one in made[:2]}
    refused = {"kind": "placements.request", "to": str(world.a.people["social_worker"])}
    answer = await client.post(f"{leaver.api}/hand-over", json=refused, headers=headers)
    assert answer.status_code == 422, answer.text
    assert "niece" not in answer.text
    finder = world.a.people["placement_finder"]
    body = {"kind": "placements.request", "to": str(finder)}
    answer = await client.post(f"{leaver.api}/hand-over", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch("select held_by from placements.request where id = any($1) order by number", made)
    assert [row["held_by"] for row in rows] == [finder, finder, leaver.person]


@pytest.mark.parametrize("who", ["another_council", "no_such_role", "themselves", "left", "nobody"])
async def test_nothing_goes_to_somebody_who_may_not_hold_it(
    client: httpx.AsyncClient, world: World, leaver: Leaver, who: str
) -> None:
    gone = uuid4()
    if who == "left":
        async with as_owner(world.settings) as owner:
            gone = await add_person(owner, "Gone Gale", "gone@ashmoor.example")
            await add_member(owner, world.a.id, gone, [ROLE], starts=date(2024, 1, 1))
        await end(world, gone)
    to = {
        "another_council": world.b.people[ROLE],
        "no_such_role": world.a.people["director"],
        "themselves": leaver.person,
    }.get(who, gone)
    headers = await world.bearer(world.a, "team_manager")
    body = {"kind": HOUSEHOLDS, "to": str(to)}
    answer = await client.post(f"{leaver.api}/hand-over", json=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"] == "to"
    assert await worker(world, leaver.homes[0]) == (leaver.person, leaver.name)
    assert await told(world) == set()


async def test_a_household_locked_from_a_colleague_does_not_go_to_them_and_nothing_else_does(
    client: httpx.AsyncClient, world: World, leaver: Leaver
) -> None:
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)"
            " values ($1, $2, $3, 'Their sister', $4)",
            world.a.id,
            leaver.homes[1],
            world.a.people[ROLE],
            world.a.people["team_manager"],
        )
    headers = await world.bearer(world.a, "team_manager")
    body = {"kind": HOUSEHOLDS, "to": str(world.a.people[ROLE])}
    answer = await client.post(f"{leaver.api}/hand-over", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert "sister" not in answer.text
    assert [await worker(world, home) for home in leaver.homes[:2]] == [(leaver.person, leaver.name)] * 2
    assert (await state(client, world, leaver))["left"] == 4


async def test_bad_requests_change_nothing(client: httpx.AsyncClient, world: World, leaver: Leaver) -> None:
    headers = await world.bearer(world.a, "team_manager")
    other = str(world.a.people[ROLE])
    for body, status in (
        ({"kind": HOUSEHOLDS}, 400),
        ({"kind": HOUSEHOLDS, "to": other, "reason": "Both"}, 400),
        ({"kind": HOUSEHOLDS, "to": other, "items": []}, 400),
        ({"kind": HOUSEHOLDS, "to": other, "items": [str(uuid4())]}, 409),
        ({"kind": "fostering.nothing", "to": other}, 404),
        ({"kind": HOUSEHOLDS, "reason": " "}, 400),
        ({"kind": "tenants.role_held", "to": other}, 400),
    ):
        answer = await client.post(f"{leaver.api}/hand-over", json=body, headers=headers)
        assert answer.status_code == status, (body, answer.text)
    assert (await state(client, world, leaver))["left"] == 4
    twice = {"kind": HOUSEHOLDS, "to": other, "items": [str(leaver.homes[0])]}
    assert (await client.post(f"{leaver.api}/hand-over", json=twice, headers=headers)).status_code == 200
    assert (await client.post(f"{leaver.api}/hand-over", json=twice, headers=headers)).status_code == 409


async def test_an_administrator_sees_how_much_and_hands_no_case_over(
    client: httpx.AsyncClient, world: World, leaver: Leaver
) -> None:
    await world.sign_in(client, world.a, "authority_administrator")
    shown = (await client.get(leaver.path)).text
    assert "4 of 4 left" in shown
    assert "HO-" not in shown
    assert (await client.get(f"{leaver.path}/{HOUSEHOLDS}")).status_code == 403
    headers = await world.bearer(world.a, "authority_administrator")
    body = {"kind": HOUSEHOLDS, "to": str(world.a.people[ROLE])}
    assert (await client.post(f"{leaver.api}/hand-over", json=body, headers=headers)).status_code == 403
    assert await worker(world, leaver.homes[0]) == (leaver.person, leaver.name)


async def test_nothing_of_it_is_anothers(client: httpx.AsyncClient, world: World, leaver: Leaver) -> None:
    await world.sign_in(client, world.b, "team_manager")
    for path in (leaver.path, f"{leaver.path}/{HOUSEHOLDS}"):
        assert (await client.get(path)).status_code == 404
    assert leaver.name not in (await client.get(LIST)).text
    headers = await world.bearer(world.b, "team_manager")
    body = {"kind": HOUSEHOLDS, "to": str(world.b.people[ROLE])}
    assert (await client.post(f"{leaver.api}/hand-over", json=body, headers=headers)).status_code == 404
    assert (await client.get("/api/v1/members/leavers", headers=headers)).json() == {"items": []}


async def test_who_comes_back_holds_again_what_was_ticked_off(
    client: httpx.AsyncClient, world: World, leaver: Leaver, database: Database
) -> None:
    headers = await world.bearer(world.a, "team_manager")
    for kind in (HOUSEHOLDS, NAMED, SEARCHES):
        body = {"kind": kind, "reason": "Nobody is there yet"}
        answer = await client.post(f"{leaver.api}/hand-over", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
    assert (await state(client, world, leaver))["left"] == 0
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await reinstate(uow, leaver.member, None)
    now = await state(client, world, leaver)
    assert (now["left"], now["ticked_off"]) == (4, 0)
    assert all(step["lapsed"] for step in now["steps"])
    await end(world, leaver.person)
    assert (await state(client, world, leaver))["left"] == 4


async def test_a_name_that_a_colleague_here_has_too_is_nobodys_to_hand_over(
    client: httpx.AsyncClient, world: World, leaver: Leaver
) -> None:
    async with as_owner(world.settings) as owner:
        twin = await add_person(owner, leaver.name, f"twin-{leaver.member}@ashmoor.example")
        await add_member(owner, world.a.id, twin, [ROLE], starts=date(2024, 1, 1))
    kinds = {kind["kind"] for kind in (await state(client, world, leaver))["kinds"]}
    assert kinds == {HOUSEHOLDS, SEARCHES}


async def test_each_night_managers_hear_of_what_waits_once_a_week(
    world: World, database: Database, leaver: Leaver
) -> None:
    manager = (WAITING, world.a.people["team_manager"])
    for _ in range(2):
        async with database.bound(world.acting(world.a, "authority_administrator", "nightly")) as uow:
            await review(uow, Nothing())
    async with as_owner(world.settings) as owner:
        times = await owner.fetchval("select count(*) from messages.message where template = $1", WAITING)
    assert times == 1
    assert manager in await told(world)
    async with as_owner(world.settings) as owner:
        done = await owner.fetch("select handed_over_at from tenants.member where ends <= current_date")
        assert None in [row["handed_over_at"] for row in done]
        await owner.execute(
            "update fostering.household set supervising_person_id = $1, supervising_worker = 'x'"
            " where supervising_person_id is not null or supervising_worker <> ''",
            world.a.people[ROLE],
        )
        await owner.execute("update placements.search set held_by = $1", world.a.people["placement_finder"])
        await owner.execute("delete from messages.message")
    async with database.bound(world.acting(world.a, "authority_administrator", "nightly")) as uow:
        await review(uow, Nothing())
    assert manager not in await told(world)
    async with as_owner(world.settings) as owner:
        done = await owner.fetch("select handed_over_at from tenants.member where ends <= current_date")
        assert None not in [row["handed_over_at"] for row in done]
        await owner.execute(
            "update fostering.household set supervising_person_id = $1 where id = $2", leaver.person, leaver.homes[0]
        )
    async with database.bound(world.acting(world.a, "authority_administrator", "nightly")) as uow:
        await review(uow, Nothing())
    assert manager in await told(world), "something of a leaver's turned up again"


@pytest.mark.browser
async def test_the_pages_are_accessible_and_work_without_scripts(
    browser: Browser, served: str, world: World, leaver: Leaver
) -> None:
    axe.require()
    context = await browser.new_context(bypass_csp=True, base_url=served)
    cookie = await world.session(world.a, "team_manager")
    await context.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookie.items()])
    page = await context.new_page()
    for address in (LIST, leaver.path, f"{leaver.path}/{HOUSEHOLDS}", OWN_LINK):
        answer = await page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        assert await axe.violations(page) == [], address
    await context.close()
    plain = await browser.new_context(base_url=served, java_script_enabled=False)
    await plain.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookie.items()])
    page = await plain.new_page()
    await page.goto(f"{leaver.path}/{HOUSEHOLDS}")
    await page.get_by_label("All 2 of them").check()
    await page.get_by_label("Who takes over?").select_option(label=world.a.names[ROLE])
    await page.get_by_role("button", name="Hand over").click()
    await page.get_by_text("2 given to colleagues").wait_for()
    await plain.close()
