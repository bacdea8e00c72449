"""Importing current placements: who lives with which household now, as the case system has it.

They are facts, so a placement outside the terms or over the usual fostering limit is taken and marked. What cannot be
true is refused: a child in two homes, more children than places. The whole file is one transaction, because one child's
leaving makes room for another.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from services.fostering.apart import ROW
from services.fostering.days import midnight, today
from services.fostering.imports.cells import Value
from services.fostering.imports.check import Fault, Judged, Parsed, Parser, differences, emptied, fresh, missing
from services.fostering.imports.read import Row
from services.fostering.imports.stays import Home, Register, Stay, load_register
from services.fostering.imports.terms import child_in
from services.fostering.imports.write import new_ids
from services.fostering.offers import refresh_offers
from tenants.references import reference_key


async def judge(
    uow: Uow, parser: Parser, rows: Sequence[Row], *, lock: bool = False
) -> tuple[list[Judged], list[Stay]]:
    """What importing these rows would do now, and the stays it would make or change, in the order of `Judged`."""
    parsed = await asyncio.to_thread(lambda: [parser.parse(row) for row in rows])
    register = await load_register(uow, [row.values for row in parsed], lock=lock)
    leaving_first = sorted(parsed, key=lambda row: (not row.values.get("ends"), row.line))
    judged: list[tuple[Judged, Stay | None]] = []
    for row in leaving_first:
        values, faults = row.values, list(row.faults)
        given = values.get("responsible_gss")
        if given is not None:
            values["responsible_gss"] = register.gss(given)
            if values["responsible_gss"] is None:
                message = f"Responsible authority: “{given}” is not one we know. Give its name, DfE code or GSS code"
                faults.append(Fault("responsible_gss", message))
        judged.append(_row(Parsed(row.line, values, faults, list(row.warnings), row.empty), parser.names, register))
    judged.sort(key=lambda pair: pair[0].line)
    return [one for one, _ in judged], [stay for _, stay in judged if stay is not None]


def _row(row: Parsed, names: frozenset[str], register: Register) -> tuple[Judged, Stay | None]:
    line, values, faults, warnings = row.line, row.values, row.faults, row.warnings
    if register.keeps(values):
        return Judged(line, "bad", [Fault("row", ROW)], []), None
    child, starts = values.get("child_reference"), values.get("starts")
    known = register.by_child.get(reference_key(str(child)), [])
    same = next((stay for stay in known if starts and stay.starts.isoformat() == starts), None)
    if same is not None and same.line is not None:
        faults.append(Fault("child_reference", f"Child {child} stands on line {same.line} already, from the same day"))
    home = register.homes.get(reference_key(str(values.get("household_reference"))))
    if "household_reference" in values and home is None:
        message = f"Household {values['household_reference']} is not on the register. Import the households first"
        faults.append(Fault("household_reference", message))
    if same is None and not faults:
        faults += missing("placements", {**values, "responsible_gss": ""}, names, [])
    if faults or home is None:
        return Judged(line, "bad", faults, warnings), None
    if same is not None:
        return _known(row, home, same)
    after: dict[str, Value] = {**fresh("placements"), "responsible_gss": register.own, **values}
    return _new(line, after, warnings, home, register)


def _known(row: Parsed, home: Home, stay: Stay) -> tuple[Judged, Stay | None]:
    line, values, warnings = row.line, row.values, row.warnings
    stay.line = line
    changes = differences("placements", stay.state, values)
    changes.pop("child_reference", None)
    if home.id == stay.household_id:
        changes.pop("household_reference", None)
    faults = emptied("placements", row.empty, stay.state)
    if "household_reference" in changes:
        message = (
            f"Child {stay.child.reference} is with household {stay.household_reference} since that day on the register"
        )
        faults.append(Fault("household_reference", f"{message}. End or mend that placement there first"))
    if stay.ends is not None and "ends" in changes:
        until = f"The register has this placement end on {stay.ends:%d/%m/%Y}"
        faults.append(Fault("ends", f"{until}. Change that on the register first"))
    faults += _order({**stay.state, **values})
    if faults:
        return Judged(line, "bad", faults, warnings, stay.id), None
    if not changes:
        if stay.ends is not None and stay.ends <= today():
            warnings.append(Fault("ends", f"The register has this placement end on {stay.ends:%d/%m/%Y}"))
        return Judged(line, "unchanged", [], warnings, stay.id), None
    after = {**stay.state, **{name: value for name, (_, value) in changes.items()}}
    if "ends" in changes:
        stay.ends = date.fromisoformat(after["ends"])
        if stay.ends <= today() and stay.unit_id is not None:
            home.free.append(stay.unit_id)
    stay.child, stay.solo = child_in(after), after["solo"]
    warnings = [*warnings, *home.warnings(stay)]
    return Judged(line, "changed", [], warnings, stay.id, 0, changes, after), stay


def _new(
    line: int, after: dict[str, Value], warnings: list[Fault], home: Home, register: Register
) -> tuple[Judged, Stay | None]:
    child, faults = child_in(after), _order(after)
    starts, ends = date.fromisoformat(after["starts"]), after["ends"] and date.fromisoformat(after["ends"])
    if not faults and ends is not None and ends <= today():
        warnings = [*warnings, Fault("ends", f"Placed until {ends:%d/%m/%Y}: only current placements are imported")]
        return Judged(line, "unchanged", [], warnings), None
    elsewhere = next(
        (stay for stay in register.by_child.get(reference_key(child.reference), []) if _overlap(stay, starts, ends)),
        None,
    )
    if elsewhere is not None:
        where = f"is with household {elsewhere.household_reference} since {elsewhere.starts:%d/%m/%Y}"
        source = f"on line {elsewhere.line}" if elsewhere.line and elsewhere.id is None else "on the register"
        message = f"Child {child.reference} {where} {source}. Give the day that placement ended"
        faults.append(Fault("child_reference", message))
    elif not home.free:
        faults.append(Fault("household_reference", _no_room(home)))
    if faults:
        return Judged(line, "bad", faults, warnings), None
    stay = Stay(home.id, home.reference, home.free.pop(0), child, after["solo"], starts, ends, line=line)
    warnings = [*warnings, *home.warnings(stay)]
    home.stays.append(stay)
    register.by_child.setdefault(reference_key(child.reference), []).append(stay)
    changes = {name: (None, value) for name, value in after.items() if value}
    return Judged(line, "new", [], warnings, None, 0, changes, after), stay


def _overlap(stay: Stay, starts: date, ends: date | None) -> bool:
    return (stay.ends is None or stay.ends > starts) and (ends is None or stay.starts < ends)


def _order(after: Mapping[str, Value]) -> list[Fault]:
    born, starts = date.fromisoformat(after["born"]), date.fromisoformat(after["starts"])
    faults: list[Fault] = []
    if starts < born:
        faults.append(Fault("starts", f"Placed from must not be before the child was born ({born:%d/%m/%Y})"))
    if after["ends"] and date.fromisoformat(after["ends"]) < starts:
        faults.append(Fault("ends", f"Placed until must not be before placed from ({starts:%d/%m/%Y})"))
    if (starts - born).days > 25 * 366:
        faults.append(Fault("born", f"Born {born:%d/%m/%Y} is more than 25 years before the placement: check the year"))
    return faults


def _no_room(home: Home) -> str:
    if not home.places:
        return f"Household {home.reference} has no approved places"
    said = [f"Household {home.reference} has {home.places} place{'s' if home.places > 1 else ''}"]
    taken = home.places - home.closed - home.held
    if taken:
        said.append(f"{taken} filled")
    if home.held:
        said.append(f"{home.held} held for a child")
    if home.closed:
        said.append(f"{home.closed} marked as not available")
    return f"{', '.join(said)}: there is no room for this child. Correct the household’s places first"


OCCUPY = text("""
select capacity.occupy(cast(:units as uuid[]), array(
  select tstzrange(d.starts, d.ends)
  from unnest(cast(:starts as timestamptz[]), cast(:ends as timestamptz[])) with ordinality as d (starts, ends, n)
  order by d.n))
""")
PLACE = text("""
insert into fostering.placed_child (authority_id, id, household_id, unit_id, claim_id, child_reference, born, sex,
  responsible_gss, sibling_group, care_type, solo, starts, ends)
select (select careshare.authority()), r.*
from jsonb_to_recordset(cast(:rows as jsonb)) as r (id uuid, household_id uuid, unit_id uuid, claim_id uuid,
  child_reference text, born date, sex text, responsible_gss text, sibling_group text, care_type text, solo boolean,
  starts date, ends date)
""")
CHANGE = text("""
update fostering.placed_child c set born = r.born, sex = r.sex, responsible_gss = r.responsible_gss,
  sibling_group = r.sibling_group, care_type = r.care_type, solo = r.solo, ends = r.ends, claim_id = r.claim_id
from jsonb_to_recordset(cast(:rows as jsonb)) as r (id uuid, claim_id uuid, born date, sex text, responsible_gss text,
  sibling_group text, care_type text, solo boolean, ends date)
where c.authority_id = (select careshare.authority()) and c.id = r.id
""")
SHORTEN = text("""
select capacity.shorten(s.claim, s.ends)
from unnest(cast(:claims as uuid[]), cast(:ends as timestamptz[])) as s (claim, ends)
""")


# A solo placement takes the other places out for as long as it lasts.
LIFT_SOLO = text("""
update fostering.place p set closed_reason = null, closed_from = null, closed_until = null
where p.authority_id = (select careshare.authority()) and p.household_id = any(cast(:households as uuid[]))
  and p.closed_reason = 'solo_placement' and not exists (
    select from fostering.placed_child c
    where c.authority_id = p.authority_id and c.household_id = p.household_id and c.solo
      and (c.ends is null or c.ends > cast(:today as date)))
""")
CLOSE_SOLO = text("""
update fostering.place p
set closed_reason = 'solo_placement', closed_from = c.starts, closed_until = c.ends, closed_note = ''
from fostering.placed_child c
where p.authority_id = (select careshare.authority()) and p.household_id = any(cast(:households as uuid[]))
  and c.authority_id = p.authority_id and c.household_id = p.household_id and c.solo
  and (c.ends is null or c.ends > cast(:today as date)) and c.unit_id <> p.unit_id and p.closed_reason is null
""")
BUMP = text("""
update fostering.household set version = version + 1, updated_at = clock_timestamp()
where authority_id = (select careshare.authority()) and id = any(cast(:households as uuid[])) returning id, version
""")


async def settle_places(uow: Uow, households: Collection[UUID]) -> None:
    """Close or open places around solo placements, and make the offers of these households anew."""
    given = {"households": sorted(households), "today": today()}
    await uow.execute(LIFT_SOLO, given)
    await uow.execute(CLOSE_SOLO, given)
    await refresh_offers(uow, sorted(households))


async def settle(uow: Uow, households: Collection[UUID]) -> dict[UUID, int]:
    """After the stays of households were changed: their places, offers and versions. Returns the versions."""
    await settle_places(uow, households)
    rows = await uow.execute(BUMP, {"households": sorted(households)})
    return {row.id: int(row.version) for row in rows}


async def apply(uow: Uow, parser: Parser, rows: Sequence[Row]) -> tuple[list[Judged], dict[UUID, int]]:
    """Import these rows: judge them against the register as it is now, write what is right, record it.

    Returns what was done with each, and for each stay the version of its household.
    """
    judged, stays = await judge(uow, parser, rows, lock=True)
    by_line = {one.line: one for one in judged}
    gone = [stay for stay in stays if stay.id and "ends" in by_line[stay.line or 0].changes and stay.claim_id]
    await uow.execute(
        SHORTEN,
        {"claims": [stay.claim_id for stay in gone], "ends": [midnight(stay.ends) for stay in gone if stay.ends]},
    )
    for stay in gone:
        if stay.ends is not None and stay.ends <= today():
            stay.claim_id = None
    await change(
        uow, [(stay.id, stay.claim_id, by_line[stay.line or 0].after) for stay in stays if stay.id is not None]
    )
    arriving = [stay for stay in stays if stay.id is None]
    claims = await occupy(uow, [(stay.unit_id, stay.starts, stay.ends) for stay in arriving if stay.unit_id])
    taken: list[dict[str, Value]] = []
    for stay, claim_id, stay_id in zip(arriving, claims, await new_ids(uow, len(arriving)), strict=True):
        one = by_line[stay.line or 0]
        if claim_id is None:
            one.outcome = "bad"
            one.errors.append(Fault("household_reference", "The place was taken by somebody else meanwhile"))
            continue
        one.subject_id = stay_id
        taken.append(
            {
                **one.after,
                "id": stay_id,
                "household_id": stay.household_id,
                "unit_id": stay.unit_id,
                "claim_id": claim_id,
            }
        )
    await uow.execute(PLACE, {"rows": msgspec.json.encode(taken).decode()})
    households = await settle(uow, {stay.household_id for stay in stays})
    versions: dict[UUID, int] = {}
    for stay in stays:
        one = by_line[stay.line or 0]
        one.base_version = households[stay.household_id] - 1
        versions[one.subject_id] = households[stay.household_id]
    done = [one for one in judged if one.outcome in {"new", "changed"}]
    if done:
        await audit.record(
            uow,
            "placed_child.imported",
            subjects=[one.subject_id for one in done],
            before={
                str(one.subject_id): {n: old for n, (old, _) in one.changes.items()}
                for one in done
                if one.outcome == "changed"
            },
            after={str(one.subject_id): {n: new for n, (_, new) in one.changes.items()} for one in done},
        )
    return judged, versions


async def occupy(uow: Uow, wanted: Sequence[tuple[UUID, date, date | None]]) -> list[UUID | None]:
    """Take these places firmly from today or the day given, whichever is later; None where one is not free."""
    if not wanted:
        return []
    given = {
        "units": [unit for unit, _, _ in wanted],
        "starts": [midnight(max(starts, today())) for _, starts, _ in wanted],
        "ends": [midnight(ends) if ends else None for _, _, ends in wanted],
    }
    made: list[UUID | None] = (await uow.execute(OCCUPY, given)).scalar_one()
    return made


async def change(uow: Uow, stays: Sequence[tuple[UUID, UUID | None, Mapping[str, Value]]]) -> None:
    """Make these stays (id, claim, every field) so; the household and the first day of a stay do not change."""
    rows = [{**after, "id": stay_id, "claim_id": claim_id} for stay_id, claim_id, after in stays]
    if rows:
        await uow.execute(CHANGE, {"rows": msgspec.json.encode(rows).decode()})
