"""What the benchmarks rest on: SQL written down as it was sent, and results that say what was measured."""

import asyncio
import json
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from bench import results
from bench.load import drive
from bench.recording import Sent, Writer
from bench.sql import Script, as_text, plain, script


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "t"),
        (7, "7"),
        (0.5, "0.5"),
        ("O'Hara: “x”", "O'Hara: “x”"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2026, 11, 20), "2026-11-20"),
        (b"\x00\xff", "\\x00ff"),
        ([], "{}"),
        (["a", None, 'b"\\'], '{"a",NULL,"b\\"\\\\"}'),
        ((UUID(int=0),), '{"00000000-0000-0000-0000-000000000000"}'),
    ],
)
def test_values_are_written_as_postgresql_reads_them(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_request_becomes_the_same_transaction_with_its_values_as_variables() -> None:
    sent = [
        ("select enter($1, $2)", ("token", "x")),
        ("insert into t values ($2::UUID, $1, $3)\n;", (1, UUID(int=1), None)),
    ]
    assert script(sent, "r0") == Script(
        "begin;\nselect enter(:r0s0p1, :r0s0p2);\ninsert into t values (:r0s1p2::UUID, :r0s1p1, null);\ncommit;\n",
        {
            "r0s0p1": "token",
            "r0s0p2": "x",
            "r0s1p1": "1",
            "r0s1p2": "00000000-0000-0000-0000-000000000001",
        },
        2,
    )


def test_what_pgbench_would_take_for_a_variable_is_escaped_in_quotes_and_refused_elsewhere() -> None:
    assert plain("select 'foster_carers:own', 'a\\b', now()::date") == (
        "select E'foster_carers\\x3aown', 'a\\b', now()::date"
    )
    with pytest.raises(ValueError, match="variable"):
        script([("select t[1:n] from t", ())], "r0")


def test_a_way_gone_twice_becomes_a_script_that_takes_each_id_from_where_it_came() -> None:
    def gone(enquiry: int, made: int, answered: int) -> list[Sent]:
        return [
            Sent("begin"),
            Sent("insert into consent values ($1, $2, $3)", (UUID(int=made), UUID(int=enquiry), "same")),
            Sent(
                "select hold($1)", (UUID(int=enquiry),), ("id", "units"), (UUID(int=answered), [UUID(int=answered + 1)])
            ),
            Sent("select $1, $2, $3", (UUID(int=answered), [UUID(int=answered + 1)], "")),
            Sent("commit"),
        ]

    writer = Writer(({"enquiry": UUID(int=1)}, {"enquiry": UUID(int=2)}))
    assert writer.script(gone(1, 11, 21), gone(2, 12, 31), "select 1 as enquiry") == (
        "select 1 as enquiry \\gset\n"
        "begin;\n"
        "select gen_random_uuid() as madec0 \\gset\n"
        "insert into consent values (:madec0, :enquiry, :c0);\n"
        "select hold(:enquiry) \\aset a2_\n"
        "select :a2_id, array[(cast(:a2_units as uuid[]))[1]], '';\n"
        "commit;\n"
    )
    assert writer.values == {"c0": "same"}
    with pytest.raises(ValueError, match="not the same"):
        writer.script(gone(1, 11, 21), gone(2, 12, 31)[:-1], "select 1")


def test_a_figure_is_kept_beside_its_target_and_shown_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(results, "TABLE", tmp_path / "docs" / "benchmarks.md")
    results.record("search_region.ratio_to_pgbench", 0.61, connections=16)
    results.record("server.rss_mb", 170.0)
    kept = json.loads((tmp_path / "results.json").read_text())
    ratio = kept["search_region"]["ratio_to_pgbench"]
    assert (ratio["value"], ratio["target"], ratio["met"], ratio["connections"]) == (0.61, 0.5, True, 16)
    assert not kept["server"]["rss_mb"]["met"]
    assert kept["machine"]["cores"] >= 1
    table = (tmp_path / "docs" / "benchmarks.md").read_text()
    assert "0.61 × | at least 0.5 × | met" in table
    assert "170 MB | at most 160 MB | **missed**" in table


async def test_the_load_generator_counts_answers_and_refuses_refusals() -> None:

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
                body = await reader.readexactly(length)
                status = "201 Created" if b"good" in body else "400 Bad Request"
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 70000\r\n\r\n".encode() + b"x" * 70_000)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    good = {"method": "POST", "path": "/x", "headers": {"A": "b"}, "body": "good"}
    async with server:
        found = await drive(port, [good], 3, 0.2, 0.05)
        assert found["requests"] > 3
        assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]
        with pytest.raises(SystemExit, match="400"):
            await drive(port, [good, {**good, "body": "bad"}], 2, 0.1, 0)
