"""Cleaning and scanning, between two transactions, so that none waits for either; and what was left behind.

The first transaction takes the file; the last one keeps what was cleaned and says how it ended, once, however often a
worker dies in between. The scanner sees a file as it came, before anything else opens it, and as it is kept.
"""

from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit, jobs
from careshare.cleaning import CannotClean, clean
from careshare.database import Uow
from careshare.files.actions import ADD_PART, LOOK, Looking
from careshare.files.clamd import ScannerAway, scan
from careshare.files.kept import KEPT_DAYS, delete_files, due_files
from careshare.files.rules import PART, State
from careshare.jobs.registry import Nothing
from careshare.workdays import london_day

AGAIN: Final = "files.again"
CLEAR: Final = "files.clear"
LEFT_BEHIND: Final = timedelta(minutes=15)
AT_ONCE: Final = 500

TAKE = text("""
    select type, state, sha256 from files.file
    where authority_id = (select careshare.authority()) and id = :id
      and state in ('received', 'scanning', 'not_scanned')
    for update
""")
BEGIN = text("""
    update files.file set state = 'scanning'
    where authority_id = (select careshare.authority()) and id = :id and state = 'received'
""")
BYTES = text("""
    select bytes from files.part where authority_id = (select careshare.authority()) and file_id = :id order by n
""")
DROP = text("delete from files.part where authority_id = (select careshare.authority()) and file_id = :id")
KEEP = text("""
    update files.file set size = :size, sha256 = :hash
    where authority_id = (select careshare.authority()) and id = :id
""")
END = text("""
    update files.file set state = :state, reason = :reason, settled_at = clock_timestamp(),
      scanned_at = case when :scanned then clock_timestamp() end
    where authority_id = (select careshare.authority()) and id = :id
""")
LEFT = text("""
    select id from files.file
    where authority_id = (select careshare.authority()) and state = any(:states) and created_at < :before
    order by created_at limit :most
""")


class Taken(msgspec.Struct, frozen=True):
    """A file to look at. One that is `not_scanned` was cleaned before and is only scanned."""

    type: str
    state: State
    sha256: bytes
    content: bytes


class Verdict(msgspec.Struct, frozen=True):
    """How it ended: the state, why it was refused, what the scanner called it, and the bytes to keep."""

    state: State
    scanned: bool
    reason: str | None = None
    found: str | None = None
    cleaned: bytes | None = None


@jobs.handler(LOOK, Looking, owns_transactions=True, timeout=timedelta(minutes=10))
async def look(run: jobs.Run, looking: Looking) -> None:
    """Clean and scan one file, if it still waits for that."""
    async with run.step() as uow:
        taken = await take(uow, looking.file_id)
    if taken is None:
        return
    try:
        verdict = await judge(taken, run.settings.uploads.clamd)
    except ScannerAway as away:
        raise jobs.JobError(str(away)) from away
    async with run.step(last=True) as uow:
        await settle(uow, looking.file_id, taken, verdict)


async def take(uow: Uow, file_id: UUID) -> Taken | None:
    """The file with its bytes, under way now; None where it is settled or gone."""
    row = (await uow.execute(TAKE, {"id": file_id})).one_or_none()
    if row is None:
        return None
    await uow.execute(BEGIN, {"id": file_id})
    content = b"".join((await uow.execute(BYTES, {"id": file_id})).scalars())
    state: State = "scanning" if row.state == "received" else row.state
    return Taken(row.type, state, bytes(row.sha256), content)


async def judge(taken: Taken, clamd: str) -> Verdict:
    """What is to become of the file. Raises ScannerAway, so that it is tried again."""
    if clamd and (found := await scan(clamd, taken.content)) is not None:
        return Verdict("refused", scanned=True, reason="malware", found=found)
    if taken.state == "not_scanned":
        return Verdict("clean" if clamd else "not_scanned", scanned=bool(clamd))
    try:
        cleaned = await clean(taken.type, taken.content)
    except CannotClean as refusal:
        return Verdict("refused", scanned=bool(clamd), reason=refusal.reason)
    if clamd and cleaned != taken.content and (found := await scan(clamd, cleaned)) is not None:
        return Verdict("refused", scanned=True, reason="malware", found=found)
    return Verdict("clean" if clamd else "not_scanned", scanned=bool(clamd), cleaned=cleaned)


async def settle(uow: Uow, file_id: UUID, taken: Taken, verdict: Verdict) -> None:
    """Keep the outcome, unless another run has settled it or changed its bytes meanwhile."""
    row = (await uow.execute(TAKE, {"id": file_id})).one_or_none()
    if row is None or row.state != taken.state or row.sha256 != taken.sha256 or verdict.state == taken.state:
        return
    if verdict.cleaned is not None and verdict.cleaned != taken.content:
        await uow.execute(DROP, {"id": file_id})
        await uow.execute(KEEP, {"id": file_id, "size": len(verdict.cleaned), "hash": sha256(verdict.cleaned).digest()})
        for n, at in enumerate(range(0, len(verdict.cleaned), PART)):
            await uow.execute(ADD_PART, {"file": file_id, "n": n, "bytes": verdict.cleaned[at : at + PART]})
    ended = {"id": file_id, "state": verdict.state, "reason": verdict.reason, "scanned": verdict.scanned}
    await uow.execute(END, ended)
    if verdict.state == "refused":  # what harms is not kept; that it came, from whom and what it was, is
        await uow.execute(DROP, {"id": file_id})
    after = {"why": verdict.reason, "found": verdict.found} if verdict.state == "refused" else None
    await audit.record(uow, f"file.{verdict.state}", subjects=[file_id], after=after)


@jobs.handler(AGAIN, Nothing, owns_transactions=True)
async def again(run: jobs.Run, _: Nothing) -> None:
    """Look again at what was left behind, and at what no scanner has seen once there is one."""
    states = ["received", "scanning", *(["not_scanned"] if run.settings.uploads.clamd else [])]
    asked = {"states": states, "before": datetime.now(UTC) - LEFT_BEHIND, "most": AT_ONCE}
    async with run.step() as uow:
        for file_id in (await uow.execute(LEFT, asked)).scalars().all():
            await jobs.enqueue(uow, LOOK, Looking(file_id), key=str(file_id))


@jobs.handler(CLEAR, Nothing)
async def clear(uow: Uow, _: Nothing) -> None:
    """Delete what nothing points to at the end of its time."""
    last: date = london_day(datetime.now(UTC)) - timedelta(days=KEPT_DAYS)
    due = await due_files(uow, last, AT_ONCE, None)
    gone = await delete_files(uow, [one.id for one in due])
    if gone:
        await audit.record(uow, "file.deleted", subjects=gone)


jobs.schedule("files.again", AGAIN, every=timedelta(minutes=10), purpose="files: left behind or not scanned")
jobs.schedule("files.clear", CLEAR, daily_at=time_of_day(2, 40), purpose="files: end of retention")
