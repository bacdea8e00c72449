"""The demonstration's sign-in: invented people only, never in production; sessions that end on the server."""

from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar.routes import HTTPRoute

from careshare.app import create_app
from careshare.database import Database
from careshare.identity import SESSION_COOKIE
from careshare.identity_pages import PEOPLE, safe_next
from careshare.settings import Settings
from tenants.actions import add_member, add_person, as_owner
from tests.fixtures.live import started
from tests.web.html import one, parsed, words
from tests.world import World, WorldAuthority, submit


def somebody(authority: WorldAuthority, role: str = "placement_finder") -> str:
    return f"{authority.id}/{authority.people[role]}"


async def signed_in(client: httpx.AsyncClient, authority: WorldAuthority, after: str = "/") -> httpx.Response:
    page = f"/sign-in?authority={authority.id}"
    return await submit(client, page, {"person": somebody(authority), "next": after}, to="/sign-in")


async def test_choosing_somebody_signs_in_and_every_page_says_as_whom(client: httpx.AsyncClient, world: World) -> None:
    answer = await signed_in(client, world.a)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert SESSION_COOKIE in cookie
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    home = await client.get("/")
    assert "Ashmoor" in home.text
    assert "placement finder" in home.text


async def test_the_page_lists_councils_then_their_people(client: httpx.AsyncClient, world: World) -> None:
    councils = await client.get("/sign-in")
    parsed(councils)
    for authority in world.authorities:
        assert authority.name in councils.text
    assert world.a.names["director"] not in councils.text
    asked = words(one(parsed(councils), "details"))
    assert "Work e-mail address" in asked, "the question of real sign-in is there for whoever opens it"
    assert councils.text.index(world.c.name) < councils.text.index("Work e-mail address"), "invented staff come first"
    people = await client.get(f"/sign-in?authority={world.a.id}")
    assert world.a.names["director"] in people.text
    assert world.b.names["director"] not in people.text


async def test_the_page_lists_who_may_act_today_and_no_machine(client: httpx.AsyncClient, world: World) -> None:
    async with as_owner(world.settings) as owner:
        for name, roles, days in (
            ("Nora Norole", [], None),
            ("Gus Gone", ["director"], 0),
            ("Mach Ine", ["api_client"], None),
        ):
            person = await add_person(owner, name, f"{name.split()[0].lower()}@ashmoor.example")
            await owner.execute(
                "insert into tenants.member (authority_id, person_id, roles, starts, ends)"
                " values ($1, $2, $3, current_date - 1, current_date + $4::int)",
                *(world.a.id, person, roles, days),
            )
    shown = await client.get(f"/sign-in?authority={world.a.id}")
    assert shown.status_code == 200
    assert "Nora Norole" in shown.text, "a directory may send somebody before their roles"
    assert "Gus Gone" not in shown.text
    assert "Mach Ine" not in shown.text


async def test_nobody_chosen_or_somebody_unknown_is_told(client: httpx.AsyncClient, world: World) -> None:
    page = f"/sign-in?authority={world.a.id}"
    strangers = ["", "nobody", f"{world.a.id}/{world.b.people['director']}"]
    for person in strangers:
        answer = await submit(client, page, {"person": person}, to="/sign-in")
        assert answer.status_code == 400
        assert "Choose whom to sign in as" in answer.text
        assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


async def test_signing_out_ends_the_session_on_the_server(client: httpx.AsyncClient, world: World) -> None:
    await signed_in(client, world.a)
    kept = client.cookies[SESSION_COOKIE]
    answer = await submit(client, "/", {}, to="/sign-out")
    assert answer.status_code == 303
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, kept)
    assert (await client.get("/")).status_code == 303


async def test_a_page_one_wanted_is_where_one_lands(client: httpx.AsyncClient, world: World) -> None:
    wanted = await client.get("/placements/searches")
    assert wanted.headers["location"] == "/sign-in?next=/placements/searches"
    answer = await signed_in(client, world.a, "/placements/searches")
    assert answer.headers["location"] == "/placements/searches"


async def test_a_link_of_a_message_leads_to_its_part_of_the_list_after_signing_in(
    client: httpx.AsyncClient, world: World
) -> None:
    path = "/foster-carers/due?kind=confirm_vacancy"
    wanted = await client.get(path)
    at = parse_qs(urlsplit(wanted.headers["location"]).query)["next"]
    assert at == [path]
    answer = await signed_in(client, world.a, at[0])
    assert answer.headers["location"] == path
    client.cookies.clear()
    long = await client.get(f"/foster-carers/due?kind={'x' * 600}")
    assert long.headers["location"] == "/sign-in?next=/foster-carers/due"


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "evil", "", "/a\r\nSet-Cookie: x"]
)
async def test_nobody_is_sent_to_another_site(client: httpx.AsyncClient, world: World, path: str) -> None:
    assert safe_next(path) == "/"
    assert (await signed_in(client, world.a, path)).headers["location"] == "/"


async def test_a_member_of_two_authorities_acts_for_one_at_a_time(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    person = world.a.people["out_of_hours"]
    async with as_owner(settings) as owner:
        await add_member(owner, world.b.id, person, ["out_of_hours"], starts=date(2024, 1, 1))
    await world.sign_in(client, world.a, "out_of_hours")
    first = client.cookies[SESSION_COOKIE]
    answer = await submit(client, "/acting", {"authority": str(world.b.id)})
    assert answer.status_code == 303
    assert "Birkdale" in (await client.get("/")).text
    async with as_owner(settings) as owner:
        begun = await owner.fetch(
            "select actor_id from audit.entry where action = 'session.begun' and authority_id = $1", world.b.id
        )
    assert [row["actor_id"] for row in begun] == [person], "the authority acted for has it on its record"
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, first)
    assert (await client.get("/")).status_code == 303, "the session for the first authority has ended"
    await world.sign_in(client, world.a, "out_of_hours")
    refused = await submit(client, "/acting", {"authority": str(world.c.id)})
    assert refused.status_code == 400


async def test_over_https_the_cookie_is_this_hosts_alone(settings: Settings, world: World) -> None:
    secure = replace(settings, public_url="https://careshare.test")
    async with started(create_app(secure)) as app:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # Litestar is an ASGI application
        async with httpx.AsyncClient(transport=transport, base_url="https://careshare.test") as caller:
            answer = await signed_in(caller, world.a)
            name, _, attributes = answer.headers["set-cookie"].partition("=")
            assert name == f"__Host-{SESSION_COOKIE}"
            said = {part.strip().lower() for part in attributes.split(";")[1:]}
            assert {"secure", "path=/", "httponly"} <= said
            assert not any(part.startswith("domain") for part in said)
            assert (await caller.get("/")).status_code == 200
            secret = caller.cookies[name]
            caller.cookies.clear()
            caller.cookies.set(SESSION_COOKIE, secret)
            planted = await caller.get("/")
            assert planted.status_code == 303, "the plain name may have been set by another host"
            caller.cookies.clear()
            caller.cookies.set(name, secret, domain="careshare.test")
            left = await submit(caller, "/", {}, to="/sign-out")
            gone = [one for one in left.headers.get_list("set-cookie") if one.startswith(f"{name}=")]
            assert gone
            assert {"secure", "path=/", "max-age=0"} <= {part.strip().lower() for part in gone[0].split(";")}


async def test_in_production_the_demonstrations_sign_in_is_not_there(settings: Settings, world: World) -> None:
    app = create_app(replace(settings, environment="production"))
    ways = {route.path: route.route_handler_map for route in app.routes if isinstance(route, HTTPRoute)}
    assert "POST" not in ways["/sign-in"], "the e-mail address goes to /sign-in/email; nobody is chosen from a list"
    assert "/sign-out" in ways


async def test_a_database_migrated_for_production_lists_nobody(
    settings: Settings, database: Database, world: World
) -> None:
    async with database.unbound() as uow:
        assert (await uow.execute(PEOPLE)).all()
    name = settings.admin_url.database
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        await owner.execute(f"alter database {name} set careshare.demo = 'off'")
    fresh = Database.open(settings, pool_size=1)
    async with fresh.unbound() as uow:
        assert (await uow.execute(PEOPLE)).all() == []
    await fresh.close()
