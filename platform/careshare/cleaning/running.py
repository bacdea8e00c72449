"""Runs the cleaning of one file in a process of its own and waits for it."""

import asyncio
import contextlib
import sys
from typing import Final

from careshare.cleaning.refusing import REASONS, CannotClean, Reason

SECONDS: Final = 90.0
"""How long one file may take by the clock; of the processor it gets `__main__.CPU_SECONDS`."""
REFUSED: Final = 3
"""The exit status of a process that found a reason; the reason is what it wrote to its standard error."""


async def clean(kind: str, content: bytes, *, seconds: float = SECONDS) -> bytes:
    """The file (of a type of `__main__.CLEANERS`) without what must not travel with it. Raises CannotClean.

    The process is given no environment, so no address or key of ours is in it.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "careshare.cleaning", kind),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={},
    )
    try:
        async with asyncio.timeout(seconds):
            cleaned, said = await process.communicate(content)
    except TimeoutError:
        raise CannotClean("bomb") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == REFUSED:
        word = said.decode(errors="replace").strip()
        known: list[Reason] = [reason for reason in REASONS if reason == word]
        raise CannotClean(known[0] if known else "damaged")
    if process.returncode != 0 or not cleaned:
        raise CannotClean("damaged")
    return cleaned
