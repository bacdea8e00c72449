"""`careshare audit`: seal the audit record, show its head, verify it."""

import asyncio
from pathlib import Path

import click

from careshare.audit import checking, sealing
from careshare.settings import Settings, load


@click.group()
def audit() -> None:
    """Seal and verify the record of who read and changed what."""


@audit.command()
@click.option(
    "--heads",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with the heads published before, to compare with. Default: audit-heads below CARESHARE_VAR.",
)
@click.option("--no-seal", is_flag=True, help="Look only; do not first seal what can be sealed.")
def verify(heads: Path | None, no_seal: bool) -> None:
    """Find changed, missing and added entries. Ends with code 1 when there is one."""
    settings = load()
    try:
        published = sealing.published_heads(heads or sealing.heads_folder(settings))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    report = asyncio.run(_verify(settings, published, seal_first=not no_seal))
    for problem in report.problems:
        click.echo(str(problem))
    what = f"{_count(report.entries, 'entry', 'entries')} under {_count(report.seals, 'seal', 'seals')}"
    if report.unsealed:
        what += f", {report.unsealed:,} of them not sealed yet"
    if report.head:
        what += f"; head {report.head.hash}"
    if report.problems:
        click.echo(f"The audit record is NOT whole: {_count(len(report.problems), 'problem', 'problems')} in {what}.")
        raise SystemExit(1)
    click.echo(
        f"The audit record is whole: {what}; {_count(len(published), 'published head', 'published heads')} compared."
    )


@audit.command()
def seal() -> None:
    """Seal every entry that can be sealed. The worker does this every minute."""
    sealed = asyncio.run(sealing.seal_and_publish(load()))
    click.echo(f"{_count(sealed, 'entry', 'entries')} sealed.")


@audit.command()
def head() -> None:
    """Show the newest seal. Keep it where nobody who administers the database can change it."""
    newest = asyncio.run(_head(load()))
    if newest is None:
        click.echo("Nothing is sealed yet.")
    else:
        click.echo(f"seal {newest.n}, {newest.sealed_at:%-d %B %Y at %H:%M} UTC: {newest.hash}")


async def _verify(settings: Settings, published: list[sealing.Head], *, seal_first: bool) -> sealing.Report:
    async with sealing.sealer(settings) as engine:
        if seal_first:
            await sealing.seal(engine)
        report = await sealing.verify(engine, published=published)
        await checking.keep(engine, report, len(published))
        return report


async def _head(settings: Settings) -> sealing.Head | None:
    async with sealing.sealer(settings) as engine:
        return await sealing.head(engine)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
