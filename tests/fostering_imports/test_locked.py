"""What is locked from a colleague stays so when they import its reference or enter it: the answer never says why."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from careshare.errors import Conflict
from careshare.settings import Settings
from services.fostering.actions import place_child, register_household
from services.fostering.apart import ENTRY, ROW, Apart
from services.fostering.imports.queries import ImportRun
from tenants.actions import as_owner
from tests.fostering.register import a_child, a_home, days, version_of
from tests.fostering_imports.files import Inline, as_csv, household, placement
from tests.world import World


async def locked(settings: Settings, world: World, reference: str) -> UUID:
    """The household with this reference, locked from A's fostering officer, who brought it in."""
    async with as_owner(settings) as owner:
        home: UUID = await owner.fetchval("select id from fostering.household where reference = $1", reference)
        await owner.execute(
            "insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)"
            " values ($1, $2, $3, 'A sister’s household', $4)",
            world.a.id,
            home,
            world.a.people["fostering_officer"],
            world.a.people["team_manager"],
        )
    return home


async def said(inline: Inline, run: UUID) -> dict[int, tuple[str, list[Any], list[Any]]]:
    statement = text("select line, outcome, errors, warnings from fostering.import_row where run_id = :run")
    async with inline.step() as uow:
        rows = (await uow.execute(statement, {"run": run})).all()
    return {row.line: (row.outcome, row.errors, row.warnings) for row in rows}


ASK: tuple[str, list[Any], list[Any]] = ("bad", [{"field": "row", "message": ROW}], [])


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.counts.new, run.counts.changed, run.counts.unchanged, run.counts.bad


async def test_a_household_that_is_locked_is_neither_new_nor_named_in_preview_and_api(
    inline: Inline, world: World, settings: Settings, client: httpx.AsyncClient
) -> None:
    await inline.take_in(as_csv([household("L-1"), household("L-2")]))
    home = await locked(settings, world, "L-1")
    # A colleague is needed whatever else the row says, right or wrong.
    rows = [household(" l-1 "), household("L-2", places="1"), household("L-1", postcode="nowhere"), household("L-3")]
    run = await inline.upload(as_csv(rows))
    answers = await said(inline, run)
    assert answers[2] == answers[4] == ASK
    assert [answers[line][0] for line in (3, 5)] == ["changed", "new"]
    headers = await world.bearer(world.a, "fostering_officer")
    shown = await client.get(f"/api/v1/imports/{run}/rows?outcome=bad", headers=headers)
    assert shown.status_code == 200, shown.text
    assert shown.text.count(ROW) == 2
    assert str(home) not in shown.text
    await world.sign_in(client, world.a, "fostering_officer")
    page = await client.get(f"/foster-carers/import/{run}")
    assert page.status_code == 200
    assert ROW in page.text
    done = await inline.confirm(run)
    assert counts(done) == (1, 1, 0, 2), "the other rows are taken"
    async with as_owner(settings) as owner:
        assert await owner.fetchval("select version from fostering.household where id = $1", home) == 1


async def test_a_child_in_a_locked_household_is_placed_nowhere_else_and_nothing_fails(
    inline: Inline, world: World, settings: Settings
) -> None:
    await inline.take_in(as_csv([household("L-10"), household("L-11")]))
    await inline.take_in(as_csv([placement("C-L1", household_reference="L-10")]), "placements")
    await locked(settings, world, "L-10")
    rows = [
        placement("C-L2", household_reference="L-10"),
        placement("c-l1", household_reference="L-11", placed_from="01/10/2025"),
        placement("C-L3", household_reference="L-11"),
        placement("C-L4", household_reference="L-12"),
    ]
    run = await inline.upload(as_csv(rows), "placements")
    answers = await said(inline, run)
    assert answers[2] == answers[3] == ASK
    assert answers[4][0] == "new"
    assert "is not on the register" in answers[5][1][0]["message"], "what is not there is still said"
    assert counts(await inline.confirm(run)) == (1, 0, 0, 3)


async def test_entering_the_reference_by_hand_says_as_little(inline: Inline, world: World, settings: Settings) -> None:
    await inline.take_in(as_csv([household("L-20"), household("L-21"), household("L-22")]))
    await inline.take_in(as_csv([placement("C-L20", household_reference="L-20")]), "placements")
    await locked(settings, world, "L-20")
    with pytest.raises(Conflict, match=ENTRY):
        async with inline.step() as uow:
            await register_household(uow, a_home(reference="l-20"))
    with pytest.raises(Conflict, match=ENTRY):
        async with inline.step() as uow:
            other = await uow.scalar(text("select id from fostering.household where reference = 'L-21'"))
            placed = a_child(child_reference="C-L20", born=date(2018, 6, 10), starts=days(-30))
            await place_child(uow, other, await version_of(uow, other), placed)


def test_a_stay_that_is_over_keeps_nobody_out() -> None:
    kept = Apart(frozenset({"h-1"}), {"c-1": [(date(2025, 1, 1), date(2025, 6, 1))]})
    assert kept.home(" H-1")
    assert not kept.home("H-2")
    assert kept.child("C-1 ", date(2025, 5, 31), None)
    assert not kept.child("C-1", date(2025, 6, 1), None)
    assert not kept.child("C-1", date(2024, 1, 1), date(2025, 1, 1))
    assert kept.child("C-1", date(2025, 1, 1), date(2025, 1, 1)), "two stays never begin on one day"
    assert not kept.child("C-2", date(2025, 2, 1), None)
