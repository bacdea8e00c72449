"""Importing households: what each row would do to the register, doing it, and taking it back."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from careshare import audit
from careshare.database import Uow
from careshare.gazetteer import Place, UnknownPostcode, locate_many
from services.fostering.apart import ROW, Apart, apart
from services.fostering.imports.cells import Value
from services.fostering.imports.check import (
    TERMS,
    Fault,
    Judged,
    Parsed,
    Parser,
    complete_checks,
    differences,
    emptied,
    first_review,
    follow_resignation,
    fresh,
    household_faults,
    household_name,
    missing,
)
from services.fostering.imports.read import Row
from services.fostering.imports.register import Existing, load
from services.fostering.imports.write import new_ids, write
from services.fostering.offers import refresh_offers
from services.fostering.workers import FIELD, Workers, barred, workers
from tenants.references import reference_key

WORKER: Final = "supervising_worker"
NAME_ONLY: Final = "Supervising social worker: kept as a name"
BATCH: Final = 1_000
"""Rows of one transaction: how often the progress moves, and how little an interrupted worker has to do again."""


async def judge(
    uow: Uow, parser: Parser, rows: Sequence[Row], first_lines: Mapping[str, int], *, lock: bool = False
) -> list[Judged]:
    """What importing these rows would do now. `first_lines`: on which line of the file each reference stands first."""
    parsed = await asyncio.to_thread(lambda: [parser.parse(row) for row in rows])
    references = [str(row.values["reference"]) for row in parsed if "reference" in row.values]
    existing = await load(uow, references, lock=lock)
    kept = await apart(uow, homes=references)
    places = await locate_many(uow, {str(row.values["postcode"]) for row in parsed if "postcode" in row.values})
    if WORKER in parser.names:
        known = await workers(uow)
        for row in parsed:
            _find_worker(row, existing, known)
    judged = [_judge(row, parser.names, existing, places, first_lines, kept=kept) for row in parsed]
    await _leave_out_barred(uow, judged)
    return judged


async def _leave_out_barred(uow: Uow, judged: Sequence[Judged]) -> None:
    """Give no household to a colleague from whom it is locked: the name stays, and nobody holds it."""
    by_person: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        person = one.changes.get(FIELD, (None, None))[1]
        if person is not None and one.outcome == "changed":
            by_person[str(person)].append(one)
    for person, theirs in by_person.items():
        kept = await barred(uow, UUID(person), [one.subject_id for one in theirs])
        for one in theirs:
            if one.subject_id in kept:
                before, _ = one.changes.pop(FIELD)
                one.after[FIELD] = None
                if before is not None:
                    one.changes[FIELD] = (before, None)
                one.outcome = "changed" if one.changes else "unchanged"
                one.warnings.append(Fault(WORKER, f"{NAME_ONLY}: they cannot hold this household"))


def _find_worker(row: Parsed, existing: Mapping[str, Existing], known: Workers) -> None:
    """Find whom the row's worker is, beside the name; a warning where a new name is no colleague's."""
    if WORKER not in row.values:
        return
    found = existing.get(reference_key(str(row.values.get("reference", ""))))
    before = found.state if found else fresh("households")
    text = str(row.values[WORKER])
    if before[FIELD] is not None and text == before[WORKER]:
        return
    meant = known.meant(text)
    row.values[WORKER] = meant.name
    row.values[FIELD] = None if meant.person_id is None else str(meant.person_id)
    if meant.why and text != before[WORKER]:
        row.warnings.append(Fault(WORKER, f"{NAME_ONLY}: {meant.why}"))


def _judge(
    row: Parsed,
    names: frozenset[str],
    existing: Mapping[str, Existing],
    places: Mapping[str, Place],
    first_lines: Mapping[str, int],
    *,
    kept: Apart,
) -> Judged:
    values, faults, warnings = row.values, list(row.faults), list(row.warnings)
    reference = values.get("reference")
    if reference is None:
        return Judged(row.line, "bad", faults, warnings)
    if kept.home(reference):
        return Judged(row.line, "bad", [Fault("row", ROW)], [])
    first = first_lines.get(reference_key(reference), row.line)
    if first != row.line:
        faults.append(Fault("reference", f"Household reference {reference} stands on line {first} already"))
    found = existing.get(reference_key(reference))
    if found is not None:
        values["reference"] = found.state["reference"]
    before = found.state if found else fresh("households")
    given = {name: value for name, value in (before | values).items() if value is not None}
    if found is None:
        faults += missing("households", given, names, [fault.field for fault in faults])
    else:
        faults += emptied("households", row.empty, before)
        if not given.keys() >= TERMS and given.keys() & TERMS:
            faults += missing("households", given, names, [fault.field for fault in faults], TERMS)
    complete_checks(values, before)
    if "carer2_sex" in values:
        second = values.get("carer2_name", before["carer2_name"])
        values["carer2_sex"] = (values["carer2_sex"] or "U") if second else None
    if not faults:
        follow_resignation(values, before)
        after = before | values
        after["name"] = values["name"] = after["name"] or household_name(after)
        if found is None and not after["annual_review_due"]:
            after["annual_review_due"] = values["annual_review_due"] = first_review(after)
        changes = _changes(before, after, values, found)
        faults = household_faults(after, changes) + _against_register(changes, after, found, places)
        if not faults:
            return _outcome(row, before, changes, found, warnings)
    return Judged(row.line, "bad", faults, warnings, found.id if found else None)


def _changes(
    before: Mapping[str, Value], after: Mapping[str, Value], values: Mapping[str, Value], found: Existing | None
) -> dict[str, tuple[Value, Value]]:
    if found is None:
        return {name: (None, value) for name, value in after.items() if value or type(value) is int}
    return differences("households", before, values)


def _against_register(
    changed: Collection[str], after: Mapping[str, Value], found: Existing | None, places: Mapping[str, Place]
) -> list[Fault]:
    faults: list[Fault] = []
    if "postcode" in changed and after["postcode"] not in places:
        faults.append(Fault("postcode", f"Postcode: {UnknownPostcode(str(after['postcode']))}"))
    if found is None:
        return faults
    since = found.state["terms_from"]
    if since and "terms_from" in changed and after["terms_from"] < since:
        known = date.fromisoformat(since)
        faults.append(
            Fault(
                "terms_from",
                f"Terms from must not be before the terms on the register, which began on {known:%d/%m/%Y}",
            )
        )
    if "places" in changed:
        faults += too_few_places(after, found)
    return faults


def too_few_places(after: Mapping[str, Value], found: Existing) -> list[Fault]:
    if after["places"] is None or after["places"] >= max(found.children, found.taken):
        return []
    if found.children > after["places"]:
        said = f"{found.children} {'child is' if found.children == 1 else 'children are'} placed there"
    else:
        said = f"{found.taken} are filled or held for a child"
    return [Fault("places", f"Places {after['places']} is too few: {said}")]


def _outcome(
    row: Parsed,
    before: Mapping[str, Value],
    changes: dict[str, tuple[Value, Value]],
    found: Existing | None,
    warnings: list[Fault],
) -> Judged:
    if found is None:
        return Judged(row.line, "new", [], warnings, None, 0, changes, {**before, **row.values})
    if not changes:
        return Judged(row.line, "unchanged", [], warnings, found.id)
    after = {**before, **side(changes, 1)}
    if found.published:
        reason = _no_longer_published(after)
        if reason:
            warnings.append(Fault(reason[0], f"The household is published; it will be withdrawn, because {reason[1]}"))
    return Judged(row.line, "changed", [], warnings, found.id, found.version, changes, after)


def _no_longer_published(after: Mapping[str, Value]) -> tuple[str, str] | None:
    if after["objection"]:
        return "objection", "the carers object to sharing"
    if after["privacy_notice_on"] is None:
        return "privacy_notice_on", "no privacy notice was given"
    if after["approval_kind"] != "mainstream":
        return "approval_kind", "the approval is for particular children"
    return None


async def apply(
    uow: Uow, parser: Parser, rows: Sequence[Row], first_lines: Mapping[str, int]
) -> tuple[list[Judged], dict[UUID, int]]:
    """Import these rows: judge them against the register as it is now, write what is right, record it.

    Returns what was done with each, and the versions of the households written.
    """
    judged = await judge(uow, parser, rows, first_lines, lock=True)
    fresh_ones = [one for one in judged if one.outcome == "new"]
    for one, made in zip(fresh_ones, await new_ids(uow, len(fresh_ones)), strict=True):
        one.subject_id = made
    changed = [one for one in judged if one.outcome in {"new", "changed"}]
    versions = await write_all(
        uow, [(one.subject_id, one.after, one.changes) for one in changed], {one.subject_id for one in fresh_ones}
    )
    if changed:
        await audit.record(
            uow,
            "household.imported",
            subjects=[one.subject_id for one in changed],
            before={str(one.subject_id): side(one.changes, 0) for one in changed if one.outcome == "changed"},
            after={str(one.subject_id): side(one.changes, 1) for one in changed},
        )
    return judged, versions


async def write_all(
    uow: Uow,
    households: Sequence[tuple[UUID, Mapping[str, Value], Mapping[str, tuple[Value, Value]]]],
    new: Collection[UUID] = (),
) -> dict[UUID, int]:
    """Make households (id, every field, what of it changes) so, and their offers with them; some of them are `new`.

    Returns their versions.
    """
    places = await locate_many(uow, {str(after["postcode"]) for _, after, _ in households})
    rows: list[dict[str, Any]] = []
    for household_id, after, changes in households:
        place = places.get(after["postcode"])
        rows.append(
            {
                **after,
                "id": household_id,
                "new": household_id in new,
                "changed": changes.keys(),
                "terms_were_from": changes["terms_from"][0] if "terms_from" in changes else None,
                "easting": place and place.easting,
                "northing": place and place.northing,
                "outward": place and place.outward,
                "area_gss": place and place.area_gss,
            }
        )
    versions = await write(uow, rows)
    await refresh_offers(uow, list(versions))
    return versions


def side(changes: Mapping[str, tuple[Value, Value]], which: int) -> dict[str, Value]:
    """What stood before (0) or stands after (1) in each changed field."""
    return {name: values[which] for name, values in changes.items()}
