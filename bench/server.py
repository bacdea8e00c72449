"""`careshare serve` as a process of its own, and what it weighs."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.results import ROOT
from careshare.embedded.process import start, stop, wait_until
from careshare.settings import Settings


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environ(settings: Settings, port: int) -> dict[str, str]:
    """The environment of a process with these settings; nothing of ours is taken over from outside."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CARESHARE_")}
    return inherited | {
        "CARESHARE_ENV": settings.environment,
        "CARESHARE_DATABASE_URL": settings.database_url,
        "CARESHARE_REDIS_URL": settings.redis_url,
        "CARESHARE_VAR": str(settings.var),
        "CARESHARE_SECRET_KEY": settings.secret_key,
        "CARESHARE_ASSETS_DIR": str(settings.assets_dir),
        "CARESHARE_PORT": str(port),
        "CARESHARE_LOG_LEVEL": settings.log_level,
    }


class Server:
    """A running server process."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.port = port
        self._process = psutil.Process(process.pid)

    def rss_mb(self) -> float:
        """Its resident memory in megabytes (10^6 bytes), children included."""
        family = [self._process, *self._process.children(recursive=True)]
        return sum(one.memory_info().rss for one in family) / 1e6

    def load(
        self, requests: list[dict[str, Any]], folder: Path, *, connections: int, seconds: float, warm_up: float
    ) -> dict[str, Any]:
        """Let a load generator in another process send these; adds the server's largest resident memory meanwhile."""
        path = folder / "requests.json"
        path.write_text(json.dumps(requests))
        largest, ended = 0.0, threading.Event()

        def watch() -> None:
            nonlocal largest
            while not ended.wait(0.25):
                largest = max(largest, self.rss_mb())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            arguments = ["--connections", str(connections), "--seconds", str(seconds), "--warm-up", str(warm_up)]
            done = subprocess.run(
                [sys.executable, "-m", "bench.load", str(self.port), str(path), *arguments],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            ended.set()
            watcher.join()
        if done.returncode != 0:
            raise RuntimeError(f"the load generator failed: {done.stderr[-2000:]}")
        result: dict[str, Any] = json.loads(done.stdout)
        return {**result, "rss_mb": round(largest, 1)}


@contextmanager
def serving(settings: Settings) -> Generator[Server]:
    """One server process on a free port, ready."""
    port = free_port()
    settings.var.mkdir(parents=True, exist_ok=True)
    log = settings.var / "serve.log"
    process = start([sys.executable, "-m", "careshare", "serve"], log, environ(settings, port))
    try:
        wait_until(lambda: answers(port, "/health/ready"), "The server", process, log)
        yield Server(process, port)
    finally:
        stop(process, signal.SIGTERM)


def answers(port: int, path: str) -> bool:
    """Whether a page is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def first_page(port: int, *, within: float) -> float:
    """Seconds until the sign-in page answers, from now."""
    began = time.monotonic()
    while time.monotonic() - began < within:
        if answers(port, "/sign-in"):
            return time.monotonic() - began
        time.sleep(0.02)
    raise RuntimeError(f"no page within {within:.0f} seconds")
