"""With nothing bound every read of an authority's data is refused, not answered empty; and nobody borrows a binding."""

import re

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Acting, Database
from careshare.settings import Settings
from tests.world import World

PROTECTED = text("""
select n.nspname || '.' || quote_ident(c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relforcerowsecurity
  and has_table_privilege('careshare_app', c.oid, 'select')
order by 1
""")


async def test_every_protected_table_refuses_an_unbound_read(database: Database, world: World) -> None:
    async with database.unbound() as uow:
        tables = list((await uow.execute(PROTECTED)).scalars())
    assert len(tables) > 15
    refused = dict[str, str | None]()
    for table in tables:
        async with database.unbound() as uow:
            try:
                await uow.execute(text(f"select * from {table}"))
            except DBAPIError as error:
                refused[table] = getattr(error.orig, "sqlstate", None)
                continue
            plan = "\n".join((await uow.execute(text(f"explain verbose select * from {table}"))).scalars())
            # Nothing to read, so PostgreSQL never asked who reads; with one row it would have, before showing it.
            assert "InitPlan" in plan, table
            assert re.search(r"careshare\.(authority|shelves)\(\)|my_agreement(s|_rows|_parties)\(\)", plan), table
    assert {"tenants.member", "tenants.agreement", "careshare.sharing_grant"} <= refused.keys()
    assert set(refused.values()) == {"28000"}


async def test_a_unit_of_work_says_who_acts_or_does_not_begin(database: Database) -> None:
    with pytest.raises(RuntimeError, match="who acts"):
        async with database.session("") as uow:
            await uow.execute(text("select 1"))


async def test_a_pooled_connection_keeps_no_binding(settings: Settings, world: World) -> None:
    database = Database.open(settings, pool_size=1)
    count = text("select count(*) from tenants.member")
    acting = [Acting(authority.id, authority.people["director"], "test") for authority in world.authorities]
    for who in (*acting, *reversed(acting)):
        async with database.bound(who) as uow:
            assert await uow.scalar(text("select careshare.authority()")) == who.authority_id
            owners = (await uow.execute(text("select distinct authority_id from tenants.member"))).scalars().all()
            assert owners == [who.authority_id]
    with pytest.raises(DBAPIError, match="no authority bound"):
        async with database.unbound() as uow:
            await uow.execute(count)
    with pytest.raises(ZeroDivisionError):
        async with database.bound(acting[0]):
            raise ZeroDivisionError
    with pytest.raises(DBAPIError, match="no authority bound"):
        async with database.unbound() as uow:
            await uow.execute(count)
    await database.close()


async def test_a_transaction_begun_after_a_commit_is_bound_again(database: Database, world: World) -> None:
    who = Acting(world.a.id, world.a.people["director"], "test")
    async with database.session(who) as uow:
        await uow.execute(text("select careshare.authority()"))
        await uow.commit()
        assert await uow.scalar(text("select careshare.authority()")) == who.authority_id


async def test_nobody_writes_for_another_authority(database: Database, world: World) -> None:
    who = Acting(world.a.id, world.a.people["fostering_officer"], "test")
    insert = text(
        "insert into fostering.household (authority_id, reference, name, address, postcode)"
        " values (:authority, 'X1', 'Invented', '1 Any Street', 'ZB1 1AA')"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.bound(who) as uow:
            await uow.execute(insert, {"authority": world.b.id})
