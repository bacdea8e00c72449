"""The long work of an import: checking, importing, taking back. Each step is a transaction, so that progress shows.

A run's `state` says what is to be done and its rows say what has been: whoever begins again after an interruption goes
on where the last step ended. The worker does this as a job; the command line does it in its own process.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit, jobs
from careshare.database import Uow
from services.fostering.imports import households, placements, undo
from services.fostering.imports.cells import bare, tidy
from services.fostering.imports.check import Judged, Parser
from services.fostering.imports.columns import Kind
from services.fostering.imports.read import MOST_ROWS, Row
from services.fostering.imports.register import many_at_once
from tenants.references import reference_key

TASK: Final = "fostering.import"
KEPT: Final = timedelta(days=90)
"""How long the rows of an import are kept, and with them the power to take it back. Careshare's own choice."""

RUN = text("""
select id, kind, state, columns from fostering.import_run
where authority_id = (select careshare.authority()) and id = :run for no key update
""")
ROWS: Final = """
select line, cells from fostering.import_row
where authority_id = (select careshare.authority()) and run_id = :run and {which} order by line limit :most
"""
TO_CHECK = text(ROWS.replace("{which}", "outcome is null"))
TO_APPLY = text(ROWS.replace("{which}", "outcome in ('new', 'changed') and applied_at is null"))
KEYS = text("""
select line, cells[:place] as key from fostering.import_row
where authority_id = (select careshare.authority()) and run_id = :run order by line desc
""")
STORE = text("""
update fostering.import_row i set outcome = r.outcome, errors = r.errors, warnings = r.warnings, changes = r.changes,
  subject_id = r.subject_id, base_version = r.base_version, applied_version = r.version,
  applied_at = case when :applied and r.outcome in ('new', 'changed') then clock_timestamp() end
from jsonb_to_recordset(cast(:rows as jsonb)) as r (line int, outcome text, errors jsonb, warnings jsonb, changes jsonb,
  subject_id uuid, base_version int, version int)
where i.authority_id = (select careshare.authority()) and i.run_id = :run and i.line = r.line
""")
MOVE = text("""
with counted as (
  select count(*) filter (where outcome = 'new') as new, count(*) filter (where outcome = 'changed') as changed,
    count(*) filter (where outcome = 'unchanged') as unchanged, count(*) filter (where outcome = 'bad') as bad,
    count(*) filter (where outcome <> 'bad' and warnings <> '[]') as warned
  from fostering.import_row where authority_id = (select careshare.authority()) and run_id = :run)
update fostering.import_run set state = :state, version = version + 1, job_id = null,
  new_rows = c.new, changed_rows = c.changed, unchanged_rows = c.unchanged, bad_rows = c.bad, warned_rows = c.warned,
  finished_at = case when :state = 'done' and finished_at is null then clock_timestamp() else finished_at end,
  undone_at = case when :state = 'undone' then clock_timestamp() end,
  undone_by = case when :state = 'undone' then careshare.actor() end
from counted c where authority_id = (select careshare.authority()) and id = :run
""")
COUNTS = text("""
select outcome, count(*) as rows, array_agg(subject_id) filter (where applied_at is not null) as subjects
from fostering.import_row where authority_id = (select careshare.authority()) and run_id = :run group by outcome
""")
STANDING = text("""
select count(*) from fostering.import_row
where authority_id = (select careshare.authority()) and run_id = :run and applied_at is not null and undone_at is null
""")
CLEAR = text("""
with old as (
  update fostering.import_run set cleared_at = clock_timestamp(), version = version + 1
  where authority_id = (select careshare.authority()) and cleared_at is null
    and created_at < clock_timestamp() - cast(:kept as interval) and state not in ('checking', 'importing', 'undoing')
    and not exists (select from record.held('import_row') h where h.whole_class or h.subject_id = import_run.id)
  returning id),
gone as (
  delete from fostering.import_row
  where authority_id = (select careshare.authority()) and run_id in (select id from old))
select id from old
""")


class Work(msgspec.Struct, frozen=True):
    """The payload of the job: which run, and for taking back whether the rows that are held up may stay."""

    run_id: UUID
    rest: bool = False


class Nothing(msgspec.Struct, frozen=True):
    """The payload of the daily clearing."""


class Steps(Protocol):
    """Gives one bound transaction after another; the job ends in the one that is `last`."""

    def step(self, *, last: bool = False) -> AbstractAsyncContextManager[Uow]: ...


class Run(msgspec.Struct, frozen=True):
    """What the work needs to know of a run."""

    id: UUID
    kind: Kind
    state: Literal["mapping", "checking", "checked", "importing", "done", "undoing", "undone"]
    columns: list[str]

    def parser(self) -> Parser:
        """A reader of its rows."""
        return Parser(self.kind, self.columns)


async def do(steps: Steps, work: Work) -> None:
    """Do what the run's state asks for, from where it stands. Done already: nothing."""
    async with steps.step() as uow:
        run = await _locked(uow, work.run_id)
        firsts = await _first_lines(uow, run) if run is not None and run.kind == "households" else {}
    if run is None:
        return
    if run.state == "undoing":
        await _undo(steps, run, rest=work.rest)
        return
    if run.state not in {"checking", "importing"}:
        return
    parser = run.parser()
    while await _batch(steps, run, parser, firsts):
        pass


async def _batch(steps: Steps, run: Run, parser: Parser, firsts: Mapping[str, int]) -> bool:
    """One transaction of checking or importing. False when nothing is left: the run has then moved on."""
    applying = run.state == "importing"
    most = households.BATCH if run.kind == "households" else MOST_ROWS
    async with steps.step() as uow:
        now = await _locked(uow, run.id)
        if now is None or now.state != run.state:
            return False
        found = await uow.execute(TO_APPLY if applying else TO_CHECK, {"run": run.id, "most": most})
        rows = [Row(row.line, row.cells) for row in found]
        if rows:
            await _judge(uow, run, parser, rows, firsts)
            return True
    async with steps.step(last=True) as uow:
        now = await _locked(uow, run.id)
        if now is not None and now.state == run.state:
            await uow.execute(MOVE, {"run": run.id, "state": "done" if applying else "checked"})
            if applying:
                await _record(uow, run)
    return False


async def _judge(uow: Uow, run: Run, parser: Parser, rows: Sequence[Row], firsts: Mapping[str, int]) -> None:
    await many_at_once(uow)
    versions: Mapping[UUID, int] = {}
    applying = run.state == "importing"
    if run.kind == "households" and applying:
        judged, versions = await households.apply(uow, parser, rows, firsts)
    elif run.kind == "households":
        judged = await households.judge(uow, parser, rows, firsts)
    elif applying:
        judged, versions = await placements.apply(uow, parser, rows)
    else:
        judged, _ = await placements.judge(uow, parser, rows)
    document = msgspec.json.encode([_stored(one, versions) for one in judged]).decode()
    await uow.execute(STORE, {"run": run.id, "rows": document, "applied": applying})


def _stored(one: Judged, versions: Mapping[UUID, int]) -> dict[str, Any]:
    return {
        "line": one.line,
        "outcome": one.outcome,
        "errors": one.errors,
        "warnings": one.warnings,
        "changes": one.changes,
        "subject_id": one.subject_id,
        "base_version": one.base_version,
        "version": versions.get(one.subject_id),
    }


async def _locked(uow: Uow, run_id: UUID) -> Run | None:
    row = (await uow.execute(RUN, {"run": run_id})).mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), Run)


async def _first_lines(uow: Uow, run: Run) -> dict[str, int]:
    """On which line each household's reference stands first."""
    if "reference" not in run.columns:
        return {}
    place = run.columns.index("reference") + 1
    return {
        reference_key(tidy(bare((row.key or "").strip()))): row.line
        for row in await uow.execute(KEYS, {"run": run.id, "place": place})
    }


async def _record(uow: Uow, run: Run) -> None:
    counts, subjects = dict[str, int](), list[UUID]()
    for row in await uow.execute(COUNTS, {"run": run.id}):
        counts[row.outcome] = row.rows
        subjects += row.subjects or ()
    await audit.record(
        uow, "register.imported", subjects=subjects, criteria={"run": run.id, "kind": run.kind, **counts}
    )


async def _undo(steps: Steps, run: Run, *, rest: bool) -> None:
    async with steps.step(last=True) as uow:
        now = await _locked(uow, run.id)
        if now is None or now.state != "undoing":
            return
        rows = await undo.applied(uow, run.id)
        await many_at_once(uow)
        held = await undo.held_up(uow, run.kind, rows)
        if held and not rest:
            await uow.execute(MOVE, {"run": run.id, "state": "done"})
            return
        await undo.take_back(uow, run.kind, run.id, [row for row in rows if row.line not in held])
        left = (await uow.execute(STANDING, {"run": run.id})).scalar_one()
        await uow.execute(MOVE, {"run": run.id, "state": "done" if left else "undone"})
        criteria = {"run": run.id, "kind": run.kind, "taken_back": len(rows) - left, "left": left}
        await audit.record(uow, "register.import_undone", criteria=criteria)


@jobs.handler(TASK, Work, owns_transactions=True, timeout=timedelta(minutes=30))
async def run_import(run: jobs.Run, payload: Work) -> None:
    """Check, import or take back, as the run's state asks."""
    await do(run, payload)


@jobs.handler("fostering.clear_imports", Nothing)
async def clear(uow: Uow, _payload: Nothing) -> None:
    """Delete the rows of imports whose time is over and that nobody holds: they contain what stood before."""
    gone = (await uow.execute(CLEAR, {"kept": KEPT})).scalars().all()
    if gone:
        await audit.record(uow, "record.deleted", subjects=gone, after={"class": "import_row", "runs": len(gone)})


jobs.schedule("fostering.clear_imports", "fostering.clear_imports", every=timedelta(days=1))
