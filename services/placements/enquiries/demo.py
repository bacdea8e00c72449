"""The demo's enquiries: homes asked for the first open requests of each council, and answered in every way there is.

Each step is taken by the council's own people through the same actions as a person's; the same each time.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from careshare.database import Acting, Database
from careshare.errors import Conflict, NotAvailable, Unprocessable
from careshare.service import Progress
from careshare.settings import Settings
from services.placements.enquiries import actions
from services.placements.enquiries.model import Ask, ByTelephone, Decline, Message, Outside, OutsideAnswer, Withdraw
from services.placements.need import check
from services.placements.queries import find, today
from services.placements.requests import actions as requesting
from services.placements.requests import rules
from services.placements.requests.queries import rulings, whole
from tenants.actions import as_owner

if TYPE_CHECKING:
    import asyncpg

# Councils that have open requests and have asked nobody yet, with their finder.
TO_ASK = """
    select a.id, a.name,
      (select m.person_id from tenants.member m where m.authority_id = a.id and m.roles @> array['placement_finder']
        order by m.id limit 1) as finder,
      array(select r.id from placements.request r where r.authority_id = a.id and r.stage = 'open'
        order by r.number) as requests
    from tenants.authority a
    where exists (select from placements.request r where r.authority_id = a.id and r.stage = 'open')
      and not exists (select from placements.enquiry e where e.placing_id = a.id)
    order by a.name
"""
OFFICERS = """
    select distinct on (m.authority_id) m.authority_id, m.person_id from tenants.member m
    where m.roles @> array['fostering_officer'] order by m.authority_id, m.id
"""
PROVIDING = "select providing_id from placements.enquiry where id = $1"
EACH: Final = 2
"""Homes asked for one request."""
WAYS: Final = ("waits", "accepted", "declined", "held", "withdrawn", "telephone", "hold_asked", "own_child")
"""What becomes of the enquiries, one after the other."""
DEMO: Final = "placements:demo"
REFUSALS: Final = (Conflict, NotAvailable, Unprocessable)


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Ask and answer. Does nothing for councils that have asked somebody."""
    async with as_owner(settings) as owner:
        councils = await owner.fetch(TO_ASK)
        officers = {row["authority_id"]: row["person_id"] for row in await owner.fetch(OFFICERS)}
    database = Database.open(settings, pool_size=1)
    try:
        for number, council in enumerate(councils):
            progress(f"enquiries of {council['name']}", number / len(councils))
            sent = await _ask(database, council)
            await _outside(database, council)
            for one, enquiry in enumerate(sent):
                async with as_owner(settings) as owner:
                    providing: UUID = await owner.fetchval(PROVIDING, enquiry)
                if providing in officers:
                    way = WAYS[one % len(WAYS)]
                    await _go(database, _acting(council), Acting(providing, officers[providing], DEMO), enquiry, way)
    finally:
        await database.close()


def _acting(council: "asyncpg.Record") -> Acting:
    return Acting(council["id"], council["finder"], DEMO)


async def _ask(database: Database, council: "asyncpg.Record") -> list[UUID]:
    """Ask the best homes of others for each request that may be sent; the enquiries in order."""
    sent: list[UUID] = []
    for request_id in council["requests"]:
        async with database.bound(_acting(council)) as uow:
            record = await whole(uow, request_id)
            if any(one.why is None for one in rules.flags(record, await rulings(uow, request_id))):
                continue
            await requesting.search(uow, request_id)
            found = await find(uow, check(rules.as_need(record, today()), today()), request_id=request_id)
            offers = [home.offer_id for home in found.results if not home.own][:EACH]
            if offers:
                sent += await actions.ask(uow, request_id, Ask(offer_ids=offers))
    return sent


async def _outside(database: Database, council: "asyncpg.Record") -> None:
    """An agency outside Careshare, asked for the last of the requests."""
    async with database.bound(_acting(council)) as uow:
        new = Outside(provider="Northern Star Fostering", kind="foster_home", how="email", urn="SC900001")
        made = await actions.ask_outside(uow, council["requests"][-1], new)
        said = OutsideAnswer(answer="offered", weekly_price=Decimal(1045), heard_from="referrals officer")
        await actions.answer_outside(uow, made, said)


async def _go(database: Database, finder: Acting, officer: Acting, enquiry: UUID, way: str) -> None:
    """Take an enquiry as far as it goes. What its register forbids is declined."""
    if way == "waits":
        return
    if way == "withdrawn":
        async with database.bound(finder) as uow:
            await actions.withdraw(uow, enquiry, Withdraw(reason="found"))
        return
    if way == "telephone":
        async with database.bound(finder) as uow:
            said = ByTelephone(accepted=True, heard_from="duty fostering officer")
            await actions.by_telephone(uow, enquiry, said)
        return
    if way in {"declined", "own_child"}:
        async with database.bound(officer) as uow:
            await actions.decline(uow, enquiry, Decline(reason="matching" if way == "declined" else "own_child"))
        return
    try:
        async with database.bound(officer) as uow:
            await actions.accept(uow, enquiry)
            await actions.write(uow, enquiry, Message(text="The carers would like to hear more about school."))
    except REFUSALS:
        async with database.bound(officer) as uow:
            await actions.decline(uow, enquiry, Decline(reason="terms"))
        return
    async with database.bound(finder) as uow:
        await actions.write(uow, enquiry, Message(text="A place nearby is kept; transport is being arranged."))
        if way == "hold_asked":
            await actions.hold(uow, enquiry, "ask")
    if way == "held":
        try:
            async with database.bound(officer) as uow:
                await actions.hold(uow, enquiry, "grant")
        except REFUSALS:
            return
