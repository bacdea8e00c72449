"""The finder's desk over HTTP with 500 open requests, most of them with homes asked at several stages."""

import asyncio
from datetime import timedelta
from statistics import median

from bench.data import VAR, Bench, bearer, person
from bench.last_place import CHILD, OPEN, PLACING, PROFILE, PROVIDING, REQUEST, SEND
from bench.results import record
from bench.server import serving
from careshare.database import Acting, Database
from careshare.settings import Settings
from services.fostering.days import today
from tenants.actions import as_owner

REQUESTS = 500
CONNECTIONS = 4
ROUNDS = 3
OFFERS = """
    select o.id from tenants.offer o join tenants.authority a on a.id = o.owner_id
    join careshare.shelf s on s.id = o.shelf_id
    where a.dfe_code = $1 and s.resource = 'foster_carers' order by o.id limit 25
"""


def run(bench: Bench, rounds: int = ROUNDS) -> None:
    """Rounds of four finders who open their desks one after the other."""
    settings = asyncio.run(_filled(bench))
    token = asyncio.run(bearer(settings, PLACING, "placement_finder"))
    asked = [{"method": "GET", "path": "/api/v1/desk", "headers": {"Authorization": f"Bearer {token}"}, "body": None}]
    taken: list[float] = []
    with serving(settings) as server:
        for _ in range(min(rounds, ROUNDS)):
            asyncio.run(bench.settle(settings))
            found = server.load(asked, VAR, connections=CONNECTIONS, seconds=6, warm_up=2)
            taken.append(found["p95_ms"])
            print(f"  p95 {found['p95_ms']:.0f} ms, {found['per_second']:.0f} a second")
    record("desk.p95_ms", median(taken), requests=REQUESTS, connections=CONNECTIONS, p95_ms=taken)


async def _filled(bench: Bench) -> Settings:
    settings = await bench.copy(await bench.region())
    authority, finder = await person(settings, PLACING, "placement_finder")
    async with as_owner(settings) as owner:
        offers = [row["id"] for row in await owner.fetch(OFFERS, PROVIDING)]
    database = Database.open(settings, pool_size=1)
    try:
        async with database.bound(Acting(authority, finder, "enquiry:send")) as uow:
            for number in range(REQUESTS):
                starts = today() + timedelta(days=number % 60)
                named = {"number": f"R-{800_000 + number:06}", "starts": starts}
                request = (await uow.execute(REQUEST, named)).scalar_one()
                child = {"request": request, "reference": f"D{number:06}"}
                made = (await uow.execute(CHILD, child)).scalar_one()
                await uow.execute(OPEN, {"request": request})
                for asked in range(number % 4):
                    offer = offers[(number + asked) % len(offers)]
                    given = {"offer": offer, "request": request, "child": made, "starts": starts}
                    enquiry = (await uow.execute(SEND, given)).scalar_one()
                    await uow.execute(PROFILE, {"id": enquiry})
    finally:
        await database.close()
    return settings
