"""How long `make demo` takes to its first page when everything is there already."""

import os
import shutil
import signal
import subprocess
import time

from bench.data import VAR
from bench.results import ROOT, record
from bench.server import answers, free_port

FOLDER = VAR / "demo"
FIRST_WITHIN = 300
SECOND_WITHIN = 60


def run() -> None:
    """Start the demo in a folder of its own until it is filled, then again."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    first = start(wait_for="/health/ready", within=FIRST_WITHIN, filled=True)
    print(f"  first start, with all its data: {first:.1f} s")
    taken = [start(wait_for="/sign-in", within=SECOND_WITHIN) for _ in range(3)]
    record("demo.second_start_s", max(taken), starts_s=[round(one, 2) for one in taken], first_start_s=round(first, 1))


def start(*, wait_for: str, within: float, filled: bool = False) -> float:
    """Seconds from `make demo` to an answer (and to its last word, with `filled`); then it is stopped."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CARESHARE_")}
    # The demo's own folder, but the assets that are there: only the first start ever fetches them.
    own = {
        "CARESHARE_VAR": str(FOLDER),
        "CARESHARE_PORT": str(port),
        "CARESHARE_ASSETS_DIR": str(ROOT / "var" / "assets"),
    }
    log = VAR / "demo.log"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [shutil.which("make") or "make", "--silent", "demo"],
            cwd=ROOT,
            env=inherited | own,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        while not answers(port, wait_for) or (filled and b"is running" not in log.read_bytes()):
            if process.poll() is not None or time.monotonic() - began > within:
                raise RuntimeError(f"the demo gave no page within {within} seconds: {log.read_text()[-2000:]}")
            time.sleep(0.02)
        return time.monotonic() - began
    finally:
        os.killpg(process.pid, signal.SIGINT)  # the session we made: make and the demo
        process.wait()
