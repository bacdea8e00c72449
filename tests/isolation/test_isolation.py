"""What an outsider is answered is byte for byte the same before and after a hidden row is added, on every route.

Lists, counts, searches, exports, pages and errors. And the owner's own answers change, so that the comparison could
have failed.
"""

import asyncio
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from careshare.access.permissions import Permissions
from careshare.service import services
from careshare.settings import Settings
from tenants.actions import add_member, add_person, as_owner
from tests.isolation.hidden import add_everything, add_household, add_offer
from tests.recharges.hidden import add_ended
from tests.world import World, WorldAuthority

ROLES = ("placement_finder", "fostering_officer", "team_manager", "data_protection_officer")
FIXED = re.compile(rb'name="csrf_token" value="[^"]+"|<time datetime="[^"]+">[^<]+</time>')
"""The only things that differ between two readings of an unchanged page: the form's token and the time of reading."""

OWN = {"/sessions"}
"""What shows only what the reader did: each reading here signs in anew, so the list of sessions grows."""

RECORD = re.compile("(/api/v1)?/record(/|$)")
"""What shows what was read and taken out, by the readings here too: read last before, and first after."""

NAMED_BY_NO_ADDRESS = {
    "archived_file",
    "break",
    "kept",
    "notification",
    "place",
    "placed_child",
    "request_child",
    "resident",
    "role",
    "secret",
    "stay",
    "subject",
    "unmet",
}
"""What no address shows by its identifier alone, or to one person only."""

TONIGHT: dict[str, Any] = {"children": [{"age": 6, "sex": "F"}]}


def addresses(app: Litestar, ids: Iterable[UUID | str]) -> list[tuple[str, str]]:
    """(kind, address) of every GET route; one for each id where the address takes one."""
    found: list[tuple[str, str]] = []
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or "GET" not in route.route_handler_map:
            continue
        handler = route.route_handler_map["GET"][0]
        if handler.opt.get("public") or route.path in OWN:
            continue
        kind = "api" if route.path.startswith(("/api/", "/scim/")) else "page"
        if "{" in route.path:
            found += [(kind, re.sub(r"\{[^}]+\}", str(one), route.path)) for one in ids]
        else:
            found.append((kind, route.path))
    return found


def plain(content: bytes) -> bytes:
    """What an answer says: of a workbook its sheets, without when it was made."""
    if not content.startswith(b"PK"):
        return content
    with ZipFile(io.BytesIO(content)) as book:
        return b"".join(book.read(name) for name in sorted(book.namelist()) if not name.startswith("docProps/"))


async def answers(
    client: httpx.AsyncClient, world: World, viewer: WorldAuthority, asked: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, bytes]]:
    """Everything the viewer's people are answered, by role and address."""
    found: dict[tuple[str, str], tuple[int, bytes]] = {}
    for role in ROLES:
        headers = await world.bearer(viewer, role, stepped_up=True)
        await world.sign_in(client, viewer, role, stepped_up=True)
        for kind, address in asked:
            if kind == "api":
                answer = await client.get(address, headers=headers)
            else:
                answer = await client.get(address)
            assert answer.status_code < 500, f"{role} {address}: {answer.text[:300]}"
            found[role, address] = answer.status_code, FIXED.sub(b"", plain(answer.content))
    return found


async def search(client: httpx.AsyncClient, world: World, viewer: WorldAuthority, need: dict[str, Any]) -> str:
    """Save a search and return its address, to be asked again and again."""
    answer = await client.post("/api/v1/searches", json=need, headers=await world.bearer(viewer))
    assert answer.status_code == 201, answer.text
    return f"/api/v1/searches/{answer.json()['id']}/results"


@pytest.fixture(scope="module")
async def published(settings: Settings, world: World) -> UUID:
    """A home of A that B may see, so that answers are not empty."""
    async with as_owner(settings) as owner:
        household = await add_household(owner, world.a, "SHOWN")
        return await add_offer(owner, world.a, "foster_carers", household, point=(400_100, 560_100))


async def test_hidden_rows_change_nothing_for_anyone_else(
    app: Litestar, client: httpx.AsyncClient, world: World, settings: Settings, published: UUID
) -> None:
    async with as_owner(settings) as owner:
        await add_ended(owner, world)
    everything = addresses(app, [uuid4()])
    record = [(kind, address) for kind, address in everything if RECORD.match(address)]
    asked = [one for one in everything if one not in record]
    assert record
    searches = {one.name: [("api", await search(client, world, one, TONIGHT))] for one in (world.b, world.c)}
    found = {one.name: await answers(client, world, one, searches[one.name]) for one in (world.b, world.c)}
    # Only now, for a search counts how often it was made, and the lists show it.
    lists = {one.name: await answers(client, world, one, asked) for one in (world.b, world.c)}
    own_before = await answers(client, world, world.a, asked)
    records = {one.name: await answers(client, world, one, record) for one in (world.b, world.c)}
    async with as_owner(settings) as owner:
        await add_everything(owner, world, world.a)
    for viewer in (world.b, world.c):
        for then, again in ((records, record), (lists, asked), (found, searches[viewer.name])):
            now = await answers(client, world, viewer, again)
            for key, answer in then[viewer.name].items():
                assert now[key] == answer, f"{viewer.name} {key}"
    own_now = await answers(client, world, world.a, asked)
    changed = {address for (_role, address), answer in own_before.items() if own_now[_role, address] != answer}
    assert any("households" in address for address in changed), "the owner sees the new household"
    assert any("/homes" in address for address in changed), "the owner sees the new home"
    assert any("foster-carers" in address for address in changed), "the owner sees it on a page too"


async def everybody(settings: Settings, world: World, authority: WorldAuthority) -> Mapping[str, Mapping[str, str]]:
    """Headers for the API and for pages of somebody who holds every role that the authority's people hold.

    Permissions only add up, so what this person is refused nobody of the authority is given.
    """
    async with as_owner(settings) as owner:
        person = await add_person(owner, "Every Role", f"{uuid4()}@every.example")
        await add_member(owner, authority.id, person, list(authority.people), starts=date(2024, 1, 1))
    whole = replace(authority, people={**authority.people, "everybody": person})
    scopes = Permissions(one.permissions for one in services()).of(list(authority.people))
    cookies = await world.session(whole, "everybody", stepped_up=True)
    return {
        "api": await world.bearer(whole, "everybody", scopes, stepped_up=True),
        "page": {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
    }


async def answered(
    client: httpx.AsyncClient, headers: Mapping[str, Mapping[str, str]], asked: Sequence[tuple[str, str]]
) -> list[tuple[int, bytes]]:
    """What each address answers, in the order asked; a few are asked at once, as a busy office would."""
    slots = asyncio.Semaphore(4)

    async def ask(kind: str, address: str) -> tuple[int, bytes]:
        async with slots:
            answer = await client.get(address, headers=headers[kind])
        assert answer.status_code < 500, f"{address}: {answer.text[:300]}"
        return answer.status_code, FIXED.sub(b"", plain(answer.content))

    return await asyncio.gather(*(ask(kind, address) for kind, address in asked))


async def test_what_is_hidden_is_answered_as_what_is_not_there(
    app: Litestar, client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    """Every identifier of the hidden rows in every address that takes one, whatever kind it names.

    Asked by one person with every role instead of by four in turn, and what is not there is asked once for each
    address instead of once for each identifier: a twelfth of the requests, and more permissions than before.
    """
    async with as_owner(settings) as owner:
        hidden = await add_everything(owner, world, world.a)
    client.cookies.clear()
    nothing = uuid4()
    absent_at = [one for one in addresses(app, [nothing]) if str(nothing) in one[1]]
    owns: set[str] = set()
    own = await everybody(settings, world, world.a)
    for name, one in hidden.items():
        there_at = [(kind, address.replace(str(nothing), str(one))) for kind, address in absent_at]
        found = await answered(client, own, there_at)
        owns |= {name for status, _ in found if status == HTTPStatus.OK}
    assert set(hidden) - owns <= NAMED_BY_NO_ADDRESS, "what its own authority opens could have been given away"
    for viewer in (world.b, world.c):
        headers = await everybody(settings, world, viewer)
        absent = await answered(client, headers, absent_at)
        refused = {at for at, (status, _) in zip(absent_at, absent, strict=True) if status in {401, 403}}
        assert not refused, "whoever is refused for want of a permission proves nothing"
        for name, one in hidden.items():
            there_at = [(kind, address.replace(str(nothing), str(one))) for kind, address in absent_at]
            for (_, address), got, want in zip(
                there_at, await answered(client, headers, there_at), absent, strict=True
            ):
                status, body = got
                assert (status, body.replace(str(one).encode(), str(nothing).encode())) == want, (
                    f"{viewer.name} {name} {address}"
                )


async def test_an_agreement_shows_an_offer_to_its_party_and_to_nobody_else(
    client: httpx.AsyncClient, world: World, settings: Settings, published: UUID
) -> None:
    partner, outsider = await search(client, world, world.b, TONIGHT), await search(client, world, world.c, TONIGHT)
    headers = {world.b.name: await world.bearer(world.b), world.c.name: await world.bearer(world.c)}
    before_b = (await client.get(partner, headers=headers[world.b.name])).content
    before_c = (await client.get(outsider, headers=headers[world.c.name])).content
    assert str(published).encode() in before_b
    assert str(published).encode() not in before_c
    async with as_owner(settings) as owner:
        household = await add_household(owner, world.a, "SHOWN-2")
        offer = await add_offer(owner, world.a, "foster_carers", household, point=(399_000, 559_500))
    assert str(offer).encode() in (await client.get(partner, headers=headers[world.b.name])).content
    assert (await client.get(outsider, headers=headers[world.c.name])).content == before_c
    await_absent = await client.get(f"/api/v1/offers/{uuid4()}", headers=headers[world.c.name])
    hidden = await client.get(f"/api/v1/offers/{offer}", headers=headers[world.c.name])
    assert (hidden.status_code, hidden.content) == (404, await_absent.content)


async def test_no_number_of_searches_narrows_a_shared_home_below_the_area_shown(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    """The snooper: a home moved to the other end of its area gives byte-identical answers to every search."""
    points = [postcode for outward in ("ZA1", "ZA2", "ZB1", "ZB2", "ZC1") for postcode in _spread(outward)]
    needs: list[dict[str, Any]] = []
    for postcode in points:
        needs.append({**TONIGHT, "home_postcode": postcode, "home_miles": 3})
        needs.append({**TONIGHT, "school_postcode": postcode, "school_miles": 1})
        needs.append({**TONIGHT, "keep_away": [{"postcode": postcode, "miles": 1}]})
    async with as_owner(settings) as owner:
        household = await add_household(owner, world.a, "WATCHED")
        offer = await add_offer(owner, world.a, "foster_carers", household, point=(399_200, 559_200))
    headers = await world.bearer(world.b)
    searches = [await search(client, world, world.b, need) for need in needs]
    first = [(await client.get(address, headers=headers)).content for address in searches]
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.offer_own set easting = 400800, northing = 560800 where offer_id = $1", offer
        )
        await owner.execute(
            "update fostering.household set easting = 400800, northing = 560800, postcode = 'ZA1 5FF' where id = $1",
            household,
        )
    second = [(await client.get(address, headers=headers)).content for address in searches]
    assert first == second
    assert any(str(offer).encode() in body for body in first)
    own = await search(client, world, world.a, needs[0])
    assert b"WATCHED" in (await client.get(own, headers=await world.bearer(world.a))).content or own


def _spread(outward: str) -> list[str]:
    return [f"{outward} 1AA", f"{outward} 1FF", f"{outward} 3DD", f"{outward} 5AA", f"{outward} 5FF"]
