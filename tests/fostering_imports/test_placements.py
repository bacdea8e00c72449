"""Importing current placements: facts are taken and marked, what cannot be true is refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio
from sqlalchemy import text

from services.fostering.days import today
from services.fostering.imports.queries import ImportRun
from tests.fostering_imports.files import Inline, as_csv, household, placement
from tests.world import World

PLACES = text("""
    select p.number, s.state, p.closed_reason from fostering.household h
    join fostering.place p on p.household_id = h.id
    join capacity.states(array[h.id], clock_timestamp()) s on s.unit_id = p.unit_id
    where h.reference = :reference order by p.number
""")


@pytest_asyncio.fixture(scope="module", autouse=True)
async def register(inline: Inline) -> None:
    """Forty homes with two places each, for any child from 0 to 12 but H-30, and one with six."""
    homes = [household(f"H-{n}") for n in range(1, 40)]
    homes += [
        household("H-40", places="6"),
        household("H-41", sex_of_children="F", oldest_age="4", care_types="Emergency", named_children="C-999"),
        household("H-42", terms_until="01/01/2026"),
    ]
    run = await inline.take_in(as_csv(homes))
    assert run.counts.new == 42


async def take(inline: Inline, *rows: dict[str, Any]) -> tuple[ImportRun, dict[int, Any]]:
    """Import these rows: the run, and each row by its line."""
    run = await inline.upload(as_csv(rows), "placements")
    now = await inline.run(run)
    if now.counts.new + now.counts.changed:
        now = await inline.confirm(run)
    return now, await rows_of(inline, run)


async def rows_of(inline: Inline, run: UUID) -> dict[int, Any]:
    statement = text("select line, outcome, errors, warnings from fostering.import_row where run_id = :run")
    async with inline.step() as uow:
        return {row.line: row for row in await uow.execute(statement, {"run": run})}


async def places(inline: Inline, reference: str) -> list[tuple[int, str, str | None]]:
    async with inline.step() as uow:
        return [tuple(row) for row in await uow.execute(PLACES, {"reference": reference})]


def said(row: Any, which: str = "errors") -> dict[str, str]:
    return {fault["field"]: fault["message"] for fault in getattr(row, which)}


async def test_a_child_takes_a_place(inline: Inline, world: World) -> None:
    run, rows = await take(inline, placement("P-1"))
    assert (run.state, run.counts.new, rows[2].outcome) == ("done", 1, "new")
    assert await places(inline, "H-1") == [(1, "filled", None), (2, "vacant", None)]
    statement = text("select c.*, h.version from fostering.placed_child c join fostering.household h"
                     " on h.id = c.household_id where child_reference = 'P-1'")  # fmt: skip
    async with inline.step() as uow:
        stay = (await uow.execute(statement)).mappings().one()
    assert (stay["responsible_gss"], stay["care_type"], stay["version"]) == (world.a.gss_code, "short_term", 2)
    offered = text("select o.places from tenants.offer o join tenants.offer_own n on n.offer_id = o.id"
                   " where n.subject_id = :id")  # fmt: skip
    async with inline.step() as uow:
        assert await uow.scalar(offered, {"id": stay["household_id"]}) == 1


async def test_another_spelling_of_a_reference_is_the_same_child(inline: Inline) -> None:
    await take(inline, placement("C-77001", household_reference="H-36"))
    run, _ = await take(inline, placement("c-77001 ", household_reference="H-36"))
    assert (run.counts.unchanged, run.counts.new, run.counts.changed) == (1, 0, 0)
    _, found = await take(inline, placement("c-77001", household_reference="H-37", placed_from="01/10/2025"))
    assert "on the register. Give the day that placement ended" in said(found[2])["child_reference"]


async def test_the_same_file_twice_changes_nothing(inline: Inline) -> None:
    await take(inline, placement("P-2", household_reference="H-2"))
    run, _ = await take(inline, placement("P-2", household_reference="H-2"))
    assert (run.counts.unchanged, run.counts.new) == (1, 0)


async def test_authorities_by_name_and_code(inline: Inline, world: World) -> None:
    names = ["Birkdale", "birkdale borough council", "992", world.b.gss_code, ""]
    rows = [placement(f"A-{n}", household_reference="H-40", responsible_authority=name, sibling_group="s")
            for n, name in enumerate(names)]  # fmt: skip
    _, found = await take(inline, *rows)
    assert [found[line].outcome for line in range(2, 7)] == ["new"] * 5
    statement = text("select responsible_gss from fostering.placed_child where child_reference like 'A-%'"
                     " order by child_reference")  # fmt: skip
    async with inline.step() as uow:
        codes = list((await uow.execute(statement)).scalars())
    assert codes == [world.b.gss_code] * 4 + [world.a.gss_code]
    _, found = await take(inline, placement("A-9", household_reference="H-40", responsible_authority="Atlantis"))
    assert "“Atlantis” is not one we know" in said(found[2])["responsible_gss"]


async def test_a_child_is_not_placed_twice(inline: Inline) -> None:
    _, found = await take(
        inline,
        placement("D-1", household_reference="H-3"),
        placement("D-1", household_reference="H-3"),
        placement("D-1", household_reference="H-4", placed_from="01/10/2025"),
    )
    assert found[2].outcome == "new"
    assert "stands on line 2 already, from the same day" in said(found[3])["child_reference"]
    assert "is with household H-3 since 01/09/2025 on line 2" in said(found[4])["child_reference"]
    _, found = await take(inline, placement("D-1", household_reference="H-4", placed_from="01/10/2025"))
    assert "on the register. Give the day that placement ended" in said(found[2])["child_reference"]
    _, found = await take(inline, placement("D-1", household_reference="H-4"))
    assert "with household H-3 since that day" in said(found[2])["household_reference"]


async def test_more_children_than_places(inline: Inline) -> None:
    rows = [placement(f"M-{n}", household_reference="H-5") for n in range(3)]
    run, found = await take(inline, *rows)
    assert (run.counts.new, run.counts.bad) == (2, 1)
    assert said(found[4])["household_reference"] == (
        "Household H-5 has 2 places, 2 filled: there is no room for this child. Correct the household’s places first"
    )
    bad = await inline.upload(as_csv([household("H-5", places="1")]))
    assert "2 children are placed there" in said((await rows_of(inline, bad))[2])["places"]


async def test_a_child_who_left_makes_room_for_another(inline: Inline) -> None:
    await take(inline, placement("L-1", household_reference="H-6"), placement("L-2", household_reference="H-6"))
    yesterday = today() - timedelta(days=1)
    run, found = await take(
        inline,
        placement("L-3", household_reference="H-6", placed_from=f"{today():%d/%m/%Y}"),
        placement("L-1", household_reference="H-6", placed_until=f"{yesterday:%d/%m/%Y}"),
    )
    assert (run.counts.new, run.counts.changed, run.counts.bad) == (1, 1, 0), found
    assert await places(inline, "H-6") == [(1, "filled", None), (2, "filled", None)]
    statement = text("select claim_id, ends from fostering.placed_child where child_reference = 'L-1'")
    async with inline.step() as uow:
        stay = (await uow.execute(statement)).one()
    assert (stay.claim_id, stay.ends) == (None, yesterday)
    _, found = await take(inline, placement("L-1", household_reference="H-6"))
    assert "The register has this placement end" in said(found[2], "warnings")["ends"]
    _, found = await take(inline, placement("L-1", household_reference="H-6", placed_until=""))
    assert "Change that on the register first" in said(found[2])["ends"]


async def test_a_child_moves_within_one_file(inline: Inline) -> None:
    await take(inline, placement("V-1", household_reference="H-7"))
    run, _ = await take(
        inline,
        placement("V-1", household_reference="H-7", placed_until="01/11/2026"),
        placement("V-1", household_reference="H-8", placed_from="01/11/2026"),
    )
    assert (run.counts.new, run.counts.changed, run.counts.bad) == (1, 1, 0)


async def test_a_placement_that_is_over_is_left_out(inline: Inline) -> None:
    run, found = await take(inline, placement("O-1", household_reference="H-9", placed_until="01/11/2025"))
    assert (run.counts.new, found[2].outcome) == (0, "unchanged")
    assert "only current placements" in said(found[2], "warnings")["ends"]


async def test_what_is_outside_the_terms_is_taken_and_marked(inline: Inline) -> None:
    _, found = await take(
        inline,
        placement("W-1", household_reference="H-41", sex="M"),
        placement("W-2", household_reference="H-42"),
        placement("W-3", household_reference="H-11", born="01/01/2008"),
    )
    assert [found[line].outcome for line in (2, 3, 4)] == ["new"] * 3
    assert set(said(found[2], "warnings")) == {"born", "sex", "care_type", "child_reference"}
    assert said(found[3], "warnings") == {"household_reference": "The household has no approval in force"}
    assert "stays put and is not fostered" in said(found[4], "warnings")["born"] or "outside" not in str(
        found[4].warnings
    )


async def test_the_usual_limit_is_looked_at_apart(inline: Inline) -> None:
    run = await inline.take_in(as_csv([household("H-50", places="6"), household("H-51", places="6")]))
    assert run.counts.new == 2
    mixed = [placement(f"Q-{n}", household_reference="H-50") for n in range(4)]
    siblings = [placement(f"R-{n}", household_reference="H-51", sibling_group="hall") for n in range(4)]
    _, found = await take(inline, *mixed, *siblings)
    marked = [line for line, row in found.items() if "usual limit" in str(row.warnings)]
    assert marked == [5]
    assert "4 children are fostered there, more than the usual limit of 3" in str(found[5].warnings)


async def test_a_solo_placement_takes_the_other_places_out(inline: Inline) -> None:
    await take(inline, placement("S-1", household_reference="H-12", solo_placement="yes"))
    assert await places(inline, "H-12") == [(1, "filled", None), (2, "closed", "solo_placement")]
    _, found = await take(inline, placement("S-2", household_reference="H-12"))
    assert "1 marked as not available" in said(found[2])["household_reference"]
    yesterday = today() - timedelta(days=1)
    await take(inline, placement("S-1", household_reference="H-12", solo_placement="yes",
                                 placed_until=f"{yesterday:%d/%m/%Y}"))  # fmt: skip
    assert await places(inline, "H-12") == [(1, "vacant", None), (2, "vacant", None)]


async def test_bad_rows(inline: Inline) -> None:
    _, found = await take(
        inline,
        placement("B-1", household_reference="NOBODY"),
        placement("B-2", household_reference="H-20", born="01/01/2026"),
        placement("B-3", household_reference="H-20", sex="cat"),
        placement("", household_reference="H-20"),
        placement("B-5", household_reference="H-20", care_type="Hotel"),
        placement("B-6", household_reference="H-20", placed_until="01/08/2025"),
        placement("B-7", household_reference="H-20", born="01/01/1960"),
    )
    assert "Import the households first" in said(found[2])["household_reference"]
    assert "before the child was born" in said(found[3])["starts"]
    assert set(said(found[4])) == {"sex"}
    assert said(found[5]) == {"child_reference": "Child reference must not be empty"}
    assert "Use one of" in said(found[6])["care_type"]
    assert "must not be before placed from" in said(found[7])["ends"]
    assert "check the year" in said(found[8])["born"]
    assert await places(inline, "H-20") == [(1, "vacant", None), (2, "vacant", None)]


async def test_a_held_place_is_not_taken(inline: Inline) -> None:
    async with inline.step() as uow:
        home = await uow.scalar(text("select id from fostering.household where reference = 'H-21'"))
        await uow.execute(text("select capacity.claim_any(:home, 2, tstzrange(now(), null))"), {"home": home})
    _, found = await take(inline, placement("C-21", household_reference="H-21"))
    assert "2 held for a child" in said(found[2])["household_reference"]


async def test_a_reference_that_is_a_name_is_refused_by_line(inline: Inline) -> None:
    _, found = await take(inline, placement("Emma Smith", household_reference="H-38"))
    assert "never a name" in said(found[2])["child_reference"]
