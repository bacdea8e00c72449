"""Verifying the audit record day by day and keeping what was found, so that officers see it without a command line."""

from collections import Counter
from datetime import timedelta

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from careshare.audit import sealing
from careshare.settings import Settings

DAILY = timedelta(days=1)
UNREADABLE = "a published head cannot be read"

LATELY = text("select exists (select from audit.verification where at > clock_timestamp() - cast(:every as interval))")
KEEP = text("""
insert into audit.verification (entries, seals, unsealed, heads, head_seal, head_hash, problems)
values (:entries, :seals, :unsealed, :heads, :head_seal, :head_hash, cast(:problems as jsonb))
""")

logger = structlog.get_logger(__name__)


async def keep(engine: AsyncEngine, report: sealing.Report, heads: int, *, unreadable: bool = False) -> None:
    """Keep what a verification found: counts and the head, nothing of any entry."""
    problems = Counter(_kind(problem.problem) for problem in report.problems)
    if unreadable:
        problems[UNREADABLE] += 1
    async with engine.begin() as connection:
        await connection.execute(
            KEEP,
            {
                "entries": report.entries,
                "seals": report.seals,
                "unsealed": report.unsealed,
                "heads": heads,
                "head_seal": report.head.n if report.head else None,
                "head_hash": report.head.hash if report.head else None,
                "problems": msgspec.json.encode(dict(problems)).decode(),
            },
        )


async def check(settings: Settings) -> sealing.Report:
    """Seal what can be sealed, verify the whole record against the heads published before, and keep the result."""
    unreadable = False
    try:
        published = sealing.published_heads(sealing.heads_folder(settings))
    except ValueError as error:
        logger.warning("audit.head_not_read", error=str(error))
        published, unreadable = [], True
    async with sealing.sealer(settings) as engine:
        await sealing.seal(engine)
        report = await sealing.verify(engine, published=published)
        await keep(engine, report, len(published), unreadable=unreadable)
    if report.problems or unreadable:
        logger.error("audit.not_whole", problems=len(report.problems), entries=report.entries, seals=report.seals)
    return report


async def check_when_due(settings: Settings, every: timedelta = DAILY) -> bool:
    """What the worker does each hour: check if nobody has for a day. Returns whether it did."""
    async with sealing.sealer(settings) as engine, engine.connect() as connection:
        lately: bool = (await connection.execute(LATELY, {"every": every})).scalar_one()
    if not lately:
        await check(settings)
    return not lately


def _kind(problem: str) -> str:
    """The kind of a problem: the words before what differs from one to the next."""
    return problem.partition(", made on ")[0]
