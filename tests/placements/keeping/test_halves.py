"""Two authorities keep one record: each deletes its half at the end of its own time, and the other loses nothing."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database
from careshare.settings import Settings
from services.placements.enquiries import kept
from services.placements.requests import kept as requests
from services.record import jobs, retention
from services.record.period import today
from tenants.actions import as_owner
from tests.placements.keeping.stage import LONG_AGO, bytes_of, declined, ended, forget, left, long_ago, reads
from tests.placements.path.way import Way
from tests.world import World, WorldAuthority

OFFICER = "data_protection_officer"
OUTSIDE = text("""
insert into placements.outside_enquiry (authority_id, request_id, children, kind, provider, how, respond_by)
values (careshare.authority(), :request, 1, 'foster_home', 'Agency', 'email', now())
""")
HOLD = """
insert into record.hold (authority_id, class, subject_id, reason, placed_by) values ($1, $2, $3, 'A claim', $4)
returning id
"""


@pytest_asyncio.fixture
async def way(world: World, database: Database) -> Way:
    return Way(world, database)


async def hold(way: Way, who: WorldAuthority, kind: str, subject: UUID | None) -> UUID:
    """A hold of one authority, as its officer would place it."""
    async with as_owner(way.world.settings) as owner:
        made: UUID = await owner.fetchval(HOLD, who.id, kind, subject, who.people[OFFICER])
    return made


async def lift(way: Way, placed: UUID) -> None:
    async with as_owner(way.world.settings) as owner:
        await owner.execute(
            "update record.hold set lifted_at = now(), lifted_by = placed_by, lifted_why = 'Over' where id = $1", placed
        )


async def test_one_sides_half_goes_with_its_files_and_the_other_reads_all_it_did(way: Way, settings: Settings) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await declined(way)
    async with way.of(b) as uow:
        before = await reads(uow, enquiry)
    assert before["enquiry"] == 1
    assert before["step"] > 1
    theirs = await left(settings, enquiry, whose=b)
    assert {"answering", "home_fuller", "message", "attachment"} <= theirs.keys()
    assert await bytes_of(settings, a, "What A wrote") == 1
    assert await forget(way, a, enquiry) == [enquiry]
    assert await left(settings, enquiry, whose=a) == {}
    assert await bytes_of(settings, a, "What A wrote") == 0
    async with way.of(a) as uow:
        assert set((await reads(uow, enquiry)).values()) == {0}, "it reads nothing of what they share"
    async with way.of(b) as uow:
        assert await reads(uow, enquiry) == before
    assert await left(settings, enquiry, whose=b) == theirs
    assert await bytes_of(settings, b, "What B wrote") == 1
    assert await forget(way, a, enquiry) == [], "it is gone already"
    assert await forget(way, b, enquiry) == [enquiry]
    assert await left(settings, enquiry) == {}
    assert await bytes_of(settings, b, "What B wrote") == 0


async def test_each_side_keeps_its_own_sealed_copy_of_what_it_received_files_and_messages_too(
    way: Way, settings: Settings
) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await ended(way)
    copies = "select body ->> 'messages' from placements.archive where enquiry_id = :id"
    assert "What A wrote" in await way.scalar(b, copies, id=enquiry)
    assert "What B wrote" not in await way.scalar(b, copies, id=enquiry)
    assert await bytes_of(settings, b, "What A wrote") == 1, "a copy of its own"
    assert await forget(way, a, enquiry) == [enquiry]
    assert await bytes_of(settings, a, "What A wrote") == 0
    assert await bytes_of(settings, a, "What B wrote") == 0, "what it had received, too"
    assert "What A wrote" in await way.scalar(b, copies, id=enquiry)
    names = "select body -> 'children' ->> 'names' from placements.archive where enquiry_id = :id"
    assert await way.scalar(b, names, id=enquiry) == '["Hidden Person"]'
    assert await bytes_of(settings, b, "What A wrote") == 1
    assert await forget(way, b, enquiry) == [enquiry]
    assert await left(settings, enquiry) == {}
    for who in (a, b):
        for said in ("What A wrote", "What B wrote"):
            assert await bytes_of(settings, who, said) == 0


async def test_in_ones_own_home_one_confirmation_takes_it_all(way: Way, settings: Settings) -> None:
    a = way.world.a
    enquiry = await ended(way, owner_of_home=a)
    assert await forget(way, a, enquiry) == [enquiry]
    assert await left(settings, enquiry) == {}


@pytest.mark.parametrize("kind", ["enquiry", "placement", "request", "whole", "whole_request"])
async def test_a_hold_stops_ones_own_half_and_not_the_others(way: Way, settings: Settings, kind: str) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await declined(way)
    request = await way.scalar(a, "select request_id from placements.asked where enquiry_id = :id", id=enquiry)
    of = {
        "enquiry": ("enquiry", enquiry),
        "placement": ("placement", enquiry),
        "request": ("request", request),
        "whole": ("enquiry", None),
        "whole_request": ("request", None),
    }
    placed = await hold(way, a, *of[kind])
    mine = await left(settings, enquiry, whose=a)
    assert await forget(way, a, enquiry) == []
    for table in ("asked", "child_profile", "message", "attachment"):
        with pytest.raises(asyncpg.PostgresError, match="a hold stops"):
            async with as_owner(settings) as owner:
                await owner.execute(
                    f"delete from placements.{table} where enquiry_id = $1 and authority_id = $2", enquiry, a.id
                )
    superuser = await asyncpg.connect(settings.database_url)
    await superuser.execute("set session_replication_role = replica")
    with pytest.raises(asyncpg.PostgresError, match="a hold stops"):
        await superuser.execute("delete from placements.asked where enquiry_id = $1", enquiry)
    await superuser.close()
    assert await forget(way, b, enquiry) == [enquiry]
    assert await left(settings, enquiry, whose=a) == mine
    async with way.of(a) as uow:
        assert (await reads(uow, enquiry))["enquiry"] == 1
    await lift(way, placed)
    assert await forget(way, a, enquiry) == [enquiry]
    assert await left(settings, enquiry) == {}


async def test_a_hold_on_a_class_covers_that_class_alone(way: Way) -> None:
    a = way.world.a
    closed, over = await declined(way), await ended(way)
    placed = await hold(way, a, "placement", None)
    assert await forget(way, a, closed, over) == [closed]
    await lift(way, placed)
    assert await forget(way, a, over) == [over]


async def test_what_is_not_over_or_not_ours_is_left_alone(way: Way, settings: Settings) -> None:
    a, b, c = way.world.authorities
    standing = await way.send(a, await way.home(b), await way.request(a))
    closed = await declined(way)
    for who in (a, b):
        assert await forget(way, who, standing) == []
    assert await forget(way, c, closed, standing, uuid4()) == []
    assert (await left(settings, closed))["enquiry"] == 1
    async with way.of(c, OFFICER) as uow:
        assert await kept.due_enquiries(uow, today(), 10) == []
    async with way.of(a, OFFICER) as uow:
        due = [one.id for one in await kept.due_enquiries(uow, LONG_AGO + timedelta(days=1), 500)]
        assert closed in due
        assert standing not in due
        assert await kept.due_enquiries(uow, LONG_AGO - timedelta(days=1), 10) == []
        assert await kept.due_placements(uow, LONG_AGO, 10, [closed]) == []


async def test_the_request_is_due_once_ones_half_of_its_enquiries_has_gone(way: Way, settings: Settings) -> None:
    a, b = way.world.a, way.world.b
    request, children = await way.request(a)
    async with way.of(a) as uow:
        await uow.execute(OUTSIDE, {"request": request})
    enquiry = await ended(way, request=(request, children))
    keys = "select count(*) from placements.child_unit"
    async with as_owner(settings) as owner:
        await owner.execute("update placements.request set ended_at = $2 where id = $1", request, LONG_AGO)
    units = await way.scalar(a, keys)
    async with way.of(a, OFFICER) as uow:
        assert await requests.due(uow, today(), 10, [request]) == []
        assert await requests.delete(uow, [request]) == []
    await forget(way, a, enquiry)
    async with way.of(a, OFFICER) as uow:
        assert [one.id for one in await requests.due(uow, today(), 10, [request])] == [request]
        assert await requests.delete(uow, [request]) == [request]
    outside = "select count(*) from placements.outside_enquiry where request_id = :id"
    assert await way.scalar(a, outside, id=request) == 0
    assert await way.scalar(a, keys) == units - 1
    assert await way.scalar(b, "select count(*) from placements.archive where enquiry_id = :id", id=enquiry) == 1


async def test_a_third_authority_keeps_what_it_was_asked_until_its_own_time_is_over(
    way: Way, settings: Settings
) -> None:
    a, b, c = way.world.authorities
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    await way.accept(b, enquiry)
    await way.matching(a, b, enquiry)
    async with way.of(b, "fostering_officer") as uow:
        asked = await way.list_consent(uow, enquiry, "child_there", decider=c.id)
        await uow.execute(
            text(
                "insert into placements.consent_asked (asker_id, decider_id, id, kind, question)"
                " values (careshare.authority(), :decider, :id, 'child_there', '{}')"
            ),
            {"decider": c.id, "id": asked},
        )
    async with way.of(c, "nominated_officer") as uow:
        await way.answer(uow, asked, "refused")
    await way.take(a, enquiry, "withdraw")
    await long_ago(way, enquiry)
    for who in (a, b):
        assert await forget(way, who, enquiry) == [enquiry]
    mine = "select count(*) from placements.consent_asked where id = :id"
    answers = "select count(*) from placements.consent_answer where consent_id = :id"
    assert [await way.scalar(who, mine, id=asked) for who in (a, b, c)] == [0, 0, 1]
    assert await way.scalar(c, answers, id=asked) == 1
    placed = await hold(way, c, "consent", asked)
    async with way.of(c, OFFICER) as uow:
        assert [one.id for one in await kept.due_consents(uow, today(), 10)] == [asked]
        assert await kept.forget_consents(uow, [asked]) == []
    await lift(way, placed)
    async with way.of(c, OFFICER) as uow:
        assert await kept.forget_consents(uow, [asked]) == [asked]
    assert await left(settings, enquiry) == {}


async def test_confirmed_by_the_officer_it_goes_at_night_and_leaves_a_tombstone(
    way: Way, database: Database, settings: Settings
) -> None:
    a = way.world.a
    enquiry = await declined(way)
    async with way.of(a, OFFICER) as uow:
        (row,) = [one for one in await retention.due(uow, "enquiry") if one.id == enquiry]
        assert row.began == LONG_AGO
        assert row.reference.startswith("R-")
        assert await retention.confirm(uow, "enquiry", [enquiry]) == 1
    async with database.bound(way.world.acting(a, OFFICER, "deletion at the end of retention")) as uow:
        await jobs.delete_confirmed(uow, jobs.Nothing())
    assert await left(settings, enquiry, whose=a) == {}
    async with as_owner(settings) as owner:
        body = await owner.fetchval(
            "select d.body::text from audit.entry e join audit.detail d on d.entry_id = e.id"
            " where e.action = 'record.deleted' and $1 = any(e.subjects)",
            enquiry,
        )
    assert body == '{"after": {"class": "enquiry", "records": 1, "kept_for": "6 years"}}'
