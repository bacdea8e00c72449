"""The demo starts, tells where to click, keeps its data, stops at once and tells what broke."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from careshare.demo import Child, _announced, run
from careshare.embedded import EmbeddedError
from careshare.settings import Settings, SettingsError, load, running_servers

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return replace(load({"CARESHARE_VAR": str(tmp_path)}), port=free.getsockname()[1])


def test_a_process_that_ends_by_itself_is_told_with_its_last_words(settings: Settings) -> None:
    addresses = replace(settings, database_url="postgresql://db/careshare", redis_url="redis://redis")
    with Child("The web server", "no-such-command", addresses) as child:
        with pytest.raises(EmbeddedError, match="The web server ended with code 2"):
            child.wait_until(lambda: False)
        with pytest.raises(EmbeddedError, match="No such command"):
            child.check()


def test_a_port_in_use_is_said_before_anything_starts(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", settings.port)), pytest.raises(SettingsError, match="CARESHARE_PORT"):
        run(settings)


def test_a_second_demo_on_the_same_data_is_refused(settings: Settings) -> None:
    addresses = replace(settings, database_url="postgresql://db/careshare", redis_url="redis://redis")
    with _announced(addresses):
        assert running_servers(settings.var)["redis_url"] == "redis://redis"
        with pytest.raises(SettingsError, match="already running"):
            run(settings)
    assert running_servers(settings.var) == {}


class Demo:
    """A demo in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CARESHARE_")}
        environ |= {"CARESHARE_VAR": str(settings.var), "CARESHARE_PORT": str(settings.port)}
        environ |= {"CARESHARE_ASSETS_DIR": str(ROOT / "var" / "assets")}
        self.address = f"http://127.0.0.1:{settings.port}"
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "careshare", "demo"],
            env=environ,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def wait(self) -> float:
        """Until it says that it runs. Returns the seconds that took."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if "Press Ctrl-C to stop" in line:
                return time.monotonic() - self.began
        raise AssertionError(self.said)

    def rest(self) -> str:
        """What it says until it ends."""
        assert self.process.stdout is not None
        return self.process.stdout.read()


@contextmanager
def running(settings: Settings) -> Generator[Demo]:
    demo = Demo(settings)
    try:
        demo.wait()
        yield demo
    finally:
        demo.process.kill()
        demo.process.communicate()


def children(process: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    found = {}
    for child in psutil.Process(process.pid).children():
        line = " ".join(child.cmdline())
        name = re.search(r"careshare (\w+)$|bin/(postgres|redis-server)", line)
        if name:
            found[name.group(1) or name.group(2)] = child
    return found


@pytest.mark.slow
def test_the_demo_starts_goes_on_and_stops(settings: Settings) -> None:
    with running(settings) as demo:
        assert demo.address in demo.said
        assert "search for a home tonight" in demo.said
        assert "govuk-template" in httpx.get(f"{demo.address}/sign-in").text
        parts = children(demo.process)
        assert set(parts) == {"postgres", "redis-server", "serve", "worker"}
        demo.process.send_signal(signal.SIGINT)
        assert "The data is kept" in demo.rest()
        assert demo.process.wait(30) == 0
        assert not any(part.is_running() for part in parts.values())
    with running(settings) as demo:
        took = time.monotonic() - demo.began
        parts = children(demo.process)
        parts["worker"].kill()
        assert "The worker ended with code -9" in demo.rest()
        assert demo.process.wait(30) == 1
        assert not any(part.is_running() for part in parts.values())
    assert took < 15, f"the second start took {took:.1f} s"
