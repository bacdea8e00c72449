"""The life of an agreement in the database: drafted, amended, signed, in force, replaced, left. With real searches."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from careshare.database import Acting, Database
from careshare.errors import Conflict, Invalid, NotFound, PreconditionFailed
from careshare.identity import Principal
from careshare.jobs.registry import SYSTEM, Nothing
from tenants.actions import as_owner
from tenants.agreements import actions, jobs, queries
from tenants.agreements.model import Agreement, Leaving
from tenants.agreements.record import steps
from tenants.agreements.rules import leaves_at
from tests.agreements.terms import draft, drafted, signed, signing, today
from tests.placements.homes import add_home
from tests.world import World, WorldAuthority

GRANTS = "select viewer_id, in_force from careshare.sharing_grant where agreement_id = $1 order by viewer_id"
EARLIER = "in_force = tstzrange(lower(in_force) - $2::interval, upper(in_force) - $2::interval)"


async def found(
    client: httpx.AsyncClient, world: World, viewer: WorldAuthority, owner: WorldAuthority
) -> list[dict[str, Any]]:
    """What a real search of `viewer` shows of `owner`."""
    need = {"children": [{"age": 7, "sex": "M"}]}
    answer = await client.post("/api/v1/searches", json=need, headers=await world.bearer(viewer))
    assert answer.status_code == 201, answer.text
    return [one for one in answer.json()["results"] if one["owner"]["id"] == str(owner.id)]


async def read(world: World, database: Database, who: WorldAuthority, agreement_id: UUID) -> Agreement:
    async with database.bound(world.acting(who, "director")) as uow:
        return await queries.agreement(uow, agreement_id)


async def grants(world: World, agreement_id: UUID) -> list[tuple[UUID, Any]]:
    async with as_owner(world.settings) as owner:
        return [tuple(row) for row in await owner.fetch(GRANTS, agreement_id)]


async def keep(database: Database, authority: WorldAuthority) -> None:
    async with database.bound(Acting(authority.id, SYSTEM, "agreements follow the calendar")) as uow:
        await jobs.keep(uow, Nothing())


BACKDATED = {
    "tenants.agreement": ("id", EARLIER),
    "tenants.agreement_version": (
        "agreement_id",
        f"{EARLIER}, proposed_at = proposed_at - $2::interval, signed_at = signed_at - $2::interval",
    ),
    "careshare.sharing_grant": ("agreement_id", EARLIER),
    "tenants.agreement_party": (
        "agreement_id",
        ", ".join(f"{name} = {name} - $2::interval" for name in ("notice_at", "leaves_at", "joined_at", "named_at")),
    ),
}


async def backdate(world: World, agreement_id: UUID, by: timedelta) -> None:
    """Let time pass: everything about an agreement happened so much longer ago."""
    async with as_owner(world.settings) as owner:
        for table, (key, change) in BACKDATED.items():
            await owner.execute(f"update {table} set {change} where {key} = $1", agreement_id, by)


async def test_it_opens_with_the_last_signature_and_closes_when_one_leaves(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, b, c = world.authorities
    home = await add_home(world, a, "ZA1")
    made = await drafted(world, database, a, c)
    await signed(world, database, made, [a])
    assert await found(client, world, c, a) == []
    await signed(world, database, made, [c])
    assert [one["offer_id"] for one in await found(client, world, c, a)] == [str(home)]
    assert (await read(world, database, c, made)).state == "in_force"
    async with database.bound(world.acting(a, "director", "agreement:leave")) as uow:
        gone = await actions.leave(uow, made, None, Leaving(at_once=True, cause="breach", reason="A laptop was lost"))
    assert gone <= datetime.now(ZoneInfo("Europe/London"))
    assert await found(client, world, c, a) == []
    assert await grants(world, made) == []
    assert (await read(world, database, c, made)).state == "ended"
    assert len(await found(client, world, b, a)) == 1, "another agreement goes on as it is"


async def test_notice_runs_before_anything_closes_and_the_clock_alone_closes_it(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, _, c = world.authorities
    made = await drafted(world, database, a, c)
    await signed(world, database, made, [a, c])
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        gone = await actions.leave(uow, made, None, Leaving(at_once=False, reason="Budget"))
    assert gone == leaves_at(28, datetime.now(ZoneInfo("Europe/London"))), "the database and the rule say the same"
    assert len(await found(client, world, c, a)) == 1
    assert {period.upper for _, period in await grants(world, made)} == {gone}
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        with pytest.raises(Conflict):
            await actions.leave(uow, made, None, Leaving(at_once=False))
    await backdate(world, made, timedelta(days=30))
    assert await found(client, world, c, a) == [], "no job has run"
    await keep(database, a)
    ended = await read(world, database, a, made)
    assert ended.state == "ended"
    assert ended.versions[0].state == "ended"


async def test_leaving_at_once_needs_a_cause_with_its_reason(world: World, database: Database) -> None:
    for leaving in (
        Leaving(at_once=True),
        Leaving(at_once=True, cause="boredom", reason="x"),
        Leaving(at_once=True, cause="breach"),
    ):
        async with database.bound(world.acting(world.a, "director", "agreement:leave")) as uow:
            with pytest.raises(Invalid):
                await actions.leave(uow, world.agreement_id, None, leaving)


async def test_the_others_carry_on_while_there_are_two(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    await signed(world, database, made, [a, b, c])
    assert len(await grants(world, made)) == 6
    async with database.bound(world.acting(b, "nominated_officer", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=True, cause="misuse", reason="Seen elsewhere"))
    assert {viewer for viewer, _ in await grants(world, made)} == {a.id, c.id}
    assert len(await found(client, world, c, a)) == 1
    assert (await read(world, database, a, made)).state == "in_force"
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=True, cause="misuse", reason="Seen elsewhere"))
    assert await grants(world, made) == []


async def test_a_draft_is_amended_in_place_until_somebody_signs_it(world: World, database: Database) -> None:
    a, _, c = world.authorities
    made = await drafted(world, database, a, c)
    async with database.bound(world.acting(c, "director", "agreement:draft")) as uow:
        assert await actions.amend(uow, made, 1, draft(a, tariff="Nothing is paid."), c.id) == 1
        with pytest.raises(PreconditionFailed):
            await actions.amend(uow, made, 1, draft(a), c.id)
    await signed(world, database, made, [a])
    async with database.bound(world.acting(c, "director", "agreement:draft")) as uow:
        before = await queries.agreement(uow, made)
        assert await actions.amend(uow, made, before.revision, draft(a, tariff="Half is paid."), c.id) == 2
    after = await read(world, database, a, made)
    assert [(one.version, one.state, len(one.signatures)) for one in after.versions] == [
        (2, "proposed", 0),
        (1, "replaced", 1),
    ]
    assert after.versions[1].terms.tariff == "Nothing is paid."
    assert after.state == "draft"
    await signed(world, database, made, [c])
    assert await grants(world, made) == [], "the signature of version 1 does not count for version 2"
    async with database.bound(world.acting(a, "director", "agreement:sign")) as uow:
        with pytest.raises(Conflict):
            await actions.sign(uow, made, None, signing(1), _principal(world, a))
    await signed(world, database, made, [a])
    assert len(await grants(world, made)) == 2


def _principal(world: World, authority: WorldAuthority) -> Principal:
    return Principal(
        authority.people["director"],
        authority.names["director"],
        authority.id,
        authority.name,
        authority.gss_code,
        ("director",),
        frozenset(),
        "test",
    )


async def test_a_version_stands_until_all_have_signed_the_next(world: World, database: Database) -> None:
    a, _, c = world.authorities
    made = await drafted(world, database, a, c, detail="notice")
    await signed(world, database, made, [a, c])
    async with database.bound(world.acting(a, "team_manager", "agreement:draft")) as uow:
        revision = (await queries.agreement(uow, made)).revision
        assert await actions.amend(uow, made, revision, draft(c, detail="profile", notice_days=7), a.id) == 2
    await signed(world, database, made, [a])
    half = await read(world, database, c, made)
    assert half.state == "in_force"
    assert half.version == 1
    assert half.current.terms.notice_days == 28
    assert len(await grants(world, made)) == 2
    await signed(world, database, made, [c])
    whole = await read(world, database, c, made)
    assert whole.version == 2
    assert whole.current.terms.detail == "profile"
    assert [(one.version, one.state) for one in whole.versions] == [(2, "in_force"), (1, "replaced")]
    assert len(whole.versions[1].signatures) == 2, "what was signed stays as it was signed"


async def test_a_version_signed_for_a_later_day_begins_on_it_without_a_gap(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, _, c = world.authorities
    last = today() + timedelta(days=9)
    made = await drafted(world, database, a, c, last_day=last, review_on=today() + timedelta(days=5))
    await signed(world, database, made, [a, c])
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        revision = (await queries.agreement(uow, made)).revision
        with pytest.raises(Invalid):
            await actions.amend(uow, made, revision, draft(c, starts=last + timedelta(days=2)), a.id)
        await actions.amend(uow, made, revision, draft(c, starts=last + timedelta(days=1)), a.id)
    await signed(world, database, made, [a, c])
    waiting = await read(world, database, c, made)
    assert [(one.version, one.state) for one in waiting.versions] == [(2, "signed"), (1, "in_force")]
    assert {period.upper for _, period in await grants(world, made)} == {None}
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        with pytest.raises(Conflict):
            await actions.amend(uow, made, waiting.revision, draft(c), a.id)
    await backdate(world, made, timedelta(days=12))
    assert len(await found(client, world, c, a)) == 1, "no moment without terms, though no job has run"
    await keep(database, c)
    begun = await read(world, database, c, made)
    assert begun.state == "in_force"
    assert [(one.version, one.state) for one in begun.versions] == [(2, "in_force"), (1, "replaced")]


async def test_an_agreement_waits_for_its_first_day_and_ends_after_its_last(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, _, c = world.authorities
    async with as_owner(world.settings) as owner:
        await owner.execute("delete from careshare.sharing_grant where agreement_id <> $1", world.agreement_id)
    starts = today() + timedelta(days=3)
    made = await drafted(
        world, database, a, c, starts=starts, last_day=starts + timedelta(days=4), review_on=starts + timedelta(days=2)
    )
    await signed(world, database, made, [a, c])
    assert (await read(world, database, a, made)).state == "signed"
    assert await found(client, world, c, a) == []
    await backdate(world, made, timedelta(days=4))
    assert len(await found(client, world, c, a)) == 1
    assert (await read(world, database, a, made)).state == "in_force", "the clock decides before the job does"
    await keep(database, a)
    await backdate(world, made, timedelta(days=5))
    assert await found(client, world, c, a) == []
    assert (await read(world, database, a, made)).state == "ended"
    await keep(database, c)
    async with database.bound(world.acting(c, "director")) as uow:
        taken = [step.action for step in await steps(uow, made)]
    assert taken[0] == "agreement.drafted"
    assert taken[-1] == "agreement.ended"
    assert taken.count("agreement.signed") == 2
    async with database.bound(world.acting(c, "director")) as uow:
        assert await actions.keep(uow) == 0, "settling again changes nothing"


async def test_who_joins_sees_nothing_before_the_version_that_brings_them_in(world: World, database: Database) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b)
    await signed(world, database, made, [a, b])
    with pytest.raises(NotFound):
        await read(world, database, c, made)
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        revision = (await queries.agreement(uow, made)).revision
        with pytest.raises(Invalid):
            await actions.amend(uow, made, revision, draft(c), a.id)
        await actions.amend(uow, made, revision, draft(b, c), a.id)
    invited = await read(world, database, c, made)
    assert [one.version for one in invited.versions] == [2], "what was agreed before them is not theirs to read"
    assert {viewer for viewer, _ in await grants(world, made)} == {a.id, b.id}
    await signed(world, database, made, [a, b, c])
    assert {viewer for viewer, _ in await grants(world, made)} == {a.id, b.id, c.id}


async def test_who_left_reads_no_later_version(world: World, database: Database) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    await signed(world, database, made, [a, b, c])
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=True, cause="safety", reason="A carer was found"))
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        revision = (await queries.agreement(uow, made)).revision
        assert await actions.amend(uow, made, revision, draft(b, tariff="New"), a.id) == 2
    assert [one.version for one in (await read(world, database, c, made)).versions] == [1]
    with pytest.raises(Conflict):
        async with database.bound(world.acting(c, "director", "agreement:sign")) as uow:
            await actions.sign_for(uow, made, None, "C", "Director")


async def test_declining_a_draft_ends_it_where_one_is_left_and_settles_it_where_two_have_signed(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    alone = await drafted(world, database, a, c)
    three = await drafted(world, database, a, b, c)
    await signed(world, database, three, [a, b])
    for one in (alone, three):
        async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
            await actions.leave(uow, one, None, Leaving(at_once=False, reason="Not for us"))
    assert (await read(world, database, a, alone)).state == "ended"
    assert (await read(world, database, a, three)).state == "in_force"
    assert len(await grants(world, three)) == 2


async def test_parties_are_of_ones_region_and_not_oneself_alone(world: World, database: Database) -> None:
    for parties in ([str(world.a.id)], [str(uuid4())]):
        with pytest.raises(Invalid):
            await drafted(world, database, world.a, parties=parties)


async def test_a_third_authority_reads_signs_amends_and_leaves_nothing(world: World, database: Database) -> None:
    made = await drafted(world, database, world.a, world.b)
    acting = world.acting(world.c, "director")
    for attempt in (
        lambda uow: queries.agreement(uow, made),
        lambda uow: actions.sign_for(uow, made, None, "C", "Director"),
        lambda uow: actions.amend(uow, made, 1, draft(world.a), world.c.id),
        lambda uow: actions.leave(uow, made, None, Leaving(at_once=False)),
    ):
        with pytest.raises(NotFound):
            async with database.bound(acting) as uow:
                await attempt(uow)
    async with database.bound(acting) as uow:
        assert made not in {one.id for one in await queries.listed(uow)}
        assert await steps(uow, made) == []
        # The functions themselves refuse, too: no check stands in Python alone.
        given = {"id": made, "parties": [world.a.id, world.c.id]}
        amended = "select tenants.amend_agreement(:id, 1, '{}', cast(:parties as uuid[]))"
        assert await uow.scalar(text(amended), given) == -1
        assert (
            await uow.execute(text("select * from tenants.sign_version(:id, null, 1, 'C', 'D')"), {"id": made})
        ).all() == []
        left = text("select * from tenants.leave_agreement(:id, null, 'breach', 'x')")
        assert (await uow.execute(left, {"id": made})).all() == []


async def test_people_are_told_once_of_what_waits_and_of_what_ends(world: World, database: Database) -> None:
    a, _, c = world.authorities
    last = today() + timedelta(days=30)
    made = await drafted(world, database, a, c, last_day=last, review_on=today() + timedelta(days=20))

    async def told() -> list[str]:
        async with as_owner(world.settings) as owner:
            rows = await owner.fetch(
                """select t.kind from tenants.agreement_told t join tenants.agreement_version v on v.id = t.version_id
                   where v.agreement_id = $1 and t.authority_id = $2 order by 1""",
                made,
                c.id,
            )
            return [row["kind"] for row in rows]

    await keep(database, c)
    assert await told() == ["to_sign"]
    await signed(world, database, made, [a, c])
    await keep(database, c)
    await keep(database, c)
    assert await told() == ["expiry", "review", "to_sign"]
    async with as_owner(world.settings) as owner:
        messages = await owner.fetch(
            """select template from messages.message
               where authority_id = $1 and template like 'agreement%' and "values" ->> 'link' = $2""",
            c.id,
            f"/agreements/{made}",
        )
    assert {row["template"] for row in messages} == {"agreement_to_sign", "agreement_ending", "agreement_review"}


async def test_the_last_two_signatures_at_one_moment_bring_it_into_force_once(world: World, database: Database) -> None:
    a, _, c = world.authorities
    made = await drafted(world, database, a, c)
    await asyncio.gather(signed(world, database, made, [a]), signed(world, database, made, [c]))
    assert (await read(world, database, a, made)).state == "in_force"
    async with database.bound(world.acting(a, "director")) as uow:
        taken = [step.action for step in await steps(uow, made)]
    assert taken.count("agreement.in_force") == 1
    assert len([viewer for viewer, _ in await grants(world, made)]) == 2
