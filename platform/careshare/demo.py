"""`careshare demo`: everything on one machine, for trying Careshare. Starts it in order, watches it, stops it."""

import asyncio
import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import FrameType, MappingProxyType
from typing import Self

import asyncpg
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from careshare.database.migrate import upgrade
from careshare.embedded import PostgresServer, RedisServer
from careshare.embedded.process import check_running, dies_with_parent, start, stop, wait_until
from careshare.gazetteer.load import ensure_loaded
from careshare.service import services
from careshare.settings import Settings, SettingsError, running_servers, servers_file

DATABASE = "careshare"
READY_WITHIN = 90
"""Seconds the web server may take to be ready."""

TO_TRY: Mapping[str, str] = MappingProxyType(
    {
        "placement_finder": "search for a home tonight",
        "fostering_officer": "keep the register of foster carers",
        "nominated_officer": "see what is asked of a decision maker",
    }
)
"""Roles to begin with, and what each is good for."""

SOMEBODY = """
    select name, authority_name from identity.demo_people()
    where $1 = any(roles) order by authority_name, name limit 1
"""


class Steps:
    """Tells what is being done, what share of it, and how long each thing took."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, what: str) -> Generator["Step"]:
        """One thing being done: shown while it lasts, with its time when it ended well."""
        began = time.monotonic()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as progress:
            yield Step(progress, what)
        self.console.print(f"[green]✓[/] {what} [dim]{time.monotonic() - began:.1f} s[/]", highlight=False)


class Step:
    """One step as the code that does it sees it: call it with what is being done and the share done, if known."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress = progress
        self._what = what
        self._task = progress.add_task(what, total=None)
        self._said = what

    def __call__(self, what: str, share: float | None = None) -> None:
        """Say how far it is."""
        text = f"{self._what}: {what}" if what else self._what
        total = None if share is None else 1.0
        self._progress.update(self._task, description=text, total=total, completed=share or 0.0)
        if what != self._said and not self._progress.console.is_terminal:
            self._progress.console.print(f"  {text}", highlight=False, soft_wrap=True)
        self._said = what


class Child:
    """A process of ours with its own log, stopped at the end of the `with` block."""

    def __init__(self, name: str, command: str, settings: Settings) -> None:
        self._name = name
        self._log = settings.var / "log" / f"{command}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        argv = [*dies_with_parent(), sys.executable, "-m", "careshare", command]
        self._process = start(argv, self._log, {**os.environ, **_environment(settings)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._process, signal.SIGTERM)

    def check(self) -> None:
        """Raise EmbeddedError if it ended."""
        check_running(self._name, self._process, self._log)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until it is ready. Raises EmbeddedError when it ended or took too long."""
        wait_until(ready, self._name, self._process, self._log, seconds=READY_WITHIN)


def run(settings: Settings, *, open_browser: bool = False) -> None:
    """Run the demo until Ctrl-C or SIGTERM. Raises EmbeddedError when a part of it cannot start or ends by itself."""
    _refuse_what_cannot_work(settings)
    console = Console()
    steps = Steps(console)
    console.print("[bold]Careshare[/] demo: every person and place in it is invented.\n")
    with contextlib.suppress(KeyboardInterrupt), _terminable(), ExitStack() as stack:
        checks: list[Callable[[], None]] = []
        settings = _servers(settings, stack, steps, checks)
        stack.enter_context(_announced(settings))
        with steps.step("Bringing the database up to date"):
            upgrade(settings)
        web = stack.enter_context(Child("The web server", "serve", settings))
        asyncio.run(_fill(settings, steps))
        worker = stack.enter_context(Child("The worker", "worker", settings))
        with steps.step("Starting the web server and the worker"):
            web.wait_until(lambda: _ready(settings))
        console.print(
            Panel(asyncio.run(_welcome(settings)), title="Careshare is running", expand=False, padding=(1, 2))
        )
        if open_browser:
            webbrowser.open(_address(settings))
        checks += [web.check, worker.check]
        while True:
            for check in checks:
                check()
            time.sleep(0.25)
    console.print("\nStopped. The data is kept; `make demo-reset` throws it away.")


def reset(settings: Settings) -> None:
    """Throw the demo's data away. Raises SettingsError while it runs."""
    if running_servers(settings.var):
        raise SettingsError("the demo is running: stop it first")
    for name in ("postgres", "redis", "audit-heads", "log"):
        shutil.rmtree(settings.var / name, ignore_errors=True)
    for name in ("secret", "servers.json"):
        (settings.var / name).unlink(missing_ok=True)


def _refuse_what_cannot_work(settings: Settings) -> None:
    if settings.environment != "demo":
        raise SettingsError(f"CARESHARE_ENV is `{settings.environment}`: for the demo leave it unset")
    if running_servers(settings.var):
        raise SettingsError(f"the demo is already running with the data in {settings.var}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                f"{settings.host}:{settings.port} cannot be used ({error.strerror}): set CARESHARE_PORT to a free port"
            ) from error


def _servers(settings: Settings, stack: ExitStack, steps: Steps, checks: list[Callable[[], None]]) -> Settings:
    if not settings.database_url:
        with steps.step("Starting PostgreSQL"):
            postgres = stack.enter_context(PostgresServer(settings.var / "postgres"))
            postgres.create_database(DATABASE)
            settings = replace(settings, database_url=postgres.url(DATABASE))
            checks.append(postgres.check)
    if not settings.redis_url:
        with steps.step("Starting Redis"):
            redis = stack.enter_context(RedisServer(settings.var / "redis"))
            settings = replace(settings, redis_url=redis.url)
            checks.append(redis.check)
    return settings


@contextmanager
def _announced(settings: Settings) -> Generator[None]:
    """Lets other commands find the servers: the file counts as long as we hold its lock."""
    path = servers_file(settings.var)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        json.dump({"database_url": settings.database_url, "redis_url": settings.redis_url}, file)
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


async def _fill(settings: Settings, steps: Steps) -> None:
    """Postcodes, then each service's part of the invented region; quick where they are there already."""
    with steps.step("Loading postcodes") as step:
        await ensure_loaded(settings, step)
    for service in sorted(services(), key=lambda service: (service.demo_order, service.name)):
        if service.demo is not None:
            with steps.step(f"Filling the demo region: {service.title}") as step:
                await service.demo(settings, step)


def _ready(settings: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"{_address(settings)}/health/ready", timeout=5):
            return True
    except (OSError, http.client.HTTPException):
        return False


async def _welcome(settings: Settings) -> str:
    lines = [f"Open [bold]{_address(settings)}[/]", "", "and sign in there as one of the people listed, such as"]
    connection = await asyncpg.connect(
        settings.url("careshare_app").set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        for role, what in TO_TRY.items():
            found = await connection.fetch(SOMEBODY, role)
            lines += [f"  [bold]{name}[/] of {authority}: {what}" for name, authority in found]
    finally:
        await connection.close()
    return "\n".join([*lines, "", f"Data and logs are in {settings.var}", "Press Ctrl-C to stop."])


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "CARESHARE_DATABASE_URL": settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False),
        "CARESHARE_REDIS_URL": settings.redis_url,
        "CARESHARE_VAR": str(settings.var),
    }


@contextmanager
def _terminable() -> Generator[None]:
    """Within it SIGTERM is what Ctrl-C is, and Ctrl-C works even where a shell had it ignored for background jobs."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
