"""Periods are cut and set so that every day is covered at most once, whatever stood there before."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from careshare.database import Database, Uow
from services.fostering.actions.approval import APPROVALS, COLUMNS
from tests.world import World

START = date(2026, 1, 1)
VALUES = {
    **dict.fromkeys(COLUMNS),
    "kind": "mainstream",
    "age_min": 0,
    "age_max": 17,
    "sex": "any",
    "care_types": ["short_term"],
    "named_children": [],
}


def day(number: int | None) -> date | None:
    return None if number is None else START + timedelta(days=number)


async def household(uow: Uow) -> UUID:
    made: UUID = (
        await uow.execute(
            text("""
                insert into fostering.household (authority_id, reference, name, address, postcode)
                values (careshare.authority(), cast(gen_random_uuid() as text), 'Vale', '1 Lane', 'ZA1 1AA')
                returning id
            """)
        )
    ).scalar_one()
    return made


async def stands(uow: Uow, parent: UUID) -> list[tuple[int, int | None, int]]:
    """Each period as first day, first day after and the number it holds."""
    rows = await uow.execute(
        text("""
            select lower(during) - cast(:start as date) as since, upper(during) - cast(:start as date) as until, places
            from fostering.approval where household_id = :id order by 1
        """),
        {"id": parent, "start": START},
    )
    return [(row.since, row.until, row.places) for row in rows]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (30, None, [(0, 10, 1), (10, 20, 2), (20, 30, 3), (30, None, 9)]),
        (10, None, [(0, 10, 1), (10, None, 9)]),
        (5, None, [(0, 5, 1), (5, None, 9)]),
        (0, None, [(0, None, 9)]),
        (-5, None, [(-5, None, 9)]),
        (12, 15, [(0, 10, 1), (10, 12, 2), (12, 15, 9), (15, 20, 2), (20, None, 3)]),
        (5, 25, [(0, 5, 1), (5, 25, 9), (25, None, 3)]),
        (10, 20, [(0, 10, 1), (10, 20, 9), (20, None, 3)]),
        (25, 30, [(0, 10, 1), (10, 20, 2), (20, 25, 3), (25, 30, 9), (30, None, 3)]),
        (-9, -5, [(-9, -5, 9), (0, 10, 1), (10, 20, 2), (20, None, 3)]),
    ],
)
async def test_set(
    world: World, database: Database, since: int, until: int | None, expected: list[tuple[int, int | None, int]]
) -> None:
    async with database.bound(world.acting(world.a)) as uow:
        parent, other = await household(uow), await household(uow)
        for one in (parent, other):
            for begins, ends, places in ((0, 10, 1), (10, 20, 2), (20, None, 3)):
                await APPROVALS.set(uow, one, START + timedelta(days=begins), day(ends), {**VALUES, "places": places})
        made = await APPROVALS.set(uow, parent, START + timedelta(days=since), day(until), {**VALUES, "places": 9})
        assert await stands(uow, parent) == expected
        assert await stands(uow, other) == [(0, 10, 1), (10, 20, 2), (20, None, 3)]
        found = await uow.execute(text("select places from fostering.approval where id = :id"), {"id": made})
        assert found.scalar_one() == 9


async def test_end(world: World, database: Database) -> None:
    async with database.bound(world.acting(world.a)) as uow:
        parent = await household(uow)
        for begins, ends, places in ((0, 10, 1), (10, 20, 2), (20, None, 3)):
            await APPROVALS.set(uow, parent, START + timedelta(days=begins), day(ends), {**VALUES, "places": places})
        await APPROVALS.end(uow, parent, START + timedelta(days=15))
        assert await stands(uow, parent) == [(0, 10, 1), (10, 15, 2)]
