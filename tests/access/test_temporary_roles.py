"""Deputies, delegations and support hold a role for a time: by date, shown on every page, and on the record."""

from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.identity import SESSION_COOKIE, open_session
from careshare.settings import Settings
from careshare.web.filters import LONDON
from tenants.actions import add_person, as_owner
from tests.web.html import one, parsed, words
from tests.world import World, submit

PATH = "/administration/temporary-roles"
TODAY = datetime.now(LONDON).date()
ENTRIES = text("select action, actor_id, purpose from audit.entry where action = :action order by id desc")


def days(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def period(first: int, last: int) -> dict[str, str]:
    return {**days("since", TODAY + timedelta(days=first)), **days("until", TODAY + timedelta(days=last))}


async def give(client: httpx.AsyncClient, world: World, kind: str, answers: dict[str, Any]) -> httpx.Response:
    await world.sign_in(client, world.a, "authority_administrator", stepped_up=True)
    return await submit(client, f"{PATH}/{kind}", {"reason": "Annual leave", **answers})


async def appoint(client: httpx.AsyncClient, world: World, who: str, for_whom: str, first: int, last: int) -> None:
    answers = {"person": str(world.a.people[who]), "for_person": str(world.a.people[for_whom]), **period(first, last)}
    answer = await give(client, world, "deputy", answers)
    assert (answer.status_code, answer.headers.get("location")) == (303, PATH), answer.text


async def test_a_deputy_acts_in_the_name_of_and_it_is_recorded(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    await appoint(client, world, "social_worker", "team_manager", 0, 6)
    listed = words(one(parsed(await client.get(PATH)), "main"))
    assert "Ashmoor Child’s social worker" in listed
    assert "Deputy for Ashmoor Team manager: team manager" in listed
    await world.sign_in(client, world.a, "social_worker")
    home = await client.get("/foster-carers/new")
    assert home.status_code == 403, "a team manager may not register a household, nor may the deputy"
    register = await client.get("/foster-carers")
    assert register.status_code == 200
    bar = words(one(parsed(register), "section", class_="careshare-acting"))
    assert "Deputy for Ashmoor Team manager as team manager until" in bar
    await client.get("/foster-carers/export")
    headers = await world.bearer(world.a, "social_worker", ["household:export"])
    assert (await client.get("/api/v1/households/export", headers=headers)).status_code == 200
    async with database.bound(world.acting(world.a)) as uow:
        entry = (await uow.execute(ENTRIES, {"action": "register.export_begun"})).first()
    assert entry is not None
    assert entry.actor_id == world.a.people["social_worker"]
    assert entry.purpose.endswith(f"; in the name of {world.a.people['team_manager']}")


async def test_a_deputy_loses_the_role_with_whom_they_stand_in_for(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    """On the next request: taken from them, given back, and gone with their membership or the deputy's own."""
    manager, deputy = world.a.people["team_manager"], world.a.people["allowances_officer"]
    await appoint(client, world, "allowances_officer", "team_manager", 0, 6)
    await world.sign_in(client, world.a, "allowances_officer")
    headers = await world.bearer(world.a, "allowances_officer", ["household:read"])

    async def may() -> list[int]:
        page, api = await client.get("/foster-carers"), await client.get("/api/v1/households", headers=headers)
        return [page.status_code, api.status_code]

    async def change(statement: str, *given: object) -> None:
        async with as_owner(settings) as owner:
            await owner.execute(statement, *given)

    roles = "update tenants.member set roles = $2 where person_id = $1"
    ends = "update tenants.member set ends = $2 where person_id = $1"
    assert await may() == [200, 200]
    await change(roles, manager, ["budget_holder"])
    assert await may() == [403, 403], "the manager is none any more"
    assert "allowances officer" in (await client.get("/")).text, "what is their own stays"
    await world.sign_in(client, world.a, "authority_administrator")
    listed = words(one(parsed(await client.get(PATH)), "main"))
    assert "Ashmoor Team manager no longer holds the role, so neither does the deputy" in listed
    await world.sign_in(client, world.a, "allowances_officer")
    await change(roles, manager, ["team_manager"])
    assert await may() == [200, 200]
    await change(ends, manager, TODAY)
    assert await may() == [403, 403], "the manager has left"
    offered = words(one(parsed(await client.get("/acting")), "main"))
    assert ("Allowances officer" in offered, "Team manager" in offered) == (True, False)
    await change(ends, manager, None)
    await change(ends, deputy, TODAY)
    assert await may() == [303, 401], "and so has the deputy"
    async with database.unbound() as uow:
        assert await open_session(uow, deputy, world.a.id) is None
    await change(ends, deputy, None)
    assert await may() == [200, 200]


async def test_what_ones_own_role_allows_is_not_done_in_anothers_name(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    await appoint(client, world, "fostering_officer", "team_manager", 0, 6)
    headers = await world.bearer(world.a, "fostering_officer", ["household:export"])
    assert (await client.get("/api/v1/households/export", headers=headers)).status_code == 200
    async with database.bound(world.acting(world.a)) as uow:
        entry = (await uow.execute(ENTRIES, {"action": "register.export_begun"})).first()
    assert entry is not None
    assert "name of" not in entry.purpose


async def test_a_role_begins_and_ends_by_its_date_and_can_be_ended_now(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    await appoint(client, world, "contact_coordinator", "team_manager", 1, 3)
    await world.sign_in(client, world.a, "contact_coordinator")
    assert (await client.get("/foster-carers")).status_code == 403
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.temporary_role set during = tstzrange(now() - interval '1 day', now() + interval '1 day')"
            " where person_id = $1",
            world.a.people["contact_coordinator"],
        )
    assert (await client.get("/foster-carers")).status_code == 200
    async with database.bound(world.acting(world.a)) as uow:
        role = await uow.scalar(
            text("select id from tenants.temporary_role where person_id = :person"),
            {"person": world.a.people["contact_coordinator"]},
        )
    await world.sign_in(client, world.a, "authority_administrator", stepped_up=True)
    ended = await submit(client, f"{PATH}/support", {}, to=f"{PATH}/{role}/end")
    assert ended.status_code == 303
    assert (await submit(client, f"{PATH}/support", {}, to=f"{PATH}/{role}/end")).status_code == 404
    await world.sign_in(client, world.a, "contact_coordinator")
    assert (await client.get("/foster-carers")).status_code == 403
    async with database.bound(world.acting(world.a)) as uow:
        assert (await uow.execute(ENTRIES, {"action": "temporary_role.given"})).first()
        assert (await uow.execute(ENTRIES, {"action": "temporary_role.ended"})).first()


async def test_several_councils_delegate_to_one_out_of_hours_worker(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    email = "out-of-hours@caldergarth.example"
    answers = {"name": "Night Worker", "email": email.upper(), "role": "out_of_hours", **period(0, 30)}
    assert (await give(client, world, "delegation", answers)).status_code == 303
    await world.sign_in(client, world.b, "authority_administrator", stepped_up=True)
    assert (await submit(client, f"{PATH}/delegation", {"reason": "Nights", **answers})).status_code == 303
    await world.sign_in(client, world.c, "out_of_hours")
    page = await client.get("/acting")
    assert all(name in page.text for name in ("Ashmoor", "Birkdale", "Caldergarth"))
    assert "Out-of-hours worker, until" in page.text
    switched = await submit(client, "/acting", {"authority": str(world.b.id)})
    assert switched.status_code == 303
    home = await client.get("/")
    bar = words(one(parsed(home), "section", class_="careshare-acting"))
    assert "Acting for Birkdale as out-of-hours worker" in bar
    assert "By delegation as out-of-hours worker until" in bar
    assert (await client.get("/foster-carers/tonight")).status_code == 200
    async with database.bound(world.acting(world.b)) as uow:
        used = (await uow.execute(ENTRIES, {"action": "temporary_role.used"})).first()
    assert used is not None
    assert used.actor_id == world.c.people["out_of_hours"]


async def test_the_regional_officer_finds_for_the_councils_that_delegated_and_no_other(
    client: httpx.AsyncClient, world: World, database: Database, settings: Settings
) -> None:
    """They are on each council's record as the one who acted for it, and see under its agreements, not their own."""
    async with as_owner(settings) as owner:
        officer = await add_person(owner, "Rae Gional", "rae.gional@region.example")
    answers = {"name": "Rae Gional", "email": "rae.gional@region.example", "role": "regional_placement_officer"}
    await world.sign_in(client, world.a, "authority_administrator", stepped_up=True)
    assert (await give(client, world, "delegation", {**answers, **period(0, 30)})).status_code == 303
    async with database.unbound() as uow:
        opened = [await open_session(uow, officer, authority.id) for authority in world.authorities]
    assert [secret is not None for secret in opened] == [True, False, False]
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, opened[0] or "")
    assert (await client.get("/placements/tonight")).status_code == 200
    assert (await client.get("/foster-carers")).status_code == 403, "what a finder may, and no more"
    asked = {"children-1-age": "6", "children-1-sex": "F"}
    found = await submit(client, "/placements/tonight", asked)
    assert (await client.get(found.headers["location"])).status_code == 200
    async with database.bound(world.acting(world.a)) as uow:
        entry = (await uow.execute(ENTRIES, {"action": "placements.search"})).first()
    assert entry is not None
    assert entry.actor_id == officer
    assert entry.purpose.endswith("; by delegation")


async def test_support_comes_in_by_invitation_and_sees_no_case(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    answers = {"name": "Sam Support", "email": "sam@support.example", "hours": "2"}
    assert (await give(client, world, "support", answers)).status_code == 303
    async with as_owner(settings) as owner:
        engineer = await owner.fetchval("select id from identity.person where email = 'sam@support.example'")
    async with database.unbound() as uow:
        opened = text("select identity.open_session(:hash, :person, :authority, null, null, null, false, '')")
        for authority, let_in in ((world.a, True), (world.b, False)):
            shown = {"hash": authority.id.bytes * 2, "person": engineer, "authority": authority.id}
            assert (await uow.execute(opened, shown)).scalar_one() is let_in
        row = await uow.execute(
            text("select roles, temporary from identity.enter('session', :shown, 'test')"),
            {"shown": (world.a.id.bytes * 2).hex()},
        )
        entered = row.one()
    assert entered.roles == ["support_engineer"]
    assert '"support"' in entered.temporary


WRONG = [
    ("support", {"name": "Sam", "email": "sam@support.example", "hours": "169"}, "hours"),
    ("support", {"name": "Sam", "email": "not an address", "hours": "2"}, "email"),
    ("support", {"name": "Sam", "email": "sam@support.example", "hours": "2", "reason": ""}, "reason"),
    ("delegation", {"name": "N", "email": "n@n.example", "role": "director", **period(0, 1)}, "role"),
    ("delegation", {"name": "N", "email": "n@n.example", "role": "out_of_hours", **period(-9, -2)}, "until"),
    ("delegation", {"name": "N", "email": "n@n.example", "role": "out_of_hours", **period(3, 1)}, "until"),
    ("delegation", {"name": "N", "email": "n@n.example", "role": "out_of_hours", **period(0, 400)}, "until"),
]


@pytest.mark.parametrize(("kind", "answers", "field"), WRONG)
async def test_what_cannot_be_given_is_told(
    client: httpx.AsyncClient, world: World, kind: str, answers: dict[str, str], field: str
) -> None:
    answer = await give(client, world, kind, answers)
    assert answer.status_code == 400, answer.text
    assert f'href="#{field}' in answer.text


async def test_nobody_gives_a_role_to_themselves_or_a_strangers_colleague(
    client: httpx.AsyncClient, world: World
) -> None:
    administrator = str(world.a.people["authority_administrator"])
    director = str(world.a.people["director"])
    for person, for_person in (
        (administrator, director),
        (director, director),
        (str(world.b.people["director"]), director),
        (director, str(world.b.people["director"])),
        (director, administrator),
    ):
        answers = {"person": person, "for_person": for_person, **period(0, 1)}
        assert (await give(client, world, "deputy", answers)).status_code == 400


async def test_only_the_administrator_of_the_authority_gives_them(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    async with as_owner(settings) as owner:
        await add_person(owner, "Nobody", "nobody@nowhere.example")
    for role in ("director", "team_manager", "regional_administrator"):
        await world.sign_in(client, world.a, role)
        assert (await client.get(PATH)).status_code == 403
    await world.sign_in(client, world.b, "authority_administrator", stepped_up=True)
    assert "Ashmoor" not in words(one(parsed(await client.get(PATH)), "main"))


async def test_the_authority_sets_how_long_people_stay_signed_in(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    page = "/administration/sessions"
    await world.sign_in(client, world.b, "authority_administrator", stepped_up=True)
    assert 'value="720"' in (await client.get(page)).text
    assert (await submit(client, page, {"idle": "30", "absolute": "8"})).status_code == 303
    assert 'value="30"' in (await client.get(page)).text
    for idle, absolute in (("4", "8"), ("30", "25"), ("600", "8"), ("", "")):
        assert (await submit(client, page, {"idle": idle, "absolute": absolute})).status_code == 400
    async with database.bound(world.acting(world.b)) as uow:
        assert (await uow.execute(ENTRIES, {"action": "session_limits.changed"})).first()
