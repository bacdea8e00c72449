"""What a person does with an import: send a file, say which column is which, let it in, take it back."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit, jobs
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, PreconditionFailed
from services.fostering.imports import undo
from services.fostering.imports.columns import Kind, by_name, guessed, key_columns
from services.fostering.imports.read import read_table
from services.fostering.imports.template import LINE, WRONG
from services.fostering.imports.work import TASK, Work

LONGEST_NAME: Final = 200
OURS: Final = (LINE, WRONG)
"""Headers that we put into a file of bad rows ourselves, so that one that was put right comes in without a question."""

SAVED = text("""
select columns from fostering.import_mapping
where authority_id = (select careshare.authority()) and kind = :kind and signature = :signature
""")
SAME = text("""
select created_at from fostering.import_run
where authority_id = (select careshare.authority()) and kind = :kind and file_hash = :hash and state = 'done'
order by id desc limit 1
""")
NEW_RUN = text("""
insert into fostering.import_run (authority_id, kind, file_name, file_hash, header_line, signature, headers, columns,
  notices, rows, created_by)
values ((select careshare.authority()), :kind, :file_name, :hash, :header_line, :signature, :headers, :columns,
  :notices, :rows, (select careshare.actor()))
returning id
""")
NEW_ROWS = text("""
insert into fostering.import_row (authority_id, run_id, line, cells)
select (select careshare.authority()), :run, r.line, r.cells
from jsonb_to_recordset(cast(:rows as jsonb)) as r (line int, cells text[])
""")
LOCK = text("""
select id, kind, state, headers, signature, version, new_rows + changed_rows as changing, cleared_at, job_id
from fostering.import_run where authority_id = (select careshare.authority()) and id = :run for no key update
""")
SAVE = text("""
insert into fostering.import_mapping (authority_id, kind, signature, columns, saved_by)
values ((select careshare.authority()), :kind, :signature, :columns, (select careshare.actor()))
on conflict (authority_id, kind, signature) do update
set columns = excluded.columns, saved_by = excluded.saved_by, saved_at = clock_timestamp()
""")
RECHECK = text("""
update fostering.import_row set outcome = null, errors = '[]', warnings = '[]', changes = '{}', subject_id = null
where authority_id = (select careshare.authority()) and run_id = :run
""")
BEGIN = text("""
update fostering.import_run
set state = :state, columns = coalesce(:columns, columns), job_id = :job, version = version + 1
where authority_id = (select careshare.authority()) and id = :run
""")


async def upload(uow: Uow, kind: Kind, file_name: str, content: bytes, *, job: bool = True) -> UUID:
    """Take in a file and begin to check it, or wait for its columns to be named. Returns the run's id.

    The columns are those that were saved for the same header line; else what each header most likely means. Checking
    begins at once where no header was left unclear: by a job, or without one by the caller. Raises Invalid, TooLarge or
    Unsupported, naming the file.
    """
    table = await read_table(content, kind)
    digest = _digest(content)
    saved: list[str] | None = await uow.scalar(SAVED, {"kind": kind, "signature": table.signature})
    columns = saved or guessed(kind, table.headers)
    notices = list(table.notices)
    before = await uow.scalar(SAME, {"kind": kind, "hash": digest})
    if before is not None:
        notices.append(f"This same file was imported on {before:%d/%m/%Y}.")
    run_id: UUID = (
        await uow.execute(
            NEW_RUN,
            {
                "kind": kind,
                "file_name": _file_name(file_name, kind),
                "hash": digest,
                "header_line": table.header_line,
                "signature": table.signature,
                "headers": table.headers,
                "columns": columns,
                "notices": notices,
                "rows": len(table.rows),
            },
        )
    ).scalar_one()
    await uow.execute(NEW_ROWS, {"run": run_id, "rows": msgspec.json.encode(table.rows).decode()})
    await audit.record(
        uow,
        "import.uploaded",
        subjects=[run_id],
        criteria={"kind": kind, "rows": len(table.rows), "sha256": digest.hex()},
    )
    clear = all(name or header in OURS for name, header in zip(columns, table.headers, strict=True))
    if saved or (clear and not column_errors(kind, columns)):
        await _begin(uow, run_id, "checking", job=job)
    return run_id


def column_errors(kind: Kind, columns: Sequence[str]) -> list[FieldError]:
    """What is wrong with a choice of columns: `columns-3` is the third header."""
    errors: list[FieldError] = []
    known, seen = by_name(kind), dict[str, int]()
    for number, name in enumerate(columns, 1):
        if not name:
            continue
        column = known.get(name)
        if column is None:
            errors.append(FieldError(f"columns-{number}", "Choose one of our columns, or leave this one out"))
        elif name in seen and column.joins is None:
            message = f"{column.title} is chosen for column {seen[name]} already: choose it once"
            errors.append(FieldError(f"columns-{number}", message))
        seen.setdefault(name, number)
    lacking = [known[name].title for name in key_columns(kind) if name not in seen]
    if lacking:
        errors.append(FieldError("columns", f"Say which column is {' and which is '.join(lacking)}"))
    return errors


async def set_columns(uow: Uow, run_id: UUID, version: int, columns: Sequence[str], *, job: bool = True) -> None:
    """Say what each header means, remember it for the next file with the same headers, and check the rows."""
    run = await _lock(uow, run_id, version, "mapping", "checked")
    if len(columns) != len(run.headers):
        message = f"Give one name for each of the {len(run.headers)} headers, or nothing for one that is left out"
        raise Invalid(message, errors=[FieldError("columns", message)])
    errors = column_errors(run.kind, columns)
    if errors:
        raise Invalid("Some columns are not right.", errors=errors)
    await uow.execute(SAVE, {"kind": run.kind, "signature": run.signature, "columns": list(columns)})
    await uow.execute(RECHECK, {"run": run_id})
    await _begin(uow, run_id, "checking", columns=list(columns), job=job)


async def confirm(uow: Uow, run_id: UUID, version: int, *, job: bool = True) -> None:
    """Let the good rows in; the bad ones stay out. Raises Conflict when there is nothing to let in."""
    run = await _lock(uow, run_id, version, "checked")
    if not run.changing:
        raise Conflict("No row would change anything on the register.")
    await _begin(uow, run_id, "importing", job=job)


async def take_back(uow: Uow, run_id: UUID, version: int, *, rest: bool = False) -> None:
    """Put the register back as it stood before the import.

    Where rows are held up by something that was built on them, raises Conflict that names each, and nothing is taken
    back; with `rest`, all but those are.
    """
    run = await _lock(uow, run_id, version, "done")
    if run.cleared_at is not None:
        raise Conflict("It is too late to take this import back: what stood before has been deleted.")
    rows = await undo.applied(uow, run_id)
    if not rows:
        raise Conflict("This import changed nothing that could be taken back.")
    held = await undo.held_up(uow, run.kind, rows)
    if len(held) == len(rows) or (held and not rest):
        message = "Something else builds on some rows of this import, so nothing was taken back."
        raise Conflict(message, errors=[FieldError("line", reason, line) for line, reason in held.items()])
    await _begin(uow, run_id, "undoing", rest=rest)


async def resume(uow: Uow, run_id: UUID, version: int) -> None:
    """Go on with work that was given up. Raises Conflict while it still runs."""
    run = await _lock(uow, run_id, version, "checking", "importing", "undoing")
    status = await jobs.status(uow, run.job_id) if run.job_id else None
    if status is not None and status.state != "failed":
        raise Conflict("The work is still going on.")
    await _begin(uow, run_id, run.state)


class _Locked(msgspec.Struct, frozen=True):
    id: UUID
    kind: Kind
    state: str
    headers: list[str]
    signature: bytes
    version: int
    changing: int
    cleared_at: Any
    job_id: UUID | None


async def _lock(uow: Uow, run_id: UUID, version: int, *states: str) -> _Locked:
    row = (await uow.execute(LOCK, {"run": run_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    run = _Locked(**row)
    if run.version != version:
        raise PreconditionFailed
    if run.state not in states:
        raise Conflict(f"The import is {run.state}, so this cannot be done now.")
    return run


async def _begin(
    uow: Uow, run_id: UUID, state: str, *, columns: list[str] | None = None, rest: bool = False, job: bool = True
) -> None:
    queued = await jobs.enqueue(uow, TASK, Work(run_id, rest)) if job else None
    await uow.execute(BEGIN, {"run": run_id, "state": state, "columns": columns, "job": queued})


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _file_name(given: str, kind: Kind) -> str:
    last = given.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if letter.isprintable()).strip()
    return shown[:LONGEST_NAME] or f"{kind}.csv"
