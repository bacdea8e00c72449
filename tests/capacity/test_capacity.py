"""No double booking, whoever asks, at the same moment or after a hold has run out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Acting, Database, Uow
from careshare.settings import Settings

WEEK = "tstzrange(now() + interval '1 day', now() + interval '8 days')"
CLAIM_ANY = text(f"select capacity.claim_any(:pool, :n, {WEEK}, interval '20 min')")
COUNT = "select count(*) from capacity.occupancy where unit_id = any($1)"


@dataclass(frozen=True)
class Region:
    """Two authorities that share and a third that does not; each owns units on its shelf."""

    owner: UUID
    neighbour: UUID
    outsider: UUID
    shelf: UUID


@pytest_asyncio.fixture(scope="module")
async def admin(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="module")
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = Database.open(settings, pool_size=50)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module")
async def region(admin: asyncpg.Connection) -> Region:
    where = await admin.fetchval(
        "insert into tenants.region (gss_code, name) values ('E12000099', 'Test') returning id"
    )
    ids = [
        await admin.fetchval(
            "insert into tenants.authority (region_id, dfe_code, gss_code, name, short_name, starts)"
            " values ($1, $2, $3, $4, $4, '2009-01-01') returning id",
            where,
            f"90{n}",
            f"E0600009{n}",
            name,
        )
        for n, name in enumerate(("Owner", "Neighbour", "Outsider"))
    ]
    shelf = await admin.fetchval(
        "insert into careshare.shelf (owner_id, resource) values ($1, 'foster_carers') returning id", ids[0]
    )
    agreement = await admin.fetchval(
        "insert into tenants.agreement (region_id, title, resource, detail, purpose, legal_gateway, lawful_basis,"
        " notice_days, state, in_force, reviewed_by) values ($1, 'T', 'foster_carers', 'notice', 'p', 'g', 'b', 30,"
        " 'in_force', tstzrange(now(), null), current_date + 365) returning id",
        where,
    )
    for party in ids[:2]:
        await admin.execute(
            "insert into tenants.agreement_party (agreement_id, authority_id, signed_by, signed_role, signed_at)"
            " values ($1, $2, 'A', 'Director', now())",
            agreement,
            party,
        )
    version = await admin.fetchval(
        "insert into tenants.agreement_version (agreement_id, version, state, terms, parties, in_force, proposed_by,"
        " signed_at) values ($1, 1, 'in_force', '{}', $2, tstzrange(now(), null), $3, now()) returning id",
        agreement,
        ids[:2],
        ids[0],
    )
    await admin.execute(
        "insert into tenants.agreement_signature (version_id, authority_id, person_id, name, role)"
        " select $1, unnest($2::uuid[]), gen_random_uuid(), 'A', 'Director'",
        version,
        ids[:2],
    )
    await admin.execute("select tenants.settle_grants($1)", agreement)
    owner, neighbour, outsider = ids
    return Region(owner, neighbour, outsider, shelf)


async def make_units(admin: asyncpg.Connection, region: Region, n: int = 1) -> tuple[UUID, list[UUID]]:
    pool = uuid4()
    units = [
        await admin.fetchval(
            "insert into capacity.unit (owner_id, pool_id, shelf_id) values ($1, $2, $3) returning id",
            region.owner,
            pool,
            region.shelf,
        )
        for _ in range(n)
    ]
    return pool, units


def acting(authority: UUID) -> Acting:
    return Acting(authority, uuid4(), "test")


async def claim(uow: Uow, units: list[UUID], hold: str = "20 min") -> UUID | None:
    statement = text(f"select capacity.claim(:units, array_fill({WEEK}, array[cast(:n as int)]), interval '{hold}')")
    found: UUID | None = await uow.scalar(statement, {"units": units, "n": len(units)})
    return found


async def test_fifty_callers_for_the_last_place_end_in_one_hold(
    database: Database, admin: asyncpg.Connection, region: Region
) -> None:
    pool, units = await make_units(admin, region)

    async def call(n: int) -> UUID | None:
        async with database.bound(acting(region.owner if n % 2 else region.neighbour)) as uow:
            found: UUID | None = await uow.scalar(CLAIM_ANY, {"pool": pool, "n": 1})
            return found

    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(call(n) for n in range(50)))
    assert len([answer for answer in answers if answer is not None]) == 1
    assert await admin.fetchval(COUNT, units) == 1


async def test_when_the_winner_rolls_back_exactly_one_of_the_others_gets_it(
    database: Database, admin: asyncpg.Connection, region: Region
) -> None:
    _, units = await make_units(admin, region)
    holding, give_up = asyncio.Event(), asyncio.Event()

    async def winner() -> None:
        with pytest.raises(RuntimeError):
            async with database.bound(acting(region.neighbour)) as uow:
                assert await claim(uow, units) is not None
                holding.set()
                await give_up.wait()
                raise RuntimeError

    async def other() -> UUID | None:
        await holding.wait()
        async with database.bound(acting(region.neighbour)) as uow:
            return await claim(uow, units)

    async with asyncio.timeout(20):
        first = asyncio.create_task(winner())
        others = [asyncio.create_task(other()) for _ in range(49)]
        await holding.wait()
        await asyncio.sleep(0.1)
        give_up.set()
        await first
        answers = await asyncio.gather(*others)
    assert len([answer for answer in answers if answer is not None]) == 1
    assert await admin.fetchval(COUNT, units) == 1


async def test_absent_unshared_closed_and_taken_are_one_answer(
    database: Database, admin: asyncpg.Connection, region: Region
) -> None:
    _, (taken, closed) = await make_units(admin, region, 2)
    await admin.execute("update capacity.unit set open = 'empty' where id = $1", closed)
    async with database.bound(acting(region.neighbour)) as uow:
        assert await claim(uow, [taken]) is not None
    async with database.bound(acting(region.neighbour)) as uow:
        assert await claim(uow, [taken]) is None
        assert await claim(uow, [closed]) is None
        assert await claim(uow, [uuid4()]) is None
    _, (free,) = await make_units(admin, region)
    async with database.bound(acting(region.outsider)) as uow:
        assert await claim(uow, [free]) is None
    async with database.bound(acting(region.neighbour)) as uow:
        assert await claim(uow, [free]) is not None


async def test_a_claim_of_several_is_all_or_nothing(
    database: Database, admin: asyncpg.Connection, region: Region
) -> None:
    _, (one, two) = await make_units(admin, region, 2)
    async with database.bound(acting(region.neighbour)) as uow:
        assert await claim(uow, [two]) is not None
    async with database.bound(acting(region.neighbour)) as uow:
        assert await claim(uow, [one, two]) is None
        assert await claim(uow, [one, one]) is None
    assert await admin.fetchval(COUNT, [one]) == 0


async def test_a_hold_runs_out_by_time_alone(database: Database, admin: asyncpg.Connection, region: Region) -> None:
    _, units = await make_units(admin, region)
    async with database.bound(acting(region.neighbour)) as uow:
        held = await claim(uow, units, "0 seconds")
    async with database.bound(acting(region.neighbour)) as uow:
        assert await uow.scalar(text("select capacity.confirm(:c)"), {"c": held}) is False
    async with database.bound(acting(region.owner)) as uow:
        busy = (await uow.execute(text(f"select * from capacity.busy(:u, {WEEK})"), {"u": units})).all()
        assert busy == []
        assert await claim(uow, units) is not None
    assert (
        await admin.fetchval("select count(*) from capacity.history where claim_id = $1 and what = 'lapsed'", held) == 1
    )


async def test_a_confirmed_hold_stays_and_only_its_claimant_confirms(
    database: Database, admin: asyncpg.Connection, region: Region
) -> None:
    _, units = await make_units(admin, region)
    async with database.bound(acting(region.neighbour)) as uow:
        held = await claim(uow, units)
    confirm = text("select capacity.confirm(:c)")
    async with database.bound(acting(region.owner)) as uow:
        assert await uow.scalar(confirm, {"c": held}) is False
    async with database.bound(acting(region.neighbour)) as uow:
        assert await uow.scalar(confirm, {"c": held}) is True
    async with database.bound(acting(region.owner)) as uow:
        assert await uow.scalar(text("select capacity.withdraw(:c)"), {"c": held}) is False


async def test_the_owner_ends_a_hold_and_an_ended_agreement_stops_a_confirmation(
    database: Database, admin: asyncpg.Connection, region: Region
) -> None:
    _, units = await make_units(admin, region)
    async with database.bound(acting(region.neighbour)) as uow:
        held = await claim(uow, units)
    async with database.bound(acting(region.outsider)) as uow:
        assert await uow.scalar(text("select capacity.withdraw(:c)"), {"c": held}) is False
    async with database.bound(acting(region.owner)) as uow:
        assert await uow.scalar(text("select capacity.withdraw(:c)"), {"c": held}) is True
    async with database.bound(acting(region.neighbour)) as uow:
        held = await claim(uow, units)
    grants = await admin.fetch("delete from careshare.sharing_grant where shelf_id = $1 returning *", region.shelf)
    try:
        with pytest.raises(DBAPIError, match="not available"):
            async with database.bound(acting(region.neighbour)) as uow:
                await uow.scalar(text("select capacity.confirm(:c)"), {"c": held})
    finally:
        await admin.executemany(
            "insert into careshare.sharing_grant values ($1, $2, $3, $4)", [tuple(row.values()) for row in grants]
        )


async def test_children_already_there_are_taken_in_at_once_and_never_twice(
    database: Database, admin: asyncpg.Connection, region: Region
) -> None:
    _, (one, two) = await make_units(admin, region, 2)
    occupy = text(
        "select capacity.occupy(:units, array_fill(tstzrange(now(), null), array[cardinality(cast(:units as uuid[]))]))"
    )
    async with database.bound(acting(region.owner)) as uow:
        made = await uow.scalar(occupy, {"units": [one, one, two]})
        assert [claimed is not None for claimed in made] == [True, False, True]
        again = await uow.scalar(occupy, {"units": [two]})
        assert again == [None]
        pools = [await admin.fetchval("select pool_id from capacity.unit where id = $1", one)]
        states = await uow.execute(text("select state from capacity.states(:pools, now())"), {"pools": pools})
        assert states.scalars().all() == ["filled", "filled"]
        assert await uow.scalar(text("select capacity.shorten(:c, now())"), {"c": made[0]}) is True
    async with database.bound(acting(region.neighbour)) as uow:
        assert await uow.scalar(occupy, {"units": [one]}) == [None]
    async with database.bound(acting(region.owner)) as uow:
        assert (await uow.scalar(occupy, {"units": [one]}))[0] is not None


async def test_the_application_cannot_write_claims_itself(database: Database, region: Region) -> None:
    for statement in (
        "insert into capacity.claim (claimant_id, expires_at) values (careshare.authority(), now())",
        "delete from capacity.occupancy",
        "update capacity.claim set firm = true, expires_at = null",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.bound(acting(region.owner)) as uow:
                await uow.execute(text(statement))
