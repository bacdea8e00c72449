"""`careshare import ofsted FILE`: takes Ofsted's published list, without browser or worker."""

import asyncio
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from careshare.database import Database
from careshare.errors import DomainError
from careshare.settings import load
from services.residential.ofsted.actions import OfstedList, counts, take_list
from services.residential.ofsted.read import read_list

MOST_SHOWN: Final = 50


@click.command(
    "ofsted", help="Take Ofsted's published list of providers, a CSV FILE. Homes are taken, agencies are not."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Say what the list holds and take nothing.")
def ofsted(file: Path, *, only_check: bool) -> None:
    """Take a list, or look at it."""
    try:
        if only_check:
            _check(file)
        else:
            _tell(asyncio.run(_take(file.read_bytes(), file.name)))
    except DomainError as error:
        raise click.ClickException("\n".join([one.message for one in error.errors] or [str(error)])) from error


async def _take(content: bytes, name: str) -> OfstedList:
    database = Database.open(load(), pool_size=1)
    try:
        async with database.unbound() as uow:
            return await take_list(uow, content, name, loaded_by="careshare import ofsted")
    finally:
        await database.close()


def _check(file: Path) -> None:
    read = read_list(file.read_bytes(), file.name)
    said = counts(read)
    click.echo(f"Ofsted’s list as at {read.as_at:%-d %B %Y}: {said['rows']:,} providers.")
    click.echo(f"Would be taken: {said['homes']:,} homes with {said['places']:,} places.")
    click.echo(f"Name and address withheld by Ofsted: {said['redacted']:,}.")
    _left_out([(one.provision_type, one.number, one.why) for one in read.left_out])
    _bad([(one.line, one.field, one.message) for one in read.bad])


def _tell(taken: OfstedList) -> None:
    click.echo(f"Ofsted’s list as at {taken.as_at:%-d %B %Y}: {taken.rows:,} providers.")
    click.echo(f"Taken: {taken.homes:,} homes with {taken.places:,} places.")
    click.echo(f"Name and address withheld by Ofsted: {taken.redacted:,}.")
    changed = f"{taken.new_homes:,} new, {taken.changed_homes:,} changed, {taken.gone_homes:,} no longer listed"
    click.echo(f"Since the list before: {changed}.")
    _left_out([(one.provision_type, one.number, one.why) for one in taken.report.left_out])
    _bad([(one.line, one.field, one.message) for one in taken.report.bad])
    click.echo("Homes that authorities keep follow the list’s judgements within the hour.")


def _left_out(rows: list[tuple[str, int, str]]) -> None:
    if rows:
        table = Table("Type of provider", "How many", "Why", title="Left out")
        for type_, number, why in rows:
            table.add_row(type_, str(number), why)
        Console().print(table)


def _bad(rows: list[tuple[int | None, str, str]]) -> None:
    if rows:
        table = Table("Line", "Field", "What is wrong", title="Rows that were not taken")
        for line, field, message in rows[:MOST_SHOWN]:
            table.add_row(str(line), field, message)
        Console().print(table)
    if len(rows) > MOST_SHOWN:
        click.echo(f"… and {len(rows) - MOST_SHOWN:,} more. The page has all of them.")


importers: Final = {"ofsted": ofsted}
"""The command of `careshare import`."""
