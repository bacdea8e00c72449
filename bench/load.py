"""A light load generator: so many keep-alive connections, each sending the next request as soon as an answer is there.

Run as its own process: `python -m bench.load PORT FILE --connections 16 --seconds 10 --warm-up 3`. FILE is JSON, a list
of requests `{"method", "path", "headers", "body"}`; each connection goes through it from another place. Prints JSON.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import uvloop

HOST = "127.0.0.1"


class Run:
    """What is sent, until when, and what came back."""

    def __init__(self, requests: Sequence[bytes], begins: float, ends: float) -> None:
        self.requests = requests
        self.begins = begins
        self.ends = ends
        self.took: list[float] = []
        self.refused: dict[int, int] = {}
        self.example = b""


class Connection(asyncio.Protocol):
    """One caller. An answer ends where its Content-Length says."""

    def __init__(self, run: Run, offset: int, done: asyncio.Future[None]) -> None:
        self._run = run
        self._at = offset
        self._done = done
        self._sent = 0.0
        self._parts = bytearray()
        self._needs = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is one, but does not say so
        self._send()

    def _send(self) -> None:
        request = self._run.requests[self._at % len(self._run.requests)]
        self._at += 1
        self._needs = -1
        self._parts.clear()
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parts += data
        if self._needs < 0:  # the head has not been read yet
            end = self._parts.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._parts[:end]).lower()
            _, found, rest = head.partition(b"content-length:")
            if not found:
                self._done.set_exception(ValueError(f"no Content-Length in {head!r}"))
                return
            self._needs = end + 4 + int(rest.split(b"\r\n", 1)[0])
        if len(self._parts) >= self._needs:
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        status = int(self._parts[9:12])
        if not 200 <= status < 300:
            self._run.refused[status] = self._run.refused.get(status, 0) + 1
            self._run.example = bytes(self._parts[-600:])
        if self._sent >= self._run.begins and now <= self._run.ends:
            self._run.took.append(now - self._sent)
        if now < self._run.ends:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            if exc is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(exc)


def _raw(request: dict[str, Any], port: int) -> bytes:
    body = json.dumps(request["body"]).encode() if request.get("body") is not None else b""
    headers = {"Host": f"{HOST}:{port}", "Content-Length": str(len(body)), **request.get("headers", {})}
    lines = [
        f"{request['method']} {request['path']} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def drive(
    port: int, requests: list[dict[str, Any]], connections: int, seconds: float, warm_up: float
) -> dict[str, Any]:
    """Load the server and say how it went. Latencies in milliseconds, of the time after the warm-up alone."""
    loop = asyncio.get_running_loop()
    begins = time.perf_counter() + warm_up
    run = Run([_raw(request, port) for request in requests], begins, begins + seconds)
    waits: list[asyncio.Future[None]] = []
    for offset in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda offset=offset, done=done: Connection(run, offset, done), HOST, port)  # type: ignore[misc]
        waits.append(done)
    await asyncio.gather(*waits)
    took = sorted(run.took)
    if run.refused or not took:
        raise SystemExit(f"refused: {run.refused}; the last answer ends: {run.example.decode(errors='replace')}")
    return {
        "requests": len(took),
        "per_second": round(len(took) / seconds, 1),
        **{
            f"p{share}_ms": round(took[min(len(took) - 1, len(took) * share // 100)] * 1000, 2)
            for share in (50, 95, 99)
        },
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm-up", type=float, default=3)
    given = parser.parse_args()
    requests = json.loads(given.file.read_text())
    result = uvloop.run(drive(given.port, requests, given.connections, given.seconds, given.warm_up))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
