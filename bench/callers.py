"""Callers that keep one connection each and read what they are answered: light, so that little of what is measured is
theirs.
"""

import asyncio
import json
from typing import Any, Self

HOST = "127.0.0.1"


class Caller:
    """One person's keep-alive connection. `port` is the server's."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port = port
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> Self:
        """A caller whose connection is open. Raises OSError."""
        return cls(port, *await asyncio.open_connection(HOST, port))

    async def post(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Send a body as somebody; the status and the answer. Raises ValueError for an answer without a length."""
        sent = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {HOST}:{self._port}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        self._writer.write(head.encode() + sent)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, found, rest = answer.partition(b"content-length:")
        if not found:
            raise ValueError(f"no Content-Length in {answer!r}")
        read = await self._reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
        return int(answer[9:12]), json.loads(read)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()
