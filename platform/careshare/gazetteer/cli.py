"""`careshare gazetteer`: load postcodes, correct who adjoins whom, look a postcode up."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import ProgrammingError

from careshare import gazetteer as places
from careshare.database import Database
from careshare.errors import DomainError
from careshare.gazetteer import adjoining as neighbours
from careshare.gazetteer import load as loading
from careshare.gazetteer import onspd, reference
from careshare.gazetteer.directory import GREAT_BRITAIN, Coverage, Tally, packaged
from careshare.settings import Settings
from careshare.settings import load as read_settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_SHOWN = 20


@click.group()
def gazetteer() -> None:
    """Postcodes, distances, whose area a place is in, and which authorities adjoin."""


@gazetteer.command("load")
@click.option("--region", metavar="CODE", help="The postcode areas of a region, such as E12000001 for the North East.")
@click.option("--areas", metavar="LETTERS", help="These postcode areas, such as “NE DH SR”.")
@click.option(
    "--all", "everything", is_flag=True, help="All of Great Britain: 2.6 million postcodes, 300 MB, under a minute."
)
@click.option(
    "--onspd", "file", type=FILE, help="A newer ONS Postcode Directory, its CSV file, instead of the one installed."
)
def load_command(region: str | None, areas: str | None, *, everything: bool, file: Path | None) -> None:
    """Load postcodes, in place of those that are there.

    Without an option: the postcode areas of CARESHARE_POSTCODE_AREAS, from the directory that came with Careshare.
    Searches go on meanwhile and see the new ones when all is done. Loading the same again changes nothing.
    """
    if sum((region is not None, areas is not None, everything)) > 1:
        raise click.UsageError("Give one of --region, --areas and --all.")
    settings = read_settings()
    with _explaining():
        coverage = _coverage(settings, region, areas, everything=everything)
        directory = packaged(coverage) if file is None else onspd.directory(file, coverage)
        loaded = asyncio.run(loading.load_postcodes(settings, directory, click.echo))
    if loaded.tally is None:
        click.echo(f"Nothing to do: these {loaded.rows:,} postcodes are loaded already.")
        return
    _explain(loaded.tally)
    click.echo(f"{loaded.rows:,} postcodes: {loaded.written:,} new or changed, {loaded.removed:,} removed.")


@gazetteer.command()
@click.argument("file", type=FILE, required=False)
def adjoining(file: Path | None) -> None:
    r"""Correct which authorities adjoin, from a CSV file; without FILE, write what stands as such a file.

    Each line says what holds for two authorities from a day on: a land boundary, a boundary in water and whether it
    counts, or none. A file may hold a single correction. It decides who must approve a placement outside the area.

    \b
    careshare gazetteer adjoining > neighbours.csv     (then edit it)
    careshare gazetteer adjoining neighbours.csv
    """
    settings = read_settings()
    if file is None:
        with _explaining():
            click.echo(asyncio.run(_export(settings)), nl=False)
        return
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name} is not UTF-8 text. Save it as CSV UTF-8.") from error
    with _explaining():
        applied = asyncio.run(loading.load_adjoining(settings, file.name, text))
    lines = "1 line" if applied.statements == 1 else f"{applied.statements} lines"
    click.echo(f"{lines} applied." if applied.changed else f"Nothing to do: all of {lines} holds already.")


@gazetteer.command()
@click.argument("postcode")
def show(postcode: str) -> None:
    """Show where POSTCODE is, whose area that is, and which authorities adjoin it today."""
    try:
        click.echo(asyncio.run(_show(read_settings(), postcode)))
    except ValueError as error:
        raise click.ClickException(f"{error}.") from error
    except ProgrammingError as error:
        raise click.ClickException("The database has no gazetteer yet: run `careshare migrate` first.") from error


def _coverage(settings: Settings, region: str | None, areas: str | None, *, everything: bool) -> Coverage:
    if everything:
        return GREAT_BRITAIN
    if region is not None:
        return Coverage.region(region)
    if areas is not None:
        return Coverage.of(*areas.replace(",", " ").split())
    return loading.configured(settings)


def _explain(tally: Tally) -> None:
    if tally.no_grid:
        click.echo(f"{tally.no_grid:,} postcodes have no grid reference and are left out.")
    if tally.outside:
        click.echo(f"{tally.outside:,} postcodes lie outside Great Britain and are left out.")
    if tally.unlisted:
        codes = ", ".join(f"{code} ({count:,})" for code, count in tally.unlisted.most_common(MOST_SHOWN))
        click.echo(f"Authorities that are not on our list, kept by their code (postcodes): {codes}.")
    if tally.bad:
        click.echo(f"{len(tally.bad)} wrong lines are left out:")
        for bad in tally.bad[:MOST_SHOWN]:
            click.echo(f"  line {bad.line}: {bad.message}")


@contextmanager
def _explaining() -> Generator[None]:
    """What was wrong, line by line, instead of a stack trace."""
    try:
        yield
    except DomainError as error:
        raise _explained(error) from error


def _explained(error: DomainError) -> click.ClickException:
    lines = [error.detail, *(f"line {one.line}: {one.message}" if one.line else one.message for one in error.errors)]
    shown = list(dict.fromkeys(line for line in lines if line))
    if len(shown) > MOST_SHOWN:
        shown = [*shown[:MOST_SHOWN], f"and {len(shown) - MOST_SHOWN} more"]
    return click.ClickException("\n  ".join(shown))


async def _export(settings: Settings) -> str:
    async with loading.as_owner(settings) as connection:
        return await neighbours.export(connection)


async def _show(settings: Settings, typed: str) -> str:
    names = {one.gss_code: one.name for one in reference.authorities()}
    today = reference.todays_code()
    database = Database.open(settings, pool_size=1)
    try:
        async with database.unbound() as uow:
            place = await places.find(uow, typed)
            areas = await places.ladder(uow, place.postcode)
            around = await places.neighbours(uow, place.area_gss)
    finally:
        await database.close()
    adjoining_names = sorted({names.get(code, code) for code in around.adjoining if today.get(code, code) == code})
    lines = [
        place.postcode,
        f"  Area authority  {names.get(place.area_gss, 'not on our list')} ({place.area_gss})",
        f"  Grid reference  {place.easting} east, {place.northing} north (metres)",
        f"  Adjoins         {', '.join(adjoining_names) or 'no authority on record'}",
    ]
    if not around.complete:
        lines.append("                  (not all its neighbours are recorded: of others it is not known)")
    for area in areas:
        reach = area.radius_m / places.METRES_PER_MILE
        lines.append(
            f"  Lies in         {area.name}: {area.postcodes:,} postcodes within {reach:.1f} miles of its centre"
        )
    return "\n".join(lines)
