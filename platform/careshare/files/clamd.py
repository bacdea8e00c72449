"""Asks ClamAV's daemon about a file: INSTREAM over its socket, as clamd(8) describes it."""

import asyncio
import re
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from careshare.settings import CLAMD_ADDRESS

CHUNK: Final = 64 * 1024
SECONDS: Final = 120.0
TOO_LARGE: Final = "a file as large as this may be more than its StreamMaxLength allows"


class ScannerAway(Exception):
    """The scanner gave no verdict; the message says why and names no file."""


async def scan(address: str, content: bytes, *, seconds: float = SECONDS) -> str | None:
    """The name of what was found in it; None where nothing was. Raises ScannerAway."""
    try:
        async with asyncio.timeout(seconds):
            return _verdict(await _ask(address, content))
    except TimeoutError:
        raise ScannerAway(f"ClamAV did not answer within {seconds:g} seconds") from None
    except (ConnectionResetError, BrokenPipeError):
        raise ScannerAway(f"ClamAV ended the conversation; {TOO_LARGE}") from None
    except OSError as error:
        raise ScannerAway(f"ClamAV cannot be reached: {type(error).__name__}") from error


async def _ask(address: str, content: bytes) -> str:
    async with _connected(address) as (reader, writer):
        try:
            writer.write(b"zINSTREAM\0")
            for at in range(0, len(content), CHUNK):
                piece = content[at : at + CHUNK]
                writer.write(struct.pack(">I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
        except ConnectionError:
            pass  # it has heard enough, such as more than it takes, and has said so
        return (await reader.read(4096)).decode(errors="replace").strip("\0\r\n ")


@asynccontextmanager
async def _connected(address: str) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    found = re.fullmatch(CLAMD_ADDRESS, address)
    if found is None:
        raise ScannerAway("the address of ClamAV is neither unix:/path nor tcp://host:port")
    if found["path"]:
        reader, writer = await asyncio.open_unix_connection(found["path"])
    else:
        reader, writer = await asyncio.open_connection(found["host"].strip("[]"), int(found["port"]))
    try:
        yield reader, writer
    finally:
        writer.close()


def _verdict(answer: str) -> str | None:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return None
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    if "size limit exceeded" in said:
        raise ScannerAway(TOO_LARGE)
    raise ScannerAway("ClamAV gave no verdict")
