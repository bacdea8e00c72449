"""Telling a side of the path what is new: after each step of the other side, after its own, and when a clock runs out.

Each runs in its own job, once in effect: the job and what it told end in one transaction, and the same event tells
nobody a second time.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from careshare import jobs
from careshare.database import Uow
from careshare.jobs.registry import Nothing
from careshare.notifications import News, notify
from services.placements.follows import OWN_STEP, StepTaken, follow
from services.placements.news import queries, rules
from services.placements.news.queries import AskedOf, Running

CLOCKS: Final = "placements.clocks_run_out"
SHORT: Final = timedelta(days=1)
"""A consent that is wanted sooner is one of an emergency."""


async def tell(uow: Uow, taken: StepTaken) -> None:
    """Tell the bound authority's people what a step brought and what now waits for them. May run again."""
    if taken.machine == "consent" and taken.step == "ask":
        asked = await queries.asked_of(uow, taken.enquiry_id)  # who asks for what is all that a third authority has
        if asked is not None:
            await notify(uow, of_asked(asked, "consent_asked", event="asked"))
        return
    case = await queries.case(uow, taken.enquiry_id)
    if case is None:
        return
    event = await queries.event(uow, case.id, taken.machine, taken.step, taken.about)
    for one in rules.came(case, taken.machine, taken.step, event=event, about=taken.about):
        await notify(uow, one)
    placements = await queries.placements(uow, case.id) if case.stage in {"matched", "placed"} else []
    for one in rules.waits(case, await queries.wanted(uow, case.id), placements):
        await notify(uow, one)


for _machine in ("enquiry", "hold", "consent", "placement", "message", "attachment"):
    follow(_machine)(tell)


@jobs.handler(OWN_STEP, StepTaken)
async def own_step(uow: Uow, taken: StepTaken) -> None:
    """The same for a step that the authority took itself; whoever took it is told nothing."""
    await tell(uow, taken)


@jobs.handler(CLOCKS, Nothing)
async def clocks_run_out(uow: Uow, _nothing: Nothing) -> None:
    """Say of each clock once that it is about to run out, and forget what waits no longer. May run again."""
    await queries.settle(uow)
    now = datetime.now(UTC)
    for one in await queries.running(uow):
        if rules.runs_out_soon(one.started, one.due, now):
            found = await _of_clock(uow, one)
            if found is not None:
                await notify(uow, found)


async def _of_clock(uow: Uow, one: Running) -> News | None:
    event = one.due.isoformat()
    if one.enquiry_id is None:
        asked = await queries.asked_of(uow, one.subject_id)
        return None if asked is None else of_asked(asked, "clock_consent", event=event)
    case = await queries.case(uow, one.enquiry_id)
    if case is None:
        return None
    if one.what == "clock_consent":
        wanted = {each.id: each for each in await queries.wanted(uow, case.id)}
        consent = wanted.get(one.subject_id)
        return None if consent is None else rules.consent(case, consent, one.what, event=event)
    side: rules.Side = "providing" if one.what == "clock_answer" else "placing"
    placement: UUID | None = one.subject_id if one.what == "clock_notices" else None
    return rules.news(case, side, one.what, event=event, due=one.due, placement=placement)


def of_asked(asked: AskedOf, kind: str, *, event: str) -> News:
    """News of a consent for the authority that is asked as a third one."""
    emergency = asked.due_at is not None and asked.due_at - asked.asked_at < SHORT
    return News(
        kind=kind,
        subject=asked.id,
        event=event,
        path=rules.kinds()[kind, "asked"].path,
        roles=rules.deciders(asked.kind, emergency),
        records=[asked.id],
        due=asked.due_at,
    )


jobs.schedule("placements.clocks_run_out", CLOCKS, every=timedelta(minutes=5), purpose="clocks about to run out")
