"""Two hundred callers take one last place over HTTP at the same moment: one gets it, the others hear a clean 409."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from statistics import median
from uuid import UUID

from sqlalchemy import text

from bench.callers import Caller
from bench.data import Bench, bearer, person
from bench.results import record
from bench.server import serving
from careshare.database import Acting, Database
from careshare.settings import Settings
from services.fostering.days import today
from tenants.actions import as_owner

CALLERS = 200
ROUNDS = 3
PLACING, PROVIDING = "391", "390"
"""Newcastle asks, Gateshead provides: by DfE code."""

OFFER = """
    select o.id from tenants.offer o
    join tenants.authority a on a.id = o.owner_id join careshare.shelf s on s.id = o.shelf_id
    where a.dfe_code = $1 and s.resource = 'foster_carers' and o.places = 1 and o.ends is null order by o.id
"""
REQUEST = text("""
with request as (
  insert into placements.request (authority_id, number, kind, starts, need)
  values (careshare.authority(), :number, 'planned', :starts, '{}') returning id)
select id from request
""")
CHILD = text("""
insert into placements.request_child (authority_id, request_id, position, age, reference, need)
values (careshare.authority(), :request, 1, 7, :reference, '{}') returning id
""")
OPEN = text("""
insert into placements.request_step (authority_id, request_id, step) values (careshare.authority(), :request, 'open')
""")
SEND = text("""
select placements.send_enquiry(:offer, :request, array[cast(:child as uuid)], :starts, null, false,
  clock_timestamp() + interval '1 day')
""")
PROFILE = text("""
insert into placements.child_profile (authority_id, enquiry_id, body) values (careshare.authority(), :id, '{}')
""")


def run(bench: Bench, rounds: int = ROUNDS) -> None:
    """Rounds on one copy of the region, each about another home."""
    settings = asyncio.run(_copy(bench))
    taken: list[float] = []
    answers: list[Counter[int]] = []
    with serving(settings) as server:
        for number in range(min(rounds, ROUNDS)):
            asked = asyncio.run(_ask(settings, number))
            asyncio.run(bench.settle(settings))
            seconds, statuses = asyncio.run(_take(settings, server.port, asked))
            taken.append(seconds)
            answers.append(statuses)
            print(f"  {seconds:.2f} s: {dict(statuses)}")
    clean = all(statuses == Counter({200: 1, 409: CALLERS - 1}) for statuses in answers)
    record("last_place.seconds", median(taken), callers=CALLERS, seconds=[round(one, 2) for one in taken])
    record(
        "last_place.successes", max(one[200] for one in answers), clean=clean, statuses=[dict(one) for one in answers]
    )
    if not clean:
        raise RuntimeError(f"not one success and the rest clean refusals: {answers}")


async def _copy(bench: Bench) -> Settings:
    return await bench.copy(await bench.region())


async def _ask(settings: Settings, number: int) -> list[UUID]:
    """So many enquiries of one authority about the one place of a home, its owner's first moments being over."""
    authority, finder = await person(settings, PLACING, "placement_finder")
    async with as_owner(settings) as owner:
        offer = (await owner.fetch(OFFER, PROVIDING))[number]["id"]
        provider = await owner.fetchval("select id from tenants.authority where dfe_code = $1", PROVIDING)
        await owner.execute(
            """insert into placements.setting (authority_id, holds_by_itself) values ($1, true)
               on conflict (authority_id) do update set holds_by_itself = true""",
            provider,
        )
    database = Database.open(settings, pool_size=1)
    sent: list[UUID] = []
    try:
        async with database.bound(Acting(authority, finder, "enquiry:send")) as uow:
            starts = today() + timedelta(days=40)
            for caller in range(CALLERS):
                name = {"number": f"R-{900_000 - number * 1000 - caller:06}", "starts": starts}
                request = (await uow.execute(REQUEST, name)).scalar_one()
                child = {"request": request, "reference": f"B{number}{caller:05}"}
                made = (await uow.execute(CHILD, child)).scalar_one()
                await uow.execute(OPEN, {"request": request})
                given = {"offer": offer, "request": request, "child": made, "starts": starts}
                enquiry = (await uow.execute(SEND, given)).scalar_one()
                await uow.execute(PROFILE, {"id": enquiry})
                sent.append(enquiry)
    finally:
        await database.close()
    async with as_owner(settings) as owner:
        await owner.execute(
            "update placements.enquiry set sent_at = now() - interval '1 hour' where id = any($1)", sent
        )
    return sent


async def _take(settings: Settings, port: int, asked: list[UUID]) -> tuple[float, Counter[int]]:
    """All at once; the seconds until the last has its answer, and how often each status came."""
    token = await bearer(settings, PLACING, "placement_finder")
    callers = [await Caller.connect(port) for _ in asked]  # connected, as people's browsers are

    async def call(caller: Caller, enquiry: UUID) -> int:
        status, _ = await caller.post(f"/api/v1/enquiries/{enquiry}/hold", token, {"step": "take"})
        return status

    began = time.monotonic()
    statuses = await asyncio.gather(*(call(caller, one) for caller, one in zip(callers, asked, strict=True)))
    seconds = time.monotonic() - began
    for caller in callers:
        await caller.close()
    return seconds, Counter(statuses)
