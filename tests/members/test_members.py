"""Members over the API: inviting, changing roles, ending; what is recorded; who may; the last administrator."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.access.permissions import Permissions
from careshare.database import Acting, Database
from careshare.errors import Conflict
from careshare.jobs import SYSTEM
from careshare.messages import one_time_link
from careshare.service import services
from tenants.actions import add_member, add_person, as_owner
from tenants.members import actions, queries
from tenants.members.jobs import Nothing, review
from tenants.members.model import Filters, Invitation
from tests.world import World, WorldAuthority, submit

ADMIN = "authority_administrator"
TODAY = queries.today()


@pytest.fixture
async def api(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    client.headers.update(await world.bearer(world.a, ADMIN, stepped_up=True))
    return client


def invitation(name: str, /, *roles: str, **given: Any) -> dict[str, Any]:
    return {
        "name": name,
        "email": f"{name.lower()}@ashmoor.example",
        "roles": list(roles or ("social_worker",)),
        **given,
    }


async def member_of(database: Database, world: World, authority: WorldAuthority, role: str) -> Any:
    async with database.bound(world.acting(authority, ADMIN)) as uow:
        rows, _ = await queries.members(uow, Filters(q=authority.names[role].lower()))
        return rows[0]


async def details(world: World, action: str) -> list[dict[str, Any]]:
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch(
            """select d.body from audit.entry e join audit.detail d on d.entry_id = e.id
               where e.action = $1 order by e.id""",
            action,
        )
    return [msgspec.json.decode(row["body"]) for row in rows]


async def test_somebody_is_invited_listed_and_sent_a_link(api: httpx.AsyncClient, world: World) -> None:
    made = await api.post("/api/v1/members", json=invitation("Invita", "placement_finder", "social_worker"))
    assert made.status_code == 201, made.text
    who = made.json()
    assert who["state"] == "invited"
    assert who["roles"] == ["social_worker", "placement_finder"], "in the order all roles are listed"
    assert who["signed_in_at"] is None
    until = date.fromisoformat(who["invitation_expires_at"][:10])
    assert until in {TODAY + timedelta(days=14), TODAY + timedelta(days=13)}
    listed = await api.get("/api/v1/members", params={"state": "invited"})
    assert who["id"] in {one["id"] for one in listed.json()["items"]}
    found = await api.post("/api/v1/members/search", json={"q": "INVITA@"})
    assert [one["id"] for one in found.json()["items"]] == [who["id"]]
    again = await api.post("/api/v1/members", json=invitation("Invita"))
    assert again.status_code == 409
    assert again.json()["errors"][0]["field"] == "email"
    async with as_owner(world.settings) as owner:
        sent = await owner.fetchrow("select * from messages.message where template = 'invitation'")
        assert sent is not None
        assert str(sent["person_id"]) == who["person_id"]
    resent = await api.post(f"/api/v1/members/{who['id']}/invitation")
    assert resent.status_code == 200
    assert (await details(world, "member.invited"))[-1]["after"]["email"] == "invita@ashmoor.example"


async def test_the_same_key_invites_once(api: httpx.AsyncClient) -> None:
    answers = [
        await api.post("/api/v1/members", json=invitation("Keyed"), headers={"Idempotency-Key": "one"}) for _ in "ab"
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("change", "field", "status"),
    [
        ({"email": "nobody"}, "email", 400),
        ({"email": "client-1@clients.invalid"}, "email", 400),
        ({"name": "  "}, "name", 400),
        ({"roles": ["emperor"]}, "roles", 400),
        ({"roles": ["regional_administrator"]}, "roles", 422),
        ({"roles": ["support_engineer"]}, "roles", 422),
        ({"roles": []}, "roles", 400),
        ({"starts": "2026-12-01", "ends": "2026-11-30"}, "ends", 400),
    ],
)
async def test_an_invitation_that_cannot_be_is_refused(
    api: httpx.AsyncClient, change: dict[str, Any], field: str, status: int
) -> None:
    answer = await api.post("/api/v1/members", json=invitation("Wrong", **change))
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_a_role_change_holds_from_the_next_request(
    api: httpx.AsyncClient, world: World, database: Database
) -> None:
    token = await world.bearer(world.a, "exemptions_officer")
    assert (await api.get("/api/v1/households", headers=token)).status_code == 200
    who = await member_of(database, world, world.a, "exemptions_officer")
    address = f"/api/v1/members/{who.id}"
    read = await api.get(address)
    tag = read.headers["etag"]
    without = await api.put(f"{address}/roles", json={"roles": ["director"]})
    assert without.status_code == 428
    changed = await api.put(f"{address}/roles", json={"roles": ["payments"]}, headers={"If-Match": tag})
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] != tag
    assert (await api.get("/api/v1/households", headers=token)).status_code == 403
    late = await api.put(f"{address}/roles", json={"roles": ["director"]}, headers={"If-Match": tag})
    assert late.status_code == 412
    body = (await details(world, "member.roles_changed"))[-1]
    assert body["before"]["roles"] == ["exemptions_officer"]
    assert body["after"]["roles"] == ["payments"]


async def test_a_membership_ends_and_is_taken_back(api: httpx.AsyncClient, world: World, database: Database) -> None:
    token = await world.bearer(world.a, "residential_manager")
    who = await member_of(database, world, world.a, "residential_manager")
    address = f"/api/v1/members/{who.id}"
    assert (await api.get("/api/v1/members", headers=token)).status_code == 403
    past = await api.put(f"{address}/end", json={"ends": "2020-01-01"}, headers={"If-Match": f'"{who.version}"'})
    assert past.status_code == 400
    ended = await api.put(f"{address}/end", json={"ends": str(TODAY)}, headers={"If-Match": f'"{who.version}"'})
    assert ended.status_code == 200, ended.text
    assert ended.json()["state"] == "left"
    assert (await api.get("/api/v1/members", headers=token)).status_code == 401
    looked = (await api.get("/api/v1/members/review")).json()
    assert str(who.id) in {one["id"] for one in looked["left"]}
    listed = (await api.get("/api/v1/members")).json()["items"]
    assert str(who.id) not in {one["id"] for one in listed}
    back = await api.delete(f"{address}/end", headers={"If-Match": ended.headers["etag"]})
    assert back.json()["state"] == "active"
    assert (await api.get("/api/v1/members", headers=token)).status_code == 401, "what was revoked stays revoked"


async def test_nobody_gives_themselves_a_role(api: httpx.AsyncClient, world: World, database: Database) -> None:
    me = await member_of(database, world, world.a, ADMIN)
    answer = await api.put(
        f"/api/v1/members/{me.id}/roles",
        json={"roles": [ADMIN, "fostering_officer"]},
        headers={"If-Match": f'"{me.version}"'},
    )
    assert answer.status_code == 422
    assert "Nobody gives themselves a role" in answer.json()["detail"]


async def test_the_last_administrator_stays_one(api: httpx.AsyncClient, world: World, database: Database) -> None:
    me = await member_of(database, world, world.a, ADMIN)
    tag = {"If-Match": f'"{me.version}"'}
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.member set roles = array[$2, 'director'] where id = $1", me.id, ADMIN)
    for ends in (TODAY, TODAY + timedelta(days=30)):
        left = await api.put(f"/api/v1/members/{me.id}/end", json={"ends": str(ends)}, headers=tag)
        assert left.status_code == 409
        assert "last administrator" in left.json()["detail"]
    demoted = await api.put(f"/api/v1/members/{me.id}/roles", json={"roles": ["director"]}, headers=tag)
    assert demoted.status_code == 409
    await api.post("/api/v1/members", json=invitation("Second", ADMIN))
    still = await api.put(f"/api/v1/members/{me.id}/roles", json={"roles": ["director"]}, headers=tag)
    assert still.status_code == 409, "somebody invited who has not come yet does not count"


@pytest.mark.parametrize(
    "statement",
    [
        "update tenants.member set roles = '{director}' where id = :id",
        "update tenants.member set ends = current_date where id = :id",
        "update tenants.member set starts = current_date + 1 where id = :id",
    ],
)
async def test_the_database_keeps_the_last_administrator_whatever_the_code_does(
    world: World, database: Database, statement: str
) -> None:
    last = await member_of(database, world, world.b, ADMIN)
    with pytest.raises(DBAPIError, match="last administrator"):
        async with database.bound(world.acting(world.b, ADMIN)) as uow:
            await uow.execute(text(statement), {"id": last.id})


async def test_two_administrators_who_demote_each_other_at_once_leave_one(world: World, database: Database) -> None:
    async with as_owner(world.settings) as owner:
        person = await add_person(owner, "Other Administrator", "other@caldergarth.example")
        await add_member(owner, world.c.id, person, [ADMIN], starts=date(2024, 1, 1))
    async with database.bound(world.acting(world.c, ADMIN)) as uow:
        both = [one.id for one in await queries.administrators(uow)]
    assert len(both) == 2
    ready = asyncio.Barrier(2)

    async def demote(member_id: UUID) -> bool:
        try:
            async with database.bound(world.acting(world.c, ADMIN)) as uow:
                await uow.execute(text("select count(*) from tenants.member"))
                await ready.wait()
                await actions.change_roles(uow, member_id, None, ["director"], actor=None)
        except (Conflict, DBAPIError):
            return False
        return True

    assert sorted(await asyncio.gather(*map(demote, both))) == [False, True]
    async with database.bound(world.acting(world.c, ADMIN)) as uow:
        assert len(await queries.administrators(uow)) == 1


async def test_an_invitation_lapses_is_sent_again_and_is_accepted_by_signing_in(
    world: World, database: Database
) -> None:
    async with database.bound(world.acting(world.b, ADMIN)) as uow:
        asked = Invitation(name="Late Comer", email="late@birkdale.example", roles=["director"])
        who = await actions.invite(uow, asked)
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.invitation set expires_at = now() - interval '1 minute'")
    sign_in = text("select identity.open_session(:hash, :person, :authority, null, null, null, false, '')")
    given = {"hash": b"l" * 32, "person": who.person_id, "authority": world.b.id}
    with pytest.raises(DBAPIError, match="invitation has expired"):
        async with database.unbound() as uow:
            await uow.execute(sign_in, given)
    async with database.bound(world.acting(world.b, ADMIN)) as uow:
        assert (await queries.member(uow, who.id)).state == "expired"
        assert [one.id for one in (await queries.review(uow)).expired] == [who.id]
        assert (await actions.resend(uow, who.id)).state == "invited"
    async with database.unbound() as uow:
        assert await uow.scalar(sign_in, given) is True
    async with database.bound(world.acting(world.b, ADMIN)) as uow:
        came = await queries.member(uow, who.id)
        assert came.state == "active"
        assert came.signed_in_at is not None
        with pytest.raises(Conflict):
            await actions.resend(uow, who.id)


async def test_the_nightly_look_tells_every_administrator_once_where_to_look(world: World, database: Database) -> None:
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "update tenants.member set created_at = now() - interval '100 days' where authority_id = $1", world.c.id
        )
    async with database.bound(world.acting(world.c, ADMIN)) as uow:
        found = await queries.review(uow)
        assert found.never
        assert not found.dormant
        await review(uow, Nothing())
        told = await uow.scalar(text("select count(*) from messages.message where template = 'members_to_review'"))
        assert (
            await uow.scalar(
                text("select \"values\" ->> 'link' from messages.message where template = 'members_to_review' limit 1")
            )
            == "/administration/members/review"
        )
        assert told == len(await queries.administrators(uow))


async def test_an_administrator_of_any_kind_reaches_no_case_data(app: Litestar) -> None:
    permissions = Permissions(service.permissions for service in services())
    case = (
        "household:",
        "approval:",
        "vacancy:",
        "placed_child:",
        "exemption:",
        "tonight:",
        "placement:",
        "unmet_need:",
    )
    for role in (ADMIN, "regional_administrator"):
        held = permissions.of([role])
        assert not [one for one in held if one.startswith((*case, "confidential:", "contact:"))], role
        for route in app.routes:
            if isinstance(route, HTTPRoute) and route.path.startswith(("/api/v1/households", "/api/v1/searches")):
                for handler, _ in route.route_handler_map.values():
                    assert handler.opt.get("permission") not in held


async def test_no_authority_sees_another_ones_members(api: httpx.AsyncClient, world: World, database: Database) -> None:
    theirs = await member_of(database, world, world.b, "director")
    assert (await api.get(f"/api/v1/members/{theirs.id}")).status_code == 404
    put = await api.put(f"/api/v1/members/{theirs.id}/roles", json={"roles": ["payments"]}, headers={"If-Match": '"1"'})
    assert put.status_code == 404
    found = await api.post("/api/v1/members/search", json={"q": "birkdale"})
    assert found.json()["items"] == []
    # Inviting somebody who works elsewhere tells nothing of them but what was typed.
    known = invitation("Chosen Name", email="director@birkdale.example")
    made = (await api.post("/api/v1/members", json=known)).json()
    assert made["name"] == "Chosen Name"
    assert made["signed_in_at"] is None


async def test_the_link_of_an_invitation_leads_to_signing_in_and_works_once(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    async with database.bound(world.acting(world.b, ADMIN)) as uow:
        asked = Invitation(name="Link Follower", email="link@birkdale.example", roles=["director"])
        who = await actions.invite(uow, asked)
        invitation_id = await uow.scalar(
            text("select id from tenants.invitation where member_id = :id"), {"id": who.id}
        )
        link = await one_time_link(uow, "invitation", invitation_id, timedelta(days=1), person_id=who.person_id)
        other = await one_time_link(uow, "invitation", invitation_id, timedelta(days=1), person_id=who.person_id)
    used = await submit(client, link, {})
    assert used.status_code == 303
    assert used.headers["location"] == "/sign-in"
    assert (await client.get(link)).status_code in {404, 410}
    async with database.bound(world.acting(world.b, ADMIN)) as uow:
        await actions.resend(uow, who.id)
    old = await submit(client, other, {})
    assert old.status_code == 409, "an invitation sent again takes the place of the first"


async def test_the_nightly_look_ends_what_was_lent_beside_a_membership(world: World, database: Database) -> None:
    leaver, manager = world.b.people["payments"], world.b.people["team_manager"]
    async with as_owner(world.settings) as owner:
        await owner.execute(
            """insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)
               values ($1, $2, 'delegation', '{placement_finder}', tstzrange(now(), now() + interval '5 days'), 'x', $3)
            """,
            world.b.id,
            leaver,
            manager,
        )
        await owner.execute(
            "update tenants.member set ends = current_date where authority_id = $1 and person_id = $2",
            world.b.id,
            leaver,
        )
    async with database.bound(Acting(world.b.id, SYSTEM, "nightly")) as uow:
        await review(uow, Nothing())
        left = await uow.scalar(
            text("select count(*) from tenants.temporary_role where person_id = :id and ended_at is null"),
            {"id": leaver},
        )
        assert left == 0
