"""Sealing in commit order, and finding what was changed behind the record's back."""

import asyncio
import json
import random

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import text

from careshare.audit import erase, record, sealing
from careshare.audit.cli import audit
from tests.audit.conftest import NORTH, SOUTH, Record, acting

ONE = "(select id from audit.entry where detail_hash is not null order by id limit 1)"


async def problems(kept: Record) -> list[str]:
    async with sealing.sealer(kept.settings) as engine:
        published = sealing.published_heads(sealing.heads_folder(kept.settings))
        report = await sealing.verify(engine, published=published)
    return sorted({problem.problem for problem in report.problems})


async def test_the_record_is_whole_after_real_use(kept: Record) -> None:
    for _ in range(3):
        await kept.use()
        assert await sealing.seal_and_publish(kept.settings) == 9
    async with sealing.sealer(kept.settings) as engine:
        report = await sealing.verify(engine)
    assert (report.entries, report.seals, report.unsealed, list(report.problems)) == (27, 3, 0, [])


async def test_an_empty_record_is_whole(kept: Record) -> None:
    assert await sealing.seal_and_publish(kept.settings) == 0
    assert await problems(kept) == []


TAMPERINGS = {
    f"update audit.entry set purpose = 'gossip' where id = {ONE}": "entry changed",
    f"update audit.entry set subjects = subjects || uuidv7() where id = {ONE}": "entry changed",
    f"update audit.entry set at = at - interval '1 day' where id = {ONE}": "entry changed",
    f"delete from audit.detail where entry_id = {ONE}; delete from audit.entry where id = {ONE}": "entry missing",
    "insert into audit.entry (xact, event_id, authority_id, actor_id, action, purpose) "
    "select xact, uuidv7(), authority_id, actor_id, action, purpose from audit.entry "
    "limit 1": "entry added after sealing",
    "insert into audit.entry (era, event_id, authority_id, actor_id, action, purpose) "
    "select 0, uuidv7(), authority_id, actor_id, action, purpose from audit.entry limit 1": "entry added after sealing",
    "insert into audit.entry (xact, event_id, authority_id, actor_id, action, purpose) select '99999999', uuidv7(), "
    "authority_id, actor_id, action, purpose from audit.entry limit 1": "entry with a transaction number not given yet",
    f"update audit.detail set body = '{{\"age\": 18}}' where entry_id = {ONE}": "detail changed",
    f"delete from audit.detail where entry_id = {ONE}": "detail gone without an entry 'erased'",
    f"update audit.entry set purpose = 'gossip' where id = {ONE}; update audit.leaf l set hash = audit.leaf_hash(e) "
    f"from audit.entry e where e.id = l.entry_id and e.id = {ONE}": "seal does not match its entries",
    "delete from audit.leaf where n = 2": "seal does not match its entries",
    "delete from audit.leaf where n = 2; delete from audit.seal where n = 2": "chain broken",
    "update audit.seal set entries = entries + 1 where n = 1": "chain broken",
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_tampering_is_found(kept: Record, tampering: str) -> None:
    for _ in range(3):
        await kept.use(1)
        await sealing.seal_and_publish(kept.settings)
    assert await problems(kept) == []
    await kept.tamper(*tampering.split("; "))
    assert TAMPERINGS[tampering] in await problems(kept)


async def test_the_end_of_the_chain_cut_off_is_found_by_the_published_head(kept: Record) -> None:
    await kept.use(1)
    await sealing.seal_and_publish(kept.settings)
    await kept.tamper(
        "delete from audit.leaf", "delete from audit.seal", "delete from audit.detail", "delete from audit.entry"
    )
    (found,) = await problems(kept)
    assert found.startswith("not the head that was published")


async def test_a_chain_made_anew_is_found_by_the_published_head(kept: Record) -> None:
    await kept.use(1)
    await sealing.seal_and_publish(kept.settings)
    await kept.tamper(
        "update audit.entry set purpose = 'gossip'",
        "delete from audit.leaf",
        "delete from audit.seal",
        "select audit.seal()",
    )
    (found,) = await problems(kept)
    assert found.startswith("not the head that was published")


async def test_the_head_is_published_once_a_day(kept: Record) -> None:
    for _ in range(2):
        await kept.use(1)
        await sealing.seal_and_publish(kept.settings)
    (path,) = sealing.heads_folder(kept.settings).iterdir()
    published = json.loads(path.read_text())
    (first, _) = await kept.look("select n, encode(hash, 'hex') as hash, sealed_at from audit.seal order by n")
    assert (published["n"], published["hash"]) == (1, first["hash"])
    assert path.name == f"{first['sealed_at']:%Y-%m-%d}.json"


async def test_a_head_that_cannot_be_written_is_logged(kept: Record) -> None:
    sealing.heads_folder(kept.settings).write_text("a file where the folder should be")
    await kept.use(1)
    with structlog.testing.capture_logs() as log:
        assert await sealing.seal_and_publish(kept.settings) == 3
    (told,) = log
    (sealed,) = await kept.look("select encode(hash, 'hex') as hash from audit.seal")
    assert (told["log_level"], told["hash"]) == ("warning", sealed["hash"])


async def test_an_erased_detail_is_no_problem(kept: Record) -> None:
    await kept.use(2)
    await sealing.seal_and_publish(kept.settings)
    entries = [row["id"] for row in await kept.look("select id from audit.entry where detail_hash is not null")]
    for authority in (NORTH, SOUTH):
        async with kept.database.bound(acting(authority)) as uow:
            await erase(uow, entries, reason="kept six years")
    await sealing.seal_and_publish(kept.settings)
    assert await problems(kept) == []


async def test_a_long_transaction_is_sealed_when_it_ends_and_nothing_later_before_it(kept: Record) -> None:
    async with kept.database.bound(acting(NORTH)) as slow:
        await record(slow, "household.changed")
        await kept.use(1)
        assert await sealing.seal_and_publish(kept.settings) == 0, "what began later may not be sealed first"
    assert await sealing.seal_and_publish(kept.settings) == 4
    assert await problems(kept) == []


async def test_no_entry_of_concurrent_writers_escapes_sealing(kept: Record) -> None:
    dice = random.Random(7)
    written = 0

    async def write() -> None:
        nonlocal written
        for _ in range(25):
            async with kept.database.bound(acting(NORTH)) as uow:
                await record(uow, "household.changed")
                await asyncio.sleep(dice.choice([0, 0, 0, 0.001, 0.02]))
                await record(uow, "household.changed")
            written += 2

    writers = [asyncio.create_task(write()) for _ in range(10)]
    sealed = 0
    while not all(writer.done() for writer in writers):
        sealed += await sealing.seal_and_publish(kept.settings)
    await asyncio.gather(*writers)
    sealed += await sealing.seal_and_publish(kept.settings)
    assert sealed == written == 500
    assert await problems(kept) == []
    assert (await kept.look("select count(*) from audit.seal"))[0]["count"] > 3


async def test_a_backlog_is_sealed_in_batches_of_whole_transactions(kept: Record) -> None:
    await kept.use(5)
    async with sealing.sealer(kept.settings) as engine:
        assert await sealing.seal(engine, batch=2) == 15
    split = await kept.look(
        "select e.xact from audit.leaf l join audit.entry e on e.id = l.entry_id "
        "group by e.xact having count(distinct l.n) > 1"
    )
    assert split == []
    assert (await kept.look("select count(*) from audit.seal"))[0]["count"] > 3
    assert await problems(kept) == []


async def test_after_a_logical_restore_a_new_era_begins_and_the_old_one_is_sealed_to_its_end(kept: Record) -> None:
    await kept.use(2)
    await sealing.seal_and_publish(kept.settings)
    await kept.use(1)
    await kept.tamper("alter table audit.entry alter era set default 2")
    await kept.use(1)
    assert await sealing.seal_and_publish(kept.settings) == 3
    assert await sealing.seal_and_publish(kept.settings) == 3
    assert [row["era"] for row in await kept.look("select era from audit.seal order by n")] == [1, 1, 2]
    assert await problems(kept) == []


async def test_two_sealers_at_once_do_no_harm(kept: Record) -> None:
    await kept.use(20)
    assert sum(await asyncio.gather(*[sealing.seal_and_publish(kept.settings) for _ in range(5)])) == 60
    assert await problems(kept) == []


async def test_the_sealer_sees_the_record_and_nothing_else(kept: Record) -> None:
    async with sealing.sealer(kept.settings) as engine, engine.connect() as connection:
        readable = await connection.execute(
            text(
                "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                "where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' "
                "and has_table_privilege(c.oid, 'select') order by 1"
            )
        )
        assert list(readable.scalars()) == [
            "audit.detail",
            "audit.entry",
            "audit.leaf",
            "audit.seal",
            "audit.verification",
        ]


async def command(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, audit, list(arguments))


async def test_the_command_says_plainly_what_is_wrong_and_ends_with_one(
    kept: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("careshare.audit.cli.load", lambda: kept.settings)
    await kept.use()
    assert (await command("head")).output == "Nothing is sealed yet.\n"
    whole = await command("verify")
    assert whole.exit_code == 0, whole.output
    assert whole.output.startswith("The audit record is whole: 9 entries under 1 seal; head ")
    assert (await command("seal")).output == "0 entries sealed.\n"
    assert (await command("head")).output.startswith("seal 1, ")

    await kept.tamper(f"update audit.entry set purpose = 'gossip' where id = {ONE}")
    broken = await command("verify")
    assert broken.exit_code == 1
    assert "entry changed" in broken.output
    assert "The audit record is NOT whole: 1 problem in 9 entries under 1 seal" in broken.output


async def test_a_file_that_is_not_a_published_head_is_named(kept: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("careshare.audit.cli.load", lambda: kept.settings)
    folder = sealing.heads_folder(kept.settings)
    folder.mkdir(parents=True)
    (folder / "2026-11-20.json").write_text("{}")
    result = await command("verify")
    assert result.exit_code == 1
    assert "2026-11-20.json does not hold a published head" in result.output
