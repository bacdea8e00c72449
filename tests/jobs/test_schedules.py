"""What the clock gives: when, once, to each authority."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest

from careshare.database import Database
from careshare.jobs import SYSTEM, Registry
from careshare.jobs.outbox import Outbox
from careshare.jobs.schedules import Scheduler
from tests.jobs.conftest import Errand, Look, leave_trace
from tests.world import World

NOON = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def empty(look: Look, world: World) -> None:
    await look.rows("delete from jobs.outbox")
    await look.rows("delete from jobs.schedule_run")


@pytest.fixture
def scheduled(registry: Registry) -> Registry:
    registry.schedule("every minute", "tests.errand", every=MINUTE)
    return registry


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-20T12:00:30+00:00", "2026-11-20T12:00:00+00:00"),
        ("2026-11-20T12:01:00+00:00", "2026-11-20T12:01:00+00:00"),
        ("2026-11-20T12:00:30+05:00", "2026-11-20T07:00:00+00:00"),
    ],
)
def test_every_minute_is_the_same_minute_everywhere(scheduled: Registry, now: str, due: str) -> None:
    schedule = scheduled.schedules["every minute"]
    assert schedule.due(datetime.fromisoformat(now)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-20T06:29:59+00:00", "2026-11-19T06:30:00+00:00"),
        ("2026-11-20T06:30:00+00:00", "2026-11-20T06:30:00+00:00"),
        ("2026-07-01T05:29:59+00:00", "2026-06-30T05:30:00+00:00"),  # summer time
        ("2026-07-01T05:30:00+00:00", "2026-07-01T05:30:00+00:00"),
        ("2026-03-29T05:45:00+00:00", "2026-03-29T05:30:00+00:00"),  # the clocks went forward that night
        ("2026-10-25T06:45:00+00:00", "2026-10-25T06:30:00+00:00"),  # and back
        ("2026-07-01T23:30:00+00:00", "2026-07-01T05:30:00+00:00"),  # already 2 July in London
    ],
)
def test_daily_follows_the_london_clock(registry: Registry, now: str, due: str) -> None:
    registry.schedule("daily", "tests.errand", daily_at=time(6, 30))
    assert registry.schedules["daily"].due(datetime.fromisoformat(now)) == datetime.fromisoformat(due)


def test_a_schedule_says_when_in_one_way_and_has_a_name_of_its_own(registry: Registry) -> None:
    with pytest.raises(ValueError, match="needs either"):
        registry.schedule("never", "tests.errand")
    with pytest.raises(ValueError, match="needs either"):
        registry.schedule("both", "tests.errand", every=MINUTE, daily_at=time(6))
    registry.schedule("once", "tests.errand", every=MINUTE)
    with pytest.raises(ValueError, match="two schedules"):
        registry.schedule("once", "tests.errand", every=MINUTE)


async def test_a_handler_has_a_task_of_its_own_and_a_bearable_limit(registry: Registry) -> None:
    with pytest.raises(ValueError, match="two handlers"):
        registry.handler("tests.errand", Errand)(leave_trace)
    with pytest.raises(ValueError, match="may not take longer"):
        registry.handler("tests.for_ever", Errand, timeout=timedelta(days=1))(leave_trace)


async def test_each_authority_gets_a_job_of_its_own(
    dispatch: Database, world: World, look: Look, scheduled: Registry
) -> None:
    assert await Scheduler(dispatch, scheduled).fire(NOON) == 3
    rows = await look.rows("select * from jobs.outbox order by authority_id")
    assert [row["authority_id"] for row in rows] == sorted(authority.id for authority in world.authorities)
    assert {(row["actor_id"], row["purpose"], row["task"]) for row in rows} == {
        (SYSTEM, "scheduled: every minute", "tests.errand")
    }


async def test_two_schedulers_give_it_once(dispatch: Database, look: Look, scheduled: Registry) -> None:
    schedulers = [Scheduler(dispatch, scheduled) for _ in range(4)]
    given = await asyncio.gather(*[scheduler.fire(NOON) for scheduler in schedulers])
    assert sum(given) == 3
    assert sum([await scheduler.fire(NOON + MINUTE / 3) for scheduler in schedulers]) == 0


async def test_what_has_not_begun_is_not_added_again(
    dispatch: Database, look: Look, scheduled: Registry, outbox: Outbox
) -> None:
    scheduler = Scheduler(dispatch, scheduled)
    await scheduler.fire(NOON)
    assert await scheduler.fire(NOON + MINUTE) == 0
    (row, *_) = await look.rows("select id from jobs.outbox")
    await outbox.start(row["id"], MINUTE)
    assert await scheduler.fire(NOON + 2 * MINUTE) == 1


async def test_what_was_missed_is_made_up_for_once(dispatch: Database, look: Look, scheduled: Registry) -> None:
    await Scheduler(dispatch, scheduled).fire(NOON)
    await look.rows("delete from jobs.outbox")
    assert await Scheduler(dispatch, scheduled).fire(NOON + timedelta(hours=5)) == 3


async def test_a_job_of_the_whole_region_is_one_job(dispatch: Database, look: Look, registry: Registry) -> None:
    registry.schedule("summaries", "tests.region", every=MINUTE, per_authority=False)
    scheduler = Scheduler(dispatch, registry)
    assert await scheduler.fire(NOON) == 1
    assert await scheduler.fire(NOON + MINUTE) == 0
    (row,) = await look.rows("select authority_id from jobs.outbox")
    assert row["authority_id"] is None
