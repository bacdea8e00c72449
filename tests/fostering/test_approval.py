"""Approval: terms from a day on, temporary approval and its clock, resignation, exemptions, checks."""

from datetime import date, timedelta
from typing import Any

import pytest

from careshare.errors import Conflict, Invalid, PreconditionFailed, Unprocessable
from services.fostering import actions
from services.fostering.model import CheckDone, Extension, Places, Resignation, Temporary
from services.fostering.queries import household
from services.fostering.records import ApprovalRecord, HouseholdRecord
from tests.fostering.register import LONG_AGO, TODAY, Desk, a_home, days, terms, version_of

RECENTLY = days(-30)


def temporary(**changed: Any) -> Temporary:
    given: dict[str, Any] = {"since": RECENTLY, "children": ["C1"], "care_types": ["short_term"]}
    return Temporary(**{**given, **changed})


def spans(record: HouseholdRecord) -> list[tuple[str, date, date | None, int]]:
    return [(one.kind, one.since, one.until, one.places) for one in record.approvals]


def current(record: HouseholdRecord) -> ApprovalRecord:
    found = record.approval_on(TODAY)
    assert found is not None
    return found


async def test_terms_replace_what_held_from_then_on(a: Desk) -> None:
    home = await a.make(places=1)
    async with a.uow() as uow:
        await actions.set_terms(uow, home, None, terms(since=days(-10), places=2, age_max=11))
        await actions.set_terms(uow, home, None, terms(since=days(10), places=1))
        record = await household(uow, home)
    assert spans(record) == [
        ("mainstream", days(10), None, 1),
        ("mainstream", days(-10), days(10), 2),
        ("mainstream", LONG_AGO, days(-10), 3),
    ]
    assert [one.stage for one in record.approvals] == ["future", "current", "ended"]
    assert [(one.kind, one.due_on) for one in record.checks] == [("annual_review", date(2021, 1, 6))]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"care_types": ["unheard_of"]}, "care_types"),
        ({"age_min": 12, "age_max": 5}, "age_max"),
        ({"since": days(500)}, "since"),
        ({"notice_on": days(1)}, "notice_on"),
        ({"named_children": [" "]}, "named_children"),
    ],
)
async def test_terms_that_cannot_be_right(a: Desk, changed: dict[str, Any], field: str) -> None:
    home = await a.make()
    with pytest.raises(Invalid) as refused:
        async with a.uow() as uow:
            await actions.set_terms(uow, home, None, terms(**changed))
    assert [error.field for error in refused.value.errors] == [field]


async def test_places_keep_to_the_approval(a: Desk) -> None:
    home = await a.make(places=3)
    async with a.uow() as uow:
        with pytest.raises(Unprocessable, match="more places"):
            await actions.set_places(uow, home, None, Places(number=4))
        with pytest.raises(Unprocessable, match="More places stand"):
            await actions.set_terms(uow, home, None, terms(since=TODAY, places=2))
        unapproved, _ = await actions.register_household(uow, a_home())
        with pytest.raises(Unprocessable) as refused:
            await actions.set_places(uow, unapproved, None, Places(number=1))
    assert refused.value.errors[0].message == "There is no approval in force"


async def test_a_temporary_approval_runs_sixteen_weeks_and_is_extended_once(a: Desk) -> None:
    async with a.uow() as uow:
        home, version = await actions.register_household(uow, a_home())
        version = await actions.approve_temporarily(uow, home, version, temporary())
        ends = RECENTLY + timedelta(weeks=16)
        found = current(await household(uow, home))
        assert (found.kind, found.until, found.places, found.named_children) == ("temporary", ends, 1, ["C1"])
        with pytest.raises(Unprocessable, match="longer than the regulations"):
            late = Extension(decided_on=TODAY, ground="assessment", until=ends + timedelta(weeks=8, days=1))
            await actions.extend_temporary(uow, home, version, late)
        allowed = Extension(decided_on=TODAY, ground="assessment", until=ends + timedelta(weeks=8))
        version = await actions.extend_temporary(uow, home, version, allowed)
        found = current(await household(uow, home))
        assert (found.until, found.extended_on, found.extended_for) == (allowed.until, TODAY, "assessment")
        with pytest.raises(Conflict, match="once only"):
            await actions.extend_temporary(uow, home, version, allowed)


async def test_a_temporary_approval_is_extended_until_the_outcome_of_the_review(a: Desk) -> None:
    async with a.uow() as uow:
        home, _ = await actions.register_household(uow, a_home())
        await actions.approve_temporarily(uow, home, None, temporary())
        with pytest.raises(Invalid, match="See errors"):
            await actions.extend_temporary(uow, home, None, Extension(decided_on=TODAY, ground="assessment"))
        await actions.extend_temporary(uow, home, None, Extension(decided_on=TODAY, ground="irm"))
        found = current(await household(uow, home))
        assert (found.until, found.extended_for) == (None, "irm")
        with pytest.raises(Conflict, match="once only"):
            await actions.extend_temporary(uow, home, None, Extension(decided_on=TODAY, ground="irm"))


async def test_who_is_approved_is_not_approved_temporarily_nor_extended(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        with pytest.raises(Unprocessable, match="holds already"):
            await actions.approve_temporarily(uow, home, None, temporary())
        with pytest.raises(Unprocessable, match="Only a temporary approval"):
            await actions.extend_temporary(uow, home, None, Extension(decided_on=TODAY, ground="irm"))


async def test_a_resignation_ends_the_approval_after_28_days_and_cannot_be_taken_back(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        await actions.record_resignation(uow, home, None, Resignation(received_on=days(-3)))
        record = await household(uow, home)
        assert (record.resignation_received_on, record.resignation_ends_on) == (days(-3), days(25))
        assert current(record).until == days(25)
        with pytest.raises(Conflict, match="even if"):
            await actions.record_resignation(uow, home, None, Resignation(received_on=TODAY))
        await actions.set_terms(uow, home, None, terms(since=days(-1), places=2))
        assert current(await household(uow, home)).until == days(25)
        await actions.set_terms(uow, home, None, terms(since=days(25), places=2))
        record = await household(uow, home)
    assert record.resignation_ends_on is None
    assert spans(record)[0] == ("mainstream", days(25), None, 2)


async def test_nothing_to_resign_from(a: Desk) -> None:
    async with a.uow() as uow:
        home, _ = await actions.register_household(uow, a_home())
        with pytest.raises(Unprocessable, match="nothing to resign"):
            await actions.record_resignation(uow, home, None, Resignation(received_on=TODAY))
        with pytest.raises(Invalid):
            await actions.record_resignation(uow, home, None, Resignation(received_on=days(1)))


async def test_checks_are_due_by_their_interval(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        await actions.record_check(uow, home, None, "annual_review", CheckDone(done_on=date(2026, 2, 28)))
        await actions.record_check(uow, home, None, "dbs", CheckDone(done_on=date(2026, 2, 28)))
        sooner = CheckDone(done_on=TODAY, due_on=days(90))
        await actions.record_check(uow, home, None, "unannounced_visit", sooner)
        later = CheckDone(done_on=TODAY, due_on=days(1000))
        await actions.record_check(uow, home, None, "pets", later)  # practice may be set otherwise
        for kind in ("annual_review", "unannounced_visit"):
            with pytest.raises(Unprocessable) as refused:
                await actions.record_check(uow, home, None, kind, later)
            assert [error.field for error in refused.value.errors] == ["due_on"]
        with pytest.raises(Invalid):
            await actions.record_check(uow, home, None, "dbs", CheckDone(done_on=days(1)))
        record = await household(uow, home)
    assert {one.kind: one.due_on for one in record.checks} == {
        "annual_review": date(2027, 2, 28),
        "dbs": date(2029, 2, 28),
        "unannounced_visit": days(90),
        "pets": days(1000),
    }


async def test_a_change_from_an_old_version_is_refused(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        seen = await version_of(uow, home)
        assert await actions.confirm_vacancy(uow, home, seen) == seen + 1
    with pytest.raises(PreconditionFailed):
        async with a.uow() as uow:
            await actions.set_terms(uow, home, seen, terms())
