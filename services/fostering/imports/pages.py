"""The pages of imports: send a file, say which column is which, look, confirm, take back."""

from collections.abc import Awaitable
from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from careshare.access import needs
from careshare.database import Database, Uow
from careshare.errors import FieldError, Invalid, TooLarge, Unsupported
from careshare.identity import Principal
from careshare.web import Form, read_form, read_query, redirect
from services.fostering.exports import FILE_NAME, begin_export, stream_register
from services.fostering.imports import actions
from services.fostering.imports.api import attachment
from services.fostering.imports.columns import KINDS, Kind, by_name, columns, key_columns
from services.fostering.imports.queries import ImportRow, ImportRun, get_run, list_rows, list_runs
from services.fostering.imports.read import FILE, MOST_BYTES, MOST_ROWS
from services.fostering.imports.template import CSV_TYPE, bad_rows_csv, template
from services.fostering.imports.uploads import MOST_IN_REQUEST, chosen
from services.fostering.pages.forms import Http, attempt, show

ROOT: Final = "/foster-carers/import"
ONE: Final = "/foster-carers/import/{run_id:uuid}"
NEEDS: Final = needs("household:import")

SHOWN: Final = 25
"""Rows of each sort on a page."""

RUNS: Final = 50
WORKING: Final = ("checking", "importing", "undoing")
TITLES: Final[dict[Kind, str]] = {"households": "Households", "placements": "Current placements"}


@get(ROOT, opt=NEEDS, include_in_schema=False)
async def start(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Choose what to import; the imports there were."""
    return await _start(request, uow, Form({"kind": ["households"]}))


async def _start(request: Http, uow: Uow, form: Form, status: int | None = None) -> Response[Any]:
    runs = await list_runs(uow, most=RUNS)
    limits = {"megabytes": MOST_BYTES // 1024**2, "rows": MOST_ROWS}
    return show(request, "import_start", status, form=form, errors=form.errors, runs=runs, kinds=TITLES, limits=limits)


@post(ROOT, opt=NEEDS, include_in_schema=False, request_max_body_size=MOST_IN_REQUEST)
async def send(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Take the file in and go on to its page."""
    form = await read_form(request)
    asked = form.get("kind")
    kind: Kind | None = next((one for one in KINDS if one == asked), None)
    if kind is None:
        error = FieldError("kind", "Select what is in the file")
        return await _start(request, uow, form.with_errors([error]), 400)
    made: list[UUID] = []

    async def take() -> None:
        content, name = await chosen(form.file(FILE))
        made.append(await actions.upload(uow, kind, name, content))

    try:
        errors = await attempt(uow, take)
    except (Unsupported, TooLarge) as refused:
        return await _start(request, uow, form.with_errors(refused.errors), refused.status)
    if errors:
        return await _start(request, uow, form.with_errors(errors), 400)
    return redirect(f"{ROOT}/{made[0]}")


@get(ONE, opt=NEEDS, include_in_schema=False)
async def one_import(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], run_id: FromPath[UUID]
) -> Response[Any]:
    """An import as it stands: columns to name, work going on, rows to look at, or what came of it."""
    run = await get_run(uow, run_id)
    if run.state == "mapping":
        return redirect(f"{ROOT}/{run_id}/columns")
    if run.state in WORKING:
        return redirect(f"{ROOT}/{run_id}/progress")
    return await _run(request, uow, principal, run)


@get(f"{ONE}/progress", opt=NEEDS, include_in_schema=False)
async def progress(request: Http, uow: NamedDependency[Uow], run_id: FromPath[UUID]) -> Response[Any]:
    """How far the work is; when it is done, what it led to."""
    run = await get_run(uow, run_id)
    if run.state not in WORKING:
        return redirect(f"{ROOT}/{run_id}")
    return show(request, "import_progress", run=run, path=f"{ROOT}/{run_id}")


async def _run(
    request: Http, uow: Uow, principal: Principal, run: ImportRun, errors: list[FieldError] | None = None
) -> Response[Any]:
    shared: dict[str, Any] = {"run": run, "path": f"{ROOT}/{run.id}", "kind": TITLES[run.kind]}
    after = _number(request, "after")
    bad = await list_rows(uow, principal, run, outcome="bad", after=after, most=SHOWN + 1)
    warned = await list_rows(uow, principal, run, warned=True, most=SHOWN)
    held = [error for error in errors or () if error.line is not None]
    shared |= {
        "bad": bad[:SHOWN],
        "next_bad": bad[SHOWN - 1].line if len(bad) > SHOWN else None,
        "warned": [row for row in warned if row.outcome != "bad"],
        "shown": _written,
        "titles": {column.name: column.title for column in columns(run.kind)},
        "held": held,
        "errors": [_HELD] if held else errors or [],
    }
    if run.state == "checked":
        new = await list_rows(uow, principal, run, outcome="new", most=SHOWN)
        shared["new"] = [(row, _heading(row)) for row in new]
        shared["changed"] = await list_rows(uow, principal, run, outcome="changed", most=SHOWN)
        return show(request, "import_preview", **shared)
    return show(request, "import_done", **shared)


_HELD: Final = FieldError("", "Something else builds on some rows of this import, so nothing was taken back")


def _written(kind: Kind, name: str, value: Any) -> str:
    return by_name(kind)[name].write(value) if name in by_name(kind) else str(value)


def _heading(row: ImportRow) -> str:
    """What a new row is about, in a few words."""
    said = {change.field: str(change.after) for change in row.changes}
    if "child_reference" in said:
        return f"{said['child_reference']} with {said['household_reference']}"
    return ", ".join(said[name] for name in ("reference", "name") if name in said)


def _number(request: Http, name: str) -> int:
    given = read_query(request).get(name)
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0


@get(f"{ONE}/columns", opt=NEEDS, include_in_schema=False)
async def ask_columns(request: Http, uow: NamedDependency[Uow], run_id: FromPath[UUID]) -> Response[Any]:
    """Which column of the file is which of ours."""
    run = await get_run(uow, run_id)
    return _columns(request, run, Form({f"columns-{n}": [name] for n, name in enumerate(run.columns, 1)}))


def _columns(request: Http, run: ImportRun, form: Form, status: int | None = None) -> Response[Any]:
    known = by_name(run.kind)
    return show(
        request,
        "import_columns",
        status,
        form=form,
        errors=form.errors,
        run=run,
        path=f"{ROOT}/{run.id}",
        choices=[(column.name, column.title) for column in columns(run.kind)],
        needed=[column.title for column in columns(run.kind) if column.needed],
        keys=[known[name].title for name in key_columns(run.kind)],
    )


@post(f"{ONE}/columns", opt=NEEDS, include_in_schema=False)
async def set_columns(request: Http, uow: NamedDependency[Uow], run_id: FromPath[UUID]) -> Response[Any]:
    """Remember them and check the rows."""
    run = await get_run(uow, run_id)
    form, version = await _sent(request)
    named = [form.get(f"columns-{number}") for number in range(1, len(run.headers) + 1)]
    errors = await attempt(uow, lambda: actions.set_columns(uow, run_id, version, named))
    if errors:
        return _columns(request, run, form.with_errors(errors), 400)
    return redirect(f"{ROOT}/{run_id}")


@post(f"{ONE}/confirm", opt=NEEDS, include_in_schema=False)
async def confirm(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], run_id: FromPath[UUID]
) -> Response[Any]:
    """Let the good rows in."""
    _, version = await _sent(request)
    return await _do(request, uow, principal, run_id, actions.confirm(uow, run_id, version))


@post(f"{ONE}/undo", opt=NEEDS, include_in_schema=False)
async def undo(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], run_id: FromPath[UUID]
) -> Response[Any]:
    """Take it back, or say what holds it up."""
    form, version = await _sent(request)
    change = actions.take_back(uow, run_id, version, rest=form.action == "rest")
    return await _do(request, uow, principal, run_id, change)


@post(f"{ONE}/resume", opt=NEEDS, include_in_schema=False)
async def resume(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], run_id: FromPath[UUID]
) -> Response[Any]:
    """Go on with work that was given up."""
    _, version = await _sent(request)
    return await _do(request, uow, principal, run_id, actions.resume(uow, run_id, version))


async def _do(request: Http, uow: Uow, principal: Principal, run_id: UUID, change: Awaitable[object]) -> Response[Any]:
    errors = await attempt(uow, lambda: change)
    run = await get_run(uow, run_id)
    if errors is None or run.state in WORKING:
        return redirect(f"{ROOT}/{run_id}")
    answer = await _run(request, uow, principal, run, errors)
    answer.status_code = 409
    return answer


async def _sent(request: Http) -> tuple[Form, int]:
    form = await read_form(request)
    version = form.get("version")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Invalid("The form has lost its version. Open the page again and make your change there.")
    return form, int(version)


@get(f"{ONE}/bad-rows", opt=NEEDS, include_in_schema=False)
async def bad_rows(
    uow: NamedDependency[Uow], principal: NamedDependency[Principal], run_id: FromPath[UUID]
) -> Response[bytes]:
    """The rows that were not taken, each with what is wrong with it, to be put right and sent again."""
    run = await get_run(uow, run_id)
    content = "".join([line async for line in bad_rows_csv(uow, principal, run)])
    return Response(content.encode(), media_type=CSV_TYPE, headers=attachment(f"{run.kind}-not-taken.csv"))


@get(f"{ROOT}/template", opt=NEEDS, include_in_schema=False)
async def empty_template(request: Http) -> Response[bytes]:
    """An empty file with our columns."""
    asked = read_query(request)
    kind: Kind = "placements" if asked.get("kind") == "placements" else "households"
    content, media_type = template(kind, "csv" if asked.get("format") == "csv" else "xlsx")
    ending = "csv" if asked.get("format") == "csv" else "xlsx"
    return Response(content, media_type=media_type, headers=attachment(f"{kind}.{ending}"))


@get("/foster-carers/export", opt=needs("household:export"), include_in_schema=False)
async def export(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Stream:
    """The whole register as a file."""
    await begin_export(uow, principal)
    database: Database = request.app.state.database
    return Stream(stream_register(database, principal), media_type=CSV_TYPE, headers=attachment(FILE_NAME))


router = Router(
    "/",
    route_handlers=[
        *(
            start,
            send,
            one_import,
            progress,
            ask_columns,
            set_columns,
            confirm,
            undo,
            resume,
            bad_rows,
            empty_template,
            export,
        ),
    ],
)
"""Everything above."""
