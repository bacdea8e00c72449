"""The list and what is due stay on their indexes when other authorities' registers are large."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event

from careshare.database import Uow
from services.fostering.days import today
from services.fostering.queries import Filters, due, register, summary
from tenants.actions import as_owner
from tests.fostering.register import Desk, a_home
from tests.world import World

LARGE = ("household", "carer", "approval", "check", "place", "placed_child", "unit", "occupancy")

FILL = """
    insert into fostering.household (authority_id, id, reference, name, address, postcode)
    select $1, uuidv7(), 'R' || n, 'Name ' || n, 'Address', 'ZA1 1AA' from generate_series(1, $2) n
"""
HANG = """
    insert into fostering.check (authority_id, household_id, kind, due_on)
    select h.authority_id, h.id, k.kind, current_date - 100 + (random() * 700)::int
    from fostering.household h, unnest(array['annual_review', 'dbs', 'medical', 'training']) k (kind)
    on conflict on constraint check_once do nothing;
    insert into fostering.approval (authority_id, household_id, during, kind, places, age_min, age_max, care_types)
    select h.authority_id, h.id, '[2020-01-01,)', 'mainstream', 2, 0, 17, '{short_term}' from fostering.household h
    where not exists (select from fostering.approval a where a.household_id = h.id);
    insert into fostering.carer (authority_id, household_id, name)
    select h.authority_id, h.id, 'Carer' from fostering.household h on conflict do nothing;
    with unit as (
      insert into capacity.unit (owner_id, pool_id, shelf_id)
      select h.authority_id, h.id, s.id from fostering.household h
      join careshare.shelf s on s.owner_id = h.authority_id and s.resource = 'foster_carers:own'
      returning owner_id, id, pool_id)
    insert into fostering.place (authority_id, unit_id, household_id, number)
    select owner_id, id, pool_id, 99 from unit;
    insert into fostering.placed_child (authority_id, household_id, unit_id, child_reference, born, sex,
      responsible_gss, care_type, starts)
    select p.authority_id, p.household_id, p.unit_id, 'C-' || p.unit_id, current_date - (random() * 6000)::int, 'F',
      'E06000902', 'short_term', current_date - 10
    from fostering.place p where p.number = 99
"""


@pytest.fixture(scope="module")
async def large(world: World, a: Desk) -> World:
    """Ashmoor with a small register beside Birkdale's of twelve thousand homes."""
    await a.make(a_home())
    async with as_owner(world.settings) as owner:
        await owner.execute(FILL, world.a.id, 200)
        await owner.execute(FILL, world.b.id, 12_000)
        await owner.execute(HANG)
    async with as_owner(world.settings) as owner:
        for table in LARGE:
            schema = "capacity" if table in {"unit", "occupancy"} else "fostering"
            await owner.execute(f'analyze {schema}."{table}"')
    return world


async def read_whole(desk: Desk, read: Callable[[Uow], Awaitable[object]]) -> set[str]:
    """The large tables that a read goes through from end to end."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        sent.append((statement, parameters))

    async with desk.uow() as uow:
        await uow.connection()
        engine = desk.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            await read(uow)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        connection = await uow.connection()
        plans = [
            line
            for statement, parameters in sent
            for line in (await connection.exec_driver_sql(f"explain (costs off) {statement}", parameters)).scalars()
        ]
    assert plans
    return set(re.findall(r"Seq Scan on (\w+)", "\n".join(plans))) & set(LARGE)


@pytest.mark.parametrize(
    "filters",
    [Filters(), Filters(q="Name 7"), Filters(due=True), Filters(stale=True), Filters(care_type="remand")],
)
async def test_the_list_reads_one_authoritys_rows(large: World, a: Desk, filters: Filters) -> None:
    assert await read_whole(a, lambda uow: register(uow, filters, seen=False)) == set()


async def test_the_list_goes_on_from_a_name(large: World, a: Desk) -> None:
    after = ("Name 150", a.authority.id)
    assert await read_whole(a, lambda uow: register(uow, Filters(), seen=False, after=after)) == set()


async def test_the_numbers_read_one_authoritys_rows(large: World, a: Desk) -> None:
    assert await read_whole(a, summary) == set()


async def test_what_is_due_reads_one_authoritys_rows(large: World, a: Desk) -> None:
    assert await read_whole(a, due) == set()
    assert await read_whole(a, lambda uow: due(uow, after=(today(), "dbs", a.authority.id, ""))) == set()
