"""How long the statements of a region-month take: 6,000 placements between twelve authorities, lender after lender.

The month before is stated and issued already, and one placement in twenty has had a late change since, so that its
months gone by are compared and put right, as in any month. Made again, nothing may change.
"""

import asyncio
import time
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from statistics import median
from uuid import UUID

from sqlalchemy import text

from bench.data import Bench
from bench.results import record
from careshare.database import Acting, Database, Uow
from careshare.settings import Settings
from tenants.actions import as_owner
from tenants.demo import region_wide
from tenants.recharges import actions, rules, statements
from tenants.recharges.days import today
from tenants.recharges.model import Funding, Opening, Rate, Split
from tenants.reference import NORTH_EAST

PLACEMENTS = 6_000
LATE = 20
ROUNDS = 3
ISSUE = text("""
    insert into tenants.statement_step (statement_id, step)
    select id, 'issue' from tenants.statement
    where lender_id = (select careshare.authority()) and stage = 'draft' order by month, id
""")
MINE = text("select id from tenants.charge_basis where lender_id = (select careshare.authority()) order by id")
LINES = text("select count(*) from tenants.charge_line l where l.lender_id = (select careshare.authority())")


def run(bench: Bench, rounds: int = ROUNDS) -> None:
    """Rounds on a database of their own each."""
    taken: list[float] = []
    lines = 0
    for number in range(min(rounds, ROUNDS)):
        seconds, lines = asyncio.run(_round(bench, f"statements_{number}"))
        taken.append(seconds)
    record(
        "statements.seconds", median(taken), placements=PLACEMENTS, lines=lines, seconds=[round(t, 2) for t in taken]
    )


async def _round(bench: Bench, name: str) -> tuple[float, int]:
    settings = await bench.unfilled(name)
    month = rules.month_of(rules.month_of(today()) - rules.DAY)
    before = rules.month_of(month - rules.DAY)
    database = Database.open(settings, pool_size=1)
    lenders = await _lenders(settings)
    agreement = await _agreement(settings)
    async with as_owner(settings) as owner:  # the demo's own
        await owner.execute("truncate tenants.statement, tenants.charge_basis, tenants.charge_number cascade")
    try:
        for acting in lenders:
            async with database.bound(acting) as uow:
                others = [one.authority_id for one in lenders if one.authority_id != acting.authority_id]
                await _place(uow, acting, others, agreement, before)
        await bench.settle(settings)
        for acting in lenders:
            async with database.bound(acting) as uow:
                await statements.make(uow, before, today())
                await uow.execute(ISSUE)
        for acting in lenders:
            async with database.bound(acting) as uow:
                for basis in list((await uow.execute(MINE)).scalars())[::LATE]:
                    await actions.change_price(uow, basis, before + timedelta(days=9), Decimal("4410.00"))
        await bench.settle(settings)
        counted = await _lines(database, lenders)
        began = time.monotonic()
        for acting in lenders:
            async with database.bound(acting) as uow:
                await statements.make(uow, month, today())
        taken = time.monotonic() - began
        lines = await _lines(database, lenders) - counted
        for acting in lenders:
            async with database.bound(acting) as uow:
                if await statements.make(uow, month, today()):
                    raise RuntimeError("made again, something changed")
    finally:
        await database.close()
    print(f"  {taken:.2f} s for {lines:,} lines")
    await bench.execute(f"drop database {name} with (force)")
    return taken, lines


async def _lines(database: Database, lenders: list[Acting]) -> int:
    found = 0
    for acting in lenders:
        async with database.bound(acting) as uow:
            found += int(await uow.scalar(LINES) or 0)
    return found


async def _lenders(settings: Settings) -> list[Acting]:
    async with as_owner(settings) as owner:
        rows = await owner.fetch(
            """select distinct on (authority_id) authority_id, person_id from tenants.member
               where roles @> array['payments'] order by authority_id, id"""
        )
    return [Acting(row["authority_id"], row["person_id"], "recharge:issue") for row in rows]


async def _agreement(settings: Settings) -> UUID:
    async with as_owner(settings) as owner:
        found: UUID = await owner.fetchval("select id from tenants.agreement where title = $1", region_wide(NORTH_EAST))
    return found


async def _place(uow: Uow, lender: Acting, others: list[UUID], agreement: UUID, before: date) -> None:
    """A lender's share of the region's placements: most went on before, some began or ended in these months."""
    chance = Random(str(lender.authority_id))
    count = PLACEMENTS // (len(others) + 1)
    openings: list[Opening] = []
    for _ in range(count):
        starts = before - timedelta(days=chance.randrange(-45, 300))
        weekly = Decimal(chance.randrange(30_000, 600_000)) / 100
        rates = [Rate(weekly=weekly, since=starts)]
        if chance.random() < 0.3:
            since = before + timedelta(days=chance.randrange(50))
            rates.append(Rate(part="one_to_one", weekly=Decimal("612.50"), since=since, when_empty=False))
        funding = (Funding(since=starts, split=Split(Decimal(60), Decimal(20), Decimal(20))),)
        openings.append(
            Opening(
                placement_id=UUID(int=chance.getrandbits(128)),
                borrower_id=chance.choice(others),
                kind=chance.choice(("foster_home", "residential_home", "supported_accommodation")),
                starts=starts,
                rates=tuple(rates),
                funding=funding if chance.random() < 0.2 else (),
                agreement_id=agreement,
                agreement_version=1,
                notice_nights=14,
                subject_id=UUID(int=chance.getrandbits(128)),
            )
        )
    made = await actions.open_bases(uow, openings)
    for basis, opening in zip(made, openings, strict=True):
        if chance.random() < 0.1:
            ends = max(opening.starts, before) + timedelta(days=chance.randrange(10, 55))
            await actions.close_basis(uow, basis, ends)
