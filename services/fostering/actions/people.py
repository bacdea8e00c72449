"""Setting who lives in a household: carers, others, and the bedrooms for fostered children."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError
from services.fostering.actions.change import changing, known_codes, need_day, need_text, plain_text, refuse_invalid
from services.fostering.days import today
from services.fostering.model import Bedroom, Carer, Member

CARERS = text("""
    select name, born, sex, ethnicity, religion, languages, telephone from fostering.carer
    where authority_id = (select careshare.authority()) and household_id = :household order by position
""")
SET_CARER = text("""
    insert into fostering.carer
      (authority_id, household_id, position, name, born, sex, ethnicity, religion, languages, telephone)
    values ((select careshare.authority()), :household, :position, :name, :born, :sex, :ethnicity, :religion,
      :languages, :telephone)
    on conflict on constraint carer_position do update set name = excluded.name, born = excluded.born,
      sex = excluded.sex, ethnicity = excluded.ethnicity, religion = excluded.religion,
      languages = excluded.languages, telephone = excluded.telephone
""")
DROP_CARERS = text("""
    delete from fostering.carer
    where authority_id = (select careshare.authority()) and household_id = :household and position > :last
""")
MEMBERS = text("""
    select name, relationship, born, sex from fostering.member
    where authority_id = (select careshare.authority()) and household_id = :household order by id
""")
DROP_MEMBERS = text(
    "delete from fostering.member where authority_id = (select careshare.authority()) and household_id = :household"
)
ADD_MEMBER = text("""
    insert into fostering.member (authority_id, household_id, name, relationship, born, sex)
    values ((select careshare.authority()), :household, :name, :relationship, :born, :sex)
""")
BEDROOMS = text("""
    select beds, sharing from fostering.bedroom
    where authority_id = (select careshare.authority()) and household_id = :household order by number
""")
DROP_BEDROOMS = text(
    "delete from fostering.bedroom where authority_id = (select careshare.authority()) and household_id = :household"
)
ADD_BEDROOM = text("""
    insert into fostering.bedroom (authority_id, household_id, number, beds, sharing)
    values ((select careshare.authority()), :household, :number, :beds, :sharing)
""")

BORN_LATE = "A date of birth must be in the past"


async def set_carers(uow: Uow, household_id: UUID, version: int | None, carers: Sequence[Carer]) -> int:
    """Record the approved carers, the main one first; the new version.

    Raises NotFound, PreconditionFailed, and Invalid with fields `carer-1-name` and so on.
    """
    errors: list[FieldError] = []
    rows: list[dict[str, Any]] = []
    if not carers:
        errors.append(FieldError("carer-1-name", "Enter at least one carer"))
    for number, carer in enumerate(carers, 1):
        row = msgspec.structs.asdict(carer)
        row["name"] = need_text(errors, f"carer-{number}-name", carer.name, f"Enter the name of carer {number}")
        row["telephone"] = plain_text(errors, f"carer-{number}-telephone", carer.telephone)
        need_day(errors, f"carer-{number}-born", carer.born, latest=today(), late=BORN_LATE)
        for column in ("ethnicity", "religion"):
            if row[column] is not None:
                known_codes(errors, column, f"carer-{number}-{column}", [row[column]])
        if carer.languages is not None:
            row["languages"] = known_codes(errors, "language", f"carer-{number}-languages", carer.languages)
        rows.append(row)
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.carers_changed") as change:
        before = [dict(row) for row in (await uow.execute(CARERS, {"household": household_id})).mappings()]
        for position, row in enumerate(rows, 1):
            await uow.execute(SET_CARER, {**row, "household": household_id, "position": position})
        await uow.execute(DROP_CARERS, {"household": household_id, "last": len(rows)})
        change.note({"carers": before}, {"carers": rows})
    return change.version


async def set_members(uow: Uow, household_id: UUID, version: int | None, members: Sequence[Member]) -> int:
    """Record everybody else who lives there; the new version. Raises as `set_carers`, with fields `person-1-name`."""
    errors: list[FieldError] = []
    rows: list[dict[str, Any]] = []
    for number, member in enumerate(members, 1):
        row = msgspec.structs.asdict(member)
        row["name"] = need_text(errors, f"person-{number}-name", member.name, f"Enter the name of person {number}")
        need_day(errors, f"person-{number}-born", member.born, latest=today(), late=BORN_LATE)
        if member.relationship == "privately_fostered" and member.born is None:
            message = "Enter the date of birth: a privately fostered child counts towards the usual fostering limit"
            errors.append(FieldError(f"person-{number}-born", message))
        rows.append(row)
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.members_changed") as change:
        before = [dict(row) for row in (await uow.execute(MEMBERS, {"household": household_id})).mappings()]
        await uow.execute(DROP_MEMBERS, {"household": household_id})
        for row in rows:
            await uow.execute(ADD_MEMBER, {**row, "household": household_id})
        change.note({"members": before}, {"members": rows})
    return change.version


async def set_bedrooms(uow: Uow, household_id: UUID, version: int | None, bedrooms: Sequence[Bedroom]) -> int:
    """Record the bedrooms for fostered children, in order; the new version. Raises NotFound and PreconditionFailed."""
    rows = [msgspec.structs.asdict(bedroom) for bedroom in bedrooms]
    async with changing(uow, household_id, version, "household.bedrooms_changed") as change:
        before = [dict(row) for row in (await uow.execute(BEDROOMS, {"household": household_id})).mappings()]
        await uow.execute(DROP_BEDROOMS, {"household": household_id})
        for number, row in enumerate(rows, 1):
            await uow.execute(ADD_BEDROOM, {**row, "household": household_id, "number": number})
        change.note({"bedrooms": before}, {"bedrooms": rows})
    return change.version
