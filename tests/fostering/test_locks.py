"""A household locked from a named colleague is nowhere to them: no list, page, search, export or count shows it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from careshare.database import Acting, Database
from careshare.identity import temporary
from careshare.identity.temporary import Term
from careshare.settings import Settings
from careshare.web.filters import LONDON
from tenants.actions import as_owner
from tests.fostering.register import Desk, a_home, days, make, version_of
from tests.web.html import one, parsed, words
from tests.world import World, submit

TONIGHT: dict[str, Any] = {"children": [{"age": 6, "sex": "F"}]}


async def seen(client: httpx.AsyncClient, world: World, household: UUID, role: str) -> dict[str, bool]:
    """Where somebody in this role finds the household."""
    headers = await world.bearer(world.a, role)
    await world.sign_in(client, world.a, role)
    id_ = str(household)
    listed = await client.get("/api/v1/households?limit=100", headers=headers)
    found = await client.post("/api/v1/households/search", json={"q": "Locked"}, headers=headers)
    export = await client.get("/api/v1/households/export", headers=headers)
    return {
        "page": (await client.get(f"/foster-carers/{household}")).status_code == 200,
        "record": (await client.get(f"/api/v1/households/{household}", headers=headers)).status_code == 200,
        "list": id_ in listed.text,
        "search": id_ in found.text,
        "register": id_ in (await client.get("/foster-carers")).text,
        "due": id_ in (await client.get("/foster-carers/due")).text,
        "tonight": "The Locked" in (await client.get("/foster-carers/tonight")).text,
        "export": "The Locked" in export.text,
    }


async def own_homes(client: httpx.AsyncClient, world: World, role: str) -> str:
    answer = await client.post("/api/v1/searches", json=TONIGHT, headers=await world.bearer(world.a, role))
    assert answer.status_code == 201, answer.text
    return answer.text


async def a_household(a: Desk) -> UUID:
    made = await a.make(a_home(name="The Locked"))
    async with a.uow() as uow:
        await uow.execute(
            text("insert into fostering.check (authority_id, household_id, kind, due_on) values (:a, :h, 'dbs', :day)"),
            {"a": a.authority.id, "h": made, "day": days(3)},
        )
    return made


async def test_a_locked_household_is_nowhere_to_the_colleague(
    client: httpx.AsyncClient, world: World, a: Desk, database: Database
) -> None:
    household = await a_household(a)
    everywhere = await seen(client, world, household, "fostering_officer")
    assert all(everywhere.values()), everywhere
    assert "The Locked" in await own_homes(client, world, "placement_finder")

    page = f"/foster-carers/{household}/locked"
    await world.sign_in(client, world.a, "team_manager")
    for role in ("fostering_officer", "placement_finder"):
        answers = {"person": str(world.a.people[role]), "reason": "A sister’s household"}
        assert (await submit(client, page, answers)).status_code == 303
    assert "Ashmoor Fostering officer A sister’s household" in words(one(parsed(await client.get(page)), "main"))

    nowhere = await seen(client, world, household, "fostering_officer")
    assert not any(nowhere.values()), nowhere
    others = await seen(client, world, household, "supervising_social_worker")
    assert {where for where, there in others.items() if not there} == {"export"}, "which their role has not"
    assert "The Locked" not in await own_homes(client, world, "placement_finder")
    headers = {**await world.bearer(world.a, "fostering_officer"), "If-Match": '"1"'}
    for method, path in (("PATCH", ""), ("POST", "/confirm"), ("PUT", "/approval")):
        answer = await client.request(method, f"/api/v1/households/{household}{path}", json={}, headers=headers)
        assert answer.status_code in {400, 404}, (method, path, answer.status_code)
        assert "Locked" not in answer.text
    below = ("carer", "bedroom", "approval", "check", "place", "placed_child", "member", "exemption", "resignation")
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        for table in below:
            rows = text(f"select count(*) from fostering.{table} where household_id = :id")  # our own names
            assert (await uow.execute(rows, {"id": household})).scalar_one() == 0, table
        offers = text("select count(*) from tenants.offer_own where subject_id = :id")
        assert (await uow.execute(offers, {"id": household})).scalar_one() == 0

    await world.sign_in(client, world.a, "team_manager")
    unlocked = await submit(client, page, {"action": str(world.a.people["fostering_officer"])})
    assert unlocked.status_code == 303
    assert all((await seen(client, world, household, "fostering_officer")).values())
    async with database.bound(world.acting(world.a)) as uow:
        recorded = text(
            "select action from audit.entry where :id = any(subjects) and action like 'record.%' order by id"
        )
        actions = (await uow.execute(recorded, {"id": household})).scalars().all()
    assert actions == ["record.locked", "record.locked", "record.unlocked"]


async def test_a_lock_hides_itself_and_cannot_be_lifted_by_whom_it_locks_out(
    client: httpx.AsyncClient, world: World, a: Desk, settings: Settings, database: Database
) -> None:
    household = await a_household(a)
    page = f"/foster-carers/{household}/locked"
    manager = world.a.people["team_manager"]
    async with as_owner(settings) as owner:
        await owner.execute(
            "insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)"
            " values ($1, $2, $3, 'Own household', $4)",
            world.a.id,
            household,
            manager,
            world.a.people["director"],
        )
    await world.sign_in(client, world.a, "team_manager")
    assert (await client.get(page)).status_code == 404
    answer = await submit(client, "/foster-carers/due", {"action": str(manager)}, to=page)
    assert answer.status_code == 404
    async with database.bound(world.acting(world.a, "team_manager")) as uow:
        mine = text("select count(*) from tenants.record_lock where subject_id = :id")
        assert (await uow.execute(mine, {"id": household})).scalar_one() == 0
        gone = await uow.execute(text("delete from tenants.record_lock where person_id = :p"), {"p": manager})
        assert gone.rowcount == 0  # type: ignore[attr-defined]  # a statement that changes rows counts them
    async with a.uow() as uow:
        assert await version_of(uow, household)


async def test_only_colleagues_can_be_locked_out_and_nobody_themselves(
    client: httpx.AsyncClient, world: World, a: Desk, b: Desk
) -> None:
    household = await a_household(a)
    page = f"/foster-carers/{household}/locked"
    await world.sign_in(client, world.a, "team_manager")
    strangers = (world.b.people["director"], world.a.people["team_manager"], "nobody")
    for person in strangers:
        assert (await submit(client, page, {"person": str(person), "reason": "why"})).status_code == 400
    assert (await submit(client, page, {"person": str(world.a.people["director"]), "reason": ""})).status_code == 400
    assert (await submit(client, page, {"action": str(world.a.people["director"])})).status_code == 404
    await world.sign_in(client, world.a, "fostering_officer")
    assert (await client.get(page)).status_code == 403
    await world.sign_in(client, world.b, "team_manager")
    assert (await client.get(page)).status_code == 404


async def test_a_lock_of_one_authority_hides_nothing_from_another(
    client: httpx.AsyncClient, world: World, a: Desk, settings: Settings
) -> None:
    async with a.uow() as uow:
        made = await make(uow, a_home(name="The Shared"))
    async with as_owner(settings) as owner:
        await owner.execute(
            "insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)"
            " values ($1, $2, $3, 'why', $4)",
            world.b.id,
            made,
            world.a.people["fostering_officer"],
            world.b.people["director"],
        )
    headers = await world.bearer(world.a, "fostering_officer")
    assert (await client.get(f"/api/v1/households/{made}", headers=headers)).status_code == 200


async def test_it_is_locked_from_somebody_who_helps_out_too(
    client: httpx.AsyncClient, world: World, a: Desk, database: Database
) -> None:
    """A night worker of another council can be a carer's brother as well as anybody here."""
    household = await a_household(a)
    helper = world.c.people["out_of_hours"]
    until = datetime.now(LONDON) + timedelta(days=1)
    async with database.bound(world.acting(world.a, "authority_administrator", "temporary_role:manage")) as uow:
        term = Term(datetime.now(LONDON), until, "Nights")
        await temporary.delegate(uow, "out-of-hours@caldergarth.example", "Night Worker", "out_of_hours", term)
    async with database.bound(Acting(world.a.id, helper, "tonight:read")) as uow:
        assert await uow.scalar(text("select count(*) from fostering.household where id = :id"), {"id": household}) == 1
    page = f"/foster-carers/{household}/locked"
    await world.sign_in(client, world.a, "team_manager")
    answers = {"person": str(helper), "reason": "A brother’s household"}
    assert "here for a time" in (await client.get(page)).text
    assert (await submit(client, page, answers)).status_code == 303
    assert world.c.names["out_of_hours"] in (await client.get(page)).text
    async with database.bound(Acting(world.a.id, helper, "tonight:read")) as uow:
        assert await uow.scalar(text("select count(*) from fostering.household where id = :id"), {"id": household}) == 0
