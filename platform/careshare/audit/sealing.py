"""Sealing the audit record, publishing its head, verifying it. All of it as the role `careshare_sealer`."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from careshare.settings import Settings

BATCH = 100_000
"""At least so many entries fill one seal, when there are as many to take."""

SEAL = text("select audit.seal(:batch)")
HEAD = text("""
select n, era, cast(to_xact as text) as to_xact, sealed_at, encode(hash, 'hex') as hash
from audit.seal order by n desc limit 1
""")
CHAIN = text("select n, encode(hash, 'hex') as hash from audit.seal where n = any(cast(:seals as bigint[]))")
COUNTS = text("""
select (select count(*) from audit.entry) as entries, (select count(*) from audit.seal) as seals,
  (select count(*) from audit.entry e where not exists (select from audit.leaf l where l.entry_id = e.id)) as unsealed
""")
PROBLEMS = text("select seal, entry_id, problem from audit.verify() limit :most")

logger = structlog.get_logger(__name__)


class Head(msgspec.Struct, frozen=True):
    """The newest seal: whoever keeps it elsewhere can later prove that nothing beneath it was changed."""

    n: int
    era: int
    to_xact: str
    sealed_at: datetime
    hash: str


class Problem(msgspec.Struct, frozen=True):
    """One thing that is not as it was sealed or published."""

    seal: int | None
    entry_id: UUID | None
    problem: str

    def __str__(self) -> str:
        parts = [f"seal {self.seal}"] if self.seal is not None else []
        parts += [f"entry {self.entry_id}"] if self.entry_id is not None else []
        return f"{', '.join(parts)}: {self.problem}" if parts else self.problem


class Report(msgspec.Struct, frozen=True):
    """What a verification found. No problem: the record is whole, but for `unsealed` entries not covered yet."""

    entries: int
    seals: int
    unsealed: int
    head: Head | None
    problems: Sequence[Problem]


@asynccontextmanager
async def sealer(settings: Settings) -> AsyncGenerator[AsyncEngine]:
    """An engine as the sealer that connects anew each time: it is used once a minute and outlives any restart."""
    engine = create_async_engine(settings.url("careshare_sealer"), poolclass=NullPool, connect_args={"timeout": 5})
    try:
        yield engine
    finally:
        await engine.dispose()


def heads_folder(settings: Settings) -> Path:
    """Where this deployment keeps the published heads."""
    return settings.var / "audit-heads"


async def seal(engine: AsyncEngine, *, batch: int = BATCH) -> int:
    """Seal every entry whose transaction, and all before it, has ended. Returns how many were sealed.

    Two sealers at once are harmless: the second finds the lock taken and seals nothing.
    """
    sealed = 0
    while True:
        async with engine.begin() as connection:
            count: int = (await connection.execute(SEAL, {"batch": batch})).scalar_one()
        sealed += count
        if count < batch:
            return sealed


async def head(engine: AsyncEngine) -> Head | None:
    """The newest seal; None while nothing is sealed."""
    async with engine.connect() as connection:
        row = (await connection.execute(HEAD)).mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), Head)


async def verify(engine: AsyncEngine, *, published: Sequence[Head] = (), most: int = 1000) -> Report:
    """Compare every entry, leaf, seal and detail with what was sealed, and the chain with the heads published before.

    Reports at most `most` problems. Sees one moment: entries and seals added meanwhile are left out.
    """
    still = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    async with still.connect() as connection:
        counts = (await connection.execute(COUNTS)).mappings().one()
        row = (await connection.execute(HEAD)).mappings().one_or_none()
        found = (await connection.execute(PROBLEMS, {"most": most})).mappings().all()
        chain = {r.n: r.hash for r in await connection.execute(CHAIN, {"seals": [old.n for old in published]})}
    problems = [Problem(**row) for row in found]
    problems += [
        Problem(
            old.n, None, f"not the head that was published for this seal, made on {old.sealed_at:%-d %B %Y at %H:%M}"
        )
        for old in published
        if chain.get(old.n) != old.hash
    ]
    return Report(
        entries=counts["entries"],
        seals=counts["seals"],
        unsealed=counts["unsealed"],
        head=None if row is None else msgspec.convert(dict(row), Head),
        problems=problems[:most],
    )


def publish(folder: Path, newest: Head) -> bool:
    """Write the head of the day to `folder`, once a day (UTC), and log it. Returns whether it was written.

    The deployment carries the file or the log line out of reach of whoever administers the database. Where the folder
    cannot be written to, every head is logged with a warning.
    """
    path = folder / f"{newest.sealed_at:%Y-%m-%d}.json"
    told = {"seal": newest.n, "era": newest.era, "hash": newest.hash, "sealed_at": newest.sealed_at.isoformat()}
    try:
        if path.exists():
            return False
        folder.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}.new")
        new.write_bytes(msgspec.json.encode(newest) + b"\n")
        new.rename(path)
    except OSError as error:
        logger.warning("audit.head_not_written", error=str(error), **told)
        return False
    logger.info("audit.head", **told)
    return True


def published_heads(folder: Path) -> list[Head]:
    """The heads published before, oldest first. Raises ValueError naming a file that does not hold one."""
    heads: list[Head] = []
    for path in sorted(folder.glob("*.json")):
        try:
            heads.append(msgspec.json.decode(path.read_bytes(), type=Head))
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path} does not hold a published head: {error}") from error
    return heads


async def seal_and_publish(settings: Settings) -> int:
    """What the worker does every minute: seal, and on the first seal of a day publish the head."""
    async with sealer(settings) as engine:
        sealed = await seal(engine)
        if sealed and (newest := await head(engine)):
            publish(heads_folder(settings), newest)
    return sealed
