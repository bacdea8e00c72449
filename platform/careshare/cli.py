"""The `careshare` command. A command's code is imported when the command is run, so that --help is quick."""

import importlib
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from careshare.settings import Settings

ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "gazetteer": ("careshare.gazetteer.cli:gazetteer", "Load postcodes; say which authorities adjoin."),
    "audit": ("careshare.audit.cli:audit", "Seal and verify the record of who read and changed what."),
    "openapi": ("careshare.http.openapi:openapi", "Print the API's description, to generate clients from."),
    "provider": ("careshare.signin.cli:provider", "Set up the sign-in service of an authority."),
    "token": ("careshare.identity.cli:token", "Issue and revoke the tokens that API callers use."),
}
"""Commands that other rooms define: where, and what they are for."""


class LazyGroup(click.Group):
    """A group whose commands may live elsewhere and are imported only when they are run.

    What stops a start is told in a sentence, without a stack trace.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = ELSEWHERE[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        helps = {name: command.get_short_help_str(limit=100) for name, command in self.commands.items()}
        helps |= {name: what for name, (_, what) in ELSEWHERE.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(helps.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            told = _told(error)
            if told is None:
                raise
            raise click.ClickException(told) from error


def _told(error: BaseException) -> str | None:
    """What to say of an error that the caller can do something about; None for all others."""
    import asyncpg

    from careshare.embedded import EmbeddedError
    from careshare.settings import SettingsError

    if isinstance(error, SettingsError | EmbeddedError):
        return str(error)
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError):
        return f"PostgreSQL refuses the address in CARESHARE_DATABASE_URL: {error}"
    no_socket = isinstance(error, FileNotFoundError) and error.filename is None
    if no_socket or isinstance(error, ConnectionError | socket.gaierror):
        return f"PostgreSQL or Redis does not answer at its address ({error}): is it running?"
    return _told(error.__cause__) if error.__cause__ else None


class ImportGroup(click.Group):
    """One command for each importer of the installed services. `FILE` may be CSV or XLSX."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._importers())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._importers().get(cmd_name)

    def _importers(self) -> dict[str, click.Command]:
        from careshare.service import services

        return {name: command for service in services() for name, command in service.importers.items()}


def _settings() -> "Settings":
    from careshare.settings import load

    return load()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from the environment: docs/operators.md lists them. `careshare COMMAND --help` says more.",
)
@click.version_option(package_name="careshare")
def main() -> None:
    """Careshare: foster carers, residential places, family time and allowances, shared between local authorities.

    To try it, run `careshare demo`: it brings its own PostgreSQL and Redis and a region of invented people.
    """


@main.command()
@click.option("--open", "open_browser", is_flag=True, help="Open the first page in a browser when it is ready.")
@click.option("--reset", is_flag=True, help="Throw the data away instead; the next start begins again.")
def demo(*, open_browser: bool, reset: bool) -> None:
    """Run everything here, with a region of invented people.

    Starts PostgreSQL, Redis, the web server and the worker, loads twelve councils with invented people the first time,
    and tells where to click. Data stays in CARESHARE_VAR (./var). Ctrl-C stops it all. Where CARESHARE_DATABASE_URL
    and CARESHARE_REDIS_URL are set, those servers are used instead.
    """
    from careshare import demo as supervisor

    if reset:
        supervisor.reset(_settings())
        click.echo("The demo's data is gone.")
    else:
        supervisor.run(_settings(), open_browser=open_browser)


@main.command()
def serve() -> None:
    """Serve pages and API on CARESHARE_HOST and CARESHARE_PORT.

    One process; run several behind a load balancer that terminates TLS. The database must have been migrated.
    """
    from careshare.server import serve

    serve(_settings())


@main.command()
def worker() -> None:
    """Run the jobs: imports, messages, schedules, the sealing of the audit record.

    Several may run side by side. Stops at SIGTERM or Ctrl-C when what it is doing has ended.
    """
    settings = _settings()
    from careshare.jobs.worker import main as work
    from careshare.logging import configure

    configure(settings)
    work(settings)


@main.command()
def migrate() -> None:
    """Bring the database to this version. Safe to run again, and by two processes at once.

    CARESHARE_DATABASE_URL must be of a login that may create roles and schemas.
    """
    from careshare.database.migrate import upgrade

    upgrade(_settings())
    click.echo("The database is up to date.")


@main.group("import", cls=ImportGroup, no_args_is_help=True)
def import_() -> None:
    """Import a file exported from another system.

    Every row that cannot be taken is told by line and field; the good ones are taken. Importing the same file again
    changes nothing.
    """
