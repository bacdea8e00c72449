"""Approval of carers: terms from a day on, temporary approval and its extension, resignation.

Sources: SI 2011/581 regulations 27 and 28; SI 2010/959 regulations 24 and 25.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.database.periods import PeriodTable
from careshare.errors import Conflict, FieldError
from services.fostering.actions.change import (
    Change,
    changing,
    forbid,
    known_codes,
    need_day,
    refuse_invalid,
    tidy_names,
)
from services.fostering.actions.situation import Situation, situation
from services.fostering.days import today
from services.fostering.limits import limits
from services.fostering.model import Extension, Resignation, Temporary, Terms
from services.fostering.rules import latest_extension, resignation_ends, review_due, temporary_ends

COLUMNS: Final = (
    *("kind", "places", "age_min", "age_max", "sex", "care_types", "named_children"),
    *("extended_on", "extended_for", "notice_on"),
)
APPROVALS: Final = PeriodTable("fostering.approval", parent="fostering.household", link="household_id", columns=COLUMNS)

FIRST_REVIEW = text("""
    insert into fostering.check (authority_id, household_id, kind, due_on)
    values ((select careshare.authority()), :household, 'annual_review', :due)
    on conflict on constraint check_once do nothing
""")
RESIGN = text("""
    insert into fostering.resignation (authority_id, household_id, received_on)
    values ((select careshare.authority()), :household, :received) on conflict do nothing returning ends_on
""")
APPROVED_ANEW = text("""
    delete from fostering.resignation where authority_id = (select careshare.authority()) and household_id = :household
""")
PLACES = text("""
    select count(*) from fostering.place
    where authority_id = (select careshare.authority()) and household_id = :household
""")

FORWARD: Final = timedelta(days=366)
"""Terms are set at most so far ahead; a later date is a typing mistake."""

NOTICE_LATE: Final = "The approval notice must have been given today or earlier"
Values = dict[str, Any]


async def set_terms(uow: Uow, household_id: UUID, version: int | None, terms: Terms) -> int:
    """Let terms of approval hold from a day on, in place of whatever held then; the new version.

    Terms from the day a resignation took effect on are a new approval. Raises NotFound, PreconditionFailed, Invalid,
    and Unprocessable where the home has more places than the terms allow.
    """
    errors: list[FieldError] = []
    values: Values = {
        "kind": terms.kind,
        "places": terms.places,
        "age_min": terms.age_min,
        "age_max": terms.age_max,
        "sex": terms.sex,
        "care_types": known_codes(errors, "care_type", "care_types", terms.care_types),
        "named_children": tidy_names(errors, "named_children", terms.named_children),
        "extended_on": None,
        "extended_for": None,
        "notice_on": terms.notice_on,
    }
    need_day(errors, "since", terms.since, latest=today() + FORWARD, late="The terms must begin within a year from now")
    need_day(errors, "notice_on", terms.notice_on, latest=today(), late=NOTICE_LATE)
    if terms.age_min > terms.age_max:
        errors.append(FieldError("age_max", "The oldest age must not be below the youngest age"))
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.terms_set") as change:
        known = await situation(uow, household_id)
        standing: int = (await uow.execute(PLACES, {"household": household_id})).scalar_one()
        if terms.since <= today() and standing > terms.places:
            message = f"The home has {standing} places. Take places away first, or approve for that many"
            raise forbid("More places stand than the terms allow.", "places", message)
        until = known.resignation_ends
        if until is not None and until <= terms.since:
            await uow.execute(APPROVED_ANEW, {"household": household_id})
            until = None
        await APPROVALS.set(uow, household_id, terms.since, until, values)
        due = review_due(terms.since, None, limits(terms.since))
        await uow.execute(FIRST_REVIEW, {"household": household_id, "due": due})
        _note(change, known, values, since=terms.since, until=until)
    return change.version


async def approve_temporarily(uow: Uow, household_id: UUID, version: int | None, temporary: Temporary) -> int:
    """Approve a connected person for named children for as long as the regulations allow; the new version.

    Raises as `set_terms`, and Unprocessable where an approval holds already.
    """
    errors: list[FieldError] = []
    children = tidy_names(errors, "children", temporary.children)
    values: Values = {
        "kind": "temporary",
        "places": len(children),
        "age_min": 0,
        "age_max": limits(temporary.since).adult_age - 1,
        "sex": "any",
        "care_types": known_codes(errors, "care_type", "care_types", temporary.care_types),
        "named_children": children,
        "extended_on": None,
        "extended_for": None,
        "notice_on": temporary.notice_on,
    }
    need_day(errors, "since", temporary.since, latest=today() + FORWARD, late="The approval must begin within a year")
    need_day(errors, "notice_on", temporary.notice_on, latest=today(), late=NOTICE_LATE)
    refuse_invalid(errors)
    until = temporary_ends(temporary.since, limits(temporary.since))
    async with changing(uow, household_id, version, "household.approved_temporarily") as change:
        known = await situation(uow, household_id)
        if any(one.until is None or one.until > temporary.since for one in known.periods):
            message = "The household is approved already from then on. Change those terms, or extend the approval"
            raise forbid("An approval holds already.", "since", message)
        await APPROVALS.set(uow, household_id, temporary.since, until, values)
        _note(change, known, values, since=temporary.since, until=until)
    return change.version


async def extend_temporary(uow: Uow, household_id: UUID, version: int | None, extension: Extension) -> int:
    """Extend a temporary approval, once: while the assessment goes on, or until the outcome of the review (IRM).

    Raises NotFound, PreconditionFailed, Invalid, Conflict if it was extended before, Unprocessable beyond the limit.
    """
    errors: list[FieldError] = []
    need_day(
        errors, "decided_on", extension.decided_on, latest=today(), late="The decision must be of today or earlier"
    )
    if extension.ground == "assessment" and extension.until is None:
        errors.append(FieldError("until", "Enter the date it is extended to"))
    if extension.ground == "irm" and extension.until is not None:
        errors.append(FieldError("until", "Leave the date empty: the approval holds until the outcome of the review"))
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.temporary_extended") as change:
        known = await situation(uow, household_id)
        period = known.period_on(extension.decided_on)
        if period is None or period.kind != "temporary" or period.until is None:
            if period is not None and period.extended_on is not None:
                raise Conflict("This temporary approval was extended before, and may be extended once only.")
            message = "There is no temporary approval on that day to extend"
            raise forbid("Only a temporary approval that holds can be extended.", "decided_on", message)
        if period.extended_on is not None:
            raise Conflict("This temporary approval was extended before, and may be extended once only.")
        if any(one.since >= period.until for one in known.periods):
            raise Conflict("Another approval follows this one already.")
        latest = latest_extension(period.until, limits(extension.decided_on))
        if extension.until is not None and not period.until < extension.until <= latest:
            message = f"The extension must end after {period.until:%-d %B %Y} and by {latest:%-d %B %Y}"
            raise forbid("The extension is longer than the regulations allow.", "until", message)
        values: Values = {name: getattr(period, name) for name in COLUMNS}
        values |= {"extended_on": extension.decided_on, "extended_for": extension.ground}
        await APPROVALS.set(uow, household_id, period.since, extension.until, values)
        _note(change, known, values, since=period.since, until=extension.until)
    return change.version


async def record_resignation(uow: Uow, household_id: UUID, version: int | None, resignation: Resignation) -> int:
    """Record a written notice: approval ends after the notice period, whatever follows; the new version.

    Raises NotFound, PreconditionFailed, Invalid, Conflict if one was recorded before, Unprocessable without approval.
    """
    errors: list[FieldError] = []
    late = "The notice must have been received today or earlier"
    need_day(errors, "received_on", resignation.received_on, latest=today(), late=late)
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.resigned") as change:
        known = await situation(uow, household_id)
        if known.resignation_ends is not None:
            raise Conflict("A resignation is recorded already. It takes effect even if the carers withdraw it later.")
        if known.period_on(resignation.received_on) is None:
            raise forbid("There is nothing to resign from.", "received_on", "There was no approval on that day")
        received = {"household": household_id, "received": resignation.received_on}
        await uow.execute(RESIGN, received)
        ends = resignation_ends(resignation.received_on, limits(resignation.received_on))
        await APPROVALS.end(uow, household_id, ends)
        change.note({}, {"resignation_received_on": resignation.received_on, "approval_ends_on": ends})
    return change.version


def _note(change: Change, known: Situation, values: Values, *, since: object, until: object) -> None:
    was = [msgspec.structs.asdict(one) for one in known.periods if one.until is None or one.until > today()]
    change.note({"terms": was}, {"terms": {**values, "since": since, "until": until}})
