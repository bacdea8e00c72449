"""Every step of a request that the table does not allow is refused by the database, and moves nothing; so is a stage
written past it.
"""

from itertools import product
from typing import Final
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database, Uow
from careshare.settings import Settings
from services.placements import steps
from tenants.actions import as_owner
from tests.world import World

STAGES: Final = ("draft", "open", "placed", "not_placed", "withdrawn")
STEPS: Final = ("open", "withdraw", "not_place", "place", "reopen", "change", "send", "nonsense")
MAKE = text("""
insert into placements.request (authority_id, number, kind, starts, need)
values (careshare.authority(), :number, 'planned', current_date, '{}') returning id
""")
TAKE = text("""
insert into placements.request_step (authority_id, request_id, step, reason, outcome)
values (careshare.authority(), :id, :step, case when :step in ('withdraw', 'not_place') then 'court' end,
  case when :step = 'not_place' then 'stays_home' end) returning next_stage
""")
STAGE = text("select stage, version from placements.request where id = :id")


@pytest_asyncio.fixture
async def rules(database: Database, world: World) -> dict[tuple[str, str, str], str]:
    async with database.bound(world.acting(world.a)) as uow:
        found = [rule for rule in await steps.rules(uow) if rule.machine == "request"]
    return {(rule.stage, rule.side, rule.step): rule.next_stage for rule in found}


async def at_stage(settings: Settings, database: Database, world: World, stage: str) -> UUID:
    """A request that stands at a stage, put there by its owner past the table."""
    async with database.bound(world.acting(world.a)) as uow:
        made: UUID = (await uow.execute(MAKE, {"number": f"R-{uuid4().int % 1_000_000:06}"})).scalar_one()
    async with as_owner(settings) as owner:
        await owner.execute("update placements.request set stage = $2 where id = $1", made, stage)
    return made


async def stands(uow: Uow, request: UUID) -> tuple[str, int]:
    row = (await uow.execute(STAGE, {"id": request})).one()
    return row.stage, row.version


async def test_the_table_is_what_the_stages_and_steps_here_say(rules: dict[tuple[str, str, str], str]) -> None:
    assert {stage for stage, _, _ in rules} | set(rules.values()) == set(STAGES)
    assert {step for _, _, step in rules} <= set(STEPS)


@pytest.mark.parametrize(("stage", "step"), list(product(STAGES, STEPS)))
async def test_only_the_steps_of_the_table_are_taken(
    settings: Settings,
    database: Database,
    world: World,
    rules: dict[tuple[str, str, str], str],
    stage: str,
    step: str,
) -> None:
    request = await at_stage(settings, database, world, stage)
    to = None if step == "change" else rules.get((stage, "placing", step))
    if to is None:
        with pytest.raises(DBAPIError, match="takes no such step"):
            async with database.bound(world.acting(world.a)) as uow:
                await uow.execute(TAKE, {"id": request, "step": step})
        to, moved = stage, 1
    else:
        async with database.bound(world.acting(world.a)) as uow:
            assert (await uow.execute(TAKE, {"id": request, "step": step})).scalar_one() == to
        moved = 2
    async with database.bound(world.acting(world.a)) as uow:
        assert await stands(uow, request) == (to, moved)


async def test_the_application_writes_no_stage_and_takes_no_step_of_the_system(
    settings: Settings, database: Database, world: World
) -> None:
    request = await at_stage(settings, database, world, "open")
    for statement in (
        "update placements.request set stage = 'placed' where id = :id",
        """insert into placements.request (authority_id, number, kind, starts, need, stage)
           values (careshare.authority(), 'R-000000', 'planned', current_date, '{}', 'open')""",
        """insert into placements.request_step (authority_id, request_id, side, step)
           values (careshare.authority(), :id, 'system', 'place')""",
        "update placements.request_step set step = 'reopen' where request_id = :id",
        "delete from placements.step_rule where machine = 'request'",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.bound(world.acting(world.a)) as uow:
                await uow.execute(text(statement), {"id": request})
    async with database.bound(world.acting(world.a)) as uow:
        assert await stands(uow, request) == ("open", 1)


@pytest.mark.parametrize("stage", STAGES)
async def test_what_is_over_is_not_changed_past_the_application(
    settings: Settings, database: Database, world: World, rules: dict[tuple[str, str, str], str], stage: str
) -> None:
    request = await at_stage(settings, database, world, stage)
    changes = (
        'update placements.request set need = \'{"background": "x"}\' where id = :id',
        """insert into placements.request_child (authority_id, request_id, position, age, need)
           values (careshare.authority(), :id, 1, 7, '{}')""",
    )
    for change in changes:
        if (stage, "placing", "change") in rules:
            async with database.bound(world.acting(world.a)) as uow:
                await uow.execute(text(change), {"id": request})
        else:
            with pytest.raises(DBAPIError, match="only while it is a draft or open"):
                async with database.bound(world.acting(world.a)) as uow:
                    await uow.execute(text(change), {"id": request})


async def test_nobody_takes_a_step_for_another_authority(settings: Settings, database: Database, world: World) -> None:
    request = await at_stage(settings, database, world, "draft")
    theirs = text(
        "insert into placements.request_step (authority_id, request_id, step) values (:authority, :id, 'open')"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.bound(world.acting(world.b)) as uow:
            await uow.execute(theirs, {"authority": world.a.id, "id": request})
    with pytest.raises(DBAPIError, match="no such request"):
        async with database.bound(world.acting(world.b)) as uow:
            await uow.execute(theirs, {"authority": world.b.id, "id": request})
