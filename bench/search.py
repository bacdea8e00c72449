"""The search over HTTP against pgbench with the same SQL; the same search on England's data; the server's memory."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from statistics import median
from typing import Any

from bench.data import VAR, Bench, bearer
from bench.results import record
from bench.server import serving
from bench.sql import pgbench, scripts
from careshare.settings import Settings
from services.fostering.days import today

PATH = "/api/v1/searches"
CONNECTIONS = 16
ROUNDS = 5
SECONDS = 8
WARM_UP = 4
"""Long enough for each of pgbench's connections to have its plans."""

FINDERS = (
    ("391", "NE4 5TG", "NE3 3NA"),
    ("840", "DH1 3LE", "DH1 5TS"),
    ("808", "TS18 1TU", "TS19 0QB"),
    ("929", "NE61 1QF", "NE61 1PU"),
)
"""Finders of four councils by DfE code, each with a child's home and school."""


async def requests(settings: Settings, starts: str) -> list[dict[str, Any]]:
    """What each finder asks: two siblings of 4 and 7, from tomorrow, near home and school."""
    return [
        {
            "method": "POST",
            "path": PATH,
            "headers": {
                "Authorization": f"Bearer {await bearer(settings, council, 'placement_finder')}",
                "Content-Type": "application/json",
            },
            "body": {
                "children": [{"age": 4, "sex": "F"}, {"age": 7, "sex": "M"}],
                "siblings": True,
                "starts": starts,
                "home_postcode": home,
                "home_miles": 20,
                "school_postcode": school,
                "school_miles": 10,
                "skills": ["autism"],
            },
        }
        for council, home, school in FINDERS
    ]


def run(bench: Bench, rounds: int = ROUNDS) -> None:
    """The region: rounds of HTTP and pgbench in turn, so that both meet the same machine."""
    settings = asyncio.run(_copy(bench, bench.region))
    asked = asyncio.run(requests(settings, tomorrow()))
    made = asyncio.run(scripts(settings, asked))
    print(f"  one search is {made[0].statements} statements")
    http: list[dict[str, Any]] = []
    sql: list[dict[str, Any]] = []
    with serving(settings) as server:
        for _ in range(rounds):
            asyncio.run(bench.settle(settings))
            http.append(server.load(asked, VAR, connections=CONNECTIONS, seconds=SECONDS, warm_up=WARM_UP))
            asyncio.run(bench.settle(settings))
            sql.append(pgbench(settings, made, VAR, clients=CONNECTIONS, threads=2, seconds=SECONDS, warm_up=WARM_UP))
            print(
                f"  HTTP {http[-1]['per_second']:.0f} a second (p95 {http[-1]['p95_ms']:.0f} ms),"
                f" pgbench {sql[-1]['per_second']:.0f} a second (mean {sql[-1]['mean_ms']:.0f} ms)"
            )
    record(
        "search_region.ratio_to_pgbench",
        median(one["per_second"] / other["per_second"] for one, other in zip(http, sql, strict=True)),
        http_per_second=[one["per_second"] for one in http],
        pgbench_per_second=[one["per_second"] for one in sql],
        connections=CONNECTIONS,
    )
    record(
        "search_region.p95_ms",
        median(one["p95_ms"] for one in http),
        p50_ms=[one["p50_ms"] for one in http],
        p95_ms=[one["p95_ms"] for one in http],
        p99_ms=[one["p99_ms"] for one in http],
        connections=CONNECTIONS,
    )
    record("server.rss_mb", max(one["rss_mb"] for one in http))


def run_england(bench: Bench, rounds: int = ROUNDS) -> None:
    """The same searches on both databases in turn, each with a server of its own."""
    region, england = asyncio.run(_copy(bench, bench.region)), asyncio.run(_copy(bench, bench.england))
    near = asyncio.run(requests(region, tomorrow()))
    wide = asyncio.run(requests(england, tomorrow()))
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    with serving(region) as one, serving(england) as other:
        for _ in range(rounds):
            asyncio.run(bench.settle(region))
            asyncio.run(bench.settle(england))
            pairs.append(
                (
                    one.load(near, VAR, connections=CONNECTIONS, seconds=SECONDS, warm_up=WARM_UP),
                    other.load(wide, VAR, connections=CONNECTIONS, seconds=SECONDS, warm_up=WARM_UP),
                )
            )
            print(f"  p95: region {pairs[-1][0]['p95_ms']:.0f} ms, England {pairs[-1][1]['p95_ms']:.0f} ms")
    record(
        "search_england.p95_ratio_to_region",
        median(there["p95_ms"] / here["p95_ms"] for here, there in pairs),
        region_p95_ms=[here["p95_ms"] for here, _ in pairs],
        england_p95_ms=[there["p95_ms"] for _, there in pairs],
        connections=CONNECTIONS,
    )


async def _copy(bench: Bench, kept: Callable[[], Awaitable[Settings]]) -> Settings:
    return await bench.copy(await kept())


def tomorrow() -> str:
    """The day from which a home is asked for."""
    return str(today() + timedelta(days=1))
