"""The demo's matches and placements: what said yes goes further, some as far as a child who lives there.

Each step is taken by people of the side whose step it is, through the same actions as a person's; the same each time.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from careshare.database import Database, Uow
from careshare.errors import Conflict, NotAvailable, Unprocessable
from careshare.identity import Principal
from careshare.service import Progress
from careshare.settings import Settings
from services.placements.enquiries import actions as enquiring
from services.placements.matches import actions as matching
from services.placements.matches import queries, rules
from services.placements.matches.model import Answered, ConsentNow, Propose
from services.placements.placed import actions
from services.placements.placed.model import End, Start
from services.placements.queries import today
from tenants.actions import as_owner

if TYPE_CHECKING:
    import asyncpg

# Enquiries that said yes, of councils in which nothing was proposed yet.
ACCEPTED = """
    select e.id, e.placing_id, e.providing_id, e.kind, e.emergency, a.name
    from placements.enquiry e join tenants.authority a on a.id = e.placing_id
    join placements.asked s on s.authority_id = e.placing_id and s.enquiry_id = e.id
    join placements.request r on r.authority_id = s.authority_id and r.id = s.request_id
    where e.stage = 'accepted' and not e.unconfirmed
      and not exists (select from placements.consent c where c.placing_id = e.placing_id)
    order by a.name, r.number, e.id
"""
STAFF = """
    select distinct on (a.id, r.role) a.id as authority_id, a.name, a.gss_code, m.person_id, r.role
    from tenants.authority a join tenants.member m on m.authority_id = a.id cross join unnest(m.roles) as r (role)
    where a.ends is null order by a.id, r.role, m.id
"""
KEPT = "select exists (select from placements.hold where enquiry_id = $1 and stage = 'granted')"
PLACED = "select id from placements.placement where enquiry_id = $1 order by child_no"
DEMO: Final = "placements:demo"
OFFICER: Final = {"foster_home": "fostering_officer"}
"""Who answers for a home, by its kind; a residential manager for the others."""
PLANNED: Final = ("matched", "proposed", "accepted")
EMERGENCY: Final = ("accepted", "started")
"""How far a council's enquiries go, one after the other."""
AFTER: Final = (None, "notice", "end", None)
"""What then becomes of a child who came, from council to council."""
REFUSALS: Final = (Conflict, NotAvailable, Unprocessable)


class People:
    """Somebody for each role of each authority."""

    def __init__(self, database: Database, rows: "list[asyncpg.Record]") -> None:
        self._database = database
        self._found = {
            (row["authority_id"], row["role"]): Principal(
                person_id=row["person_id"],
                person_name="",
                authority_id=row["authority_id"],
                authority_name=row["name"],
                authority_gss=row["gss_code"],
                roles=(row["role"],),
                permissions=frozenset(),
                purpose=DEMO,
                stepped_up=True,
            )
            for row in rows
        }
        self.named: dict[str, UUID] = {row["name"]: row["authority_id"] for row in rows}
        """Authorities by name."""

    def one(self, authority_id: UUID, *roles: str) -> Principal:
        """Somebody there in one of the roles. Raises LookupError."""
        found = (self._found.get((authority_id, role)) for role in roles)
        principal = next((one for one in found if one is not None), None)
        if principal is None:
            raise LookupError(f"nobody there is a {' or a '.join(roles)}")
        return principal

    @asynccontextmanager
    async def acts(self, authority_id: UUID, *roles: str) -> AsyncGenerator[Uow]:
        """A transaction of that person's."""
        principal = self.one(authority_id, *roles)
        async with self._database.bound(principal.acting) as uow:
            uow.info["principal"] = principal
            yield uow


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Propose, agree, place. Does nothing for councils that have proposed something."""
    async with as_owner(settings) as owner:
        accepted = await owner.fetch(ACCEPTED)
        staff = await owner.fetch(STAFF)
    councils = list(dict.fromkeys(row["placing_id"] for row in accepted))
    database = Database.open(settings, pool_size=1)
    people = People(database, staff)
    try:
        for number, council in enumerate(councils):
            own = [row for row in accepted if row["placing_id"] == council]
            progress(f"placements of {own[0]['name']}", number / len(councils))
            for ways, rows in (
                (PLANNED, [row for row in own if not row["emergency"]]),
                (EMERGENCY, [row for row in own if row["emergency"]]),
            ):
                for one, row in enumerate(rows):
                    await _go(settings, people, row, ways[one % len(ways)], AFTER[number % len(AFTER)])
    finally:
        await database.close()


async def _go(settings: Settings, people: People, row: "asyncpg.Record", way: str, after: str | None) -> None:
    """As far as it goes: what a register or a busy home forbids stays where it is."""
    if way == "accepted":
        return
    enquiry, placing, providing = row["id"], row["placing_id"], row["providing_id"]
    officer = OFFICER.get(row["kind"], "residential_manager")
    if not await _held(settings, people, providing, officer, enquiry):
        return
    try:
        async with people.acts(placing, "placement_finder") as uow:
            await matching.propose(uow, enquiry, Propose())
        if way == "proposed":
            return
        async with people.acts(providing, officer) as uow:
            await matching.list_consents(uow, enquiry)
        if await _agree(people, row) and way == "started":
            await _start(settings, people, row, officer, after)
    except REFUSALS:
        return


async def _held(settings: Settings, people: People, providing: UUID, officer: str, enquiry: UUID) -> bool:
    """Whether a place is kept, now or before; nothing is proposed where none is free."""
    async with as_owner(settings) as owner:
        if await owner.fetchval(KEPT, enquiry):
            return True
    try:
        async with people.acts(providing, officer) as uow:
            await enquiring.hold(uow, enquiry, "grant")
    except Conflict:
        return False
    return True


async def _agree(people: People, row: "asyncpg.Record") -> bool:
    """Every consent that is needed, in the order in which one may follow the other; whether the match is complete."""
    for _ in rules.kinds():
        async with people.acts(row["placing_id"], "placement_finder") as uow:
            match = await queries.match(uow, row["id"], ())
        if match.stage == "matched":
            return True
        open_ = [one for one in match.consents if one.required and one.state != "given"]
        ready = [one for one in open_ if not set(one.after) & {other.kind for other in open_}]
        for one in ready:
            await _give(people, row, one)
    return False


async def _give(people: People, row: "asyncpg.Record", consent: ConsentNow) -> None:
    side: UUID = row["placing_id"] if consent.side == "placing" else row["providing_id"]
    answer = Answered(answer="given", relatives_consulted=True, wishes_heard=True, reviewing_officer_told=True)
    decides: UUID = people.named.get(consent.decider or "", side)
    async with people.acts(decides, *rules.kinds()[consent.kind].roles) as uow:
        await matching.answer(uow, consent.id, answer)


async def _start(settings: Settings, people: People, row: "asyncpg.Record", officer: str, after: str | None) -> None:
    async with as_owner(settings) as owner:
        placements = [one["id"] for one in await owner.fetch(PLACED, row["id"])]
    for placement in placements:
        async with people.acts(row["placing_id"], "placement_finder") as uow:
            await actions.make_ready(uow, placement)
        async with people.acts(row["providing_id"], officer) as uow:
            await actions.start(uow, placement, Start(day=today(), weekly=Decimal("420.00")))
        if after is None:
            continue
        async with people.acts(row["providing_id"], officer) as uow:
            if after == "notice":
                await actions.simple(uow, placement, "give_notice")
            else:
                await actions.end(uow, placement, End(ends=today(), reason="CARPL", at_once=True))
