"""How long `careshare import households` takes for ten thousand invented households, from start to end."""

import asyncio
import subprocess
import sys
import time
from statistics import median
from uuid import UUID

from bench.data import VAR, Bench, person
from bench.results import ROOT, record
from bench.server import environ, free_port
from careshare.database import Database
from careshare.identity import Principal
from careshare.settings import Settings
from services.fostering.exports import stream_register
from services.fostering.generate import published
from tenants.actions import as_owner

HOUSEHOLDS = 10_000
ROUNDS = 3
FILE = VAR / "households.csv"


def run(bench: Bench, rounds: int = ROUNDS) -> None:
    """Export as many households as wanted from registers made for it, then import them into an empty register."""
    asyncio.run(_export(bench))
    taken = [_import(bench, f"import_{number}") for number in range(min(rounds, ROUNDS))]
    record("import_households.seconds_per_10k", median(taken), seconds=[round(one, 2) for one in taken])


async def _export(bench: Bench) -> None:
    settings = await bench.many()
    database = Database.open(settings, pool_size=1)
    lines: list[bytes] = []
    try:
        for code in published():
            if code and len(lines) <= HOUSEHOLDS:
                authority_id, person_id = await person(settings, code, "fostering_officer")
                register = stream_register(database, _officer(authority_id, person_id))
                rows = [row async for row in register]
                lines += rows if not lines else rows[1:]  # one header
    finally:
        await database.close()
    if len(lines) <= HOUSEHOLDS:
        raise RuntimeError(f"only {len(lines) - 1} households were made")
    FILE.write_bytes(b"".join(lines[: HOUSEHOLDS + 1]))


def _officer(authority_id: UUID, person_id: UUID) -> Principal:
    return Principal(
        person_id=person_id,
        person_name="",
        authority_id=authority_id,
        authority_name="",
        authority_gss="",
        roles=("fostering_officer",),
        permissions=frozenset({"confidential:read"}),
        purpose="bench",
    )


def _import(bench: Bench, database: str) -> float:
    settings = asyncio.run(bench.unfilled(database))
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "careshare", "import", "households", str(FILE), "--authority", "Gateshead"],
        cwd=ROOT,
        env=environ(settings, free_port()),
        capture_output=True,
        text=True,
        check=False,
    )
    taken = time.monotonic() - began
    print(f"  {taken:.1f} s: {(done.stdout or done.stderr).strip().splitlines()[-1]}")
    there = asyncio.run(_households(settings))
    if done.returncode != 0 or there != HOUSEHOLDS:
        raise RuntimeError(f"{there} households were imported: {done.stdout[-1500:]} {done.stderr[-1500:]}")
    asyncio.run(bench.execute(f"drop database {database} with (force)"))
    return taken


async def _households(settings: Settings) -> int:
    async with as_owner(settings) as owner:
        return int(await owner.fetchval("select count(*) from fostering.household"))
