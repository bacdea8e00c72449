"""What happens when nobody answers, when a hold runs out, and when two act at once."""

import asyncio
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Acting
from services.fostering.jobs import REFRESH, Households, refresh
from services.placements.enquiries.jobs import Overdue, lapse_overdue
from services.placements.follows import STEP_TAKEN, StepTaken, step_taken
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.world import WorldAuthority

NOBODY = UUID(int=0)


async def run_lapse(between: Between, who: WorldAuthority) -> None:
    async with between.database.bound(Acting(who.id, NOBODY, "scheduled: placements.lapse")) as uow:
        await lapse_overdue(uow, Overdue())


async def owner_sets(between: Between, statement: str, enquiry: UUID) -> None:
    async with as_owner(between.world.settings) as owner:
        await owner.execute(statement, enquiry)


async def left(between: Between, who: WorldAuthority, task: str) -> list[dict[str, object]]:
    """What waits in the outbox of an authority, the oldest first; it is taken out."""
    async with as_owner(between.world.settings) as owner:
        rows = await owner.fetch(
            "delete from jobs.outbox where authority_id = $1 and task = $2 returning id, payload", who.id, task
        )
    return [msgspec.json.decode(row["payload"]) for row in sorted(rows, key=lambda row: row["id"])]


async def vacant(between: Between, enquiry: UUID) -> tuple[date, date | None] | None:
    """From when and until when the home behind an enquiry is offered; None where it is not."""
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        found = await uow.execute(
            text("""select o.starts, o.ends from tenants.offer o
                    join tenants.offer_own w on w.owner_id = o.owner_id and w.offer_id = o.id
                    join placements.answering a on a.authority_id = w.owner_id and a.subject_id = w.subject_id
                    where a.enquiry_id = :e"""),
            {"e": enquiry},
        )
        row = found.one_or_none()
    return None if row is None else (row.starts, row.ends)


async def follow_up(between: Between) -> int:
    """Run what waits for the providing side, each twice, as after a worker that was killed; how many there were."""
    b = between.world.b
    taken = await left(between, b, STEP_TAKEN)
    for payload in taken:
        for _ in range(2):
            async with between.database.bound(Acting(b.id, NOBODY, "placements:step")) as uow:
                await step_taken(uow, msgspec.convert(payload, StepTaken))
    for payload in await left(between, b, REFRESH):
        async with between.database.bound(Acting(b.id, NOBODY, "test")) as uow:
            await refresh(uow, msgspec.convert(payload, Households))
    return len(taken)


async def test_nobody_answered_and_the_profile_closes(between: Between) -> None:
    enquiry = await between.sent()
    await run_lapse(between, between.world.a)
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "sent"
    await owner_sets(
        between, "update placements.enquiry set respond_by = now() - interval '1 second' where id = $1", enquiry
    )
    await run_lapse(between, between.world.a)
    await run_lapse(between, between.world.a)
    theirs = (await between.officer("GET", f"/enquiries/{enquiry}")).json()
    assert (theirs["stage"], theirs["profile"]) == ("lapsed", None)
    assert [line["step"] for line in theirs["thread"]] == ["lapse"]


async def test_a_hold_runs_out_and_the_home_is_offered_again(between: Between) -> None:
    enquiry = await between.sent()
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    before = await vacant(between, enquiry)
    assert before is not None
    granted = await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    assert granted.status_code == 200, granted.text
    await follow_up(between)
    assert await vacant(between, enquiry) != before
    await owner_sets(
        between,
        "update capacity.claim c set expires_at = now() from placements.hold h"
        " where h.enquiry_id = $1 and c.id = any(h.claims)",
        enquiry,
    )
    await owner_sets(between, "update placements.hold set until = now() where enquiry_id = $1", enquiry)
    await run_lapse(between, between.world.a)
    assert await follow_up(between) > 0
    assert await vacant(between, enquiry) == before
    ours = (await between.finder("GET", f"/enquiries/{enquiry}")).json()
    assert ours["hold"]["stage"] == "lapsed"


async def test_a_hold_that_ran_out_a_second_ago_may_be_granted_anew_but_not_extended(between: Between) -> None:
    enquiry = await between.sent()
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    late = "update placements.hold set until = now() - interval '1 second' where enquiry_id = $1"
    expired = (
        "update capacity.claim c set expires_at = now() - interval '1 second' from placements.hold h"
        " where h.enquiry_id = $1 and c.id = any(h.claims)"
    )
    await owner_sets(between, expired, enquiry)
    await owner_sets(between, late, enquiry)
    extended = await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "extend"})
    assert extended.status_code == 409, extended.text
    again = await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    assert again.status_code == 200, again.text
    assert again.json()["hold"]["stage"] == "granted"


async def test_two_who_answer_at_once_answer_once(between: Between) -> None:
    enquiry = await between.sent()
    answers = await asyncio.gather(
        between.officer("POST", f"/enquiries/{enquiry}/accept"),
        between.call(between.world.b, "team_manager", "POST", f"/enquiries/{enquiry}/accept"),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    thread = (await between.finder("GET", f"/enquiries/{enquiry}")).json()["thread"]
    assert [line["step"] for line in thread] == ["accept"]
