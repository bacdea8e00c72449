"""Adds the jobs that the clock gives."""

from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import structlog
from sqlalchemy import CursorResult, text

from careshare.database import Database
from careshare.jobs.registry import SYSTEM, Registry, Schedule

FIRE = """
with fired as (
  insert into jobs.schedule_run (name, due_at) values (:name, :due_at) on conflict do nothing returning name)
insert into jobs.outbox (authority_id, actor_id, purpose, task, payload, key)
select a.id, cast(:actor as uuid), cast(:purpose as text), cast(:task as text), cast(:payload as jsonb),
  cast(:key as text)
from fired, {authorities} as a (id)
on conflict (authority_id, task, key) where key is not null and begun_at is null do nothing
"""
PER_AUTHORITY = text(FIRE.format(authorities="careshare.authority_ids()"))
REGION_WIDE = text(FIRE.format(authorities="(values (cast(null as uuid)))"))

logger = structlog.get_logger(__name__)


class Scheduler:
    """Takes each scheduled moment once, however many schedulers there are: the database decides who."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self._database = database
        self._registry = registry
        self._taken: dict[str, datetime] = {}

    async def fire(self, now: datetime | None = None) -> int:
        """Add the jobs of every schedule that became due since the last call. Returns how many were added."""
        now = now or datetime.now(UTC)
        added = 0
        for schedule in self._registry.schedules.values():
            due = schedule.due(now)
            if self._taken.get(schedule.name) != due:
                added += await self._add(schedule, due)
                self._taken[schedule.name] = due
        return added

    async def _add(self, schedule: Schedule, due: datetime) -> int:
        async with self._database.unbound() as uow:
            added = await uow.execute(
                PER_AUTHORITY if schedule.per_authority else REGION_WIDE,
                {
                    "name": schedule.name,
                    "due_at": due,
                    "actor": SYSTEM,
                    "purpose": schedule.purpose,
                    "task": schedule.task,
                    "payload": msgspec.json.encode(schedule.payload).decode(),
                    "key": f"schedule:{schedule.name}",
                },
            )
        count = cast("CursorResult[Any]", added).rowcount
        if count:
            logger.info("schedule.fired", schedule=schedule.name, due=due.isoformat(), jobs=count)
        return count
