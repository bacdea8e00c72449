"""A request or a home that is locked from a colleague is not read through its enquiries and placements, either."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.homes import today
from tests.placements.placed.test_outside import offered, planned, step
from tests.placements.placed.test_way import matched
from tests.world import WorldAuthority

ROLE = "team_manager"
LOCK = """insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)
          values ($1, $2, $3, 'A relative', $4)"""
ABOUT = {
    "placing": text("select request_id from placements.asked where enquiry_id = :enquiry"),
    "providing": text("select subject_id from placements.answering where enquiry_id = :enquiry"),
}
READABLE = text("""
select 'enquiry' from placements.enquiry where id = :id
union all select 'child' from placements.child_identity where enquiry_id = :id
union all select 'home' from placements.home_identity where enquiry_id = :id
union all select 'placement' from placements.placement where enquiry_id = :id
""")


async def lock(between: Between, authority: WorldAuthority, subject: UUID, *, locked: bool = True) -> None:
    people = authority.people
    async with as_owner(between.world.settings) as owner:
        if locked:
            await owner.execute(LOCK, authority.id, subject, people[ROLE], people["director"])
        else:
            await owner.execute("delete from tenants.record_lock where subject_id = $1", subject)


async def get(between: Between, authority: WorldAuthority, path: str, role: str = ROLE) -> Any:
    return await between.call(authority, role, "GET", path)


@pytest.mark.parametrize("side", ["placing", "providing"])
async def test_neither_the_enquiry_nor_the_placement_is_there_for_them(between: Between, side: str) -> None:
    enquiry, placement = await matched(between)
    authority = between.world.a if side == "placing" else between.world.b
    async with between.database.bound(between.world.acting(authority, ROLE)) as uow:
        subject = (await uow.execute(ABOUT[side], {"enquiry": enquiry})).scalar_one()
    paths = (f"/enquiries/{enquiry}", f"/enquiries/{enquiry}/match", f"/placements/{placement}")
    await lock(between, authority, subject)
    try:
        for path in paths:
            assert (await get(between, authority, path)).status_code == 404, path
        assert str(placement) not in (await get(between, authority, "/placements")).text
        async with between.database.bound(between.world.acting(authority, ROLE)) as uow:
            assert (await uow.execute(READABLE, {"id": enquiry})).all() == []
        # Nobody else is kept from it: neither a colleague nor the other side's manager.
        other = between.world.b if side == "placing" else between.world.a
        for who, role in ((authority, "placement_finder" if side == "placing" else "fostering_officer"), (other, ROLE)):
            assert (await get(between, who, paths[0], role)).status_code == 200
    finally:
        await lock(between, authority, subject, locked=False)
    assert (await get(between, authority, paths[0])).status_code == 200


async def test_nor_a_placement_outside_with_its_sealed_copy(between: Between) -> None:
    enquiry = await offered(between, kind="emergency")
    placement = await planned(between, enquiry)
    day: date = today()
    for name, more in (
        ("make_ready", {}),
        ("start", {"day": day.isoformat()}),
        ("end_at_once", {"day": day.isoformat(), "reason": "CARPL"}),
    ):
        assert (await step(between, placement, name, **more)).status_code == 200
    request = UUID((await between.finder("GET", f"/outside-enquiries/{enquiry}")).json()["request_id"])
    paths = (
        f"/outside-enquiries/{enquiry}",
        f"/outside-placements/{placement}",
        f"/outside-placements/{placement}/archive",
    )
    for path in paths:
        assert (await get(between, between.world.a, path)).status_code == 200, path
    await lock(between, between.world.a, request)
    try:
        for path in paths:
            assert (await get(between, between.world.a, path)).status_code == 404, path
    finally:
        await lock(between, between.world.a, request, locked=False)
