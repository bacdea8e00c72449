"""What is read of imports: the list of them, one with its progress, its rows page by page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.identity import Principal
from services.fostering.imports.check import CONFIDENTIAL, Fault, Parser
from services.fostering.imports.columns import Kind, columns
from services.fostering.imports.read import Row
from services.fostering.workers import FIELD

State = Literal["mapping", "checking", "checked", "importing", "done", "undoing", "undone"]
Outcome = Literal["new", "changed", "unchanged", "bad"]

_RUN: Final = """
select r.id, r.kind, r.state, r.file_name, r.header_line, r.headers, r.columns, r.notices, r.rows, r.new_rows,
  r.changed_rows, r.unchanged_rows, r.bad_rows, r.warned_rows, r.created_at, r.created_by, p.name as created_by_name,
  r.finished_at, r.undone_at, r.cleared_at, r.version, j.state as job_state, d.done, d.total
from fostering.import_run r
left join lateral identity.colleagues(array[r.created_by]) p on true
left join lateral jobs.status(r.job_id) j on r.job_id is not null
left join lateral (
  select count(*) filter (where case r.state when 'checking' then i.outcome is not null
      when 'importing' then i.applied_at is not null else i.undone_at is not null end) as done,
    count(*) filter (where r.state = 'checking' or i.outcome in ('new', 'changed')) as total
  from fostering.import_row i where i.authority_id = r.authority_id and i.run_id = r.id
) d on r.state in ('checking', 'importing', 'undoing')
where r.authority_id = (select careshare.authority())
"""
RUN = text(f"{_RUN} and r.id = :run")
RUNS = text(f"{_RUN} and (cast(:after as uuid) is null or r.id < :after) order by r.id desc limit :most")

ROWS = text("""
select i.line, i.cells, i.outcome, i.errors, i.warnings, i.changes, i.subject_id, i.undone_at,
  coalesce(h.confidential, false) as confidential
from fostering.import_row i
left join fostering.household h on h.authority_id = i.authority_id and h.id = i.subject_id
where i.authority_id = (select careshare.authority()) and i.run_id = :run and i.line > :after
  and (cast(:outcome as text) is null or i.outcome = :outcome) and (not :warned or i.warnings <> '[]')
order by i.line limit :most
""")

HIDDEN: Final = ("address", "postcode")
"""Fields that are not shown of a confidential household."""


class ImportCounts(msgspec.Struct, frozen=True):
    """How many rows are new, change something, change nothing, or cannot be taken; and how many have a warning."""

    new: int
    changed: int
    unchanged: int
    bad: int
    warned: int


class ImportProgress(msgspec.Struct, frozen=True):
    """How far the present work is: rows done, of how many."""

    done: int
    total: int


class ImportRun(msgspec.Struct, frozen=True):
    """One import. `columns` has for each header our column, or "" where it is left out.

    `mapping`: say which column is which. `checked`: look at the rows, then confirm. `stopped`: its work was given up
    and may be resumed.
    """

    id: UUID
    kind: Kind
    state: State
    stopped: bool
    file_name: str
    header_line: int
    headers: list[str]
    columns: list[str]
    notices: list[str]
    rows: int
    counts: ImportCounts
    progress: ImportProgress
    created_at: datetime
    created_by_id: UUID
    created_by: str
    finished_at: datetime | None
    undone_at: datetime | None
    cleared_at: datetime | None
    version: int

    @property
    def working(self) -> bool:
        """Whether something is being done with it now."""
        return self.state in {"checking", "importing", "undoing"} and not self.stopped

    @property
    def can_be_undone(self) -> bool:
        """Whether there is something to take back, as far as the run itself says."""
        return self.state == "done" and self.cleared_at is None and self.counts.new + self.counts.changed > 0


class FieldChange(msgspec.Struct, frozen=True):
    """One field of a row: what stands on the register (null for a new one) and what would stand."""

    field: str
    before: Any
    after: Any


class ImportRow(msgspec.Struct, frozen=True):
    """One row of an import. `outcome` is null until it has been checked."""

    line: int
    outcome: Outcome | None
    errors: list[FieldError]
    warnings: list[FieldError]
    changes: list[FieldChange]
    subject_id: UUID | None
    undone: bool


async def get_run(uow: Uow, run_id: UUID) -> ImportRun:
    """One import; NotFound if it is not there or not ours."""
    row = (await uow.execute(RUN, {"run": run_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _run(row)


async def list_runs(uow: Uow, *, after: UUID | None = None, most: int = 50) -> list[ImportRun]:
    """Imports, the newest first, from the one after `after`."""
    return [_run(row) for row in (await uow.execute(RUNS, {"after": after, "most": most})).mappings()]


def _run(row: RowMapping) -> ImportRun:
    return ImportRun(
        id=row["id"],
        kind=row["kind"],
        state=row["state"],
        stopped=row["job_state"] == "failed",
        file_name=row["file_name"],
        header_line=row["header_line"],
        headers=row["headers"],
        columns=row["columns"],
        notices=row["notices"],
        rows=row["rows"],
        counts=ImportCounts(
            row["new_rows"], row["changed_rows"], row["unchanged_rows"], row["bad_rows"], row["warned_rows"]
        ),
        progress=ImportProgress(row["done"] or 0, row["total"] or 0),
        created_at=row["created_at"],
        created_by_id=row["created_by"],
        created_by=row["created_by_name"] or "",
        finished_at=row["finished_at"],
        undone_at=row["undone_at"],
        cleared_at=row["cleared_at"],
        version=row["version"],
    )


async def list_rows(
    uow: Uow,
    principal: Principal,
    run: ImportRun,
    *,
    outcome: Outcome | None = None,
    warned: bool = False,
    after: int = 0,
    most: int = 100,
) -> list[ImportRow]:
    """Rows of an import in the file's order, from the line after `after`.

    Of a confidential household nobody sees here what address stands on the register, and somebody who may not read such
    addresses sees what the file says only if the file was their own.
    """
    found = await uow.execute(ROWS, _which(run, outcome, after, most, warned=warned))
    hiding = Hiding(principal, run)
    places = {column.name: place for place, column in enumerate(columns(run.kind))}
    return [_row(row, hiding, places) for row in found]


def _which(run: ImportRun, outcome: str | None, after: int, most: int, *, warned: bool) -> dict[str, Any]:
    return {"run": run.id, "outcome": outcome, "after": after, "most": most, "warned": warned}


def _row(row: Any, hiding: "Hiding", places: Mapping[str, int]) -> ImportRow:
    secret = hiding.secret(row)
    return ImportRow(
        line=row.line,
        outcome=row.outcome,
        errors=[hiding.fault(fault, row.line, secret=secret) for fault in msgspec.convert(row.errors, list[Fault])],
        warnings=[hiding.fault(fault, row.line, secret=secret) for fault in msgspec.convert(row.warnings, list[Fault])],
        changes=[
            hiding.change(FieldChange(name, before, after), secret=secret)
            for name, (before, after) in _shown(row.changes, places)
        ],
        subject_id=row.subject_id,
        undone=row.undone_at is not None,
    )


def _shown(changes: Mapping[str, Any], places: Mapping[str, int]) -> list[tuple[str, Any]]:
    """The changes in the columns' order. That a name became a colleague, or one a name, is said in words."""
    shown = {name: change for name, change in changes.items() if name in places}
    if FIELD in changes and "supervising_worker" not in shown:
        shown["supervising_worker"] = tuple("a colleague" if person else "a name alone" for person in changes[FIELD])
    return sorted(shown.items(), key=lambda change: places[change[0]])


class Hiding:
    """Keeps the addresses of confidential households from whoever may not read them."""

    def __init__(self, principal: Principal, run: ImportRun) -> None:
        self._reader = principal.may("confidential:read") and principal.stepped_up
        self._own_file = principal.person_id == run.created_by_id
        self._parser = Parser("households", [name if name == "confidential" else "" for name in run.columns])
        self._places = [place for place, name in enumerate(run.columns) if name in HIDDEN]

    def secret(self, row: Any) -> bool:
        """Whether the row is about a household whose address is confidential, on the register or by the file."""
        if row.confidential or any(row.changes.get("confidential", ())):
            return True
        return bool(self._parser.parse(Row(row.line, row.cells)).values.get("confidential"))

    def fault(self, fault: Fault, line: int, *, secret: bool) -> FieldError:
        """The error, without the cell it quotes."""
        hidden = secret and not (self._own_file or self._reader) and fault.field in HIDDEN
        return FieldError(fault.field, f"The {fault.field} is not right" if hidden else fault.message, line)

    def change(self, change: FieldChange, *, secret: bool) -> FieldChange:
        """The change without what may not be seen: what stands on the register is read by opening the household."""
        if not secret or change.field not in HIDDEN:
            return change
        seeing = self._own_file or self._reader
        before = None if change.before is None else CONFIDENTIAL
        return FieldChange(change.field, before, change.after if seeing else CONFIDENTIAL)

    def cells(self, row: Any) -> list[str]:
        """The row's cells as they were sent, without what may not be seen of them."""
        cells = list(row.cells)
        if not (self._own_file or self._reader) and self.secret(row):
            for place in self._places:
                cells[place] = CONFIDENTIAL
        return cells


async def bad_rows(
    uow: Uow, principal: Principal, run: ImportRun, *, after: int = 0, most: int = 1_000
) -> list[tuple[int, Sequence[str], str]]:
    """The rows that cannot be taken: line, cells as they were sent, and everything wrong with them."""
    found = await uow.execute(ROWS, _which(run, "bad", after, most, warned=False))
    hiding = Hiding(principal, run)
    rows: list[tuple[int, Sequence[str], str]] = []
    for row in found:
        secret = hiding.secret(row)
        faults = msgspec.convert(row.errors, list[Fault])
        wrong = "; ".join(hiding.fault(fault, row.line, secret=secret).message for fault in faults)
        rows.append((row.line, hiding.cells(row), wrong))
    return rows
