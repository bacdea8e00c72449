"""Importing households: new, changed, unchanged and bad rows, and that the register's rules hold."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from careshare.database import Database
from services.fostering import actions
from services.fostering.imports import actions as imports
from services.fostering.imports import households
from services.fostering.imports.queries import ImportRun
from services.fostering.imports.work import Work, do
from tenants.actions import add_member, add_person, as_owner
from tests.fostering_imports.files import Inline, as_csv, household
from tests.world import World

CARER = "select name, born, sex, ethnicity, religion, languages, telephone from fostering.carer"


async def rows_of(inline: Inline, run: UUID, outcome: str | None = None) -> dict[int, Any]:
    """The rows of an import as they stand, by line."""
    statement = text("""
        select line, outcome, errors, warnings, changes, subject_id from fostering.import_row
        where run_id = :run and (cast(:outcome as text) is null or outcome = :outcome) order by line
    """)
    async with inline.step() as uow:
        return {row.line: row for row in await uow.execute(statement, {"run": run, "outcome": outcome})}


async def faults(inline: Inline, *rows: dict[str, Any]) -> dict[int, dict[str, str]]:
    """What is wrong with each bad line, by field."""
    run = await inline.upload(as_csv(rows))
    found = await rows_of(inline, run, "bad")
    return {line: {error["field"]: error["message"] for error in row.errors} for line, row in found.items()}


async def one(inline: Inline, statement: str, **parameters: Any) -> Any:
    async with inline.step() as uow:
        return (await uow.execute(text(statement), parameters)).mappings().one()


async def home_id(inline: Inline, reference: str) -> UUID:
    found: UUID = (await one(inline, "select id from fostering.household where reference = :r", r=reference))["id"]
    return found


def outcome(run: ImportRun) -> tuple[int, int, int, int]:
    return run.counts.new, run.counts.changed, run.counts.unchanged, run.counts.bad


async def test_new_household_with_everything(inline: Inline, world: World) -> None:
    row = household(
        "N-1",
        carer_1_name="Ann Smith",
        carer_1_ethnicity="White British",
        carer_1_religion="Christian",
        carer_1_languages="English; Polish",
        carer_1_telephone="01632 960 001",
        carer_2_name="Bob Smith",
        carer_2_born="06/07/1974",
        bedrooms="1 no; 2 siblings",
        others_in_the_household="Tom Smith, own child, 12/03/2014, M",
        pets="Dog; Cat",
        skills="Autism",
        can_be_solo="yes",
        privacy_notice_given="01/02/2026",
        duty_telephone="01632 960 002",
        dbs_check_done="05/03/2025",
        places="3",
    )
    run = await inline.take_in(as_csv([row]))
    assert (run.state, outcome(run)) == ("done", (1, 0, 0, 0))
    home = await one(inline, "select * from fostering.household where reference = 'N-1'")
    assert home["name"] == "Ann and Bob Smith"
    assert (home["outward"], home["area_gss"]) == ("ZA1", world.a.gss_code)
    assert (home["pets"], home["skills"], home["solo"]) == (["dog", "cat"], ["autism"], True)
    async with inline.step() as uow:
        about = {"id": home["id"]}
        carers = (await uow.execute(text(f"{CARER} where household_id = :id order by position"), about)).all()
        assert [(carer.name, carer.languages) for carer in carers] == [
            ("Ann Smith", ["en", "pl"]),
            ("Bob Smith", None),
        ]
        places = text("select count(*) from fostering.place p join capacity.unit u on u.id = p.unit_id"
                      " where p.household_id = :id and u.pool_id = :id")  # fmt: skip
        assert await uow.scalar(places, about) == 3
        checks = text("select kind, due_on from fostering.check where household_id = :id")
        due = {row.kind: f"{row.due_on:%d/%m/%Y}" for row in await uow.execute(checks, about)}
        assert due == {"dbs": "05/03/2028", "annual_review": "01/04/2023"}
        offers = text("select count(*) from tenants.offer_own where subject_id = :id")
        assert await uow.scalar(offers, about) == 1
        rooms = text("select beds, sharing from fostering.bedroom where household_id = :id order by number")
        assert [tuple(room) for room in await uow.execute(rooms, about)] == [(1, "no"), (2, "siblings")]


async def test_the_same_file_twice_changes_nothing(inline: Inline) -> None:
    content = as_csv([household(f"T-{n}", carer_1_name=f"Ann Smith {n}", pets="none") for n in range(5)])
    assert outcome(await inline.take_in(content)) == (5, 0, 0, 0)
    again = await inline.run(await inline.upload(content))
    assert outcome(again) == (0, 0, 5, 0)
    assert any("This same file was imported" in notice for notice in again.notices)
    version = await one(inline, "select version from fostering.household where reference = 'T-1'")
    assert version["version"] == 1


async def test_only_what_the_file_has_is_changed(inline: Inline) -> None:
    await inline.take_in(as_csv([household("P-1", skills="Autism", carer_1_telephone="01632 960 001")]))
    run = await inline.take_in(as_csv([{"Household reference": "P-1", "Carer 1 telephone": "01632 960 009"}]))
    assert outcome(run) == (0, 1, 0, 0)
    changes = (await rows_of(inline, run.id))[2].changes
    assert changes == {"carer1_telephone": ["01632 960 001", "01632 960 009"]}
    home = await one(inline, "select skills, version from fostering.household where reference = 'P-1'")
    assert dict(home) == {"skills": ["autism"], "version": 2}


async def test_good_rows_are_taken_and_bad_ones_left(inline: Inline) -> None:
    run = await inline.take_in(as_csv([household("G-1"), household("G-2", postcode="ZZ9 9ZZ"), household("G-3")]))
    assert outcome(run) == (2, 0, 0, 1)
    async with inline.step() as uow:
        found = (
            await uow.execute(text("select reference from fostering.household where reference like 'G-%'"))
        ).scalars()
        assert sorted(found) == ["G-1", "G-3"]


async def test_bad_rows_say_line_field_and_what_would_be_right(inline: Inline) -> None:
    found = await faults(
        inline,
        household("B-1", postcode="Ashmoor"),
        household("B-2", postcode="ZA1 9ZZ"),
        household("B-3", youngest_age="12", oldest_age="3"),
        household("B-4", terms_until="01/01/2020"),
        household("B-5", carer_1_name="=cmd()"),
        household("B-6", places="0"),
        household("B-7", carer_1_born="01/01/2015"),
        household("B-8", carer_2_telephone="01632 960 001"),
        household("B-9", kind_of_approval="Temporary"),
        household("B-9"),
        household(""),
        household("B-11", annual_review_done="01/03/2026", annual_review_due="01/03/2025"),
    )
    assert found[2]["postcode"].startswith("Postcode: Enter a full UK postcode")
    assert found[3]["postcode"] == "Postcode: We do not know the postcode ZA1 9ZZ. Check it, or use one close by"
    assert "above oldest age 3" in found[4]["age_min"]
    assert found[5]["terms_until"] == "Terms until must be after terms from (01/04/2022)"
    assert "formula" in found[6]["carer1_name"]
    assert "from 1 to 12" in found[7]["places"]
    assert "not an adult" in found[8]["carer1_born"]
    assert "Carer 2 name must be given" in found[9]["carer2_name"]
    assert "22/07/2022 at the latest" in found[10]["terms_until"]
    assert found[11]["reference"] == "Household reference B-9 stands on line 10 already"
    assert found[12] == {"reference": "Household reference must not be empty"}
    assert "after the day it was done" in found[13]["annual_review_due"]


async def test_a_new_household_needs_what_the_file_does_not_have(inline: Inline) -> None:
    run = await inline.upload(as_csv([{"Household reference": "M-1", "Carer 1 name": "Ann"}]))
    errors = (await rows_of(inline, run))[2].errors
    assert {"address", "postcode", "terms_from", "places", "age_min", "age_max", "care_types"} == {
        error["field"] for error in errors
    }
    assert "is not in the file, and this is not on the register yet" in errors[0]["message"]


async def test_what_must_stand_is_not_emptied(inline: Inline) -> None:
    await inline.take_in(as_csv([household("K-1")]))
    found = await faults(inline, household("K-1", address="", places=""))
    assert found[2] == {"address": "Address must not be empty", "places": "Places must not be empty"}
    for nothing in ("none", ";"):
        found = await faults(inline, household("K-1", care_types=nothing), household("K-3", care_types=nothing))
        assert found[2] == {"care_types": "Care types must not be empty"}
        assert "must be given" in found[3]["care_types"]
    found = await faults(inline, household("K-2", address=""))
    assert found[2] == {"address": "Address must be given, because this is not on the register yet"}


async def test_new_terms_end_those_before(inline: Inline) -> None:
    await inline.take_in(as_csv([household("A-1")]))
    run = await inline.take_in(as_csv([household("A-1", terms_from="01/04/2024", places="1", oldest_age="17")]))
    assert outcome(run) == (0, 1, 0, 0)
    async with inline.step() as uow:
        statement = text("select cast(during as text), places from fostering.approval a join fostering.household h"
                         " on h.id = a.household_id where h.reference = 'A-1' order by lower(during)")  # fmt: skip
        assert [tuple(row) for row in await uow.execute(statement)] == [
            ("[2022-04-01,2024-04-01)", 2),
            ("[2024-04-01,)", 1),
        ]
        count = text("select count(*) from fostering.place p join fostering.household h on h.id = p.household_id"
                     " where h.reference = 'A-1'")  # fmt: skip
        assert await uow.scalar(count) == 1
    assert "began on 01/04/2024" in (await faults(inline, household("A-1", terms_from="01/04/2023")))[2]["terms_from"]


async def test_resignation_ends_the_terms_and_is_not_taken_back_by_an_empty_cell(inline: Inline) -> None:
    content = as_csv([household("R-1", resignation_received="01/10/2026")])
    await inline.take_in(content)
    statement = """
        select cast(a.during as text) as during from fostering.household h
        join fostering.approval a on a.household_id = h.id where h.reference = 'R-1'
    """
    assert (await one(inline, statement))["during"] == "[2022-04-01,2026-10-29)"
    assert outcome(await inline.run(await inline.upload(content))) == (0, 0, 1, 0)
    without = as_csv([household("R-1", resignation_received="")])
    assert outcome(await inline.run(await inline.upload(without))) == (0, 0, 1, 0)


async def test_publication_ends_where_the_carers_object(inline: Inline, database: Database, world: World) -> None:
    await inline.take_in(as_csv([household("O-1", privacy_notice_given="01/02/2026")]))
    home = await home_id(inline, "O-1")
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        await actions.publish(uow, home, None)
    run = await inline.take_in(as_csv([{"Household reference": "O-1", "Objects to sharing": "yes"}]))
    warning = (await rows_of(inline, run.id))[2].warnings[0]
    assert warning == {
        "field": "objection",
        "message": "The household is published; it will be withdrawn, because the carers object to sharing",
    }
    found = await one(inline, "select published_at, objection from fostering.household where reference = 'O-1'")
    assert dict(found) == {"published_at": None, "objection": True}
    shelf = (
        "select shelf_id from tenants.offer o join tenants.offer_own n on n.offer_id = o.id where n.subject_id = :id"
    )
    assert (await one(inline, shelf, id=home))["shelf_id"] == world.a.shelves["foster_carers:own"]


async def test_an_empty_cell_does_not_lift_a_protection(inline: Inline) -> None:
    await inline.take_in(as_csv([household("S-1", confidential_address="yes", objects_to_sharing="yes")]))
    run = await inline.upload(as_csv([household("S-1", confidential_address="", objects_to_sharing="")]))
    assert outcome(await inline.run(run)) == (0, 0, 1, 0)
    again = as_csv([household("S-1", address="confidential", postcode="confidential")])
    assert outcome(await inline.run(await inline.upload(again))) == (0, 0, 1, 0)


async def test_an_interrupted_import_goes_on(inline: Inline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(households, "BATCH", 10)
    run = await inline.upload(as_csv([household(f"I-{n:02}") for n in range(35)]))
    now = await inline.run(run)
    async with inline.step() as uow:
        await imports.confirm(uow, run, now.version)

    class Broken(Inline):
        steps = 0

        def step(self, *, last: bool = False) -> Any:
            Broken.steps += 1
            if Broken.steps > 3:
                raise ConnectionError("the worker was killed")
            return super().step(last=last)

    with pytest.raises(ConnectionError):
        await do(Broken(inline.database, inline.acting), Work(run))
    half = await inline.run(run)
    assert (half.state, half.progress.done, half.progress.total) == ("importing", 20, 35)
    await do(inline, Work(run))
    await do(inline, Work(run))
    done = await inline.run(run)
    assert (done.state, outcome(done)) == ("done", (35, 0, 0, 0))
    count = "select count(*) as n, max(version) as v from fostering.household where reference like 'I-%'"
    assert dict(await one(inline, count)) == {"n": 35, "v": 1}


async def test_what_was_imported_is_on_the_record(inline: Inline) -> None:
    await inline.take_in(as_csv([household("E-1", carer_1_telephone="01632 960 001")]))
    run = await inline.take_in(as_csv([{"Household reference": "E-1", "Carer 1 telephone": "01632 960 009"}]))
    home = await home_id(inline, "E-1")
    statement = text("""
        select e.action, d.body from audit.entry e left join audit.detail d on d.entry_id = e.id
        where e.subjects @> array[cast(:id as uuid)] order by e.id
    """)
    async with inline.step() as uow:
        found = [(row.action, row.body) for row in await uow.execute(statement, {"id": home})]
    assert [action for action, _ in found] == ["household.imported", "register.imported"] * 2
    assert found[2][1]["before"] == {str(home): {"carer1_telephone": "01632 960 001"}}
    assert found[2][1]["after"] == {str(home): {"carer1_telephone": "01632 960 009"}}
    assert found[3][1]["criteria"] == {"run": str(run.id), "kind": "households", "changed": 1}


async def test_another_authority_sees_nothing_of_it(inline: Inline, database: Database, world: World) -> None:
    run = await inline.upload(as_csv([household("Z-1")]))
    async with database.bound(world.acting(world.b, "fostering_officer")) as uow:
        for table in ("import_run", "import_row", "import_mapping"):
            assert await uow.scalar(text(f"select count(*) from fostering.{table}")) == 0
    assert (await inline.run(run)).counts.new == 1
    assert isinstance((await rows_of(inline, run))[2].changes, dict)


async def test_another_spelling_of_a_reference_is_the_same_household(inline: Inline) -> None:
    await inline.take_in(as_csv([household("T-302")]))
    again = await inline.upload(as_csv([household("t-302 ")]))
    assert outcome(await inline.run(again)) == (0, 0, 1, 0)
    twice = await faults(inline, household("T-303"), household("t-303"))
    assert twice[3] == {"reference": "Household reference t-303 stands on line 2 already"}
    from_case_system = await inline.take_in(as_csv([household("t-302", oldest_age="11")]))
    assert outcome(from_case_system) == (0, 1, 0, 0)
    found = await one(inline, "select count(*) as n, max(reference) as r from fostering.household"
                              " where lower(reference) = 't-302'")  # fmt: skip
    assert (found["n"], found["r"]) == (1, "T-302")


async def test_a_negative_number_is_no_formula_and_no_number_of_places(inline: Inline) -> None:
    found = await faults(inline, household("N-3", places="-3"), household("N-4", carer_1_name="=1+1"))
    assert found[2]["places"].endswith("a whole number from 1 to 12")
    assert "formula" in found[3]["carer1_name"]


async def test_hidden_characters_are_refused_by_line(inline: Inline) -> None:
    found = await faults(inline, household("N-5", carer_1_name="Ann \u202ehtimS"))
    assert found[2] == {
        "carer1_name": "Carer 1 name must not have characters that cannot be seen: U+202E. Take them out"
    }


async def test_no_second_carer_has_no_sex(inline: Inline) -> None:
    run = await inline.upload(as_csv([household("SX-1", carer_2_name="", carer_2_sex="U")]))
    assert "carer2_sex" not in (await rows_of(inline, run))[2].changes
    await inline.run(run)
    await inline.confirm(run)
    couple = household("SX-1", carer_2_name="Bob Smith", carer_2_sex="")
    assert outcome(await inline.take_in(as_csv([couple]))) == (0, 1, 0, 0)
    assert outcome(await inline.run(await inline.upload(as_csv([couple])))) == (0, 0, 1, 0)
    found = await one(inline, "select c.sex from fostering.carer c join fostering.household h on h.id = c.household_id"
                              " where h.reference = 'SX-1' and c.position = 2")  # fmt: skip
    assert found["sex"] == "U"


WORKER = "supervising_social_worker"


async def worker_of(inline: Inline, reference: str) -> tuple[str, UUID | None]:
    row = await one(
        inline,
        "select supervising_worker, supervising_person_id from fostering.household where reference = :r",
        r=reference,
    )
    return row["supervising_worker"], row["supervising_person_id"]


async def test_a_worker_is_found_by_address_or_by_a_name_that_is_one_colleagues_alone(
    inline: Inline, world: World
) -> None:
    person, name = world.a.people[WORKER], world.a.names[WORKER]
    rows = [
        household("W-1", supervising_social_worker=f"{WORKER.replace('_', '-')}@ashmoor.example".upper()),
        household("W-2", supervising_social_worker=f"  {name.upper()} "),
        household("W-3", supervising_social_worker="Agency Anne"),
        household("W-4", supervising_social_worker=world.b.names[WORKER]),
        household("W-5", supervising_social_worker=world.a.names["director"]),
    ]
    run = await inline.take_in(as_csv(rows))
    assert outcome(run) == (5, 0, 0, 0)
    assert await worker_of(inline, "W-1") == (name, person)
    assert await worker_of(inline, "W-2") == (name, person)
    for reference, kept in (("W-3", "Agency Anne"), ("W-4", world.b.names[WORKER])):
        assert await worker_of(inline, reference) == (kept, None)
    assert await worker_of(inline, "W-5") == (world.a.names["director"], None), "a director supervises no household"
    found = await rows_of(inline, run.id)
    warned = {line: [warning["message"] for warning in row.warnings] for line, row in found.items() if row.warnings}
    assert sorted(warned) == [4, 5, 6]
    assert all(message[0].startswith("Supervising social worker: kept as a name: ") for message in warned.values())


async def test_a_name_of_two_colleagues_is_kept_as_a_name(inline: Inline, world: World) -> None:
    async with as_owner(world.settings) as owner:
        for number in (1, 2):
            twin = await add_person(owner, "Twin Taylor", f"twin{number}@ashmoor.example")
            await add_member(owner, world.a.id, twin, [WORKER], starts=date(2024, 1, 1))
    run = await inline.take_in(as_csv([household("W-6", supervising_social_worker="Twin Taylor")]))
    assert await worker_of(inline, "W-6") == ("Twin Taylor", None)
    (row,) = (await rows_of(inline, run.id)).values()
    assert "2 colleagues are called Twin Taylor: give the e-mail address" in row.warnings[0]["message"]


async def test_what_an_export_says_of_a_worker_comes_in_again_unchanged(inline: Inline, world: World) -> None:
    """Also where a second colleague of that name came meanwhile, and where the worker has left."""
    name = "Ivy Import"
    async with as_owner(world.settings) as owner:
        ivy = await add_person(owner, name, "ivy@ashmoor.example")
        await add_member(owner, world.a.id, ivy, [WORKER], starts=date(2024, 1, 1))
    row = household("W-7", supervising_social_worker="ivy@ashmoor.example")
    await inline.take_in(as_csv([row]))
    assert await worker_of(inline, "W-7") == (name, ivy)
    async with as_owner(world.settings) as owner:
        other = await add_person(owner, name, "ivy2@ashmoor.example")
        await add_member(owner, world.a.id, other, [WORKER], starts=date(2024, 1, 1))
    again = await inline.run(await inline.upload(as_csv([household("W-7", supervising_social_worker=name)])))
    assert outcome(again) == (0, 0, 1, 0)
    assert await worker_of(inline, "W-7") == (name, ivy)
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.member set ends = current_date where person_id = $1", ivy)
    last = await inline.run(await inline.upload(as_csv([household("W-7", supervising_social_worker=name)])))
    assert outcome(last) == (0, 0, 1, 0)
    moved = await inline.take_in(as_csv([household("W-7", supervising_social_worker="ivy2@ashmoor.example")]))
    assert outcome(moved) == (0, 1, 0, 0)
    assert await worker_of(inline, "W-7") == (name, other)


async def test_a_name_becomes_a_colleague_once_they_have_an_account_and_taking_it_back_undoes_that(
    inline: Inline, world: World
) -> None:
    row = household("W-8", supervising_social_worker="Later Lou")
    await inline.take_in(as_csv([row]))
    assert await worker_of(inline, "W-8") == ("Later Lou", None)
    async with as_owner(world.settings) as owner:
        lou = await add_person(owner, "Later Lou", "lou@ashmoor.example")
        await add_member(owner, world.a.id, lou, [WORKER], starts=date(2024, 1, 1))
    run = await inline.take_in(as_csv([row]))
    assert outcome(run) == (0, 1, 0, 0)
    assert await worker_of(inline, "W-8") == ("Later Lou", lou)
    await inline.take_back(run.id)
    assert await worker_of(inline, "W-8") == ("Later Lou", None)


async def test_a_household_locked_from_a_colleague_is_not_theirs(inline: Inline, world: World) -> None:
    await inline.take_in(as_csv([household("W-9")]))
    home = await home_id(inline, "W-9")
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)"
            " values ($1, $2, $3, 'Their sister', $4)",
            world.a.id,
            home,
            world.a.people[WORKER],
            world.a.people["team_manager"],
        )
    run = await inline.take_in(as_csv([household("W-9", supervising_social_worker=world.a.names[WORKER])]))
    assert await worker_of(inline, "W-9") == (world.a.names[WORKER], None)
    (row,) = (await rows_of(inline, run.id)).values()
    assert "they cannot hold this household" in row.warnings[0]["message"]
    assert "Their sister" not in str(row.warnings)
