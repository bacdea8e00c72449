"""`careshare import households|placements`: for whoever sets an authority up, without browser or worker."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from careshare.database import Acting, Database, Uow
from careshare.errors import DomainError
from careshare.jobs import SYSTEM
from careshare.settings import load
from services.fostering.imports import actions
from services.fostering.imports.columns import Kind, by_name
from services.fostering.imports.queries import ImportRun, get_run
from services.fostering.imports.work import Work, do

PURPOSE: Final = "import"
MOST_SHOWN: Final = 50

AUTHORITY = text("""
select id from tenants.authority
where ends is null and lower(:name) in (lower(name), lower(short_name), dfe_code, lower(gss_code))
""")
NAMES = text("select name from tenants.authority where ends is null order by name")
BAD = text("""
select line, errors from fostering.import_row
where authority_id = (select careshare.authority()) and run_id = :run and outcome = 'bad' order by line limit :most
""")


class Here:
    """Does the work in this process, one bound transaction after another."""

    def __init__(self, database: Database, acting: Acting) -> None:
        self._database = database
        self._acting = acting

    @asynccontextmanager
    async def step(self, *, last: bool = False) -> AsyncGenerator[Uow, None]:  # noqa: ARG002  # there is no job to end
        """One bound transaction."""
        async with self._database.bound(self._acting) as uow:
            yield uow

    async def run(self, run_id: UUID) -> ImportRun:
        """The import as it stands."""
        async with self.step() as uow:
            return await get_run(uow, run_id)


def command(kind: Kind) -> click.Command:
    """The command that imports files of one kind."""

    @click.command(kind, help=f"Import {kind} from a CSV or XLSX FILE. Good rows are taken, bad ones are explained.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--authority", required=True, help="Whose register: the name, the DfE code or the GSS code.")
    @click.option("--column", "named", multiple=True, metavar="HEADER=COLUMN", help="What a header means.")
    @click.option("--check", "only_check", is_flag=True, help="Say what would be done and do nothing.")
    def run(file: Path, authority: str, named: tuple[str, ...], *, only_check: bool) -> None:
        try:
            content = file.name, file.read_bytes()
            asyncio.run(_import(kind, content, authority, named, only_check=only_check))
        except DomainError as error:
            said = [error.message for error in error.errors] or [str(error)]
            raise click.ClickException("\n".join(said)) from error

    return run


async def _import(
    kind: Kind, file: tuple[str, bytes], authority: str, named: Sequence[str], *, only_check: bool
) -> None:
    database = Database.open(load(), pool_size=1)
    try:
        here = Here(database, Acting(await _authority(database, authority), SYSTEM, PURPOSE))
        async with here.step() as uow:
            run_id = await actions.upload(uow, kind, *file, job=False)
        run = await here.run(run_id)
        if run.state == "mapping" or named:
            await _name_columns(here, run, named)
        await do(here, Work(run_id))
        run = await here.run(run_id)
        if not only_check and run.counts.new + run.counts.changed:
            async with here.step() as uow:
                await actions.confirm(uow, run_id, run.version, job=False)
            await do(here, Work(run_id))
            run = await here.run(run_id)
        async with here.step() as uow:
            rows = await uow.execute(BAD, {"run": run_id, "most": MOST_SHOWN})
            _tell(run, [(row.line, row.errors) for row in rows], only_check=only_check)
    finally:
        await database.close()


async def _authority(database: Database, name: str) -> UUID:
    async with database.unbound() as uow:
        found: UUID | None = await uow.scalar(AUTHORITY, {"name": name.strip()})
        if found is None:
            known = ", ".join((await uow.execute(NAMES)).scalars())
            raise click.ClickException(f"There is no authority “{name}”. There are: {known}.")
    return found


async def _name_columns(here: Here, run: ImportRun, named: Sequence[str]) -> None:
    columns = list(run.columns)
    for given in named:
        header, _, name = given.rpartition("=")
        if header not in run.headers or (name and name not in by_name(run.kind)):
            known = ", ".join(by_name(run.kind))
            raise click.ClickException(f"“{given}” must be a header of the file and one of: {known}.")
        columns[run.headers.index(header)] = name
    left_out = [header for header, name in zip(run.headers, columns, strict=True) if not name]
    if left_out:
        click.echo(f"Left out: {', '.join(left_out)}")
    async with here.step() as uow:
        await actions.set_columns(uow, run.id, run.version, columns, job=False)


def _tell(run: ImportRun, bad: Sequence[tuple[int, list[dict[str, str]]]], *, only_check: bool) -> None:
    for line in run.notices:
        click.echo(line)
    counts = run.counts
    found = f"{counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} as they were, {counts.bad:,} bad"
    click.echo(f"{'Would be' if only_check else 'Rows'}: {found}.")
    if not counts.new + counts.changed and not counts.bad:
        click.echo("Nothing changed.")
    if bad:
        table = Table("Line", "What is wrong", title="Rows that were not taken")
        for line_number, errors in bad:
            table.add_row(str(line_number), "\n".join(error["message"] for error in errors))
        Console().print(table)
    if counts.bad > len(bad):
        click.echo(f"… and {counts.bad - len(bad):,} more. The pages have all of them.")


importers: Final = {"households": command("households"), "placements": command("placements")}
"""The commands of `careshare import`."""
