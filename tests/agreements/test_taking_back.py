"""A notice taken back while it runs, a proposal withdrawn by who proposed it: what follows, the record, who is told."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from careshare.database import Database
from careshare.errors import Conflict, NotFound, PreconditionFailed
from tenants.actions import as_owner
from tenants.agreements import actions, queries
from tenants.agreements.model import Agreement, Leaving
from tenants.agreements.record import steps
from tests.agreements.terms import draft, drafted, signed
from tests.agreements.test_life import backdate, found, grants, keep
from tests.placements.homes import add_home
from tests.world import World, WorldAuthority, submit

TOLD = """
select m.authority_id, m.template, m."values" ->> 'link' as link from messages.message m
where m.template like 'agreement_%' and m.template <> 'agreement_to_sign' and m.created_at > $1
order by m.created_at, m.id
"""


async def now(world: World) -> Any:
    async with as_owner(world.settings) as owner:
        return await owner.fetchval("select clock_timestamp()")


async def told(world: World, since: Any) -> set[tuple[UUID, str, str]]:
    """Whose people were told what since a moment, and where it led them."""
    async with as_owner(world.settings) as owner:
        return {tuple(row) for row in await owner.fetch(TOLD, since)}


async def read(world: World, database: Database, who: WorldAuthority, agreement_id: UUID) -> Agreement:
    async with database.bound(world.acting(who, "director")) as uow:
        return await queries.agreement(uow, agreement_id)


async def give_notice(world: World, database: Database, who: WorldAuthority, agreement_id: UUID) -> None:
    async with database.bound(world.acting(who, "director", "agreement:leave")) as uow:
        await actions.leave(uow, agreement_id, None, Leaving(at_once=False, reason="Budget"))


async def stay(world: World, database: Database, who: WorldAuthority, agreement_id: UUID, revision: int | None) -> None:
    async with database.bound(world.acting(who, "director", "agreement:leave")) as uow:
        await actions.stay(uow, agreement_id, revision)


async def withdraw(
    world: World, database: Database, who: WorldAuthority, agreement_id: UUID, revision: int | None = None
) -> int:
    async with database.bound(world.acting(who, "director", "agreement:draft")) as uow:
        return await actions.withdraw(uow, agreement_id, revision)


async def propose(
    world: World, database: Database, who: WorldAuthority, agreement_id: UUID, *parties: WorldAuthority, **other: Any
) -> None:
    revision = (await read(world, database, who, agreement_id)).revision
    async with database.bound(world.acting(who, "director", "agreement:draft")) as uow:
        await actions.amend(uow, agreement_id, revision, draft(*parties, **other), who.id)


async def test_a_notice_is_taken_back_until_it_has_run_and_everything_stands_again(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, _, c = world.authorities
    await add_home(world, a, "ZA1")
    made = await drafted(world, database, a, c)
    await signed(world, database, made, [a, c])
    open_ended = await grants(world, made)
    began = await now(world)
    await give_notice(world, database, c, made)
    assert await told(world, began) == {(a.id, "agreement_leaving", f"/agreements/{made}")}
    revision = (await read(world, database, c, made)).revision
    with pytest.raises(PreconditionFailed):
        await stay(world, database, c, made, revision - 1)
    with pytest.raises(Conflict, match="no notice"):
        await stay(world, database, a, made, None)
    with pytest.raises(NotFound):
        await stay(world, database, world.b, made, None)
    again = await now(world)
    await stay(world, database, c, made, revision)
    assert await told(world, again) == {(a.id, "agreement_staying", f"/agreements/{made}")}
    party = (await read(world, database, a, made)).party(c.id)
    assert party is not None
    assert (party.notice_at, party.leaves_at, party.leaves_for) == (None, None, "")
    assert await grants(world, made) == open_ended
    await backdate(world, made, timedelta(days=40))
    await keep(database, a)
    assert len(await found(client, world, c, a)) == 1, "the day on which it would have left passes and nothing ends"
    async with database.bound(world.acting(a, "director")) as uow:
        taken = [(step.action, step.authority, step.text) for step in await steps(uow, made)]
    assert taken[-1] == ("agreement.notice_taken_back", c.name, "took back its notice to leave")


async def test_a_notice_that_has_run_is_not_taken_back_whether_or_not_a_job_has_looked(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    await signed(world, database, made, [a, b, c])
    await give_notice(world, database, c, made)
    await backdate(world, made, timedelta(days=30))
    with pytest.raises(Conflict, match="no notice"):
        await stay(world, database, c, made, None)
    await keep(database, a)
    with pytest.raises(Conflict, match="no notice"):
        await stay(world, database, c, made, None)
    assert {viewer for viewer, _ in await grants(world, made)} == {a.id, b.id}


async def test_nobody_comes_back_to_a_version_they_did_not_sign(world: World, database: Database) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    await signed(world, database, made, [a, b, c])
    await propose(world, database, a, made, b, c, tariff="Half.")
    await give_notice(world, database, c, made)
    await signed(world, database, made, [a, b], 2)
    assert (await read(world, database, c, made)).version == 2
    with pytest.raises(Conflict, match="gone on without"):
        await stay(world, database, c, made, None)


async def test_a_proposal_without_whoever_leaves_stands_in_the_way_until_it_is_withdrawn(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    await signed(world, database, made, [a, b, c])
    await give_notice(world, database, c, made)
    await propose(world, database, a, made, b, tariff="Without C.")
    with pytest.raises(Conflict, match="gone on without"):
        await stay(world, database, c, made, None)
    assert await withdraw(world, database, a, made) == 2
    await stay(world, database, c, made, None)
    assert {viewer for viewer, _ in await grants(world, made)} == {a.id, b.id, c.id}


async def test_a_draft_is_withdrawn_by_who_proposed_it_and_is_over(world: World, database: Database) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    await signed(world, database, made, [a, b])
    began = await now(world)
    for other in (b, c):
        with pytest.raises(Conflict, match="Another authority proposed"):
            await withdraw(world, database, other, made)
    with pytest.raises(PreconditionFailed):
        await withdraw(world, database, a, made, 1)
    revision = (await read(world, database, a, made)).revision
    assert await withdraw(world, database, a, made, revision) == 1
    over = await read(world, database, b, made)
    assert (over.state, [one.state for one in over.versions]) == ("ended", ["withdrawn"])
    assert over.versions[0].ended_at is not None
    link = f"/agreements/{made}"
    assert await told(world, began) == {(one.id, "agreement_withdrawn", link) for one in (b, c)}
    with pytest.raises(Conflict):
        await signed(world, database, made, [c])
    with pytest.raises(Conflict, match="Nothing waits"):
        await withdraw(world, database, a, made)
    assert await grants(world, made) == []
    async with database.bound(world.acting(c, "director")) as uow:
        taken = [step.action for step in await steps(uow, made)]
    assert taken[-2:] == ["agreement.withdrawn", "agreement.ended"]


async def test_withdrawn_new_terms_leave_what_stands_and_whom_they_would_have_brought_in_outside(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b)
    await signed(world, database, made, [a, b])
    before = await grants(world, made)
    await propose(world, database, b, made, a, c, tariff="With C.")
    await signed(world, database, made, [a, c], 2)
    began = await now(world)
    with pytest.raises(Conflict, match="Another authority proposed"):
        await withdraw(world, database, a, made)
    assert await withdraw(world, database, b, made) == 2
    stands = await read(world, database, a, made)
    assert (stands.state, stands.version) == ("in_force", 1)
    assert [(one.version, one.state) for one in stands.versions] == [(2, "withdrawn"), (1, "in_force")]
    assert {one.authority_id for one in stands.parties} == {a.id, b.id}
    assert await grants(world, made) == before
    with pytest.raises(NotFound):
        await read(world, database, c, made)
    # Whoever cannot read it any more is led to their list.
    assert await told(world, began) == {
        (a.id, "agreement_withdrawn", f"/agreements/{made}"),
        (c.id, "agreement_withdrawn", "/agreements"),
    }
    await propose(world, database, a, made, b, tariff="Another.")
    assert [one.version for one in (await read(world, database, b, made)).versions] == [3, 2, 1]


async def test_both_over_the_api_with_the_revision_and_each_permission(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, c)
    await signed(world, database, made, [a, c])
    await give_notice(world, database, c, made)
    path = f"/api/v1/agreements/{made}"
    director = await world.bearer(c, "director", stepped_up=True)
    manager = await world.bearer(c, "team_manager")
    tag = (await client.get(path, headers=director)).headers["etag"]
    back = f"{path}/leave/take-back"
    assert (await client.post(back, headers=director)).status_code == 428
    assert (await client.post(back, headers=manager | {"If-Match": tag})).status_code == 403
    stranger = await world.bearer(b, "director", stepped_up=True)
    assert (await client.post(back, headers=stranger | {"If-Match": tag})).status_code == 404
    done = await client.post(back, headers=director | {"If-Match": tag})
    assert done.status_code == 200, done.text
    assert all(one["leaves_at"] is None for one in done.json()["parties"])
    assert (await client.post(back, headers=director | {"If-Match": done.headers["etag"]})).status_code == 409

    await propose(world, database, c, made, a, tariff="Half.")
    tag = (await client.get(path, headers=manager)).headers["etag"]
    theirs = await world.bearer(a, "director")
    assert (await client.post(f"{path}/proposal/withdraw", headers=theirs | {"If-Match": tag})).status_code == 409
    finder = await world.bearer(c, "placement_finder")
    assert (await client.post(f"{path}/proposal/withdraw", headers=finder | {"If-Match": tag})).status_code == 403
    gone = await client.post(f"{path}/proposal/withdraw", headers=manager | {"If-Match": tag})
    assert gone.status_code == 200, gone.text
    assert [one["state"] for one in gone.json()["versions"]] == ["withdrawn", "in_force"]


async def test_both_on_the_pages(world: World, database: Database, client: httpx.AsyncClient) -> None:
    a, _, c = world.authorities
    made = await drafted(world, database, a, c)
    await signed(world, database, made, [a, c])
    await give_notice(world, database, c, made)
    path = f"/agreements/{made}"
    await world.sign_in(client, c, "director")
    asked = await submit(client, f"{path}/stay", {"revision": "1"})
    assert asked.headers["location"].startswith("/step-up")
    await world.sign_in(client, c, "director", stepped_up=True)
    assert f"{path}/stay" in (await client.get(path)).text
    revision = {"revision": str((await read(world, database, c, made)).revision)}
    stale = {"revision": "1"}
    assert (await submit(client, f"{path}/stay", stale)).status_code == 412
    assert (await submit(client, f"{path}/stay", revision)).status_code == 303
    shown = (await client.get(path)).text
    assert "has taken back its notice and stays" in shown
    assert "took back its notice to leave" in shown
    nothing = await client.get(f"{path}/stay")
    assert (nothing.status_code, nothing.headers["location"]) == (303, path)

    await propose(world, database, c, made, a, tariff="Half.")
    assert f"{path}/withdraw" in (await client.get(path)).text
    await world.sign_in(client, a, "director")
    assert f"{path}/withdraw" not in (await client.get(path)).text
    theirs = await client.get(f"{path}/withdraw")
    assert (theirs.status_code, theirs.headers["location"]) == (303, path)
    await world.sign_in(client, c, "team_manager")
    assert "Version 1 goes on as it is" in (await client.get(f"{path}/withdraw")).text
    revision = {"revision": str((await read(world, database, c, made)).revision)}
    assert (await submit(client, f"{path}/withdraw", revision)).status_code == 303
    shown = (await client.get(path)).text
    assert "withdrew what it had proposed" in shown
    assert "Withdrawn on" in shown
