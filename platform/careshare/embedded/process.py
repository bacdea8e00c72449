"""What both embedded servers need: one owner of a data directory, a private place for sockets, a child process."""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil


class EmbeddedError(Exception):
    """An embedded server could not be started. The message says why and what to do."""


class DirectoryLock:
    """Lets one process at a time run a server on a directory; released by the system when the process ends."""

    def __init__(self, home: Path) -> None:
        self._path = home / "lock"
        self._descriptor = -1

    def take(self) -> None:
        """Take the lock. Raises EmbeddedError when another process holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise EmbeddedError(
                f"another Careshare is already running on {self._path.parent}: stop it first"
            ) from error
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def socket_directory(name: str) -> Path:
    """A new directory only this user can enter, with a path short enough for a Unix socket."""
    return Path(tempfile.mkdtemp(prefix=f"careshare-{name}-"))


def dies_with_parent(options: Sequence[str] = ()) -> list[str]:
    """What to put before a command so that the system stops it when its parent dies, where the system can (Linux).

    Only from the main thread: for the system the parent is the thread that started the child. `options` are more of
    setpriv's.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    if threading.current_thread() is threading.main_thread():
        options = [*options, "--pdeathsig=INT"]
    return [setpriv, *options, "--"] if options else []


def start(argv: Sequence[str], log: Path, environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C at the terminal reaches only us."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [*argv],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def check_running(name: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Raise EmbeddedError with the end of its log when a process that should run has ended."""
    if process.poll() is not None:
        raise EmbeddedError(f"{name} ended with code {process.returncode}. The end of {log}:\n{_end(log)}")


def wait_until(
    ready: Callable[[], bool], name: str, process: subprocess.Popen[bytes], log: Path, *, seconds: float = 60
) -> None:
    """Wait until a server answers. Raises EmbeddedError with the end of its log when it ended or took too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        check_running(name, process, log)
        if time.monotonic() > deadline:
            stop(process, signal.SIGKILL)
            raise EmbeddedError(f"{name} was not ready within {seconds:.0f} seconds. The end of {log}:\n{_end(log)}")
        time.sleep(0.01)


def stop(process: subprocess.Popen[bytes], with_signal: signal.Signals, *, seconds: float = 30) -> None:
    """Stop a child and wait for its end; kill it when it takes longer."""
    if process.poll() is None:
        process.send_signal(with_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_left_over(pid_file: Path, program: str, with_signal: signal.Signals) -> None:
    """Stop the server that a killed process of ours left behind, and remove its pid file.

    A pid file whose number now belongs to another program is only removed.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if program in process.name():
            process.send_signal(with_signal)
            process.wait(30)
    except (OSError, ValueError, IndexError, psutil.Error):
        pass
    pid_file.unlink(missing_ok=True)


def _end(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])
