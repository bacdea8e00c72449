"""Taking an import back: the register stands as before, until something else builds on it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.errors import Conflict
from services.fostering import actions
from services.fostering.imports.register import load
from services.fostering.imports.work import Nothing, clear
from tests.fostering_imports.files import Inline, as_csv, household, placement
from tests.world import World

FULL: dict[str, Any] = {
    "carer_2_name": "Bob Smith",
    "carer_2_born": "06/07/1974",
    "bedrooms": "1 no; 2 siblings",
    "others_in_the_household": "Tom Smith, own child, 12/03/2014, M",
    "pets": "Dog",
    "dbs_check_done": "05/03/2025",
    "privacy_notice_given": "01/02/2026",
}


async def state(inline: Inline, reference: str) -> dict[str, Any] | None:
    async with inline.step() as uow:
        found = (await load(uow, [reference])).get(reference.lower())
    return found.state if found else None


async def number(inline: Inline, statement: str, **parameters: Any) -> int:
    async with inline.step() as uow:
        return int(await uow.scalar(text(statement), parameters) or 0)


async def home_id(inline: Inline, reference: str) -> UUID:
    async with inline.step() as uow:
        found: UUID = (
            await uow.execute(text("select id from fostering.household where reference = :r"), {"r": reference})
        ).scalar_one()
    return found


async def test_new_households_go_and_changed_ones_stand_as_before(inline: Inline) -> None:
    await inline.take_in(as_csv([household("U-1", **FULL)]))
    before = await state(inline, "U-1")
    gone = {"carer_2_name": "", "carer_2_born": "", "bedrooms": "", "others_in_the_household": "", "pets": "none"}
    moved = {"address": "1 New Street", "postcode": "ZA2 1AA", "terms_from": "01/04/2024", "places": "4"}
    change = household("U-1", **FULL | gone | moved, dbs_check_due="01/01/2029")
    run = await inline.take_in(as_csv([change, household("U-2", **FULL)]))
    assert (run.counts.new, run.counts.changed) == (1, 1)
    units = "select count(*) from capacity.unit where open <> 'empty'"
    assert await number(inline, units) == 6
    undone = await inline.take_back(run.id)
    assert undone.state == "undone"
    assert await state(inline, "U-1") == before
    assert await state(inline, "U-2") is None
    assert await number(inline, units) == 2
    assert await number(inline, "select count(*) from tenants.offer_own") == 1
    assert await number(inline, "select count(*) from fostering.approval") == 1
    where = "select easting from fostering.household where reference = 'U-1'"
    assert await number(inline, where) == 399_200


async def test_a_later_change_holds_a_row_up(inline: Inline, database: Database, world: World) -> None:
    run = await inline.take_in(as_csv([household("V-1"), household("V-2"), household("V-3")]))
    await inline.take_in(as_csv([{"Household reference": "V-2", "Carer 1 telephone": "01632 960 009"}]))
    with pytest.raises(Conflict) as caught:
        await inline.take_back(run.id)
    assert [(error.line, error.message) for error in caught.value.errors] == [
        (3, "Household V-2 has been changed since.")
    ]
    assert (await inline.run(run.id)).state == "done"
    assert await state(inline, "V-1") is not None
    rest = await inline.take_back(run.id, rest=True)
    assert rest.state == "done"
    assert await state(inline, "V-1") is None
    assert await state(inline, "V-2") is not None


async def test_imports_are_taken_back_one_after_the_other(inline: Inline) -> None:
    first = await inline.take_in(as_csv([household("W-1")]))
    second = await inline.take_in(as_csv([household("W-1", pets="Dog")]))
    third = await inline.take_in(as_csv([placement("W-C1", household_reference="W-1")]), "placements")
    with pytest.raises(Conflict, match="builds on"):
        await inline.take_back(second.id)
    for run in (third, second, first):
        assert (await inline.take_back(run.id)).state == "undone"
    assert await state(inline, "W-1") is None


async def test_publishing_placing_and_holding_hold_up(inline: Inline, database: Database, world: World) -> None:
    rows = [household(f"X-{n}", privacy_notice_given="01/02/2026") for n in range(1, 5)]
    run = await inline.take_in(as_csv(rows))
    await inline.take_in(as_csv([placement("X-C1", household_reference="X-2")]), "placements")
    published, held = await home_id(inline, "X-1"), await home_id(inline, "X-3")
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        await actions.publish(uow, published, None)
        await uow.execute(text("select capacity.claim_any(:home, 1, tstzrange(now(), null))"), {"home": held})
    with pytest.raises(Conflict) as caught:
        await inline.take_back(run.id)
    assert {error.line: error.message for error in caught.value.errors} == {
        2: "Household X-1 has been published since.",
        3: "Children have been placed with household X-2 since.",
        4: "A place of household X-3 is held for a child.",
    }


async def test_fewer_places_again_only_where_nobody_has_them(inline: Inline) -> None:
    await inline.take_in(as_csv([household("Y-1", places="1")]))
    run = await inline.take_in(as_csv([household("Y-1", places="2")]))
    both = [placement(f"Y-C{n}", household_reference="Y-1") for n in range(2)]
    await inline.take_in(as_csv(both), "placements")
    with pytest.raises(Conflict):
        await inline.take_back(run.id)


async def test_placements_are_taken_back(inline: Inline) -> None:
    await inline.take_in(as_csv([household("P-1")]))
    first = await inline.take_in(as_csv([placement("P-C1", household_reference="P-1")]), "placements")
    second = await inline.take_in(
        as_csv([placement("P-C1", household_reference="P-1", placed_until="01/11/2026"),
                placement("P-C2", household_reference="P-1", placed_from="02/11/2026", solo_placement="yes")]),
        "placements",
    )  # fmt: skip
    with pytest.raises(Conflict, match="builds on") as caught:
        await inline.take_back(first.id)
    assert caught.value.errors[0].message == "The placement of child P-C1 has been ended since."
    assert (await inline.take_back(second.id)).state == "undone"
    living = """
        select count(*) from fostering.placed_child
        where household_id = :home and ends is null and claim_id is not null
    """
    home = await home_id(inline, "P-1")
    assert await number(inline, living, home=home) == 1
    filled = (
        "select count(*) from capacity.states(array[cast(:home as uuid)], clock_timestamp()) where state = 'filled'"
    )
    assert await number(inline, filled, home=home) == 1
    closed = "select count(*) from fostering.place where household_id = :home and closed_reason is not null"
    assert await number(inline, closed, home=home) == 0
    assert (await inline.take_back(first.id)).state == "undone"
    assert await number(inline, filled, home=home) == 0


async def test_a_child_does_not_come_back_to_a_place_that_is_taken(inline: Inline) -> None:
    await inline.take_in(as_csv([household("Q-1", places="1")]))
    await inline.take_in(as_csv([placement("Q-C1", household_reference="Q-1")]), "placements")
    run = await inline.take_in(
        as_csv([placement("Q-C1", household_reference="Q-1", placed_until="01/11/2026")]), "placements"
    )
    await inline.take_in(as_csv([placement("Q-C2", household_reference="Q-1", placed_from="02/11/2026")]), "placements")
    with pytest.raises(Conflict) as caught:
        await inline.take_back(run.id)
    assert caught.value.errors[0].message == "Another child has the place that child Q-C1 left."


async def test_a_child_who_lives_elsewhere_since_does_not_come_back(inline: Inline) -> None:
    await inline.take_in(as_csv([household("E-1"), household("E-2")]))
    await inline.take_in(as_csv([placement("E-C1", household_reference="E-1")]), "placements")
    run = await inline.take_in(
        as_csv([placement("E-C1", household_reference="E-1", placed_until="01/11/2026")]), "placements"
    )
    await inline.take_in(as_csv([placement("e-c1", household_reference="E-2", placed_from="02/11/2026")]), "placements")
    with pytest.raises(Conflict) as caught:
        await inline.take_back(run.id)
    assert caught.value.errors[0].message == "Child e-c1 has been placed with household E-2 since."


async def test_undone_once(inline: Inline) -> None:
    run = await inline.take_in(as_csv([household("O-1")]))
    await inline.take_back(run.id)
    with pytest.raises(Conflict, match="The import is undone"):
        await inline.take_back(run.id)


async def test_after_ninety_days_the_rows_are_gone(inline: Inline, world: World, database: Database) -> None:
    run = await inline.take_in(as_csv([household("K-1")]))
    age = text("update fostering.import_run set created_at = now() - interval '91 days' where id = :run")
    async with inline.step() as uow:
        await uow.execute(age, {"run": run.id})
        await clear(uow, Nothing())
    assert await number(inline, "select count(*) from fostering.import_row where run_id = :run", run=run.id) == 0
    with pytest.raises(Conflict, match="too late"):
        await inline.take_back(run.id)
