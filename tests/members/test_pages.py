"""The pages under /administration: what an administrator sees and does, and who may not."""

from base64 import urlsafe_b64decode
from datetime import timedelta

import httpx
import pytest
from playwright.async_api import Browser

from careshare.database import Database
from services.fostering.actions import register_household
from tenants.actions import as_owner
from tenants.members import queries
from tenants.members.model import Filters
from tests.fostering.register import a_home
from tests.web import axe
from tests.web.html import one, parsed, words
from tests.world import World, submit

ADMIN = "authority_administrator"
ROOT = "/administration"
MEMBERS = f"{ROOT}/members"


async def path_of(database: Database, world: World, role: str) -> str:
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        rows, _ = await queries.members(uow, Filters(q=world.a.names[role].lower(), state=None))
        return f"{MEMBERS}/{rows[0].id}"


def day(name: str, ahead: int = 0) -> dict[str, str]:
    wanted = queries.today() + timedelta(days=ahead)
    return {f"{name}-{part}": str(getattr(wanted, part)) for part in ("day", "month", "year")}


async def test_administration_begins_on_a_page_of_what_one_may_do(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    landing = await client.get(ROOT)
    shown = words(one(parsed(landing), "main"))
    assert "Members and roles" in shown
    home = await client.get("/")
    menu = words(one(parsed(home), "nav", aria_label="Menu"))
    assert "Administration" in menu
    assert "Members and roles" not in menu, "all administration stands under one entry"
    await world.sign_in(client, world.a, "placement_finder")
    assert "Administration" not in words(one(parsed(await client.get("/")), "nav", aria_label="Menu"))
    assert (await client.get(ROOT)).status_code == 200
    assert (await client.get(MEMBERS)).status_code == 403


async def test_members_are_listed_filtered_and_found_without_a_name_in_an_address(
    administrator: httpx.AsyncClient,
) -> None:
    page = await administrator.get(MEMBERS)
    shown = words(one(parsed(page), "main"))
    assert "Ashmoor Placement finder" in shown
    assert "Birkdale" not in shown
    found = await submit(administrator, MEMBERS, {"q": "exemptions"})
    assert found.status_code == 200
    shown = words(one(parsed(found), "table"))
    assert "Exemptions officer" in shown
    assert "Placement finder" not in shown
    plain = await submit(administrator, MEMBERS, {"q": "", "role": "director", "state": ""})
    assert plain.status_code == 303
    assert plain.headers["location"] == f"{MEMBERS}?role=director"
    named = await administrator.get(f"{MEMBERS}?q=someone")
    assert named.status_code == 303
    left = await administrator.get(f"{MEMBERS}?state=left")
    assert "Nobody is like that" in left.text
    assert (await administrator.get(f"{MEMBERS}?after=zzzz")).status_code == 400


async def test_the_next_page_is_asked_for_without_a_name_in_its_address(
    client: httpx.AsyncClient, world: World
) -> None:
    headers = await world.bearer(world.a, "authority_administrator")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await client.get("/api/v1/members", params={"limit": 4, "cursor": cursor}, headers=headers)
        page = answer.json()
        seen += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is not None:
            inside = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            assert page["items"][-1]["name"].encode() not in inside
            assert page["items"][-1]["id"].encode() in inside
    assert len(seen) == len(set(seen)) > 12
    assert seen == sorted(seen)


async def test_somebody_is_invited_by_a_form(administrator: httpx.AsyncClient) -> None:
    empty = await submit(administrator, f"{MEMBERS}/invite", {})
    assert empty.status_code == 400
    assert "Select at least one role" in empty.text
    parsed(empty)
    given = {"name": "Formina", "email": "formina@ashmoor.example", "roles": ["social_worker"]}
    twice = [await submit(administrator, f"{MEMBERS}/invite", given) for _ in "ab"]
    assert twice[0].status_code == 303
    page = await administrator.get(twice[0].headers["location"])
    assert "Invited" in words(one(parsed(page), "h1"))
    assert twice[1].status_code == 400
    assert "is a member already" in twice[1].text
    again = await submit(
        administrator, twice[0].headers["location"], {}, to=f"{twice[0].headers['location']}/invitation"
    )
    assert again.status_code == 303


async def test_roles_are_changed_and_a_stale_form_changes_nothing(
    administrator: httpx.AsyncClient, world: World, database: Database
) -> None:
    path = await path_of(database, world, "payments")
    changed = await submit(administrator, f"{path}/roles", {"version": "1", "roles": ["payments", "director"]})
    assert changed.status_code == 303, changed.text
    page = await administrator.get(path)
    assert "Director" in page.text
    stale = await submit(administrator, f"{path}/roles", {"version": "1", "roles": ["payments"]})
    assert stale.status_code == 412
    none = await submit(administrator, f"{path}/roles", {"version": "2"})
    assert none.status_code == 400
    assert "Select at least one role" in none.text


async def test_the_last_administrator_is_told_why_they_stay(
    administrator: httpx.AsyncClient, world: World, database: Database
) -> None:
    path = await path_of(database, world, ADMIN)
    answer = await submit(administrator, f"{path}/end", {"version": "1", **day("ends")})
    assert answer.status_code == 400
    assert "last administrator" in answer.text
    parsed(answer)


async def test_whoever_leaves_hands_over_what_they_held(
    administrator: httpx.AsyncClient, client: httpx.AsyncClient, world: World, database: Database
) -> None:
    role = "supervising_social_worker"
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        await register_household(uow, a_home(reference="FH-900", supervising_person_id=world.a.people[role]))
    async with as_owner(world.settings) as owner:
        await owner.execute(
            """insert into placements.search (authority_id, made_by, kind, need, need_key, reference)
               values ($1, $2, 'tonight', '{}', 'x', 'CH-104482')""",
            world.a.id,
            world.a.people[role],
        )
    path = await path_of(database, world, role)
    ended = await submit(administrator, f"{path}/end", {"version": "1", **day("ends")})
    assert ended.headers["location"] == f"{path}/hand-over"
    page = await administrator.get(f"{path}/hand-over")
    shown = words(one(parsed(page), "main"))
    assert "Foster households they supervise: 1" in shown
    assert "Open searches: 1" in shown
    assert "FH-900" not in page.text, "an administrator sees no case data"
    assert "CH-104482" not in page.text
    looked = await administrator.get(f"{MEMBERS}/review")
    assert world.a.names[role] in looked.text
    back = await submit(administrator, path, {"version": "2"}, to=f"{path}/reinstate")
    assert back.status_code == 303
    await world.sign_in(client, world.a, "team_manager")
    manager = await client.get(f"{path}/hand-over")
    assert "FH-900" in manager.text
    assert "CH-104482" in manager.text


async def test_the_directory_page_says_where_it_writes_and_sets_default_roles(
    administrator: httpx.AsyncClient,
) -> None:
    page = await administrator.get(f"{MEMBERS}/directory")
    assert "/scim/v2" in page.text
    saved = await submit(administrator, f"{MEMBERS}/directory", {"version": "0", "roles": ["social_worker"]})
    assert saved.status_code == 303
    stale = await submit(administrator, f"{MEMBERS}/directory", {"version": "0", "roles": []})
    assert stale.status_code == 412


async def test_a_form_from_elsewhere_changes_nothing(
    administrator: httpx.AsyncClient, world: World, database: Database
) -> None:
    path = await path_of(database, world, "director")
    for address in (f"{MEMBERS}/invite", f"{path}/roles", f"{path}/end", f"{path}/reinstate", f"{path}/invitation"):
        assert (await administrator.post(address, data={"version": "1"})).status_code == 403, address


async def test_every_page_is_accessible(browser: Browser, served: str, world: World, database: Database) -> None:
    axe.require()
    path = await path_of(database, world, "director")
    context = await browser.new_context(bypass_csp=True, base_url=served)
    cookie = await world.session(world.a, ADMIN, stepped_up=True)
    await context.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookie.items()])
    page = await context.new_page()
    addresses = [ROOT, MEMBERS, *(f"{MEMBERS}/{name}" for name in ("invite", "review", "directory"))]
    for address in [*addresses, path, *(f"{path}/{name}" for name in ("roles", "end", "hand-over"))]:
        answer = await page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        assert await axe.violations(page) == [], address
    await context.close()


@pytest.mark.parametrize("role", ["placement_finder", "fostering_officer", "regional_administrator"])
async def test_nobody_else_opens_members(client: httpx.AsyncClient, world: World, role: str) -> None:
    await world.sign_in(client, world.a, role)
    for address in (MEMBERS, f"{MEMBERS}/invite", f"{MEMBERS}/review", f"{MEMBERS}/directory"):
        assert (await client.get(address)).status_code == 403
