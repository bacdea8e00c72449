"""The path from a request to a home, walked in the database as each side's own runtime role would."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database, Uow
from services.placements import steps
from tenants.actions import as_owner
from tests.placements.homes import add_home, days
from tests.world import World, WorldAuthority

REQUEST = text("""
insert into placements.request (authority_id, number, kind, starts, ends, need)
values (careshare.authority(), :number, :kind, :starts, :ends, '{}') returning id
""")
CHILD = text("""
insert into placements.request_child (authority_id, request_id, position, age, sex, reference, name, need)
values (careshare.authority(), :request, :position, 7, 'F', :reference, :name, '{}') returning id
""")
OPEN = text(
    "insert into placements.request_step (authority_id, request_id, step) values (careshare.authority(), :id, 'open')"
)
SEND = text("""
select placements.send_enquiry(:offer, :request, cast(:children as uuid[]), :starts, cast(:ends as date), :emergency,
  :by)
""")
HOME_UNITS = """
insert into capacity.unit (owner_id, pool_id, shelf_id)
select $1, $2, $3 from generate_series(1, $4)
"""


_numbers = count(1)


@dataclass
class Home:
    """A home with so many places, behind a notice."""

    owner: WorldAuthority
    offer: UUID
    subject: UUID


@dataclass
class Way:
    """One world and its two sides: `a` places, `b` provides unless another is named."""

    world: World
    database: Database

    @asynccontextmanager
    async def of(self, authority: WorldAuthority, role: str = "placement_finder") -> AsyncGenerator[Uow]:
        async with self.database.bound(self.world.acting(authority, role)) as uow:
            yield uow

    async def home(self, owner: WorldAuthority, *, places: int = 1, outward: str = "ZB1", **notice: Any) -> Home:
        """A vacancy notice and the units behind it."""
        offer = await add_home(self.world, owner, outward, places=places, **notice)
        async with as_owner(self.world.settings) as connection:
            subject = await connection.fetchval("select subject_id from tenants.offer_own where offer_id = $1", offer)
            await connection.execute(HOME_UNITS, owner.id, subject, owner.shelves["foster_carers"], places)
        return Home(owner, offer, subject)

    async def request(
        self,
        placing: WorldAuthority,
        *,
        children: int = 1,
        references: Sequence[str] = (),
        kind: str = "planned",
        starts: date | None = None,
        ends: date | None = None,
    ) -> tuple[UUID, list[UUID]]:
        """An open request and its children."""
        number = f"R-{next(_numbers):06}"
        async with self.of(placing) as uow:
            given = {"number": number, "kind": kind, "starts": starts or days(3), "ends": ends}
            request = (await uow.execute(REQUEST, given)).scalar_one()
            made = []
            for position in range(1, children + 1):
                reference = references[position - 1] if references else f"CH-{uuid4().hex[:8]}"
                child = {"request": request, "position": position, "reference": reference, "name": f"Child {position}"}
                made.append((await uow.execute(CHILD, child)).scalar_one())
            await uow.execute(OPEN, {"id": request})
        return request, made

    async def send(
        self,
        placing: WorldAuthority,
        home: Home,
        request: tuple[UUID, list[UUID]],
        *,
        emergency: bool = False,
        starts: date | None = None,
        ends: date | None = None,
        respond_in: timedelta = timedelta(days=1),
    ) -> UUID:
        """An enquiry with its profiles."""
        async with self.of(placing) as uow:
            enquiry = (
                await uow.execute(
                    SEND,
                    {
                        "offer": home.offer,
                        "request": request[0],
                        "children": request[1],
                        "starts": starts or days(3),
                        "ends": ends,
                        "emergency": emergency,
                        "by": datetime.now(UTC) + respond_in,
                    },
                )
            ).scalar_one()
            if enquiry is not None:
                await self.write(uow, enquiry, "child_profile", {"age": 7})
                await self.write(uow, enquiry, "child_fuller", {"age": 7, "wishes": "A garden"})
                await self.write(uow, enquiry, "child_identity", {"names": ["Hidden Person"]})
        return cast("UUID", enquiry)  # null where nothing may be asked, which some tests want

    async def write(self, uow: Uow, enquiry: UUID, table: str, body: dict[str, Any]) -> None:
        """One snapshot of what is disclosed."""
        await uow.execute(
            text(
                f"insert into placements.{table} (authority_id, enquiry_id, body) "
                "values (careshare.authority(), :enquiry, cast(:body as jsonb)) "
                "on conflict (authority_id, enquiry_id) do update set body = excluded.body"
            ),
            {"enquiry": enquiry, "body": json.dumps(body)},
        )

    async def take(self, who: WorldAuthority, enquiry: UUID, step: str, **more: Any) -> steps.Taken:
        """One step in its own transaction."""
        async with self.of(who) as uow:
            return await steps.take(uow, enquiry, step, **more)

    async def accept(self, providing: WorldAuthority, enquiry: UUID) -> None:
        """The home is described and the enquiry accepted."""
        async with self.of(providing, "fostering_officer") as uow:
            await self.write(uow, enquiry, "home_fuller", {"bands": ["5-10"]})
            await steps.take(uow, enquiry, "accept")

    async def matching(self, placing: WorldAuthority, providing: WorldAuthority, enquiry: UUID) -> None:
        """From accepted to waiting for consents, the three that every match needs listed."""
        async with self.of(placing) as uow:
            await self.list_consent(uow, enquiry, "placing_authority")
            await steps.take(uow, enquiry, "propose")
        async with self.of(providing, "fostering_officer") as uow:
            await self.write(uow, enquiry, "home_identity", {"address": "1 Hidden Street"})
            for kind in ("providing_authority", "carer"):
                await self.list_consent(uow, enquiry, kind)
            await steps.take(uow, enquiry, "list_consents")

    async def list_consent(
        self,
        uow: Uow,
        enquiry: UUID,
        kind: str,
        *,
        after: Sequence[str] = (),
        decider: UUID | None = None,
        required: bool = True,
    ) -> UUID:
        """List one consent for the bound side."""
        made: UUID = uuid4()
        await uow.execute(
            text(
                "insert into placements.consent (id, enquiry_id, by_id, kind, required, after, decider_id) "
                "values (:id, :enquiry, careshare.authority(), :kind, :required, :after, :decider)"
            ),
            {
                "id": made,
                "enquiry": enquiry,
                "kind": kind,
                "required": required,
                "after": list(after),
                "decider": decider,
            },
        )
        return made

    async def consent(self, who: WorldAuthority, enquiry: UUID, kind: str, answer: str = "given", **more: Any) -> None:
        """Answer one consent of an enquiry."""
        async with self.of(who) as uow:
            found = (
                await uow.execute(
                    text("select id from placements.consent where enquiry_id = :e and kind = :k"),
                    {"e": enquiry, "k": kind},
                )
            ).scalar_one()
            await self.answer(uow, found, answer, **more)

    async def answer(self, uow: Uow, consent: UUID, answer: str = "given", *, by_telephone: bool = False) -> None:
        """Answer a consent by its id."""
        try:
            await uow.execute(
                text(
                    "insert into placements.consent_answer (by_id, consent_id, answer, by_telephone) "
                    "values (careshare.authority(), :id, :answer, :phone)"
                ),
                {"id": consent, "answer": answer, "phone": by_telephone},
            )
        except DBAPIError as error:
            raise steps.meaning(error) from error

    async def matched(self, placing: WorldAuthority, home: Home, request: tuple[UUID, list[UUID]], **more: Any) -> UUID:
        """The whole way to a match."""
        enquiry = await self.send(placing, home, request, **more)
        await self.accept(home.owner, enquiry)
        await self.take(home.owner, enquiry, "grant")
        await self.matching(placing, home.owner, enquiry)
        await self.consent(placing, enquiry, "placing_authority")
        await self.consent(home.owner, enquiry, "providing_authority")
        await self.consent(home.owner, enquiry, "carer")
        return enquiry

    async def scalar(self, who: WorldAuthority, statement: str, **given: Any) -> Any:
        """What one authority reads."""
        async with self.of(who) as uow:
            return (await uow.execute(text(statement), given)).scalar_one_or_none()

    async def rows(self, who: WorldAuthority, statement: str, **given: Any) -> list[Any]:
        """Rows one authority reads."""
        async with self.of(who) as uow:
            return list((await uow.execute(text(statement), given)).all())
