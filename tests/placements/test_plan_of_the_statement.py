"""At England's size the search reads the homes it may show, through an index, and never all of them."""

import re
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from careshare.settings import Settings
from services.placements import search
from services.placements.judged import Asked, Circle
from services.placements.weights import weights
from tenants.actions import as_owner
from tests.placements.homes import today
from tests.world import World

AUTHORITIES = 150
HOMES = 340
"""Vacancies of each authority; with those of the world more than 50,000."""

FILL = (
    """insert into tenants.authority (region_id, dfe_code, gss_code, name, short_name, starts)
       select $1, lpad(i::text, 3, '0'), 'E07' || lpad(i::text, 6, '0'), 'Authority ' || i, 'A' || i, '2009-04-01'
       from generate_series(1, $2::int) i""",
    """insert into careshare.shelf (owner_id, resource)
       select a.id, r from tenants.authority a, unnest(array['foster_carers', 'foster_carers:own']) r
       where a.dfe_code::int <= $1""",
    """insert into careshare.sharing_grant (viewer_id, shelf_id, agreement_id, in_force)
       select $1, s.id, $2, '[2024-01-01,)' from careshare.shelf s join tenants.authority a on a.id = s.owner_id
       where s.resource = 'foster_carers' and a.dfe_code::int <= 11""",
    """insert into tenants.offer (owner_id, shelf_id, kind, care_types, age_min, age_max, places, starts, within_limit,
         empty, skills, area_code, area_name, area_gss, easting, northing, radius_m, confirmed_on)
       select s.owner_id, s.id, 'foster_home', '{emergency}', i % 10, i % 10 + 8, 1 + i % 3, $1, 3, true, '{autism}',
         'outward:ZA1', 'ZA1', 'E06000901', 400000 + i * 50, 560000, 1000, $1
       from generate_series(1, $2::int) i, careshare.shelf s
       where s.resource = 'foster_carers'""",
    """insert into tenants.offer_own (owner_id, offer_id, subject_id, label, easting, northing)
       select owner_id, id, id, 'A home', easting, northing from tenants.offer""",
)
"""In order: regional authorities, their shelves, grants to A by eleven of them, their homes, whose homes those are."""
PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")


@pytest_asyncio.fixture(scope="module")
async def england(settings: Settings, world: World) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    async with as_owner(settings) as owner:
        await owner.execute(FILL[0], world.region_id, AUTHORITIES)
        await owner.execute(FILL[1], AUTHORITIES)
        await owner.execute(FILL[2], world.a.id, world.agreement_id)
        await owner.execute(FILL[3], today(), HOMES)
        await owner.execute(FILL[4])
        assert await owner.fetchval("select count(*) from tenants.offer") > 50_000
    connection = await asyncpg.connect(settings.admin_url.set(drivername="postgresql").render_as_string(False))
    await connection.execute("analyze")
    yield connection
    await connection.close()


def positional(parameters: dict[str, Any]) -> tuple[str, list[Any]]:
    """The statement and its values as the driver takes them."""
    numbers: dict[str, int] = {}
    following = count(1)

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found[1], 0) or numbers.update({found[1]: next(following)}) or numbers[found[1]]}"

    statement = PARAMETER.sub(number, search.SEARCH_SQL)
    return statement, [parameters[name] for name in numbers]


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize("children", [1, 2])
async def test_no_sequential_scan(
    england: "asyncpg.Connection[asyncpg.Record]", world: World, mode: str, children: int
) -> None:
    asked = Asked(
        ages=(4, 7)[:children],
        sexes=("M", "F")[:children],
        siblings=True,
        together=True,
        starts=today(),
        home="ZA1 3DD",
        home_miles=10,
        skills=("autism", "missing"),
        circles=(Circle("ZA2 3DD", 1.0),),
    )
    statement, values = positional(search.parameters(asked, weights(), today()))
    async with england.transaction():
        await england.execute(f"set local plan_cache_mode = {mode}")
        await england.execute("set local role careshare_app")
        await england.execute("select careshare.bind($1, $2, 'test')", world.a.id, world.a.people["placement_finder"])
        lines = [row[0] for row in await england.fetch("explain (analyze, timing off) " + statement, *values)]
        found = await england.fetchrow(statement, *values)
    plan = "\n".join(lines)
    assert not re.search(r"Seq Scan on offer(_own)?\b", plan), plan
    assert "Index Scan using offer_shelf on offer" in plan, plan
    assert found is not None
    assert found["counts"][0] > 100, "the widest answer is there, so the plan is not that of an empty one"
