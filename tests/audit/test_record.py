"""What is written, and who may read it."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.audit import Shown, erase, record, record_shown
from tests.audit.conftest import AGREEMENT, EAST, FINDER, NORTH, SOUTH, Record, acting

ENTRIES = text("select * from audit.entry order by owner_id nulls first")
DETAILS = text("select body from audit.detail")


async def test_a_change_is_recorded_with_who_for_whom_and_why(kept: Record) -> None:
    async with kept.database.bound(acting(NORTH, "correcting the register")) as uow:
        await record(uow, "household.changed", subjects=[UUID(int=1)], before={"beds": 1}, after={"beds": 2})
    async with kept.database.bound(acting(NORTH)) as uow:
        (entry,) = (await uow.execute(ENTRIES)).all()
        detail = (await uow.execute(DETAILS)).scalar_one()
    assert (entry.authority_id, entry.actor_id, entry.purpose) == (NORTH, FINDER, "correcting the register")
    assert (entry.action, entry.subjects, entry.owner_id) == ("household.changed", [UUID(int=1)], None)
    assert detail == {"before": {"beds": 1}, "after": {"beds": 2}}


async def test_a_purpose_can_be_given_and_detail_left_out(kept: Record) -> None:
    async with kept.database.bound(acting(NORTH)) as uow:
        await record(uow, "profile.opened", owner_id=SOUTH, agreement_id=AGREEMENT, purpose="matching")
    (entry,) = await kept.look("select * from audit.entry")
    assert (entry["owner_id"], entry["agreement_id"], entry["purpose"]) == (SOUTH, AGREEMENT, "matching")
    assert entry["detail_hash"] is None
    assert await kept.look("select * from audit.detail") == []


async def test_opening_ones_own_record_has_no_other_owner(kept: Record) -> None:
    async with kept.database.bound(acting(NORTH)) as uow:
        await record(uow, "profile.opened", owner_id=NORTH)
    (entry,) = await kept.look("select * from audit.entry")
    assert entry["owner_id"] is None


async def test_each_owner_shown_gets_an_entry_with_its_own_identifiers_only(kept: Record) -> None:
    ours, theirs, others = UUID(int=1), [UUID(int=2), UUID(int=3)], UUID(int=4)
    async with kept.database.bound(acting(NORTH)) as uow:
        await record_shown(
            uow,
            "placements.search",
            criteria={"age": 7},
            shown=[Shown(SOUTH, AGREEMENT, theirs), Shown(NORTH, None, [ours]), Shown(EAST, AGREEMENT, [others])],
        )
    entries = await kept.look("select * from audit.entry order by owner_id nulls first")
    assert [(e["owner_id"], e["agreement_id"], e["subjects"]) for e in entries] == [
        (None, None, [*theirs, ours, others]),
        (SOUTH, AGREEMENT, theirs),
        (EAST, AGREEMENT, [others]),
    ]
    assert len({entry["event_id"] for entry in entries}) == 1
    assert {(entry["authority_id"], entry["actor_id"]) for entry in entries} == {(NORTH, FINDER)}

    async with kept.database.bound(acting(SOUTH)) as uow:
        (seen,) = (await uow.execute(ENTRIES)).all()
        assert (seen.subjects, seen.authority_id, seen.agreement_id) == (theirs, NORTH, AGREEMENT)
        assert (seen.actor_id, seen.purpose, seen.detail_hash) == (FINDER, "finding a home", None)
        assert (await uow.execute(DETAILS)).all() == [], "an owner does not see what was searched for"


async def test_a_search_that_found_nothing_is_recorded(kept: Record) -> None:
    async with kept.database.bound(acting(NORTH)) as uow:
        await record_shown(uow, "placements.search", criteria={"age": 7}, shown=[])
    (entry,) = await kept.look("select * from audit.entry")
    assert entry["subjects"] == []
    assert entry["detail_hash"] is not None


async def test_a_change_that_is_rolled_back_leaves_no_entry(kept: Record) -> None:
    with pytest.raises(ZeroDivisionError):
        async with kept.database.bound(acting(NORTH)) as uow:
            await record(uow, "household.changed")
            raise ZeroDivisionError
    assert await kept.look("select * from audit.entry") == []


@pytest.mark.parametrize(
    "statement",
    [
        "update audit.entry set purpose = 'another'",
        "delete from audit.entry",
        "truncate audit.entry cascade",
        "update audit.detail set body = '{}'",
        "insert into audit.entry (event_id, action, actor_id) values (uuidv7(), 'forged', uuidv7())",
        "insert into audit.entry (event_id, action, xact) values (uuidv7(), 'forged', '3')",
        "insert into audit.entry (event_id, action, at) values (uuidv7(), 'forged', now())",
        "select * from audit.seal",
        "select audit.seal()",
    ],
)
async def test_the_application_can_only_add(kept: Record, statement: str) -> None:
    await kept.use(1)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with kept.database.bound(acting(NORTH)) as uow:
            await uow.execute(text(statement))


async def test_even_the_owner_of_the_table_can_only_add(kept: Record) -> None:
    await kept.use(1)
    for statement in (
        "update audit.entry set purpose = 'x'",
        "delete from audit.entry",
        "truncate audit.entry cascade",
    ):
        with pytest.raises(Exception, match="insert-only"):
            await kept.look(f"with nothing as (select 1) {statement}" if "truncate" not in statement else statement)


async def test_no_detail_can_be_hung_on_another_authoritys_entry(kept: Record) -> None:
    async with kept.database.bound(acting(NORTH)) as uow:
        await record(uow, "household.opened")
    (entry,) = await kept.look("select id from audit.entry")
    with pytest.raises(DBAPIError, match="foreign key"):
        async with kept.database.bound(acting(SOUTH)) as uow:
            await uow.execute(
                text("insert into audit.detail (entry_id, salt, body) values (:id, '', '{}')"), {"id": entry["id"]}
            )


async def test_with_nothing_bound_nothing_is_read_or_written(kept: Record) -> None:
    for statement in (ENTRIES, DETAILS, text("insert into audit.entry (event_id, action) values (uuidv7(), 'x')")):
        with pytest.raises(DBAPIError, match=r"no (authority|actor) bound"):
            async with kept.database.unbound() as uow:
                await uow.execute(statement)


async def test_erasing_takes_the_detail_and_says_so(kept: Record) -> None:
    await kept.use(1)
    entries = [row["id"] for row in await kept.look("select id from audit.entry where detail_hash is not null")]
    async with kept.database.bound(acting(NORTH)) as uow:
        assert await erase(uow, entries, reason="kept six years") == 1
    (erased,) = await kept.look("select authority_id, subjects from audit.entry where action = 'erased'")
    assert erased["authority_id"] == NORTH
    assert len(erased["subjects"]) == 1, "another authority's detail is not ours to erase"
