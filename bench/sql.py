"""pgbench with exactly the SQL that one HTTP request runs.

The request is made once on the application in this process, and every statement it sends is written down with its
values: that is the script. So whatever the application does for a search, pgbench does too, and nothing else.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import event

from careshare.app import create_app
from careshare.embedded.postgres import program
from careshare.settings import Settings

PLACEHOLDER = re.compile(r"\$(\d+)")
PROGRESS = re.compile(r"^progress: ([\d.]+) s, ([\d.]+) tps, lat ([\d.]+) ms stddev", re.MULTILINE)
PER_SECOND = re.compile(r"^tps = ([\d.]+) ", re.MULTILINE)
NAMED = re.compile(r"(?<!:):(?=[A-Za-z_])")
"""What pgbench takes for a variable, in quotes too."""
QUOTED = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class Script:
    """A transaction for pgbench, and the values of its variables."""

    text: str
    values: dict[str, str]
    statements: int


async def scripts(settings: Settings, requests: Sequence[dict[str, Any]]) -> list[Script]:
    """What each request sends to the database between `begin` and `commit`."""
    app = create_app(settings)
    made: list[Script] = []
    async with app.lifespan():
        engine = app.state.database.engine.sync_engine
        sent: list[tuple[str, Sequence[Any]]] = []

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
            if many:
                raise NotImplementedError("a statement run many times at once is not foreseen here")
            sent.append((statement, tuple(parameters)))

        event.listen(engine, "before_cursor_execute", note)
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for number, request in enumerate(requests):
                for _ in range(2):  # the first request of an application may ask the database for more
                    sent.clear()
                    answer = await client.request(
                        request["method"], request["path"], headers=request["headers"], json=request.get("body")
                    )
                    if not answer.is_success:
                        raise RuntimeError(f"refused: {answer.text}")
                made.append(script(sent, f"r{number}"))
    return made


def script(sent: Sequence[tuple[str, Sequence[Any]]], name: str) -> Script:
    """The statements as one transaction; variables are named after the request, the statement and the parameter."""
    values: dict[str, str] = {}
    lines = ["begin;"]
    for number, (statement, parameters) in enumerate(sent):

        def variable(found: re.Match[str], number: int = number, parameters: Sequence[Any] = parameters) -> str:
            value = parameters[int(found[1]) - 1]
            if value is None:
                return "null"
            key = f"{name}s{number}p{found[1]}"
            values[key] = as_text(value)
            return f":{key}"

        lines.append(PLACEHOLDER.sub(variable, plain(statement)).rstrip("; \n") + ";")
    return Script("\n".join([*lines, "commit;"]) + "\n", values, len(sent))


def plain(statement: str) -> str:
    """A statement without anything that pgbench would take for a variable: colons in quotes are written as escapes.

    Raises ValueError where one is left.
    """

    def escaped(found: re.Match[str]) -> str:
        text = found[0]
        return "E" + NAMED.sub(r"\\x3a", text.replace("\\", "\\\\")) if NAMED.search(text) else text

    written = QUOTED.sub(escaped, statement)
    if NAMED.search(written):
        raise ValueError(f"pgbench would take a part of this for a variable: {statement}")
    return written


def as_text(value: Any) -> str:
    """A value as PostgreSQL reads it."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (int, float, str, UUID, date, datetime)):
        return str(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, (list, tuple)):
        return "{" + ",".join("NULL" if one is None else _quoted(as_text(one)) for one in value) + "}"
    raise TypeError(f"no text for {type(value)}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def pgbench(
    settings: Settings, made: Sequence[Script], folder: Path, *, clients: int, threads: int, seconds: int, warm_up: int
) -> dict[str, Any]:
    """Run the scripts as careshare_app, each as often as the others, with prepared statements."""
    files: list[Path] = []
    values: dict[str, str] = {}
    for number, script in enumerate(made):
        files.append(folder / f"script{number}.sql")
        files[-1].write_text(script.text)
        values |= script.values
    options = [f"--client={clients}", f"--jobs={threads}", f"--time={seconds + warm_up}", "--progress=1"]
    done = _run(settings, options, files, values)
    told = [(float(at), float(tps), float(latency)) for at, tps, latency in PROGRESS.findall(done.stderr)]
    counted = [(tps, latency) for at, tps, latency in told if at > warm_up + 0.5]
    per_second = sum(tps for tps, _ in counted) / len(counted)
    return {
        "per_second": round(per_second, 1),
        "mean_ms": round(sum(tps * latency for tps, latency in counted) / sum(tps for tps, _ in counted), 2),
    }


def pgbench_so_often(
    settings: Settings, text: str, values: dict[str, str], folder: Path, *, clients: int, each: int
) -> float:
    """Run one script as careshare_app, so often by each client; scripts a second, connections made beforehand."""
    path = folder / "way.sql"
    path.write_text(text)
    done = _run(settings, [f"--client={clients}", "--jobs=2", f"--transactions={each}"], [path], values)
    found = PER_SECOND.search(done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench did not say how often: {done.stdout}")
    return float(found[1])


def _run(
    settings: Settings, options: Sequence[str], scripts: Sequence[Path], values: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    url = settings.url("careshare_app")
    command = [program("pgbench"), "--no-vacuum", "--protocol=prepared", *options]
    command += ["--host", str(url.query["host"]), "--username", "careshare_app"]
    command += [f"--file={path}" for path in scripts]
    for key, value in values.items():
        command += ["-D", f"{key}={value}"]
    done = subprocess.run([*command, str(url.database)], capture_output=True, text=True, check=False)
    if done.returncode != 0 or "aborted" in done.stderr:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return done
