"""Contacts of the world's first authority, a worker that runs one job at a time, and the tables as they stand."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import msgspec
import pytest
import pytest_asyncio

from careshare.database import Database
from careshare.jobs import REGISTRY
from careshare.jobs.outbox import Outbox
from careshare.jobs.runner import Policy, Runner
from careshare.messages.jobs import POLL
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.world import World

assert POLL in REGISTRY.handlers

NewContact = Callable[..., Awaitable[UUID]]
"""`await contact(phone="+44…", language="pl")`: a parent who may be sent text messages at any time unless said."""

Work = Callable[..., Awaitable[None]]
"""`await work()`: run every job of messages that is due; `work(settings)` with other settings."""


@pytest.fixture
def contact(world: World) -> NewContact:
    async def make(**given: object) -> UUID:
        person: dict[str, object] = {
            "authority_id": world.a.id,
            "id": uuid4(),
            "name": "Siobhán O’Hara-Quill",
            "kind": "parent",
            "channel": "sms",
            "phone": f"+4477009{uuid4().int % 100_000:05}",
            "begins": "00:00",
            "ends": "23:59:59.999",
            "changed_by": world.a.people["social_worker"],
        } | given
        names = ", ".join(person)
        async with as_owner(world.settings) as owner:
            await owner.execute(
                f"insert into messages.contact ({names}) select {names} from jsonb_populate_record("
                'null::messages.contact, \'{"days": [1, 2, 3, 4, 5, 6, 7], "language": "en", "naming":'
                ' "council", "avoid": [], "shared_phone": false, "confidential": false, "version": 1}\''
                "::jsonb || $1::text::jsonb)",
                _json(person),
            )
        made = person["id"]
        assert isinstance(made, UUID)
        return made

    return make


def _json(person: dict[str, object]) -> str:
    return msgspec.json.encode(person).decode()


class Look:
    """The tables as their owner sees them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def message(self, message: UUID) -> dict[str, object]:
        async with as_owner(self._settings) as owner:
            row = await owner.fetchrow("select * from messages.message where id = $1", message)
        assert row is not None
        return dict(row)

    async def due(self) -> list[UUID]:
        """The jobs of messages that have not ended and are due."""
        return await self._jobs("and run_at <= clock_timestamp()")

    async def waiting(self) -> list[UUID]:
        """Those that have not ended, due or not."""
        return await self._jobs("")

    async def _jobs(self, which: str) -> list[UUID]:
        async with as_owner(self._settings) as owner:
            rows = await owner.fetch(
                f"select id from jobs.outbox where task like 'messages.%' and state = 'waiting' {which} order by id"
            )
        return [row["id"] for row in rows]

    async def hasten(self, message: UUID) -> None:
        """Let the time come at which a message is tried again."""
        async with as_owner(self._settings) as owner:
            await owner.execute(
                "update messages.message set send_after = now() - interval '1 s' where id = $1", message
            )
            await owner.execute(
                "update jobs.outbox set run_at = now() - interval '1 s' where payload->>'message_id' = $1 and"
                " state = 'waiting'",
                str(message),
            )


@pytest.fixture(scope="module")
def look(settings: Settings) -> Look:
    return Look(settings)


@pytest_asyncio.fixture
async def work(settings: Settings, look: Look) -> Work:
    async def run(with_settings: Settings | None = None) -> None:
        chosen = with_settings or settings
        database, dispatch = (
            Database.open(chosen, pool_size=2),
            Database.open(chosen, "careshare_dispatch", pool_size=2),
        )
        outbox = Outbox(dispatch)
        runner = Runner(database, outbox, REGISTRY, Policy())
        try:
            for job in await look.due():
                await runner.run(job)
        finally:
            await database.close()
            await dispatch.close()

    return run


@pytest.fixture
def without_files(settings: Settings) -> Settings:
    """As in production, where nothing is written to files."""
    return replace(settings, environment="production", public_url="https://careshare.example")
