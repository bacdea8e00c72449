"""What follows from an agreement's dates and stages. Pure: no clock but the moment given, no database.

The same rules stand in the database where grants depend on them (migration 0016); tests hold the two equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from careshare.errors import FieldError
from tenants.agreements.codes import DETAILS, resources, text_of, texts
from tenants.agreements.model import DATES, State, StatedTerms, Terms

LONDON: Final = ZoneInfo("Europe/London")
WARNED_DAYS: Final = 60
"""How long before its end or its review the parties of an agreement are warned (issue 3)."""
FEWEST: Final = 2
"""An agreement needs as many parties."""

Work = Literal["search", "enquiry_unanswered", "enquiry_accepted", "match_agreed", "placement_live"]
Fate = Literal["ends", "closes_unless_case_agreement", "stands"]

FATES: Final[dict[Work, Fate]] = {
    "search": "ends",
    "enquiry_unanswered": "ends",
    "enquiry_accepted": "closes_unless_case_agreement",
    "match_agreed": "stands",
    "placement_live": "stands",
}
"""What becomes of what was under way when a party has left (access-model: Leaving)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on after leaving: whether it may be worked on, and under which version of the agreement."""

    fate: Fate
    open: bool
    version: int | None


def after_leaving(work: Work, made_under: int, signed_case_agreement: Sequence[bool] = ()) -> Standing:
    """What becomes of one piece of work from the moment a party has left.

    `made_under` is the version it was made under; `signed_case_agreement` says for each side whether it signed a case
    agreement for that child. Searches and unanswered enquiries end at once. An accepted enquiry closes unless both
    sides have signed. Agreed matches and live placements stand on the version they were made under, tariff and
    visibility included.
    """
    fate = FATES[work]
    if fate == "stands":
        return Standing(fate, open=True, version=made_under)
    kept = (
        fate == "closes_unless_case_agreement" and len(signed_case_agreement) == FEWEST and all(signed_case_agreement)
    )
    return Standing(fate, open=kept, version=made_under if kept else None)


def leaves_at(notice_days: int, given: datetime, *, cause: str = "") -> datetime:
    """From when a party has left: at once with a stated cause, else at the end of the last day of its notice."""
    if cause:
        return given
    day = given.astimezone(LONDON).date() + timedelta(days=notice_days + 1)
    return datetime.combine(day, time.min, LONDON)


def carries_on(remaining: int) -> bool:
    """Whether an agreement goes on between so many parties."""
    return remaining >= FEWEST


def state_at(stored: State, starts: datetime, until: datetime | None, now: datetime) -> State:
    """An agreement's state at a moment. The clock decides, whether or not the job has run since."""
    if stored in {"signed", "in_force"}:
        if until is not None and until <= now:
            return "ended"
        return "in_force" if starts <= now else "signed"
    return stored


@dataclass(frozen=True, slots=True)
class Warned:
    """Something ahead of which the parties are warned."""

    kind: Literal["expiry", "review"]
    day: date


def ahead(state: State, last_day: date | None, review_on: date, today: date) -> list[Warned]:
    """What comes within 60 days of an agreement in force: its last day, its review. A review overdue stays."""
    if state != "in_force":
        return []
    soon = today + timedelta(days=WARNED_DAYS)
    found = [Warned("expiry", last_day)] if last_day is not None and today <= last_day <= soon else []
    if review_on <= soon:
        found.append(Warned("review", review_on))
    return found


def problems(terms: Terms, today: date) -> list[FieldError]:
    """What is wrong with terms, by field; empty: they may be proposed."""
    found: list[FieldError] = []
    found += [
        FieldError(name, f"The {words} must be between 2000 and 2099")
        for name, words in (("starts", "first day"), ("last_day", "last day"), ("review_on", "review date"))
        if (day := getattr(terms, name)) is not None and not DATES[0] <= day < DATES[1]
    ]
    if terms.resource not in resources():
        found.append(FieldError("resource", "Select what is shared from the list"))
    lists = (("gateways", "gateway", terms.gateways), ("lawful_basis", "lawful_basis", [terms.lawful_basis]))
    for field, name, codes in (*lists, ("condition", "condition", [terms.condition])):
        valid = {one.code for one in texts(name, today)}
        if not set(codes) <= valid:
            found.append(FieldError(field, "Select from the list"))
    if terms.last_day is not None and terms.last_day < terms.starts:
        found.append(FieldError("last_day", "The last day must be on or after the first day"))
    if terms.last_day is not None and terms.last_day < today:
        found.append(FieldError("last_day", "The last day must be today or later"))
    if terms.review_on <= terms.starts:
        found.append(FieldError("review_on", "The review date must be after the first day"))
    return found


def stated(terms: Terms) -> StatedTerms:
    """Terms with the texts their codes stand for."""
    gateways = [one for code in terms.gateways if (one := text_of("gateway", code))]
    basis, condition = text_of("lawful_basis", terms.lawful_basis), text_of("condition", terms.condition)
    return StatedTerms(
        **{name: getattr(terms, name) for name in Terms.__struct_fields__},
        legal_gateway_text="; ".join(one.label for one in gateways),
        lawful_basis_text="; ".join(one.label for one in (basis, condition) if one),
    )


def differences(old: StatedTerms, new: StatedTerms) -> list[str]:
    """The names of the terms that differ, in their order."""
    return [name for name in Terms.__struct_fields__ if getattr(old, name) != getattr(new, name)]


def at_most(detail: str, other: str) -> bool:
    """Whether one detail level shows no more than another."""
    levels = list(DETAILS)
    return levels.index(detail) <= levels.index(other)
