"""What a signature opens, and to what it is given: nothing that was not read, and to nobody one did not sign with."""

from uuid import UUID

import httpx
import pytest

from careshare.database import Database, Uow
from careshare.errors import PreconditionFailed
from careshare.identity import Principal
from tenants.actions import as_owner
from tenants.agreements import actions, queries
from tenants.agreements.model import Agreement, Leaving
from tests.agreements.terms import draft, drafted, signed, signing
from tests.placements.homes import add_home
from tests.world import World, WorldAuthority

PAIRS = """
select g.viewer_id, s.owner_id, g.in_force from careshare.sharing_grant g join careshare.shelf s on s.id = g.shelf_id
where g.agreement_id = $1
"""


async def read(world: World, database: Database, who: WorldAuthority, agreement_id: UUID) -> Agreement:
    async with database.bound(world.acting(who, "director")) as uow:
        return await queries.agreement(uow, agreement_id)


async def pairs(world: World, agreement_id: UUID) -> set[frozenset[UUID]]:
    """Who sees whom under an agreement."""
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch(PAIRS, agreement_id)
    return {frozenset((row["viewer_id"], row["owner_id"])) for row in rows}


async def under(
    client: httpx.AsyncClient, world: World, viewer: WorldAuthority, owner: WorldAuthority, agreement_id: UUID
) -> int:
    """How many homes of `owner` a real search shows `viewer` under an agreement."""
    need = {"children": [{"age": 7, "sex": "M"}]}
    answer = await client.post("/api/v1/searches", json=need, headers=await world.bearer(viewer))
    assert answer.status_code == 201, answer.text
    shown = [one for one in answer.json()["results"] if one["owner"]["id"] == str(owner.id)]
    return sum(one["agreement"]["id"] == str(agreement_id) for one in shown)


async def test_who_gave_notice_is_shown_to_nobody_they_did_not_sign_with(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, b, c = world.authorities
    await add_home(world, c, "ZC1")
    made = await drafted(world, database, a, c)
    await signed(world, database, made, [a, c])
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        gone = await actions.leave(uow, made, None, Leaving(at_once=False, reason="Budget"))
    revision = (await read(world, database, a, made)).revision
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        await actions.amend(uow, made, revision, draft(b), a.id)
    await signed(world, database, made, [a, b], 2)
    assert (await read(world, database, b, made)).version == 2
    assert await pairs(world, made) == {frozenset((a.id, b.id)), frozenset((a.id, c.id))}
    assert await under(client, world, b, c, made) == 0, "they never signed with each other"
    async with as_owner(world.settings) as owner:
        until = {row["in_force"].upper for row in await owner.fetch(PAIRS, made) if c.id in set(row.values())}
    assert until == {gone}, "with those they signed with, the notice period runs"


async def test_who_gave_notice_is_not_carried_past_the_last_day_they_signed_for(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c, last_day="2031-01-31")
    await signed(world, database, made, [a, b, c])
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=False))
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "update tenants.agreement_party set leaves_at = '2031-03-01' where agreement_id = $1 and authority_id = $2",
            *(made, c.id),
        )
    revision = (await read(world, database, a, made)).revision
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        await actions.amend(uow, made, revision, draft(b, starts="2031-02-01", review_on="2031-06-01"), a.id)
    await signed(world, database, made, [a, b], 2)
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch(PAIRS, made)
    until = {c.id in set(row.values()): row["in_force"].upper for row in rows}
    assert until[False] is None, "the two that signed the next version go on with it"
    assert until[True].isoformat() == "2031-02-01T00:00:00+00:00", "the third not"


async def test_terms_changed_at_the_moment_of_signing_are_not_signed(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _, c = world.authorities
    made = await drafted(world, database, a, c)
    revision = (await read(world, database, c, made)).revision
    reads = queries.agreement

    async def amended_after_it_is_read(uow: Uow, agreement_id: UUID) -> Agreement:
        monkeypatch.setattr(queries, "agreement", reads)
        found = await reads(uow, agreement_id)
        async with database.bound(world.acting(a, "director", "agreement:draft")) as theirs:
            await actions.amend(theirs, made, revision, draft(c, tariff="Ten times as much."), a.id)
        return found

    monkeypatch.setattr(queries, "agreement", amended_after_it_is_read)
    who = Principal(c.people["director"], "C", c.id, c.name, c.gss_code, ("director",), frozenset(), "test")
    async with database.bound(world.acting(c, "director", "agreement:sign")) as uow:
        with pytest.raises(PreconditionFailed):
            await actions.sign(uow, made, revision, signing(), who)
    after = await read(world, database, c, made)
    assert after.proposed is not None
    assert after.proposed.terms.tariff == "Ten times as much."
    assert after.proposed.signatures == []


async def told(client: httpx.AsyncClient, world: World, who: WorldAuthority, agreement_id: UUID) -> tuple[str, int]:
    """The title and version that somebody is told of, alone and in their list."""
    headers = await world.bearer(who, "director")
    one = (await client.get(f"/api/v1/agreements/{agreement_id}", headers=headers)).json()
    items = (await client.get("/api/v1/agreements", params={"limit": 100}, headers=headers)).json()["items"]
    listed = next(row for row in items if row["id"] == str(agreement_id))
    assert (listed["title"], listed["version"]) == (one["title"], one["version"])
    return one["title"], one["version"]


async def test_who_is_asked_to_join_is_told_what_they_would_sign_and_not_what_stands(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, c, title="First terms")
    await signed(world, database, made, [a, c])
    revision = (await read(world, database, a, made)).revision
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        await actions.amend(uow, made, revision, draft(b, c, title="Second terms"), a.id)
    assert await told(client, world, b, made) == ("Second terms", 2)
    assert await told(client, world, c, made) == ("First terms", 1)


async def test_who_left_is_told_nothing_of_later_terms(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c, title="First terms")
    await signed(world, database, made, [a, b, c])
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=True, cause="breach", reason="A laptop was lost"))
    revision = (await read(world, database, a, made)).revision
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        await actions.amend(uow, made, revision, draft(b, title="Second terms"), a.id)
    await signed(world, database, made, [a, b], 2)
    assert await told(client, world, a, made) == ("Second terms", 2)
    assert await told(client, world, c, made) == ("First terms", 1)
    page = await client.get(f"/api/v1/agreements/{made}", headers=await world.bearer(c, "director"))
    assert "Second terms" not in page.text
