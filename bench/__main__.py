"""`python -m bench [NAME…]`: all benchmarks, or some of them by name."""

import argparse
from collections.abc import Callable, Mapping

from bench import access, demo, desk, imports, last_place, path, scim, search, statements
from bench.data import Bench, servers

ON_SERVERS: Mapping[str, Callable[[Bench, int], None]] = {
    "search": search.run,
    "access": access.run,
    "england": search.run_england,
    "import": imports.run,
    "scim": scim.run,
    "statements": statements.run,
    "last_place": last_place.run,
    "path": path.run,
    "desk": desk.run,
}
ALONE: Mapping[str, Callable[[], None]] = {"demo": demo.run}


def main() -> None:
    """The command line."""
    names = [*ON_SERVERS, *ALONE]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Run the benchmarks; see docs/benchmarks.md.")
    parser.add_argument("names", nargs="*", choices=[*names, []], metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=search.ROUNDS, help="how often to measure, for the median")
    given = parser.parse_args()
    wanted = given.names or names
    if any(name in ON_SERVERS for name in wanted):
        with servers() as bench:
            for name in ON_SERVERS:
                if name in wanted:
                    print(f"• {name}", flush=True)
                    ON_SERVERS[name](bench, given.rounds)
    for name in ALONE:
        if name in wanted:
            print(f"• {name}", flush=True)
            ALONE[name]()


if __name__ == "__main__":
    main()
