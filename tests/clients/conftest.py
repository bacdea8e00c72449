"""Clients of the invented authorities, as an administrator adds them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest

from careshare.access.permissions import Permissions
from careshare.clients import actions, words
from careshare.clients.model import ClientForm
from careshare.clients.queries import client as read_client
from careshare.database import Database
from careshare.service import services
from tests.world import World, WorldAuthority

SCOPES = ("household:read", "placement:search")


@dataclass
class Machine:
    """A client and the secret it was given."""

    id: UUID
    secret: str
    authority: WorldAuthority

    @property
    def basic(self) -> tuple[str, str]:
        return str(self.id), self.secret

    async def ask(self, client: httpx.AsyncClient, **form: str) -> httpx.Response:
        """Ask for a token, by Basic authentication."""
        data = {"grant_type": "client_credentials", **form}
        return await client.post("/oauth/token", data=data, auth=self.basic)

    async def bearer(self, client: httpx.AsyncClient, **form: str) -> dict[str, str]:
        answer = await self.ask(client, **form)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


AddMachine = Callable[..., Awaitable[Machine]]


def permissions() -> Permissions:
    return Permissions(one.permissions for one in services())


HARMLESS = words.harmless(services())


def a_form(**changed: object) -> ClientForm:
    given: dict[str, object] = {
        "name": "Case system",
        "purpose": "Keeps our case system’s list of homes up to date.",
        "contact": "Systems team, 01632 960111",
        "roles": ["api_client"],
        "scopes": list(SCOPES),
    }
    return ClientForm(**{**given, **changed})  # type: ignore[arg-type]  # the tests say what is wrong on purpose


async def agree(database: Database, world: World, authority: WorldAuthority, client: UUID) -> str | None:
    """The director is the second person, where one is needed, and is shown the secret, if one waits."""
    async with database.bound(world.acting(authority, "director", "second_person:agree")) as uow:
        found = await read_client(uow, client)
        if found.waits:
            return await actions.approve(uow, client, found.version)
    return None


@pytest.fixture
def add_machine(world: World, database: Database) -> AddMachine:
    """Adds a client to an authority (A unless said otherwise) as its administrator; its director agrees."""

    async def add(authority: WorldAuthority | None = None, **changed: object) -> Machine:
        owner = authority or world.a
        made = uuid4()
        async with database.bound(world.acting(owner, "authority_administrator", "client:manage")) as uow:
            secret = await actions.add_client(uow, permissions(), made, a_form(**changed), harmless=HARMLESS)
        shown = await agree(database, world, owner, made)
        return Machine(made, secret or shown or "", owner)

    return add
