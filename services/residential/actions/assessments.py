"""Impact assessments: what a child's coming would mean for those who live there, and the manager's decision."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, PreconditionFailed
from services.residential.model import Concern, Decision, Incoming
from services.residential.rules import InBands, age_on, band, likely_concerns
from tenants.checking import known_codes, need_text, plain_text, refuse_invalid
from tenants.days import today

HOME = text("""
    select 1 from residential.home h where h.authority_id = (select careshare.authority()) and h.id = :home for share
""")
RESIDENTS = text("""
    select r.born, r.sex, r.needs from residential.resident r
    where r.authority_id = (select careshare.authority()) and r.home_id = :home and r.starts <= :day
      and (r.ends is null or r.ends > :day) order by r.born
""")
OPEN = text("""
    insert into residential.assessment (authority_id, home_id, enquiry_id, incoming, residents, concerns)
    values ((select careshare.authority()), :home, :enquiry, cast(:incoming as jsonb), cast(:residents as jsonb),
      cast(:concerns as jsonb))
    on conflict (authority_id, home_id, enquiry_id) do nothing returning id
""")
COLUMNS = """
    select a.id, a.home_id, a.enquiry_id, a.incoming, a.residents, a.concerns, a.outcome, a.reason, a.decided_at,
      a.decided_by, a.opened_at, a.opened_by, a.version
    from residential.assessment a where a.authority_id = (select careshare.authority())
"""
ONE = text(f"{COLUMNS} and a.id = :id")
LOCKED = text(f"{COLUMNS} and a.id = :id for update")
OF_HOME = text(f"{COLUMNS} and a.home_id = :home order by a.id desc limit 50")
FOR_ENQUIRY = text(f"{COLUMNS} and a.home_id = :home and a.enquiry_id = :enquiry")
SET_CONCERNS = text("""
    update residential.assessment set concerns = cast(:concerns as jsonb), version = version + 1
    where authority_id = (select careshare.authority()) and id = :id returning version
""")
DECIDE = text("""
    update residential.assessment set outcome = :outcome, reason = :reason, decided_at = clock_timestamp(),
      decided_by = careshare.actor(), version = version + 1
    where authority_id = (select careshare.authority()) and id = :id returning version
""")


class Band(msgspec.Struct, frozen=True):
    """A child as an assessment weighs them: never a name, a reference or a date of birth."""

    age_low: int
    age_high: int
    sex: str
    needs: list[str]


class Assessment(msgspec.Struct, frozen=True):
    """An impact assessment. `outcome` is null until the home's manager has decided; it is all that others see."""

    id: UUID
    home_id: UUID
    enquiry_id: UUID
    incoming: list[Band]
    residents: list[Band]
    concerns: list[Concern]
    outcome: str | None
    reason: str
    decided_at: datetime | None
    decided_by: UUID | None
    opened_at: datetime
    opened_by: UUID
    version: int


async def open_assessment(uow: Uow, home_id: UUID, enquiry_id: UUID, incoming: Sequence[Incoming]) -> UUID:
    """Begin the assessment of one enquiry for one home, with the concerns worth speaking to filled in; its id.

    Begun before: the one there is. Who lives there is taken down in bands, as it is today. Raises NotFound, Invalid.
    """
    errors: list[FieldError] = []
    for child in incoming:
        known_codes(errors, "skill", "needs", child.needs)
    refuse_invalid(errors)
    if (await uow.execute(HOME, {"home": home_id})).scalar_one_or_none() is None:
        raise NotFound
    coming = [_band(one.age, one.sex, one.needs) for one in incoming]
    there = await residents_in_bands(uow, home_id, today())
    concerns = [
        Concern(code=code) for code in likely_concerns([_rule(one) for one in there], [_rule(o) for o in coming])
    ]
    values = {
        "home": home_id,
        "enquiry": enquiry_id,
        "incoming": _json(coming),
        "residents": _json(there),
        "concerns": _json(concerns),
    }
    made: UUID | None = (await uow.execute(OPEN, values)).scalar_one_or_none()
    if made is None:
        found = (await uow.execute(FOR_ENQUIRY, {"home": home_id, "enquiry": enquiry_id})).mappings().one()
        return _read(found).id
    await audit.record(uow, "assessment.opened", subjects=[home_id, made])
    return made


async def set_concerns(uow: Uow, assessment_id: UUID, version: int | None, concerns: Sequence[Concern]) -> int:
    """Write the concerns and what would be done about each; the new version.

    Raises NotFound, PreconditionFailed, Invalid, and Conflict where it is decided already.
    """
    errors: list[FieldError] = []
    known_codes(errors, "impact_concern", "concern", [one.code for one in concerns])
    written = [
        Concern(
            code=one.code,
            note=plain_text(errors, "concern", one.note, lines=True),
            mitigation=plain_text(errors, "concern", one.mitigation, lines=True),
        )
        for one in concerns
    ]
    refuse_invalid(errors)
    found = await _locked(uow, assessment_id, version)
    made: int = (await uow.execute(SET_CONCERNS, {"id": assessment_id, "concerns": _json(written)})).scalar_one()
    was, now = {"concerns": msgspec.to_builtins(found.concerns)}, {"concerns": msgspec.to_builtins(written)}
    await audit.record(uow, "assessment.written", subjects=[found.home_id, assessment_id], before=was, after=now)
    return made


async def decide(uow: Uow, assessment_id: UUID, version: int | None, decision: Decision) -> int:
    """Record the manager's decision; the new version. It is not changed afterwards: a new enquiry gets a new one.

    Raises NotFound, PreconditionFailed, Invalid, and Conflict where it is decided already.
    """
    errors: list[FieldError] = []
    reason = need_text(errors, "reason", decision.reason, "Enter the reason", lines=True)
    refuse_invalid(errors)
    found = await _locked(uow, assessment_id, version)
    if decision.outcome == "with_mitigations" and not any(one.mitigation.strip() for one in found.concerns):
        message = "Write first what would be done about at least one concern"
        raise Invalid("See errors.", errors=[FieldError("outcome", message)])
    values: dict[str, Any] = {"id": assessment_id, "outcome": decision.outcome, "reason": reason}
    made: int = (await uow.execute(DECIDE, values)).scalar_one()
    after = {"outcome": decision.outcome, "reason": reason}
    await audit.record(uow, "assessment.decided", subjects=[found.home_id, assessment_id], after=after)
    return made


async def assessment(uow: Uow, assessment_id: UUID) -> Assessment:
    """One's own assessment. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": assessment_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _read(row)


async def assessments(uow: Uow, home_id: UUID) -> list[Assessment]:
    """The newest assessments of one's own home."""
    return [_read(row) for row in (await uow.execute(OF_HOME, {"home": home_id})).mappings()]


async def for_enquiry(uow: Uow, home_id: UUID, enquiry_id: UUID) -> Assessment | None:
    """One's own assessment of an enquiry for a home; None where none was begun."""
    row = (await uow.execute(FOR_ENQUIRY, {"home": home_id, "enquiry": enquiry_id})).mappings().one_or_none()
    return None if row is None else _read(row)


async def residents_in_bands(uow: Uow, home_id: UUID, day: date) -> list[Band]:
    """Who lives in one's own home on a day, in bands."""
    rows = await uow.execute(RESIDENTS, {"home": home_id, "day": day})
    return [_band(age_on(row.born, day), row.sex, row.needs) for row in rows]


async def _locked(uow: Uow, assessment_id: UUID, version: int | None) -> Assessment:
    row = (await uow.execute(LOCKED, {"id": assessment_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    found = _read(row)
    if version is not None and version != found.version:
        raise PreconditionFailed
    if found.outcome is not None:
        raise Conflict("This assessment is decided already.")
    return found


def _band(age: int, sex: str, needs: Sequence[str]) -> Band:
    low, high = band(age)
    return Band(low, high, sex, list(needs))


def _rule(one: Band) -> InBands:
    return InBands(one.age_low, one.age_high, one.sex, frozenset(one.needs))


def _read(row: Any) -> Assessment:
    return msgspec.convert(dict(row), Assessment)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
