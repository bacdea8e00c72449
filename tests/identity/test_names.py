"""Each council's own name for its member is what its people see, whatever others entered them with."""

import httpx
from sqlalchemy import text

from careshare.database import Database
from careshare.identity.temporary import listed
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.web.html import parsed, words
from tests.world import World


async def test_colleagues_and_the_signed_in_person_have_the_name_their_own_council_gave(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    who = world.a.people["team_manager"]
    async with as_owner(settings) as owner:
        await owner.execute(
            "insert into tenants.member (authority_id, person_id, roles, known_as) values ($1, $2, '{director}', $3)",
            *(world.b.id, who, "Name at Birkdale"),
        )
        await owner.execute(
            "update tenants.member set known_as = 'Name at Ashmoor' where authority_id = $1 and person_id = $2",
            *(world.a.id, who),
        )
    named = text("select name from identity.colleagues(cast(:people as uuid[]))")
    for authority, name in ((world.a, "Name at Ashmoor"), (world.b, "Name at Birkdale")):
        async with database.bound(world.acting(authority)) as uow:
            assert (await uow.execute(named, {"people": [who]})).scalars().all() == [name]
    async with database.bound(world.acting(world.c)) as uow:
        assert (await uow.execute(named, {"people": [who]})).scalars().all() == []
    await world.sign_in(client, world.a, "team_manager")
    shown = words(parsed(await client.get("/")))
    assert "Name at Ashmoor" in shown
    assert "Name at Birkdale" not in shown
    assert world.a.names["team_manager"] not in shown


async def test_deputies_and_those_they_stand_in_for_are_named_so_too(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    deputy, manager = world.a.people["social_worker"], world.a.people["nominated_officer"]
    async with as_owner(settings) as owner:
        for person, name in ((deputy, "Deputy Here"), (manager, "Officer Here")):
            await owner.execute("update tenants.member set known_as = $2 where person_id = $1", person, name)
        await owner.execute(
            """insert into tenants.temporary_role
                 (authority_id, person_id, kind, roles, for_person, during, reason, granted_by)
               values ($1, $2, 'deputy', '{nominated_officer}', $3, tstzrange(now(), now() + '1 day'), 'Leave', $4)""",
            *(world.a.id, deputy, manager, world.a.people["authority_administrator"]),
        )
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        held = await listed(uow, "deputy")
    assert {(one.name, one.for_name) for one in held} == {("Deputy Here", "Officer Here")}
    await world.sign_in(client, world.a, "social_worker")
    shown = words(parsed(await client.get("/")))
    assert "Officer Here" in shown
    assert world.a.names["nominated_officer"] not in shown
