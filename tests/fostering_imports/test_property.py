"""Whatever bytes are sent: an answer of ours, never a fault; and every row error names its line and its field."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.fostering.imports.columns import KINDS, by_name, columns
from services.fostering.imports.work import Work, do
from tests.fostering_imports.files import Inline, as_csv, as_xlsx, household, placement
from tests.world import World

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLES = [column.title for kind in KINDS for column in columns(kind)]

ODD = ["", "=1+1", "yes", "none", "31/02/2020", "05/03/2021", "H-1", "C-1", "2", "99", "0-17", "ZA1 1AA", "-", "“", "'"]
RIGHT = ["Dog; Cat", "Short-term", "M", "White British", "1 no; 2 siblings", "Tom, own child, 1/1/2010, M", "ZA9 9ZZ"]
CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(ODD),
    st.sampled_from(RIGHT),
    st.integers(-5, 10**20).map(str),
    st.dates().map(str),
)
TABLES = st.lists(st.dictionaries(st.sampled_from(TITLES), CELLS, min_size=1, max_size=12), min_size=1, max_size=4).map(
    as_csv
)
MIXED = st.lists(
    st.tuples(st.sampled_from([household, placement]), st.dictionaries(st.sampled_from(TITLES), CELLS, max_size=4)),
    min_size=1,
    max_size=4,
).map(lambda rows: as_csv([{**make(), **cells} for make, cells in rows]))
SHEETS = st.lists(
    st.lists(st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.dates(),
                       st.text(st.characters(exclude_categories=["C"]), max_size=10)), min_size=1, max_size=6),
    min_size=1, max_size=4,
).map(lambda rows: as_xlsx([TITLES[:6], *rows]))  # fmt: skip
DAMAGED = st.tuples(MIXED, st.integers(0, 400), st.binary(max_size=4)).map(
    lambda given: given[0][: given[1]] + given[2] + given[0][given[1] :]
)
BYTES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda given: given.encode("utf-8", "surrogatepass")),
    st.binary(max_size=100).map(lambda given: b"PK\x03\x04" + given),
)
UPLOADS = st.one_of(
    st.tuples(BYTES, st.just("text/csv")),
    st.tuples(TABLES, st.just("text/csv")),
    st.tuples(MIXED, st.sampled_from(["text/csv", "application/octet-stream"])),
    st.tuples(DAMAGED, st.just("text/csv")),
    st.tuples(SHEETS, st.just(XLSX)),
)


@pytest.mark.slow
async def test_whatever_is_sent(client: httpx.AsyncClient, world: World, inline: Inline) -> None:
    await inline.take_in(as_csv([household()]))
    headers = await world.bearer(world.a, "fostering_officer")
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=120,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(upload=UPLOADS, kind=st.sampled_from(KINDS))
    def run(upload: tuple[bytes, str], kind: str) -> None:
        asyncio.run_coroutine_threadsafe(_send(client, inline, headers, upload, kind), loop).result()

    await asyncio.to_thread(run)


async def _send(
    client: httpx.AsyncClient, inline: Inline, headers: dict[str, str], upload: tuple[bytes, str], kind: Any
) -> None:
    content, media = upload
    answer = await client.post(
        "/api/v1/imports", params={"kind": kind}, content=content, headers={**headers, "Content-Type": media}
    )
    assert answer.status_code in {201, 400, 413, 415}, answer.text
    if answer.status_code != 201:
        assert all(error["field"] == "file" and error["message"] for error in answer.json()["errors"])
        assert answer.json()["errors"]
        return
    run = UUID(answer.json()["id"])
    await do(inline, Work(run))
    now = await inline.run(run)
    assert now.state in {"mapping", "checked"}
    if now.state == "checked":
        assert sum((now.counts.new, now.counts.changed, now.counts.unchanged, now.counts.bad)) == now.rows
        if now.counts.new + now.counts.changed:
            assert (await inline.confirm(run)).state == "done"
        await _names_line_and_field(inline, run, kind)


async def _names_line_and_field(inline: Inline, run: UUID, kind: Any) -> None:
    statement = text("select line, errors, warnings from fostering.import_row where run_id = :run and outcome = 'bad'")
    async with inline.step() as uow:
        for row in await uow.execute(statement, {"run": run}):
            assert row.line > 1
            assert row.errors
            for fault in [*row.errors, *row.warnings]:
                assert fault["message"][0].isupper()
                assert fault["field"] in {*by_name(kind), "row"}
