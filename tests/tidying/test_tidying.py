"""What signing in and one-time links leave behind goes at night, each after its time and not before."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from careshare.database import Acting, Database
from careshare.identity import open_session
from careshare.jobs.registry import REGISTRY, SYSTEM, Nothing
from careshare.settings import Settings
from careshare.tidying import jobs, period, periods
from services.record import retention
from tenants.actions import as_owner
from tests.signin.conftest import add_provider
from tests.world import World, WorldAuthority

MINUTE = timedelta(minutes=1)


def digest() -> bytes:
    return secrets.token_bytes(32)


async def night(database: Database, authority: WorldAuthority) -> None:
    async with database.bound(Acting(authority.id, SYSTEM, "old sessions, forms and links")) as uow:
        await jobs.tidy(uow, Nothing())


async def left(settings: Settings, table: str, key: str, keys: list[Any]) -> set[Any]:
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        rows = await owner.fetch(f"select {key} from {table} where {key} = any($1)", keys)
    return {row[key] for row in rows}


async def a_session(
    settings: Settings, world: World, authority: WorldAuthority, ended: timedelta | None, runs_out: timedelta
) -> UUID:
    """A session that ended so long ago, or never, and runs or ran out so long ago."""
    handle = uuid4()
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        await owner.execute(
            """insert into identity.session (id, person_id, authority_id, handle, created_at, expires_at, ended_at)
               values ($1, $2, $3, $4, now() - interval '90 days', now() - $5::interval, now() - $6::interval)""",
            *(digest(), authority.people["director"], authority.id, handle, runs_out, ended),
        )
    return handle


async def test_sessions_that_ended_go_after_their_time_and_others_stay(
    world: World, settings: Settings, database: Database
) -> None:
    kept, hour = period("session"), timedelta(hours=1)
    gone = [
        await a_session(settings, world, world.a, kept + MINUTE, -hour),
        await a_session(settings, world, world.a, None, kept + MINUTE),
        await a_session(settings, world, world.a, kept + MINUTE, kept - MINUTE),
    ]
    stay = [
        await a_session(settings, world, world.a, kept - MINUTE, -hour),
        await a_session(settings, world, world.a, None, kept - MINUTE),
        await a_session(settings, world, world.a, None, -hour),
    ]
    theirs = await a_session(settings, world, world.b, kept + MINUTE, -hour)
    await night(database, world.a)
    every = [*gone, *stay, theirs]
    assert await left(settings, "identity.session", "handle", every) == {*stay, theirs}, "each authority its own"
    await night(database, world.b)
    assert await left(settings, "identity.session", "handle", every) == set(stay)
    async with as_owner(settings) as owner:
        said = await owner.fetch(
            """select e.authority_id, e.actor_id, d.body::text as body from audit.entry e
               join audit.detail d on d.entry_id = e.id
               where e.action = 'record.deleted' and d.body -> 'after' ->> 'class' = 'session' order by e.id"""
        )
    assert [tuple(row) for row in said] == [
        (world.a.id, SYSTEM, '{"after": {"class": "session", "records": 3}}'),
        (world.b.id, SYSTEM, '{"after": {"class": "session", "records": 1}}'),
    ]
    await night(database, world.a)
    async with as_owner(settings) as owner:
        assert await owner.fetchval("select count(*) from audit.entry where action = 'record.deleted'") == 2


async def test_forms_attempts_and_sign_ins_go_after_theirs(
    world: World, settings: Settings, database: Database
) -> None:
    forms = {uuid4(): period("kept_form") + late for late in (MINUTE, -MINUTE)}
    attempts = {digest(): period("attempt") + late for late in (MINUTE, -MINUTE)}
    begun = {digest(): period("sign_in") + late for late in (MINUTE, -MINUTE)}
    provider = await add_provider(settings, world.a, "https://begun.example")
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        for form, age in forms.items():
            await owner.execute(
                """insert into identity.kept_form (id, person_id, authority_id, content, kept_at)
                   values ($1, $2, $3, 'sealed', now() - $4::interval)""",
                *(form, world.a.people["director"], world.a.id, age),
            )
        for attempt, age in attempts.items():
            await owner.execute(
                "insert into identity.attempt (key, since) values ($1, now() - $2::interval)", attempt, age
            )
        for one, age in begun.items():
            await owner.execute(
                """insert into identity.signing_in (id, browser, provider_id, kind, after, expires_at)
                   values ($1, $2, $3, 'sign_in', '/', now() - $4::interval)""",
                *(one, digest(), provider, age),
            )
    await night(database, world.a)
    for table, key, made in (
        ("identity.kept_form", "id", forms),
        ("identity.attempt", "key", attempts),
        ("identity.signing_in", "id", begun),
    ):
        assert await left(settings, table, key, list(made)) == {list(made)[1]}, table


async def test_one_time_links_go_after_they_were_used_or_ran_out(
    world: World, settings: Settings, database: Database
) -> None:
    kept, ahead = period("one_time_link"), -timedelta(hours=1)
    links = {
        digest(): (kept + MINUTE, ahead),
        digest(): (None, kept + MINUTE),
        digest(): (kept - MINUTE, ahead),
        digest(): (None, kept - MINUTE),
        digest(): (None, ahead),
    }
    async with as_owner(settings) as owner:
        for link, (used, runs_out) in links.items():
            await owner.execute(
                """insert into messages.one_time_link
                     (authority_id, id, purpose, subject_id, made_by, used_at, expires_at)
                   values ($1, $2, 'tests', uuidv7(), uuidv7(), now() - $3::interval, now() - $4::interval)""",
                *(world.a.id, link, used, runs_out),
            )
    await night(database, world.b)
    assert len(await left(settings, "messages.one_time_link", "id", list(links))) == 5
    await night(database, world.a)
    assert await left(settings, "messages.one_time_link", "id", list(links)) == set(list(links)[2:])


async def test_an_approval_that_runs_out_ends_the_sessions_it_let_in(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    provider = await add_provider(settings, world.a, "https://runs-out.example")
    async with database.unbound() as uow:
        secret = await open_session(uow, world.a.people["director"], world.a.id, provider=provider)
    assert secret is not None
    await night(database, world.a)
    standing = text("select count(*) from identity.my_sessions('\\x00')")
    async with database.bound(world.acting(world.a, "director")) as uow:
        assert await uow.scalar(standing) == 1, "it stands while the approval does"
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.provider_domain set during = '[2020-01-02,2020-02-01)' where provider_id = $1", provider
        )
    await night(database, world.a)
    async with database.bound(world.acting(world.a, "director")) as uow:
        assert await uow.scalar(standing) == 0


async def test_the_periods_are_data_with_a_source_and_on_the_officers_page(
    client: httpx.AsyncClient, world: World
) -> None:
    assert {one.name for one in periods()} == set(jobs.CLASSES)
    assert all(one.source and one.trigger and one.period > 0 for one in periods())
    schedule = REGISTRY.schedules["tidying.nightly"]
    assert (schedule.task, schedule.per_authority) == (jobs.TIDY, True)
    found = {one.name: one for one in retention.schedules()}
    assert found["session"].length == "30 days"
    assert found["kept_form"].length == "1 hour"
    await world.sign_in(client, world.a, "data_protection_officer")
    shown = (await client.get("/record/retention")).text
    for one in periods():
        assert one.title in shown
    holds = (await client.get("/record/retention/holds")).text
    assert "Sessions that have ended" not in holds, "a hold does not stop them, so none is offered"
    headers = await world.bearer(world.a, "data_protection_officer")
    hold = {"class": "session", "reason": "An inquiry"}
    assert (await client.post("/api/v1/record/holds", json=hold, headers=headers)).status_code == 404
