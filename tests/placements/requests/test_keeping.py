"""What becomes of requests beside their own pages: hand-over, their end, a child's own data, the demo."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.errors import Invalid, NotFound
from careshare.settings import Settings
from services.placements import subjects
from services.placements.holdings import hand_over_requests, holdings
from services.placements.queries import today
from services.placements.requests import actions, demo, kept, queries, rules
from services.placements.requests.actions import NewRequest
from services.placements.requests.actions.step import NewStep
from services.placements.requests.model import ChildNeed, Considered, Identity, RequestChild, RequestNeed
from tenants.actions import as_owner
from tests.world import World

WORKER = "social_worker"


async def made(database: Database, world: World, **identity: Any) -> UUID:
    """An open request of A's social worker."""
    need = ChildNeed(wishes="To stay near my nan", wishes_heard_by="Some Body")
    child = RequestChild(age=7, sex="F", need=need, identity=Identity(**identity))
    considered = [Considered(relationship="grandparent", outcome="assessing", name="Nan Okafor")]
    async with database.bound(world.acting(world.a, WORKER)) as uow:
        request = await actions.start(uow, NewRequest(children=[child], need=RequestNeed(considered=considered)))
        await actions.take_step(uow, request, None, NewStep(step="open"))
    return request


async def test_requests_that_stand_are_handed_over_to_whoever_may_hold_them(database: Database, world: World) -> None:
    request = await made(database, world)
    person = world.a.people[WORKER]

    async def held(by: UUID) -> set[UUID]:
        async with database.bound(world.acting(world.a, "team_manager")) as uow:
            return {one.id for holding in await holdings(uow, by, "") for one in holding.items}

    assert request in await held(person)
    with pytest.raises(Invalid):
        async with database.bound(world.acting(world.a, "team_manager")) as uow:
            await hand_over_requests(uow, [request], world.a.people["contact_supervisor"])
    with pytest.raises(NotFound):
        async with database.bound(world.acting(world.a, "team_manager")) as uow:
            await hand_over_requests(uow, [request, uuid4()], world.a.people["placement_finder"])
    assert request in await held(person)
    async with database.bound(world.acting(world.a, "team_manager")) as uow:
        await hand_over_requests(uow, [request], world.a.people["placement_finder"])
    assert request not in await held(person)
    assert request in await held(world.a.people["placement_finder"])
    async with database.bound(world.acting(world.a, "team_manager")) as uow:
        await actions.take_step(uow, request, None, NewStep(step="withdraw", reason="court"))
    assert request not in await held(world.a.people["placement_finder"])


async def test_requests_are_deleted_at_their_end_and_never_while_they_stand_or_are_held(
    database: Database, settings: Settings, world: World
) -> None:
    ended, standing = await made(database, world), await made(database, world)
    async with database.bound(world.acting(world.a)) as uow:
        await actions.take_step(uow, ended, None, NewStep(step="withdraw", reason="court"))
    async with as_owner(settings) as owner:
        long_ago = today() - timedelta(days=3000)
        await owner.execute("update placements.request set ended_at = $2 where id = $1", ended, long_ago)
    async with database.bound(world.acting(world.a)) as uow:
        due = await kept.due(uow, today() - timedelta(days=2191), 10)
        assert [one.id for one in due] == [ended]
        assert await kept.due(uow, today() - timedelta(days=2191), 10, [standing]) == []
        assert await kept.delete(uow, [ended, standing]) == [ended]
        left = text("select count(*) from placements.request_child where request_id = :id")
        assert await uow.scalar(left, {"id": ended}) == 0
    async with database.bound(world.acting(world.b)) as uow:
        assert await kept.due(uow, today(), 10) == []


async def test_a_child_is_given_what_requests_hold_and_what_tells_of_others_is_marked(
    database: Database, world: World
) -> None:
    reference = f"CH-{uuid4().int % 1_000_000:06}"
    await made(database, world, reference=reference, name="Amara Okafor", on_file=["Ken Okafor"])
    await made(database, world, reference=reference.lower())
    async with database.bound(world.acting(world.a, "data_protection_officer")) as uow:
        found = await subjects.find(uow, reference)
        assert [(one.kind, one.label) for one in found] == [("child", f"Child {reference}")]
        assert any(one.label == f"Child {reference}" for one in await subjects.find(uow, "amara okafor"))
        assert await subjects.describe(uow, "child", found[0].id) == found[0]
        items = await subjects.collect(uow, found[0])
    assert len({item.key for item in items}) == len(items)
    assert len({item.section for item in items}) == 2, "both requests"
    said = {item.name: item for item in items}
    assert said["Name"].value == "Amara Okafor"
    assert said["Your wishes and feelings"].value == "To stay near my nan"
    assert "Nan Okafor" in said["Family and friends considered"].value
    for name in ("Family and friends considered", "Names on file", "Who heard them"):
        assert said[name].about_others
    async with database.bound(world.acting(world.b, "data_protection_officer")) as uow:
        assert await subjects.find(uow, reference) == []
        assert await subjects.collect(uow, found[0]) == []


def test_the_demo_is_the_same_each_time() -> None:
    def one() -> list[NewRequest]:
        rng = Random("the same")  # invented people
        return [demo.invented(rng, ["ZA1 1AA", "ZA2 1AA", "ZA1 1BB"], today(), number) for number in range(demo.EACH)]

    assert one() == one()


async def test_the_demo_gives_a_council_its_requests(database: Database, world: World) -> None:
    council = {"id": world.b.id, "dfe_code": "992", "finder": world.b.people["placement_finder"]}
    await demo.fill(database, council, world.b.postcodes, today())  # type: ignore[arg-type]  # read like a row
    async with database.bound(world.acting(world.b)) as uow:
        standing = await queries.standing(uow)
        over = await queries.ended(uow)
    assert len(standing) + len(over) == demo.EACH
    assert {row.stage for row in over} == {"withdrawn", "not_placed"}
    assert {row.kind for row in standing} == {"planned", "emergency"}
    async with database.bound(world.acting(world.b)) as uow:
        flagged = [rules.flags(await queries.whole(uow, row.id), ()) for row in standing]
    assert sum(bool(flags) for flags in flagged) == 1, "one to try the check of texts with"
