"""The invented region every room tests on is as it says."""

from sqlalchemy import text

from careshare.access.permissions import ROLES
from careshare.database import Database
from careshare.gazetteer import find, miles, neighbours
from careshare.identity import read_token, session_credential
from tests.world import World

SHELVES = text("select careshare.shelves()")


async def test_a_and_b_see_each_others_shelves_and_c_only_its_own(world: World, database: Database) -> None:
    a, b, c = world.authorities
    for viewer, seen in ((a, {a, b}), (b, {a, b}), (c, {c})):
        expected = {
            shelf for one in seen for name, shelf in one.shelves.items() if one is viewer or name == "foster_carers"
        }
        async with database.bound(world.acting(viewer)) as uow:
            assert set((await uow.execute(SHELVES)).scalar_one()) == expected


async def test_towns_lie_where_they_say(world: World, database: Database) -> None:
    async with database.bound(world.acting(world.a)) as uow:
        here, there = await find(uow, "za1 3dd"), await find(uow, "ZB1 3DD")
        assert (here.area_gss, there.area_gss) == (world.a.gss_code, world.b.gss_code)
        assert round(miles(here, there), 1) == 7.5
        assert (await neighbours(uow, world.a.gss_code)).adjoining == {world.b.gss_code}


async def test_tokens_and_sessions_let_in_whom_they_name(world: World, database: Database) -> None:
    token = read_token(world.settings.secret_key, await world.token(world.b, "director", ["own:act"]))
    assert await _entered(database, "token", str(token)) == (world.b.id, world.b.people["director"], ["director"])
    (secret,) = (await world.session(world.c, "payments")).values()
    shown = session_credential(secret, "test")
    assert await _entered(database, shown.kind, shown.value) == (world.c.id, world.c.people["payments"], ["payments"])


def test_every_role_is_there(world: World) -> None:
    assert world.a.people.keys() | {"support_engineer"} == ROLES.keys()


async def _entered(database: Database, kind: str, value: str) -> tuple[object, object, object]:
    async with database.unbound() as uow:
        found = await uow.execute(
            text("select authority_id, person_id, roles from identity.enter(:kind, :value, 'test')"),
            {"kind": kind, "value": value},
        )
        row = found.one()
        return row.authority_id, row.person_id, row.roles
