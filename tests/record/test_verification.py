"""The chain is checked once a day, what was found is kept, and the officer reads it in plain words."""

from dataclasses import replace
from pathlib import Path

import httpx
from sqlalchemy import text

from careshare.audit import checking, sealing
from careshare.database import Database
from careshare.settings import Settings
from services.record.pages import words
from tests.audit.conftest import Record, kept
from tests.world import World

__all__ = ["kept"]

LAST = """
    select entries, seals, heads, head_hash, problems::text as problems from audit.verification order by id desc limit 1
"""


async def test_a_check_is_kept_and_not_made_again_that_day(kept: Record) -> None:
    await kept.use()
    assert await checking.check_when_due(kept.settings)
    assert not await checking.check_when_due(kept.settings)
    (row,) = await kept.look(LAST)
    assert (row["entries"], row["seals"], row["problems"]) == (9, 1, "{}")
    assert len(row["head_hash"]) == 64


async def test_what_is_wrong_is_counted_by_kind_and_has_words(kept: Record) -> None:
    await kept.use()
    await sealing.seal_and_publish(kept.settings)
    await kept.tamper("update audit.entry set purpose = 'gossip'")
    report = await checking.check(kept.settings)
    assert len(report.problems) == 9
    (row,) = await kept.look(LAST)
    assert (row["problems"], row["heads"]) == ('{"entry changed": 9}', 1)
    assert words.problem("entry changed") != "entry changed"


async def test_a_head_that_cannot_be_read_is_a_problem(kept: Record) -> None:
    await kept.use()
    folder = sealing.heads_folder(kept.settings)
    folder.mkdir(parents=True)
    (folder / "2026-01-01.json").write_text("nonsense")
    await checking.check(kept.settings)
    (row,) = await kept.look(LAST)
    assert row["problems"] == '{"a published head cannot be read": 1}'


async def test_the_officer_reads_the_last_result(
    client: httpx.AsyncClient, settings: Settings, database: Database, world: World, tmp_path: Path
) -> None:
    await world.sign_in(client, world.a, "data_protection_officer")
    assert "It has not been checked yet" in (await client.get("/record/verification")).text
    await checking.check(replace(settings, var=tmp_path))  # no other test has published heads there
    page = (await client.get("/record/verification")).text
    assert "The audit record is whole." in page
    headers = await world.bearer(world.a, "data_protection_officer")
    last = (await client.get("/api/v1/record/verification", headers=headers)).json()["last"]
    assert last["head_hash"] in page
    assert last["problems"] == {}
    async with database.bound(world.acting(world.a, "data_protection_officer")) as uow:
        refused = await uow.execute(text("select has_table_privilege('audit.verification', 'insert')"))
        assert refused.scalar_one() is False
