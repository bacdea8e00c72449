"""A small ClamAV on loopback that speaks INSTREAM as clamd(8) describes it, for a real client to be tested against.

Strict where clamd is: an unknown command or a stream over its limit end it. Compared with ClamAV 1.4.6: start one with
StreamMaxLength 2M and name it in CARESHARE_TEST_CLAMD, and `test_clamd.py` has the same conversations with it.
"""

import asyncio
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"
"""The harmless text that every scanner calls a virus, in pieces, so that none takes this file for one."""


@dataclass
class ClamdFake:
    """What it does and what it got. `hold`: answers wait until it is set. `says`: what it answers instead."""

    address: str = ""
    stream_max: int = 25 * 1024 * 1024
    hold: asyncio.Event | None = None
    says: bytes | None = None
    received: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)


async def _converse(fake: ClamdFake, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    command = await reader.readuntil(b"\0")
    if command != b"zINSTREAM\0":
        writer.write(b"UNKNOWN COMMAND\0")
        return
    content = b""
    while length := struct.unpack(">I", await reader.readexactly(4))[0]:
        if len(content) + length > fake.stream_max:
            writer.write(b"INSTREAM size limit exceeded. ERROR\0")
            return
        content += await reader.readexactly(length)
    fake.received.append(content)
    fake.asked.set()
    if fake.hold is not None:
        await fake.hold.wait()
    if fake.says is not None:
        writer.write(fake.says)
    elif EICAR in content:
        writer.write(b"stream: Eicar-Test-Signature FOUND\0")
    else:
        writer.write(b"stream: OK\0")


@asynccontextmanager
async def clamd(unix: str | None = None) -> AsyncGenerator[ClamdFake]:
    """A running scanner, on a free port or on a socket at `unix`."""
    fake = ClamdFake()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _converse(fake, reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    if unix is None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        fake.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    else:
        server = await asyncio.start_unix_server(talk, unix)
        fake.address = f"unix:{unix}"
    try:
        yield fake
    finally:
        if fake.hold is not None:
            fake.hold.set()
        server.close()
        await server.wait_closed()
