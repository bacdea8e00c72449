"""One-time links: one use, one caller, a short life; opened by anybody's scanner without harm."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.messages import links
from careshare.messages.links import Link, look_at_link, one_time_link, use_link
from tenants.actions import as_owner
from tests.world import World

HOUR = timedelta(hours=1)


async def make(database: Database, world: World, *, person: UUID | None = None, subject: UUID | None = None) -> str:
    async with database.bound(world.acting(world.a)) as uow:
        path = await one_time_link(uow, "test_thing", subject or uuid4(), HOUR, person_id=person)
    assert path.startswith(links.PATH)
    return path.removeprefix(links.PATH)


async def use(database: Database, secret: str) -> Link | None:
    async with database.unbound() as uow:
        return await use_link(uow, secret)


async def test_a_link_is_used_once_and_binds_to_its_authority_and_person(database: Database, world: World) -> None:
    person, subject = world.a.people["fostering_officer"], uuid4()
    secret = await make(database, world, person=person, subject=subject)
    async with database.unbound() as uow:
        assert await look_at_link(uow, secret) == ("test_thing", "usable")
        used = await use_link(uow, secret)
        bound = (await uow.execute(text("select careshare.authority(), careshare.actor(), careshare.purpose()"))).one()
    assert used == Link("test_thing", subject, world.a.id, person)
    assert tuple(bound) == (world.a.id, person, "link: test_thing")
    assert await use(database, secret) is None
    async with database.unbound() as uow:
        assert await look_at_link(uow, secret) == ("test_thing", "used")


async def test_of_many_who_press_at_once_one_succeeds(database: Database, world: World) -> None:
    secret = await make(database, world)
    used = await asyncio.gather(*[use(database, secret) for _ in range(4)])
    assert len([one for one in used if one]) == 1


async def test_looking_uses_nothing_up(database: Database, world: World) -> None:
    secret = await make(database, world)
    for _ in range(3):
        async with database.unbound() as uow:
            assert await look_at_link(uow, secret) == ("test_thing", "usable")
    assert await use(database, secret)


async def test_a_link_whose_use_fails_still_works(database: Database, world: World) -> None:
    secret = await make(database, world)
    with pytest.raises(RuntimeError):
        async with database.unbound() as uow:
            assert await use_link(uow, secret)
            raise RuntimeError
    assert await use(database, secret)


@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "é" * 43, "a" * 42 + "\n"])
async def test_what_is_no_link_is_none(database: Database, world: World, secret: str) -> None:
    assert await use(database, secret) is None
    async with database.unbound() as uow:
        assert await look_at_link(uow, secret) is None


async def test_an_expired_link_does_nothing(database: Database, world: World) -> None:
    secret = await make(database, world)
    async with as_owner(world.settings) as owner:
        await owner.execute("update messages.one_time_link set expires_at = now() - interval '1 second'")
    assert await use(database, secret) is None
    async with database.unbound() as uow:
        assert await look_at_link(uow, secret) == ("test_thing", "expired")


async def test_the_link_of_somebody_who_left_does_nothing(database: Database, world: World) -> None:
    person = world.c.people["fostering_officer"]
    async with database.bound(world.acting(world.c)) as uow:
        path = await one_time_link(uow, "test_thing", uuid4(), HOUR, person_id=person)
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.member set ends = current_date where person_id = $1", person)
    assert await use(database, path.removeprefix(links.PATH)) is None


async def test_the_database_holds_no_secret(database: Database, world: World) -> None:
    secret = await make(database, world)
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch("select l::text from messages.one_time_link l")
    assert rows
    assert not any(secret in row[0] for row in rows)


@pytest.mark.parametrize("lasts", [timedelta(), timedelta(seconds=-1), timedelta(days=15)])
async def test_links_are_short_lived(database: Database, world: World, lasts: timedelta) -> None:
    async with database.bound(world.acting(world.a)) as uow:
        with pytest.raises(ValueError, match="lasts"):
            await one_time_link(uow, "test_thing", uuid4(), lasts)


async def test_another_authority_sees_no_link(database: Database, world: World) -> None:
    await make(database, world)
    async with database.bound(world.acting(world.b)) as uow:
        assert (await uow.execute(text("select count(*) from messages.one_time_link"))).scalar_one() == 0
