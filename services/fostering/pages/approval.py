"""The forms of approval: terms, temporary approval and its extension, resignation, exemption, reviews and checks."""

from typing import Annotated, Any
from uuid import UUID

from careshare.database import Uow
from careshare.web import Form, asks, notice
from services.fostering import actions
from services.fostering.days import today
from services.fostering.limits import limits
from services.fostering.model import (
    CheckDone,
    CheckKind,
    Exemption,
    Extension,
    Resignation,
    Temporary,
    Terms,
    Withdrawal,
)
from services.fostering.pages.forms import joined, lines
from services.fostering.pages.questions import Questions, pages
from services.fostering.queries import areas
from services.fostering.records import HouseholdRecord

TERMS_SET = notice("fostering.terms", "The terms of approval are recorded")
EXTENDED = notice("fostering.extended", "The extension is recorded")
RESIGNED = notice("fostering.resigned", "The resignation is recorded")
EXEMPTED = notice("fostering.exempted", "The exemption is recorded")
WITHDRAWN = notice("fostering.exemption_withdrawn", "The withdrawal is recorded. Whoever has a child there is told")
CHECKED = notice("fostering.checked", "The review or check is recorded")


class CheckAsked(CheckDone, kw_only=True):
    """A review or check that was done, and which."""

    kind: Annotated[CheckKind, asks("what was done")]


def _empty(_record: HouseholdRecord) -> Form:
    return Form()


def _on_day(name: str) -> Form:
    day = today()
    return Form({f"{name}-{part}": [str(getattr(day, part))] for part in ("day", "month", "year")})


def _terms(record: HouseholdRecord) -> Form:
    now = record.approval_on(today())
    if now is None or now.kind == "temporary":
        return _on_day("since")
    terms = Terms(
        since=today(),
        kind=now.kind,
        places=now.places,
        age_min=now.age_min,
        age_max=now.age_max,
        sex=now.sex,
        care_types=now.care_types,
        named_children=now.named_children,
    )
    return joined(Form.filled(terms), "named_children")


def _exemption(record: HouseholdRecord) -> Form:
    there = [one.child_reference for one in record.placed_on(today())]
    there += [one.name for one in record.members if one.relationship == "privately_fostered"]
    return Form({"children": ["\n".join(there)], "granted_by_gss": [record.area_gss or ""]})


async def _may_grant(uow: Uow, _record: HouseholdRecord) -> dict[str, Any]:
    return {"authorities": await areas(uow)}


async def _exemptions(_uow: Uow, record: HouseholdRecord) -> dict[str, Any]:
    going_on = [one for one in record.exemptions if one.until is None or one.until > today()]
    said = [(str(one.id), f"By {one.granted_by}, of {one.notice_on.day} {one.notice_on:%B %Y}") for one in going_on]
    return {"exemptions": said}


async def _periods(_uow: Uow, _record: HouseholdRecord) -> dict[str, Any]:
    return {"limits": limits(today())}


async def _record_check(uow: Uow, household_id: UUID, version: int, asked: CheckAsked) -> None:
    done = CheckDone(done_on=asked.done_on, due_on=asked.due_on)
    await actions.record_check(uow, household_id, version, asked.kind, done)


TERMS = Questions(
    name="approval",
    permission="approval:change",
    wanted=Terms,
    filled=_terms,
    change=actions.set_terms,
    saved=TERMS_SET,
    section="approval",
    prepare=lines("named_children"),
)
TEMPORARY = Questions(
    name="temporary",
    permission="approval:change",
    wanted=Temporary,
    filled=lambda _: _on_day("since"),
    change=actions.approve_temporarily,
    saved=TERMS_SET,
    section="approval",
    prepare=lines("children"),
    more=_periods,
)
EXTENSION = Questions(
    name="extension",
    permission="approval:change",
    wanted=Extension,
    filled=_empty,
    change=actions.extend_temporary,
    saved=EXTENDED,
    section="approval",
    more=_periods,
)
RESIGNATION = Questions(
    name="resignation",
    permission="approval:change",
    wanted=Resignation,
    filled=_empty,
    change=actions.record_resignation,
    saved=RESIGNED,
    section="approval",
    more=_periods,
)
EXEMPTION = Questions(
    name="exemption",
    permission="exemption:record",
    wanted=Exemption,
    filled=_exemption,
    change=actions.record_exemption,
    saved=EXEMPTED,
    section="limit",
    prepare=lines("children"),
    more=_may_grant,
)
WITHDRAWAL = Questions(
    name="exemption/withdrawn",
    permission="exemption:record",
    wanted=Withdrawal,
    filled=_empty,
    change=actions.withdraw_exemption,
    saved=WITHDRAWN,
    section="limit",
    more=_exemptions,
)
CHECKS = Questions(
    name="checks",
    permission="household:change",
    wanted=CheckAsked,
    filled=_empty,
    change=_record_check,
    saved=CHECKED,
    section="due",
)

handlers = [
    *pages(TERMS),
    *pages(TEMPORARY),
    *pages(EXTENSION),
    *pages(RESIGNATION),
    *pages(EXEMPTION),
    *pages(WITHDRAWAL),
    *pages(CHECKS),
]
