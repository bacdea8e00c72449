"""Imports and the export under /api/v1."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream

from careshare.access import needs
from careshare.database import Database, Uow
from careshare.errors import FieldError
from careshare.http import Paging, etag, expected_version, once, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IdempotencyKey, IfMatch, Limit
from careshare.identity import Principal
from services.fostering.exports import FILE_NAME, begin_export, stream_register
from services.fostering.imports import actions
from services.fostering.imports.columns import Kind
from services.fostering.imports.queries import ImportRow, ImportRun, Outcome, get_run, list_rows, list_runs
from services.fostering.imports.template import CSV_TYPE, Format, template
from services.fostering.imports.uploads import (
    MOST_IN_REQUEST,
    TemplateOperation,
    UploadOperation,
    file_responses,
    uploaded,
)

TAGS: Final = ["Imports"]
NEEDS: Final = needs("household:import")
IMPORT: Final = "/imports/{run_id:uuid}"
CHANGES: Final = problems(400, 404, 409, 412, 428)


class ImportPage(msgspec.Struct, frozen=True):
    """Imports, the newest first. `next_cursor` leads to the next page; null on the last one."""

    items: list[ImportRun]
    next_cursor: str | None


class ImportRowPage(msgspec.Struct, frozen=True):
    """Rows in the order of the file. `next_cursor` leads to the next page; null on the last one."""

    items: list[ImportRow]
    next_cursor: str | None


class ImportErrorPage(msgspec.Struct, frozen=True):
    """What is wrong, by line and field, in the order of the file."""

    items: list[FieldError]
    next_cursor: str | None


class ImportColumns(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """For each header of the file the name of our column, or "" where it is left out."""

    columns: Annotated[list[Annotated[str, msgspec.Meta(max_length=60)]], msgspec.Meta(max_length=200)]


class ImportUndo(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`rest`: take back what can be, where something else builds on some of the rows."""

    rest: bool = False


@post(
    "/imports",
    opt=NEEDS,
    operation_id="startImport",
    operation_class=UploadOperation,
    summary="Send a file to import",
    description=(
        "CSV or XLSX, as a case system exports it. The rows are checked by a job: read the import until it is "
        "`checked`, look at its rows, then confirm it. Where the headers leave it open which column is which, it waits "
        "in `mapping`. Columns chosen once are remembered for the same headers."
    ),
    tags=TAGS,
    request_max_body_size=MOST_IN_REQUEST,
    responses=problems(409, 413, 415),
)
async def start_import(
    request: Http,
    uow: NamedDependency[Uow],
    kind: FromQuery[Kind],
    file_name: Annotated[str, QueryParameter(max_length=200, description="What to call the file in the list.")] = "",
    idempotency_key: IdempotencyKey = None,
) -> Response[ImportRun]:
    content, own_name = await uploaded(request)

    async def create() -> tuple[ImportRun, str]:
        run_id = await actions.upload(uow, kind, file_name or own_name, content)
        return await get_run(uow, run_id), f"/api/v1/imports/{run_id}"

    return await once(request, uow, idempotency_key, create)  # type: ignore[return-value]  # the run, encoded


@get("/imports", opt=NEEDS, operation_id="listImports", summary="List imports", tags=TAGS, responses=problems())
async def list_imports(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ImportPage:
    paging = _paging(request, principal, "imports")
    last = paging.after(cursor, tuple[UUID])
    runs = await list_runs(uow, after=last[0] if last else None, most=limit + 1)
    return ImportPage(runs[:limit], paging.cursor(runs[limit - 1].id) if len(runs) > limit else None)


@get(
    IMPORT, opt=NEEDS, operation_id="getImport", summary="Read how far an import is", tags=TAGS, responses=problems(404)
)
async def get_import(run_id: FromPath[UUID], uow: NamedDependency[Uow]) -> Response[ImportRun]:
    return _answer(await get_run(uow, run_id))


@get(
    f"{IMPORT}/rows",
    opt=NEEDS,
    operation_id="listImportRows",
    summary="Read the rows of an import",
    description="Each with what is wrong with it, what to look at, and what it changes or would change.",
    tags=TAGS,
    responses=problems(404),
)
async def list_import_rows(
    *,
    request: Http,
    run_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outcome: FromQuery[Outcome | None] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ImportRowPage:
    run = await get_run(uow, run_id)
    paging = _paging(request, principal, "import rows", run=str(run_id), outcome=outcome)
    last = paging.after(cursor, tuple[int])
    rows = await list_rows(uow, principal, run, outcome=outcome, after=last[0] if last else 0, most=limit + 1)
    return ImportRowPage(rows[:limit], paging.cursor(rows[limit - 1].line) if len(rows) > limit else None)


@get(
    f"{IMPORT}/errors",
    opt=NEEDS,
    operation_id="listImportErrors",
    summary="Read what is wrong with the rows that cannot be taken",
    description="`limit` counts rows; a row may have several errors.",
    tags=TAGS,
    responses=problems(404),
)
async def list_import_errors(
    *,
    request: Http,
    run_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ImportErrorPage:
    run = await get_run(uow, run_id)
    paging = _paging(request, principal, "import errors", run=str(run_id))
    last = paging.after(cursor, tuple[int])
    rows = await list_rows(uow, principal, run, outcome="bad", after=last[0] if last else 0, most=limit + 1)
    errors = [error for row in rows[:limit] for error in row.errors]
    return ImportErrorPage(errors, paging.cursor(rows[limit - 1].line) if len(rows) > limit else None)


@put(
    f"{IMPORT}/columns",
    opt=NEEDS,
    operation_id="setImportColumns",
    summary="Say which column is which",
    description="They are remembered for the next file with the same headers, and the rows are checked again.",
    tags=TAGS,
    responses=CHANGES,
)
async def set_import_columns(
    run_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[ImportColumns], if_match: IfMatch = None
) -> Response[ImportRun]:
    await actions.set_columns(uow, run_id, expected_version(if_match), data.columns)
    return _answer(await get_run(uow, run_id))


@post(
    f"{IMPORT}/confirm",
    opt=NEEDS,
    operation_id="confirmImport",
    summary="Let the good rows in",
    description="Bad rows stay out. A job does it: read the import until it is `done`.",
    tags=TAGS,
    status_code=202,
    responses=CHANGES,
)
async def confirm_import(
    run_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[ImportRun]:
    await actions.confirm(uow, run_id, expected_version(if_match))
    return _answer(await get_run(uow, run_id), 202)


@post(
    f"{IMPORT}/undo",
    opt=NEEDS,
    operation_id="undoImport",
    summary="Take an import back",
    description=(
        "The register then stands as it did before. Where something else builds on some rows, 409 names each of them "
        "by line and nothing is taken back, unless `rest` asks for all the others."
    ),
    tags=TAGS,
    status_code=202,
    responses=CHANGES,
)
async def undo_import(
    run_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[ImportUndo], if_match: IfMatch = None
) -> Response[ImportRun]:
    await actions.take_back(uow, run_id, expected_version(if_match), rest=data.rest)
    return _answer(await get_run(uow, run_id), 202)


@post(
    f"{IMPORT}/resume",
    opt=NEEDS,
    operation_id="resumeImport",
    summary="Go on with an import whose work was given up",
    tags=TAGS,
    status_code=202,
    responses=CHANGES,
)
async def resume_import(
    run_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[ImportRun]:
    await actions.resume(uow, run_id, expected_version(if_match))
    return _answer(await get_run(uow, run_id), 202)


@get(
    "/imports/template",
    opt=NEEDS,
    operation_id="getImportTemplate",
    operation_class=TemplateOperation,
    summary="Get an empty file with our columns",
    description="`xlsx` has a second sheet that says what each column takes.",
    tags=TAGS,
    responses={**file_responses("The template.", CSV_TYPE), **problems()},
)
async def get_import_template(kind: FromQuery[Kind], format: FromQuery[Format] = "csv") -> Response[bytes]:  # noqa: A002
    content, media_type = template(kind, format)
    return Response(content, media_type=media_type, headers=attachment(f"{kind}.{format}"))


@get(
    "/households/export",
    opt=needs("household:export"),
    operation_id="exportHouseholds",
    summary="Get your whole register as CSV",
    description=(
        "The columns of the import. Addresses of confidential households read `confidential` unless you may see them."
    ),
    tags=TAGS,
    responses={**file_responses("The register.", CSV_TYPE), **problems()},
)
async def export_households(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Stream:
    await begin_export(uow, principal)
    database: Database = request.app.state.database
    return Stream(stream_register(database, principal), media_type=CSV_TYPE, headers=attachment(FILE_NAME))


def attachment(file_name: str) -> dict[str, str]:
    """Headers of a file to be saved, not shown and not kept by anybody between."""
    return {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}


def _answer(run: ImportRun, status: int = 200) -> Response[ImportRun]:
    return Response(run, status_code=status, headers={"ETag": etag(run.version)})


def _paging(request: Http, principal: Principal, name: str, **filters: Any) -> Paging:
    return Paging(request.app.state.settings.secret_key, principal.authority_id, name, filters)


router = Router(
    "/",
    route_handlers=[
        *(start_import, list_imports, get_import, list_import_rows, list_import_errors, get_import_template),
        *(set_import_columns, confirm_import, undo_import, resume_import, export_households),
    ],
)
"""Everything above."""
