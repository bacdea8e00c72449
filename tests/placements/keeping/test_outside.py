"""Placements outside Careshare go at the end of their time, and the request of the child after them."""

from uuid import UUID

import asyncpg
import pytest

from careshare.database import Database
from services.placements.enquiries import kept
from services.placements.requests import kept as requests
from services.record.period import today
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.keeping.stage import LONG_AGO
from tests.placements.placed.test_outside import offered, planned, step
from tests.world import World

OFFICER = "data_protection_officer"
LEFT = ("outside_placement", "outside_price", "outside_notice", "outside_step")


async def cancelled(between: Between) -> tuple[UUID, UUID]:
    """A placement outside that was planned and cancelled long ago, and its request."""
    enquiry = await offered(between)
    placement = await planned(between, enquiry)
    done = await step(between, placement, "cancel", reason="plan_changed")
    assert done.status_code == 200, done.text
    async with as_owner(between.world.settings) as owner:
        await owner.execute(
            "update placements.outside_step set at = $2 where outside_placement_id = $1", placement, LONG_AGO
        )
        request: UUID = await owner.fetchval(
            "update placements.request r set ended_at = $2 from placements.outside_enquiry q"
            " where q.id = $1 and r.id = q.request_id returning r.id",
            enquiry,
            LONG_AGO,
        )
    return placement, request


async def rows(between: Between, placement: UUID) -> int:
    async with as_owner(between.world.settings) as owner:
        return sum(
            [
                await owner.fetchval(
                    f"select count(*) from placements.{table} where"
                    f" {'id' if table == 'outside_placement' else 'outside_placement_id'} = $1",
                    placement,
                )
                for table in LEFT
            ]
        )


async def test_it_goes_when_it_is_due_and_not_while_it_or_its_request_is_held(
    between: Between, database: Database, world: World
) -> None:
    placement, request = await cancelled(between)
    standing = await planned(between, await offered(between))
    officer = world.acting(world.a, OFFICER)
    for kind, subject in (("outside_placement", placement), ("request", request)):
        async with as_owner(world.settings) as owner:
            held = await owner.fetchval(
                "insert into record.hold (authority_id, class, subject_id, reason, placed_by)"
                " values ($1, $2, $3, 'A claim', $4) returning id",
                world.a.id,
                kind,
                subject,
                world.a.people[OFFICER],
            )
        async with database.bound(officer) as uow:
            assert await kept.forget_outside(uow, [placement]) == []
        async with as_owner(world.settings) as owner:
            await owner.execute(
                "update record.hold set lifted_at = now(), lifted_by = placed_by, lifted_why = 'x' where id = $1", held
            )
    async with database.bound(world.acting(world.b, OFFICER)) as uow:
        assert await kept.due_outside(uow, today(), 10) == []
        assert await kept.forget_outside(uow, [placement]) == []
    async with database.bound(officer) as uow:
        due = await kept.due_outside(uow, LONG_AGO, 10)
        assert [(one.id, one.began) for one in due] == [(placement, LONG_AGO)]
        assert await requests.due(uow, today(), 10, [request]) == []
        assert await kept.forget_outside(uow, [placement, standing]) == [placement]
    assert await rows(between, placement) == 0
    assert await rows(between, standing) > 0
    async with database.bound(officer) as uow:
        assert [one.id for one in await requests.due(uow, today(), 10, [request])] == [request]
        assert await requests.delete(uow, [request]) == [request]


async def test_a_hold_stops_whoever_tries(between: Between, world: World) -> None:
    placement, _request = await cancelled(between)
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "insert into record.hold (authority_id, class, subject_id, reason, placed_by) values ($1, $2, $3, 'x', $4)",
            world.a.id,
            "outside_placement",
            placement,
            world.a.people[OFFICER],
        )
        with pytest.raises(asyncpg.PostgresError, match="a hold stops"):
            await owner.execute("delete from placements.outside_placement where id = $1", placement)
    assert await rows(between, placement) > 0
