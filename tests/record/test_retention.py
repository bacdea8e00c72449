"""Deletion at the end of its time: confirmed, with a tombstone; and what is held is not deleted, whoever tries."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database
from careshare.errors import Conflict, Invalid, NotFound
from careshare.settings import Settings
from services.fostering.imports.work import KEPT as IMPORTS_KEPT
from services.placements import jobs as placements_jobs
from services.placements.weights import policy
from services.record import jobs, retention
from services.record.period import key_at, midnight, today
from tenants.actions import as_owner
from tests.isolation.hidden import NEED, add_household
from tests.world import World, submit

OFFICER = "data_protection_officer"


async def ended(settings: Settings, world: World, reference: str, years: int = 11) -> UUID:
    """A household of A whose approval and last placement ended so many years ago."""
    async with as_owner(settings) as owner:
        household = await add_household(owner, world.a, reference)
        day = today() - timedelta(days=365 * years + 5)
        await owner.execute(
            "update fostering.approval set during = daterange($2, $3) where household_id = $1",
            household,
            day - timedelta(days=900),
            day,
        )
        await owner.execute(
            "update fostering.placed_child set starts = $2, ends = $3, claim_id = null where household_id = $1",
            household,
            day - timedelta(days=300),
            day - timedelta(days=10),
        )
        await owner.execute(
            "delete from capacity.occupancy o using capacity.unit u where u.id = o.unit_id and u.pool_id = $1",
            household,
        )
    return household


@pytest_asyncio.fixture
async def old(settings: Settings, world: World) -> UUID:
    return await ended(settings, world, f"OLD-{today():%j}-{id(object()) % 100_000}")


async def there(settings: Settings, household: UUID) -> bool:
    async with as_owner(settings) as owner:
        found: bool = await owner.fetchval("select exists (select from fostering.household where id = $1)", household)
    return found


async def nightly(database: Database, world: World) -> None:
    async with database.bound(world.acting(world.a, OFFICER, "deletion at the end of retention")) as uow:
        await jobs.delete_confirmed(uow, jobs.Nothing())


async def test_confirmed_deletion_leaves_a_tombstone_with_ids_and_no_content(
    database: Database, settings: Settings, world: World, old: UUID
) -> None:
    recent = await ended(settings, world, "RECENT-1", years=9)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        due = [row.id for row in await retention.due(uow, "household")]
        assert old in due
        assert recent not in due
        assert await retention.confirm(uow, "household", [old]) == 1
        with pytest.raises(Conflict):
            await retention.confirm(uow, "household", [recent])
    assert await there(settings, old)
    await nightly(database, world)
    assert not await there(settings, old)
    async with as_owner(settings) as owner:
        row = await owner.fetchrow(
            "select e.subjects, d.body::text as body from audit.entry e join audit.detail d on d.entry_id = e.id"
            " where e.action = 'record.deleted' and $1 = any(e.subjects)",
            old,
        )
    assert row is not None
    assert row["body"] == '{"after": {"class": "household", "records": 1, "kept_for": "10 years"}}'


async def test_what_is_held_is_never_deleted(database: Database, settings: Settings, world: World, old: UUID) -> None:
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        (row,) = [row for row in await retention.due(uow, "household") if row.id == old]
        await retention.confirm(uow, "household", [old])
        hold = await retention.place_hold(uow, "household", reference=row.reference, reason="A claim before the court")
    await nightly(database, world)
    assert await there(settings, old)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        (row,) = [row for row in await retention.due(uow, "household") if row.id == old]
        assert (row.held, row.confirmed) == (True, False)
        with pytest.raises(Conflict, match="hold"):
            await retention.confirm(uow, "household", [old])
    with pytest.raises(DBAPIError, match="a hold stops"):
        async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
            await uow.execute(text("delete from fostering.household where id = :id"), {"id": old})
    async with as_owner(settings) as owner:
        with pytest.raises(asyncpg.PostgresError, match="a hold stops"):
            await owner.execute("delete from fostering.household where id = $1", old)
    superuser = await asyncpg.connect(settings.database_url)
    await superuser.execute("set session_replication_role = replica")
    with pytest.raises(asyncpg.PostgresError, match="a hold stops"):
        await superuser.execute("delete from fostering.household where id = $1", old)
    await superuser.close()
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        await retention.lift_hold(uow, hold, "The claim was settled")
        with pytest.raises(Conflict):
            await retention.lift_hold(uow, hold, "again")
        await retention.confirm(uow, "household", [old])
    await nightly(database, world)
    assert not await there(settings, old)


async def test_a_hold_on_a_class_stops_all_of_it_and_ends_with_its_last_day(
    database: Database, settings: Settings, world: World, old: UUID
) -> None:
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        await retention.confirm(uow, "household", [old])
        await retention.place_hold(uow, "household", reference=None, reason="An inquiry", until=today())
    await nightly(database, world)
    assert await there(settings, old)
    async with as_owner(settings) as owner:
        await owner.execute("update record.hold set until = current_date - 1 where subject_id is null")
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        await retention.confirm(uow, "household", [old])
    await nightly(database, world)
    assert not await there(settings, old)


async def test_searches_at_their_end_go_at_night_but_for_those_held(
    database: Database, settings: Settings, world: World
) -> None:
    async with as_owner(settings) as owner:
        made = [
            await owner.fetchval(
                "insert into placements.search (authority_id, made_by, made_at, kind, need, need_key)"
                " values ($1, $2, now() - interval '30 weeks', 'tonight', $3, $4) returning id",
                world.a.id,
                world.a.people["placement_finder"],
                NEED,
                f"k{n}",
            )
            for n in range(2)
        ]
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        await retention.place_hold(uow, "search", reference=str(made[0]), reason="A complaint")
        assert {row.id: row.held for row in await retention.due(uow, "search")} == {made[0]: True, made[1]: False}
        with pytest.raises(Conflict):
            await retention.confirm(uow, "search", made)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        await placements_jobs.keep_to_policy(uow, placements_jobs.Nothing())
    async with as_owner(settings) as owner:
        assert await owner.fetchval("select array_agg(id) from placements.search where id = any($1)", made) == [made[0]]
        assert await owner.fetchval(
            "select subjects from audit.entry where action = 'record.deleted' and $1 = any(subjects)", made[1]
        ) == [made[1]]


async def old_entry(settings: Settings, world: World, day: date) -> None:
    """An entry of A's with detail, as it was made on a day long ago."""
    entry = UUID(int=key_at(midnight(day)).int | 7 << 76 | 2 << 62)
    async with as_owner(settings) as owner:
        await owner.execute(
            "insert into audit.entry (id, event_id, authority_id, actor_id, action, purpose, detail_hash)"
            " values ($1, uuidv7(), $2, $3, 'household.changed', 'test', audit.detail_hash('salt', '{}'))",
            entry,
            world.a.id,
            world.a.people["director"],
        )
        await owner.execute(
            "insert into audit.detail (authority_id, entry_id, salt, body) values ($1, $2, 'salt', '{}')",
            world.a.id,
            entry,
        )


async def test_old_detail_of_the_audit_record_is_erased_by_months(
    database: Database, settings: Settings, world: World
) -> None:
    await old_entry(settings, world, date(2018, 7, 21))
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        (row,) = await retention.due(uow, "audit_detail")
        assert row.reference == "July 2018: 1 entries"
        await retention.confirm(uow, "audit_detail", [row.id])
    await nightly(database, world)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        assert await retention.due(uow, "audit_detail") == []


async def test_any_month_that_is_due_is_confirmed_and_erased_not_the_oldest_alone(
    database: Database, settings: Settings, world: World
) -> None:
    for day in (date(2017, 3, 31), date(2017, 5, 1), date(2017, 8, 9)):
        await old_entry(settings, world, day)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        march, may, august = await retention.due(uow, "audit_detail")
        assert [one.began for one in (march, may, august)] == [
            date(2017, 3, 31),
            date(2017, 5, 31),
            date(2017, 8, 31),
        ]
        assert await retention.confirm(uow, "audit_detail", [may.id]) == 1
        for chance in (uuid4(), UUID(int=may.id.int + 1), UUID(int=2**128 - 1)):
            with pytest.raises(Conflict, match="not due"):
                await retention.confirm(uow, "audit_detail", [chance])
    await nightly(database, world)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        left = await retention.due(uow, "audit_detail")
        assert [one.id for one in left] == [march.id, august.id]
        assert await retention.confirm(uow, "audit_detail", [one.id for one in left]) == 2
    await nightly(database, world)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        assert await retention.due(uow, "audit_detail") == []


async def test_a_month_that_ends_after_the_day_is_not_due(database: Database, settings: Settings, world: World) -> None:
    await old_entry(settings, world, date(2016, 2, 3))
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        assert await retention.due_detail(uow, date(2016, 2, 28), 10) == []
        (due,) = await retention.due_detail(uow, date(2016, 2, 29), 10)
        assert await retention.due_detail(uow, date(2016, 2, 28), 10, [due.id]) == []
        assert await retention.delete_detail(uow, [due.id]) == [due.id]


async def test_a_hold_names_something_of_ours(database: Database, settings: Settings, world: World) -> None:
    async with as_owner(settings) as owner:
        await add_household(owner, world.b, "THEIRS-1")
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        with pytest.raises(Invalid):
            await retention.place_hold(uow, "household", reference="THEIRS-1", reason="none of ours")
        with pytest.raises(NotFound):
            await retention.place_hold(uow, "looked_after_child", reference=None, reason="kept elsewhere")
        with pytest.raises(Invalid):
            await retention.place_hold(uow, "household", reference=None, reason="over", until=date(2020, 1, 1))


def test_the_schedules_say_what_the_services_do() -> None:
    found = {one.name: one for one in retention.schedules()}
    assert found["search"].period == policy().search_kept_weeks
    assert found["unmet_need"].period == policy().unmet_need_kept_weeks
    assert timedelta(days=found["import_row"].period) == IMPORTS_KEPT
    assert found["household"].began_before(date(2036, 2, 29)) == date(2026, 2, 28)
    assert all(one.source for one in found.values())


async def test_the_officer_confirms_and_holds_on_pages(
    client: httpx.AsyncClient, settings: Settings, world: World
) -> None:
    household = await ended(settings, world, "PAGE-OLD-1")
    await world.sign_in(client, world.a, OFFICER)
    nothing = await submit(client, "/record/retention/due", {})
    assert "Select what is to be deleted" in nothing.text
    done = await submit(client, "/record/retention/due", {"ids": f"household:{household}"})
    assert done.status_code == 303
    assert "Deleted tonight" in (await client.get("/record/retention/due")).text
    answer = await submit(
        client, "/record/retention/holds", {"kind": "household", "reference": "PAGE-OLD-1", "reason": "A claim"}
    )
    assert answer.status_code == 303
    page = (await client.get("/record/retention/holds")).text
    assert "PAGE-OLD-1" in page
    headers = await world.bearer(world.a, OFFICER)
    holds = (await client.get("/api/v1/record/holds", headers=headers)).json()["items"]
    hold = next(one["id"] for one in holds if one["reference"] == "PAGE-OLD-1")
    lifted = await submit(client, f"/record/retention/holds/{hold}/lift", {"why": "Settled"})
    assert lifted.status_code == 303
    await world.sign_in(client, world.b, OFFICER)
    assert "PAGE-OLD-1" not in (await client.get("/record/retention/holds")).text
    assert (await client.get(f"/record/retention/holds/{hold}/lift")).status_code == 404
