"""Vacancies nobody has confirmed lately: whom we ask, how often, and what the link of the e-mail does."""

import email
import email.policy
import re
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from careshare.database import Database
from careshare.jobs import REGISTRY
from careshare.jobs.registry import Nothing
from careshare.messages import send_staff
from careshare.settings import Settings
from careshare.web.forms import CSRF_FIELD
from services.fostering.reminders import FEW, LIST, PURPOSE, REMIND, remind
from tenants.actions import add_member, add_person, as_owner
from tests.fostering.register import a_home, make
from tests.messages.conftest import Look, Work
from tests.world import World, submit


async def stale_home(database: Database, world: World, worker: str, person: UUID | None = None) -> UUID:
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        home = await make(uow, a_home(supervising_worker=worker, supervising_person_id=person), publish=True)
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "update fostering.household set confirmed_at = now() - interval '30 days' where id = $1", home
        )
    return home


async def run(database: Database, world: World) -> None:
    async with database.bound(world.acting(world.a, "fostering_officer", "reminders")) as uow:
        await remind(uow, Nothing())


async def asked(world: World) -> list[tuple[str, UUID]]:
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch("select template, person_id from messages.message order by id")
    return [(row["template"], row["person_id"]) for row in rows]


@pytest.fixture(autouse=True)
async def empty(world: World) -> None:
    async with as_owner(world.settings) as owner:
        await owner.execute("delete from messages.message")
        await owner.execute("delete from messages.one_time_link")
        await owner.execute("update fostering.household set confirmed_at = now()")


async def test_the_worker_confirms_by_the_link_of_the_mail(
    client: httpx.AsyncClient, database: Database, world: World, settings: Settings, work: Work
) -> None:
    worker = world.a.people["supervising_social_worker"]
    home = await stale_home(database, world, world.a.names["supervising_social_worker"].upper())
    await run(database, world)
    await run(database, world)
    assert await asked(world) == [(PURPOSE, worker)], "once a week"
    await work()
    path = link_in_newest(settings)
    opened = await client.get(path)
    assert opened.status_code == 200
    async with as_owner(settings) as owner:
        row = await owner.fetchrow("select * from fostering.household where id = $1", home)
    assert row is not None
    assert f"Household {row['reference']}:" in opened.text
    for secret in (row["name"], row["address"], row["postcode"]):
        assert secret not in opened.text, "whoever holds the link may not have signed in"
    answer = await submit(client, path, {})
    assert answer.status_code == 200
    assert "The vacancy is confirmed" in answer.text
    async with as_owner(settings) as owner:
        by = await owner.fetchrow(
            "select confirmed_by, confirmed_at > now() - interval '1 minute' as now from fostering.household"
            " where id = $1",
            home,
        )
        entry = await owner.fetchrow(
            "select actor_id, purpose from audit.entry where action = 'vacancy.confirmed' and subjects[1] = $1"
            " order by id desc limit 1",
            home,
        )
    assert by is not None
    assert entry is not None
    assert tuple(by) == (worker, True)
    assert tuple(entry) == (worker, "link: confirm_vacancy")
    again = await client.get(path)
    assert again.status_code == 410
    assert "This link has been used" in again.text


@pytest.mark.parametrize("change", ["roles", "left"])
async def test_a_link_gives_nobody_what_they_may_no_longer_do(
    client: httpx.AsyncClient, database: Database, world: World, settings: Settings, work: Work, change: str
) -> None:
    async with as_owner(settings) as owner:
        worker = await add_person(owner, f"Wil {change}", f"wil.{change}@ashmoor.example")
        member = await add_member(owner, world.a.id, worker, ["supervising_social_worker"])
    home = await stale_home(database, world, f"Wil {change}")
    await run(database, world)
    await work()
    path = link_in_newest(settings)
    async with as_owner(settings) as owner:
        reference = await owner.fetchval("select reference from fostering.household where id = $1", home)
    opened = await client.get(path)
    assert reference in opened.text
    changes = {"roles": "roles = '{allowances_officer}'", "left": "starts = current_date - 1, ends = current_date"}
    async with as_owner(settings) as owner:
        await owner.execute(f"update tenants.member set {changes[change]} where id = $1", member)
    later = await client.get(path)
    assert later.status_code == 410
    assert reference not in later.text
    token = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', opened.text)
    assert token
    pressed = await client.post(path, data={CSRF_FIELD: token[1]})
    assert pressed.status_code == 410
    async with as_owner(settings) as owner:
        since = await owner.fetchval("select now() - confirmed_at from fostering.household where id = $1", home)
        used = await owner.fetchval("select count(*) from messages.one_time_link where used_at is not null")
    assert (since > timedelta(days=29), used) == (True, 0)


def link_in_newest(settings: Settings) -> str:
    newest = max((settings.var / "messages").glob("*.eml"), key=lambda one: one.name)
    text = email.message_from_bytes(Path(newest).read_bytes(), policy=email.policy.default).get_content()
    found = re.search(r"/l/[\w-]{43}", str(text))
    assert found
    return found[0]


async def test_a_home_whose_worker_is_not_known_goes_to_the_officers(database: Database, world: World) -> None:
    await stale_home(database, world, "Somebody Else")
    await run(database, world)
    await run(database, world)
    assert await asked(world) == [(LIST, world.a.people["fostering_officer"])]


async def test_many_homes_of_one_worker_are_one_mail(database: Database, world: World) -> None:
    for _ in range(FEW + 1):
        await stale_home(database, world, world.a.names["supervising_social_worker"])
    await run(database, world)
    assert await asked(world) == [(LIST, world.a.people["supervising_social_worker"])]


async def test_nothing_due_is_nothing_sent(database: Database, world: World) -> None:
    await run(database, world)
    assert await asked(world) == []


async def test_the_clock_reminds_each_authority() -> None:
    (schedule,) = (one for one in REGISTRY.schedules.values() if one.task == REMIND)
    assert schedule.per_authority


async def test_a_colleague_who_left_is_not_written_to(database: Database, world: World, work: Work, look: Look) -> None:
    person = world.a.people["payments"]
    async with database.bound(world.acting(world.a)) as uow:
        message = await send_staff(uow, person, LIST, {"link": "/foster-carers/due?kind=confirm_vacancy"})
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.member set ends = current_date where person_id = $1", person)
    await work()
    row = await look.message(message)
    assert (row["state"], row["reason"]) == ("not_sent", "They no longer work for your authority.")


async def test_the_colleague_who_was_chosen_is_asked_whatever_their_name(database: Database, world: World) -> None:
    manager = world.a.people["team_manager"]
    await stale_home(database, world, world.a.names["supervising_social_worker"], manager)
    await run(database, world)
    assert await asked(world) == [(PURPOSE, manager)]


async def test_for_a_worker_who_left_the_officers_are_asked(database: Database, world: World) -> None:
    async with as_owner(world.settings) as owner:
        gone = await add_person(owner, "Gone Gale", "gale@ashmoor.example")
        await add_member(owner, world.a.id, gone, ["supervising_social_worker"], starts=date(2024, 1, 1))
    await stale_home(database, world, "", gone)
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.member set ends = current_date where person_id = $1", gone)
    await run(database, world)
    assert await asked(world) == [(LIST, world.a.people["fostering_officer"])]
