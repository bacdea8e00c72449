"""What the permission check adds to the search of the first benchmark: the same requests with it and without, in turn.

Both run in this one process on the same application, which is assembled with a door in place of the gate. The door
either calls the gate, or does what would be left of it if nobody were asked who they are: it takes a connection, begins
the transaction and binds the caller it knows from before. Production code has no such switch. Requests are made in
pairs, checked and unchecked, each first every other time, one after the other, so that nothing else runs meanwhile.

What the check adds is the time the door took with the gate, less the time it took without, as a share of the unchecked
request: what both requests do alike after the door is then not part of the noise. The whole requests' ratio stands
beside it in results.json.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import mean, median
from time import perf_counter
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from bench.data import Bench
from bench.results import record
from bench.search import requests, tomorrow
from careshare import app as assembly
from careshare.access.gate import PRINCIPAL, UOW, gate
from careshare.identity import Principal
from careshare.settings import Settings

PAIRS = 200
WARM_UP = 20
Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass
class Door:
    """Stands where the gate stands; `checking` says which of the two it is."""

    checking: bool = True
    spent: float = 0.0
    """Seconds of the last request."""

    known: dict[str, Principal] = field(default_factory=dict[str, Principal])
    """Who a token turned out to be when it was checked."""

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        began = perf_counter()
        await (self._checked if self.checking else self._unchecked)(connection, handler)
        self.spent = perf_counter() - began

    async def _checked(self, connection: Connection, handler: BaseRouteHandler) -> None:
        await gate(connection, handler)
        self.known[connection.headers["authorization"]] = connection.scope["state"][PRINCIPAL]

    async def _unchecked(self, connection: Connection, _handler: BaseRouteHandler) -> None:
        principal = self.known[connection.headers["authorization"]]
        uow = connection.app.state.database.session(principal.acting)
        connection.scope["state"][UOW] = uow
        connection.scope["state"][PRINCIPAL] = principal
        _ = await uow.connection()
        uow.info["principal"] = principal


@contextmanager
def in_place_of_the_gate(door: Door) -> Generator[None]:
    """Applications assembled meanwhile have the door."""
    real = assembly.gate
    assembly.gate = door
    try:
        yield
    finally:
        assembly.gate = real


async def send(app: Callable[..., Awaitable[None]], request: dict[str, Any]) -> float:
    """Make one request of an ASGI application; the seconds it took."""
    body = json.dumps(request["body"]).encode()
    headers = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **request["headers"]}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request["method"],
        "scheme": "http",
        "path": request["path"],
        "raw_path": request["path"].encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:  # as ASGI has it
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    began = perf_counter()
    await app(scope, receive, answer)
    took = perf_counter() - began
    if not statuses or not 200 <= statuses[0] < 300:
        raise RuntimeError(f"{request['path']} answered {statuses}")
    return took


async def measure(settings: Settings, asked: list[dict[str, Any]], pairs: int) -> dict[str, float]:
    """One round: milliseconds of the door with and without the gate and of the requests, and what the check adds."""
    door = Door()
    with in_place_of_the_gate(door):
        app = assembly.create_app(settings)
    doors: dict[bool, list[float]] = {True: [], False: []}
    wholes: dict[bool, list[float]] = {True: [], False: []}
    async with app.lifespan():
        for number in range(-WARM_UP, pairs):
            for checking in (True, False) if number % 2 or number < 0 else (False, True):
                door.checking = checking
                took = await send(app, asked[number % len(asked)])
                if number >= 0:
                    doors[checking].append(door.spent)
                    wholes[checking].append(took)
    adds = [
        (with_gate - without) / whole
        for with_gate, without, whole in zip(doors[True], doors[False], wholes[False], strict=True)
    ]
    return {
        "adds": median(adds),
        "gate_ms": mean(doors[True]) * 1000,
        "bind_ms": mean(doors[False]) * 1000,
        "checked_ms": median(wholes[True]) * 1000,
        "unchecked_ms": median(wholes[False]) * 1000,
    }


def run(bench: Bench, rounds: int) -> None:
    """Rounds on a copy of the region."""
    settings = asyncio.run(_copy(bench))
    asked = asyncio.run(requests(settings, tomorrow()))
    found: list[dict[str, float]] = []
    for _ in range(rounds):
        asyncio.run(bench.settle(settings))
        found.append(asyncio.run(measure(settings, asked, PAIRS)))
        print("  " + ", ".join(f"{name} {value:.3g}" for name, value in found[-1].items()))
    record(
        "access.overhead_ratio",
        median(one["adds"] for one in found),
        pairs=PAIRS,
        **{name: [round(one[name], 4) for one in found] for name in found[0]},
        whole_requests=[round(one["checked_ms"] / one["unchecked_ms"] - 1, 4) for one in found],
    )


async def _copy(bench: Bench) -> Settings:
    return await bench.copy(await bench.region())
