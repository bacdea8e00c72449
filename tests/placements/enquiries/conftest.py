"""A finder's desk in Ashmoor, a fostering officer's in Birkdale, and homes of a real register between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database
from tests.fostering.register import a_home, make, terms
from tests.placements.homes import days
from tests.world import World, WorldAuthority

NEED = {"starts": None, "kind": "planned", "children": [{"age": 7, "sex": "F", "identity": {"name": "Hidden Person"}}]}


@dataclass(frozen=True)
class Between:
    """Callers of both sides, over the API as it is."""

    world: World
    database: Database
    client: httpx.AsyncClient

    async def call(
        self, who: WorldAuthority, role: str, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """One call as somebody's role."""
        headers = {**await self.world.bearer(who, role), **more.pop("headers", {})}
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=headers, **more)

    async def finder(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """As the placing authority's finder."""
        return await self.call(self.world.a, "placement_finder", method, path, body, **more)

    async def officer(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """As the providing authority's fostering officer."""
        return await self.call(self.world.b, "fostering_officer", method, path, body, **more)

    async def outsider(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """As somebody of an authority that has nothing to do with it."""
        return await self.call(self.world.c, "team_manager", method, path, body)

    async def home(self, *, places: int = 1, **approval: Any) -> tuple[UUID, UUID]:
        """A published foster home of the providing authority; household and notice."""
        async with self.database.bound(self.world.acting(self.world.b, "fostering_officer")) as uow:
            home = await make(uow, a_home("ZB1 1AA"), places=places, publish=True, approval=terms(**approval))
            found = await uow.execute(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
            return home, found.scalar_one()

    async def request(self, **changed: Any) -> UUID:
        """An open request of the placing authority."""
        body = {**NEED, "starts": days(3).isoformat(), **changed}
        made = await self.finder("POST", "/requests", body)
        assert made.status_code == 201, made.text
        request = UUID(made.json()["id"])
        opened = await self.finder("GET", f"/requests/{request}")
        took = await self.finder(
            "POST", f"/requests/{request}/steps", {"step": "open"}, headers={"If-Match": opened.headers["etag"]}
        )
        assert took.status_code in {200, 201}, took.text
        return request

    async def sent(self, *, places: int = 1, **request: Any) -> UUID:
        """One enquiry about a new home."""
        _home, offer = await self.home(places=places)
        made = await self.finder(
            "POST", f"/requests/{await self.request(**request)}/enquiries", {"offer_ids": [str(offer)]}
        )
        assert made.status_code == 201, made.text
        return UUID(made.json()["enquiry_ids"][0])


@pytest_asyncio.fixture
async def between(world: World, database: Database, client: httpx.AsyncClient) -> Between:
    return Between(world, database, client)
