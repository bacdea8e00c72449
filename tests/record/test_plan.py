"""With a year's entries of a region each list reads its own part of the audit record, through an index."""

import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from careshare.settings import Settings
from services.record import queries
from services.record.period import bounds, today
from tests.world import World

OTHERS = 100_000
"""Entries of the rest of the region, a sixth of them about A's records."""

FILL = (
    """insert into audit.entry (id, event_id, authority_id, actor_id, owner_id, action, purpose, agreement_id, subjects)
       select uuidv7(make_interval(secs => -314.0 * i)), uuidv7(),
         case when i % 12 = 0 then $1::uuid else $2::uuid end, $3::uuid,
         case when i % 12 = 0 then null when i % 6 = 1 then $1::uuid else $4::uuid end,
         case when i % 1200 = 0 then 'household.opened' else 'placements.search' end, 'placement:search', $5::uuid,
         array(select gen_random_uuid() from generate_series(1, 5) where i > 0)
       from generate_series(1, $6::int) i""",
    "analyze audit.entry",
)
PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")
SLOWEST = 0.5
"""Seconds that no list may take, many times what it does take, so that only a plan gone wrong fails."""


@pytest_asyncio.fixture(scope="module")
async def year(settings: Settings, world: World) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(settings.database_url)
    given = (world.a.id, world.b.id, world.b.people["placement_finder"], world.c.id, world.agreement_id, OTHERS)
    await connection.execute(FILL[0], *given)
    await connection.execute(FILL[1])
    await connection.execute("set role careshare_app")
    await connection.execute("set plan_cache_mode = force_generic_plan")
    await connection.execute(
        "select set_config('careshare.authority', $1, false), set_config('careshare.actor', $2, false)",
        str(world.a.id),
        str(world.a.people["data_protection_officer"]),
    )
    yield connection
    await connection.close()


FIRST, LAST = bounds(today() - timedelta(days=30), None)
MONTH: dict[str, Any] = {"first": FIRST, "last": LAST, "limit": 51, "viewer": None, "offers": None, "household": None}
YEAR = {**MONTH, "first": bounds(today() - timedelta(days=364), None)[0]}
LISTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "shown": (queries.SHOWN_SQL, MONTH, "entry_"),
    "shown to one authority": (queries.SHOWN_SQL, {**YEAR, "viewer": UUID(int=1)}, "entry_"),
    "shown of one home": (queries.SHOWN_SQL, {**YEAR, "offers": [uuid4()]}, "entry_owner"),
    "viewers": (queries.VIEWERS_SQL, MONTH, "entry_"),
    "owners": (queries.OWNERS_SQL, MONTH, "entry_"),
    "opened": (queries.OPENED_SQL, YEAR, "entry_opened"),
    "searches": (queries.SEARCHES_SQL, MONTH, "entry_"),
}
"""The statement, what it is asked, and the index (or the beginning of its name, where any serves)."""


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_reads_its_part_through_an_index(year: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    sql, given, index = LISTS[name]
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    statement = PARAMETER.sub(place, sql)
    values = [given[one] for one in names]
    began = time.perf_counter()
    await year.fetch(statement, *values)
    took = time.perf_counter() - began
    plan = "\n".join(row[0] for row in await year.fetch(f"explain (analyze, buffers off) {statement}", *values))
    assert "Seq Scan on entry" not in plan, plan
    assert re.search(rf"(Index Scan|Index Only Scan|Bitmap Index Scan).* {index}", plan), plan
    assert took < SLOWEST, plan
