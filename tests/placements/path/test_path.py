"""From an enquiry to a placement and its end: stages, the gate, holds, consents and capacity, kept by the database."""

import asyncio
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database
from careshare.errors import Conflict, NotAvailable, NotFound, Unprocessable
from careshare.settings import Settings
from services.placements import steps
from tenants.actions import as_owner
from tests.placements.homes import days
from tests.placements.path.way import Way
from tests.world import World

STAGE = "select stage from placements.enquiry where id = :id"


@pytest_asyncio.fixture(scope="module")
async def way(settings: Settings, world: World, database: Database) -> Way:
    return Way(world, database)


async def disclosed(way: Way, enquiry: UUID) -> dict[str, set[str]]:
    """Which tables each of the three authorities can read of an enquiry that is not their own writing."""
    tables = ("child_profile", "child_fuller", "child_identity", "home_fuller", "home_identity")
    seen: dict[str, set[str]] = {}
    for name, who in (("placing", way.world.a), ("providing", way.world.b), ("third", way.world.c)):
        seen[name] = set()
        for table in tables:
            statement = (
                f"select count(*) from placements.{table} where enquiry_id = :id "
                "and authority_id <> careshare.authority()"
            )
            if await way.scalar(who, statement, id=enquiry):
                seen[name].add(table)
    return seen


async def test_the_whole_way_to_a_home_and_its_end(way: Way) -> None:
    a, b = way.world.a, way.world.b
    home = await way.home(b)
    request = await way.request(a)
    enquiry = await way.send(a, home, request)
    assert await disclosed(way, enquiry) == {"placing": set(), "providing": {"child_profile"}, "third": set()}
    await way.accept(b, enquiry)
    assert await disclosed(way, enquiry) == {
        "placing": {"home_fuller"},
        "providing": {"child_profile", "child_fuller"},
        "third": set(),
    }
    await way.take(b, enquiry, "grant")
    await way.matching(a, b, enquiry)
    await way.consent(a, enquiry, "placing_authority")
    await way.consent(b, enquiry, "providing_authority")
    assert await way.scalar(a, STAGE, id=enquiry) == "matching"
    await way.consent(b, enquiry, "carer")
    assert await way.scalar(b, STAGE, id=enquiry) == "matched"
    everything = {"child_profile", "child_fuller", "child_identity"}
    assert await disclosed(way, enquiry) == {
        "placing": {"home_fuller", "home_identity"},
        "providing": everything,
        "third": set(),
    }
    placement = await way.scalar(a, "select id from placements.placement where enquiry_id = :id", id=enquiry)
    await way.take(a, enquiry, "make_ready", placement_id=placement)
    await way.take(b, enquiry, "start", placement_id=placement, body={"day": days(3).isoformat()})
    assert await way.scalar(a, STAGE, id=enquiry) == "placed"
    assert await way.scalar(a, "select stage from placements.request where id = :id", id=request[0]) == "placed"
    await way.take(a, enquiry, "review_to_end", placement_id=placement)
    await way.take(b, enquiry, "end", placement_id=placement, code="CARPL", body={"ends": days(30).isoformat()})
    assert await way.scalar(a, STAGE, id=enquiry) == "ended"
    assert await disclosed(way, enquiry) == {"placing": set(), "providing": set(), "third": set()}
    for who, part in ((a, "home"), (b, "children")):
        kept = await way.scalar(
            who, "select body->>:part from placements.archive where enquiry_id = :id", id=enquiry, part=part
        )
        assert kept
    taken = "select count(*) from capacity.occupancy where during @> cast(:at as timestamptz)"
    assert await way.scalar(b, taken, at=days(20)) == 1
    assert await way.scalar(b, taken, at=days(31)) == 0


@pytest.mark.parametrize(
    ("who", "step", "stage"), [("b", "decline", "declined"), ("a", "withdraw", "withdrawn"), ("a", "lapse", "lapsed")]
)
async def test_the_profile_closes_again(way: Way, who: str, step: str, stage: str) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    if step == "lapse":
        with pytest.raises(Conflict, match="not run out"):
            await way.take(a, enquiry, "lapse")
        async with as_owner(way.world.settings) as owner:
            await owner.execute(
                "update placements.enquiry set respond_by = now() - interval '1 second' where id = $1", enquiry
            )
    else:
        await way.accept(b, enquiry)
        await way.take(b, enquiry, "grant")
    await way.take(getattr(way.world, who), enquiry, step)
    assert await way.scalar(a, STAGE, id=enquiry) == stage
    assert await disclosed(way, enquiry) == {"placing": set(), "providing": set(), "third": set()}
    held = "select count(*) from placements.hold where enquiry_id = :id and stage in ('asked', 'granted')"
    assert await way.scalar(a, held, id=enquiry) == 0


async def test_a_third_authority_sees_nothing_and_takes_no_step(way: Way) -> None:
    a, b, c = way.world.authorities
    enquiry = await way.matched(a, await way.home(b), await way.request(a))
    for table in ("enquiry", "step", "hold", "consent", "placement", "asked", "answering", "message", "archive"):
        assert await way.scalar(c, f"select count(*) from placements.{table}") == 0, table
    with pytest.raises(NotFound):
        await way.take(c, enquiry, "withdraw")


async def test_one_side_sees_nothing_of_what_the_other_keeps(way: Way) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    assert await way.scalar(b, "select count(*) from placements.asked where enquiry_id = :id", id=enquiry) == 0
    assert await way.scalar(a, "select count(*) from placements.answering where enquiry_id = :id", id=enquiry) == 0


async def test_every_step_not_in_the_table_is_refused(way: Way) -> None:
    """Generated from the table of steps: each step of enquiry and placement at each stage, by each side."""
    a, b = way.world.a, way.world.b
    async with way.of(a) as uow:
        known = await steps.rules(uow)
    enquiry = await way.matched(a, await way.home(b), await way.request(a))
    placement = await way.scalar(a, "select id from placements.placement where enquiry_id = :id", id=enquiry)
    tried = 0
    for machine in ("enquiry", "placement"):
        stages = sorted(
            {rule.stage for rule in known if rule.machine == machine}
            | {r.next_stage for r in known if r.machine == machine}
        )
        names = sorted({rule.step for rule in known if rule.machine == machine})
        for stage in stages:
            async with as_owner(way.world.settings) as owner:
                which = enquiry if machine == "enquiry" else placement
                await owner.execute(f"update placements.{machine} set stage = $1 where id = $2", stage, which)
            for side, who in (("placing", a), ("providing", b)):
                legal = steps.allowed(known, machine, stage, {side})
                for step in names:
                    if step in legal or (machine == "enquiry" and step in {"ask", "take", "grant"}):
                        continue
                    with pytest.raises((Conflict, NotFound)):
                        await way.take(who, enquiry, step, placement_id=placement if machine == "placement" else None)
                    tried += 1
    assert tried > 150


async def test_two_people_accept_at_once(way: Way) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    done = await asyncio.gather(way.accept(b, enquiry), way.accept(b, enquiry), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 1
    assert sum(one is None for one in done) == 1


async def test_consents_out_of_order_are_refused(way: Way) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    await way.accept(b, enquiry)
    async with way.of(a) as uow:
        await way.list_consent(uow, enquiry, "area_consulted")
        await way.list_consent(uow, enquiry, "director", after=["area_consulted"])
    await way.matching(a, b, enquiry)
    with pytest.raises(Conflict, match="area consulted"):
        await way.consent(a, enquiry, "director")
    await way.consent(a, enquiry, "area_consulted")
    await way.consent(a, enquiry, "director")


async def test_a_third_authority_is_asked_without_learning_whose_child_it_is(way: Way) -> None:
    a, b, c = way.world.authorities
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    await way.accept(b, enquiry)
    await way.take(b, enquiry, "grant")
    async with way.of(b) as uow:
        consent = await way.list_consent(uow, enquiry, "other_authority", decider=c.id)
        await uow.execute(
            text(
                "insert into placements.consent_asked (asker_id, decider_id, id, kind, question) "
                "values (careshare.authority(), :c, :id, 'other_authority', '{\"your_child\": \"C-1\"}')"
            ),
            {"c": c.id, "id": consent},
        )
    await way.matching(a, b, enquiry)
    for who, kind in ((a, "placing_authority"), (b, "providing_authority"), (b, "carer")):
        await way.consent(who, enquiry, kind)
    assert await way.scalar(a, STAGE, id=enquiry) == "matching"
    asked = await way.rows(c, "select * from placements.consent_asked")
    assert len(asked) == 1
    assert a.id not in asked[0]
    with pytest.raises(Conflict, match="another authority"):
        await way.consent(b, enquiry, "other_authority")
    async with way.of(c) as uow:
        await way.answer(uow, consent)
    assert await way.scalar(a, STAGE, id=enquiry) == "matched"


async def test_a_hold_that_ran_out_makes_no_match(way: Way) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    await way.accept(b, enquiry)
    await way.take(b, enquiry, "grant")
    await way.matching(a, b, enquiry)
    await way.consent(a, enquiry, "placing_authority")
    await way.consent(b, enquiry, "providing_authority")
    async with as_owner(way.world.settings) as owner:
        await owner.execute(
            "update capacity.claim set expires_at = now() - interval '1 second' where id in "
            "(select unnest(claims) from placements.hold where enquiry_id = $1)",
            enquiry,
        )
        await owner.execute(
            "update placements.hold set until = now() - interval '1 second' where enquiry_id = $1", enquiry
        )
    await way.consent(b, enquiry, "carer")
    assert await way.scalar(a, STAGE, id=enquiry) == "matching"
    await way.take(b, enquiry, "grant")  # held again: the match is complete
    assert await way.scalar(a, STAGE, id=enquiry) == "matched"


async def test_a_place_closed_while_held_makes_no_match(way: Way) -> None:
    a, b = way.world.a, way.world.b
    home = await way.home(b)
    enquiry = await way.send(a, home, await way.request(a))
    await way.accept(b, enquiry)
    await way.take(b, enquiry, "grant")
    await way.matching(a, b, enquiry)
    async with as_owner(way.world.settings) as owner:
        await owner.execute("update capacity.unit set open = 'empty' where pool_id = $1", home.subject)
    for who, kind in ((a, "placing_authority"), (b, "providing_authority"), (b, "carer")):
        await way.consent(who, enquiry, kind)
    assert await way.scalar(a, STAGE, id=enquiry) == "matching"


async def test_a_child_is_placed_once(way: Way) -> None:
    a, b = way.world.a, way.world.b
    first = await way.request(a, references=["CH-TWICE"])
    second = await way.request(a, references=["ch-twice "])
    await way.matched(a, await way.home(b), first)
    with pytest.raises(NotAvailable):
        await way.matched(a, await way.home(b), second)


async def test_siblings_are_held_together_or_not_at_all(way: Way) -> None:
    a, b = way.world.a, way.world.b
    home = await way.home(b, places=1)
    enquiry = await way.send(a, home, await way.request(a, children=2))
    await way.accept(b, enquiry)
    with pytest.raises(NotAvailable):
        await way.take(b, enquiry, "grant")
    both = await way.home(b, places=2)
    enquiry = await way.matched(a, both, await way.request(a, children=2))
    numbers = await way.rows(
        a, "select child_no from placements.placement where enquiry_id = :id order by 1", id=enquiry
    )
    assert [number for (number,) in numbers] == [1, 2]


async def test_holds_of_one_child_are_capped(way: Way) -> None:
    a, b = way.world.a, way.world.b
    request = await way.request(a)
    sent = [await way.send(a, await way.home(b), request) for _ in range(3)]
    for enquiry in sent:
        await way.accept(b, enquiry)
    await way.take(b, sent[0], "grant")
    await way.take(b, sent[1], "grant")
    with pytest.raises(Conflict, match="no more homes"):
        await way.take(b, sent[2], "grant")


async def test_enquiries_are_capped(way: Way) -> None:
    a, b = way.world.a, way.world.b
    request = await way.request(a)
    homes = [await way.home(b) for _ in range(6)]
    for home in homes[:5]:
        await way.send(a, home, request)
    with pytest.raises(Exception, match="as many enquiries"):
        await way.send(a, homes[5], request)


async def test_the_owner_s_own_children_come_first(way: Way) -> None:
    a, b = way.world.a, way.world.b
    async with way.of(b) as uow:
        await uow.execute(
            text(
                "insert into placements.setting (authority_id, holds_by_itself) values (careshare.authority(), true) "
                "on conflict (authority_id) do update set holds_by_itself = true"
            )
        )
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    with pytest.raises(Conflict, match="own children"):
        await way.take(a, enquiry, "take")
    async with as_owner(way.world.settings) as owner:
        await owner.execute(
            "update placements.enquiry set sent_at = now() - interval '16 minutes' where id = $1", enquiry
        )
    assert (await way.take(a, enquiry, "take")).to_stage == "granted"


async def test_what_is_not_shared_cannot_be_asked(way: Way) -> None:
    a, b, c = way.world.authorities
    home = await way.home(b)
    assert await way.send(c, home, await way.request(c)) is None
    unshared = await way.home(b, shared=False)
    assert await way.send(a, unshared, await way.request(a)) is None


async def test_an_answer_taken_on_the_telephone_opens_nothing_of_the_home(way: Way) -> None:
    a, b = way.world.a, way.world.b
    enquiry = await way.send(a, await way.home(b), await way.request(a))
    await way.take(a, enquiry, "accepted_by_telephone", by_telephone=True, heard_from="duty officer")
    assert await disclosed(way, enquiry) == {
        "placing": set(),
        "providing": {"child_profile", "child_fuller"},
        "third": set(),
    }
    with pytest.raises(Unprocessable, match="confirmed"):
        await way.take(a, enquiry, "propose")
    async with way.of(b) as uow:
        await way.write(uow, enquiry, "home_fuller", {"bands": []})
        await steps.take(uow, enquiry, "confirm_answer")
    assert "home_fuller" in (await disclosed(way, enquiry))["placing"]


async def test_a_match_stands_when_the_agreement_ends(way: Way) -> None:
    """Last of the module: the world's agreement is over after it."""
    a, b = way.world.a, way.world.b
    enquiry = await way.matched(a, await way.home(b), await way.request(a))
    waiting = await way.send(a, await way.home(b), await way.request(a))
    await way.accept(b, waiting)
    await way.take(b, waiting, "grant")
    await way.matching(a, b, waiting)
    unanswered = await way.send(a, await way.home(b), await way.request(a))
    async with way.of(a, "director") as uow:
        assert (await uow.execute(text("select tenants.leave(:id)"), {"id": way.world.agreement_id})).scalar_one()
    placement = await way.scalar(a, "select id from placements.placement where enquiry_id = :id", id=enquiry)
    await way.take(a, enquiry, "make_ready", placement_id=placement)
    assert (await way.take(b, enquiry, "start", placement_id=placement)).to_stage == "started"
    # What was asked and not agreed on ended at once: closed again, nothing held, and on the thread of both sides.
    for open_one in (waiting, unanswered):
        assert await way.scalar(b, STAGE, id=open_one) == "lapsed"
        assert await disclosed(way, open_one) == {"placing": set(), "providing": set(), "third": set()}
    held = "select count(*) from placements.hold where enquiry_id = :id and stage in ('asked', 'granted')"
    assert await way.scalar(a, held, id=waiting) == 0
    with pytest.raises(Conflict):
        await way.consent(a, waiting, "placing_authority")
    assert await disclosed(way, enquiry) != {"placing": set(), "providing": set(), "third": set()}
