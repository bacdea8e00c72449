"""What is told to whom: the tables agree with the words and the machines, and no path holds more than an identifier."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from careshare.access.permissions import ROLES, Permissions
from careshare.database import Database
from careshare.messages.wording import template
from careshare.service import services
from services.placements import steps as machine_steps
from services.placements.matches import rules as consents
from services.placements.news import rules
from services.placements.news.rules import Case, Consent, Placement
from tests.world import World

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ASKER, ANSWERER = uuid4(), uuid4()


def case(**changed: Any) -> Case:
    usual: dict[str, Any] = {
        "id": uuid4(),
        "stage": "sent",
        "kind": "foster_home",
        "emergency": False,
        "placing": True,
        "providing": False,
        "respond_by": NOW + timedelta(days=3),
        "moved_at": NOW,
        "unconfirmed": False,
        "confirm_by": None,
        "request_id": uuid4(),
        "subject_id": uuid4(),
        "asker": ASKER,
        "answerer": ANSWERER,
        "hold_id": None,
        "hold_stage": None,
        "hold_until": None,
    }
    return Case(**(usual | changed))


THEIRS = {"placing": False, "providing": True}


def waiting(of: Case, *more: Any) -> list[str]:
    return [one.kind for one in rules.waits(of, *more)]


def test_every_kind_of_news_has_words_and_a_role_that_exists() -> None:
    things = template("waits").on(NOW.date().replace(month=12), "en", unchecked=False).things
    for line in rules.kinds().values():
        assert line.kind in things
        assert set(line.roles) <= {*ROLES, "home", "duty"}, line.kind
    assert set(rules.steps().values()) <= {kind for kind, _ in rules.kinds()}
    for (_machine, _step, side), kind in rules.steps().items():
        assert (kind, side) in rules.kinds(), kind


async def test_every_step_that_is_news_is_a_step_of_a_machine(world: World, database: Database) -> None:
    async with database.bound(world.acting(world.a)) as uow:
        known = {(one.machine, one.step) for one in await machine_steps.rules(uow)}
        answers = await uow.execute(text("select unnest(array['given', 'refused', 'revoked'])"))
        known |= {("consent", answer) for answer in answers.scalars()} | {("message", "write"), ("attachment", "add")}
    assert {(machine, step) for machine, step, _ in rules.steps()} <= known
    # What is not news by itself lets something wait, which `waits` tells, or is part of what is told.
    silent = {"accept", "accepted_by_telephone", "declined_by_telephone", "propose", "list_consents", "place", "ask"}
    told = {step for machine, step, _ in rules.steps() if machine in {"enquiry", "hold"}}
    assert {step for machine, step in known if machine in {"enquiry", "hold"}} - told - silent == {"confirm"}


def test_whoever_is_told_may_open_what_they_are_led_to() -> None:
    granted = Permissions(service.permissions for service in services())
    may_read = {"enquiries": "enquiry:read", "to-answer": "enquiry:read", "consents": "consent:answer"}
    may_read |= {"made": "placement:read", "in-our-homes": "placement:read"}
    for line in rules.kinds().values():
        needed = may_read[line.path.split("/")[2]]
        for role in line.roles:
            for real in {"home": ["fostering_officer", "residential_manager"], "duty": ["out_of_hours"]}.get(
                role, [role]
            ):
                assert needed in granted.of([real]), (line.kind, real)
    for kind in consents.kinds():
        for role in rules.deciders(kind, emergency=True):
            assert "match:read" in granted.of([role]), (kind, role)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (case(), []),
        (case(**THEIRS), ["answer_enquiry"]),
        (case(stage="accepted"), ["choose_home"]),
        (case(stage="accepted", unconfirmed=True), []),
        (case(stage="accepted", unconfirmed=True, **THEIRS), ["confirm_answer"]),
        (case(stage="declined", unconfirmed=True, **THEIRS), ["confirm_answer"]),
        (case(stage="proposed", **THEIRS), ["list_consents"]),
        (case(stage="matching", hold_id=uuid4(), hold_stage="asked", **THEIRS), ["grant_hold"]),
        (case(stage="matching", hold_id=uuid4(), hold_stage="asked"), []),
        (case(stage="sent", placing=True, providing=True), ["answer_enquiry"]),
        (case(stage="declined"), []),
        (case(stage="withdrawn", **THEIRS), []),
    ],
)
def test_what_waits_for_whom(of: Case, expected: list[str]) -> None:
    assert waiting(of) == expected


def test_an_emergency_is_told_to_the_duty_worker_and_a_planned_move_is_not() -> None:
    (planned,) = rules.waits(case(**THEIRS))
    (tonight,) = rules.waits(case(emergency=True, **THEIRS))
    assert list(planned.roles) == ["fostering_officer", "team_manager"]
    assert list(tonight.roles) == ["fostering_officer", "team_manager", "out_of_hours"]
    (home,) = rules.waits(case(kind="residential_home", **THEIRS))
    assert home.roles[0] == "residential_manager"


def test_it_is_for_whose_work_it_is_but_an_approval_by_law_is_for_the_office() -> None:
    (sent,) = rules.waits(case(**THEIRS))
    assert (sent.person, sent.due) == (ANSWERER, NOW + timedelta(days=3))
    (chosen,) = rules.waits(case(stage="accepted"))
    assert chosen.person == ASKER
    ours = case(stage="matching")
    wanted = [
        Consent(id=uuid4(), kind=kind, side="placing", asked_at=NOW, due_at=NOW + timedelta(hours=1))
        for kind in ("placing_authority", "nominated_officer")
    ]
    first, second = rules.waits(ours, wanted)
    assert (first.person, "social_worker" in first.roles) == (ASKER, False)
    assert (second.person, list(second.roles)) == (None, ["nominated_officer", "director"])
    assert [first.subject, second.subject] == [one.id for one in wanted]


def test_placements_wait_for_their_start_and_their_notices() -> None:
    there = Placement(id=uuid4(), stage="ready", starts_at=NOW, owed=[("start", NOW), ("end", NOW)])
    ours = list(rules.waits(case(stage="placed"), (), [there]))
    assert [(one.kind, one.event) for one in ours] == [("notices_owed", "start"), ("notices_owed", "end")]
    (theirs,) = rules.waits(case(stage="matched", **THEIRS), (), [there])
    assert (theirs.kind, theirs.path) == ("record_start", f"/placements/in-our-homes/{there.id}")


@dataclass
class Step:
    machine: str
    step: str
    side: dict[str, bool]
    expected: list[str]


OURS: dict[str, bool] = {}


@pytest.mark.parametrize(
    "taken",
    [
        Step("enquiry", "decline", OURS, ["enquiry_declined"]),
        Step("enquiry", "withdraw", THEIRS, ["enquiry_withdrawn"]),
        Step("enquiry", "withdraw", OURS, []),
        Step("enquiry", "agree", OURS, ["match_complete"]),
        Step("enquiry", "agree", {"placing": True, "providing": True}, ["match_complete", "match_complete"]),
        Step("hold", "grant", OURS, ["hold_granted"]),
        Step("hold", "end", OURS, ["hold_ended"]),
        Step("hold", "take", THEIRS, ["hold_taken"]),
        Step("consent", "given", OURS, ["consent_given"]),
        Step("message", "write", THEIRS, ["message"]),
        Step("placement", "review_to_end", THEIRS, ["placement_ending"]),
        Step("enquiry", "accept", OURS, []),
    ],
    ids=lambda one: f"{one.machine}-{one.step}-{'-'.join(one.side)}",
)
def test_what_comes_back(taken: Step) -> None:
    about = uuid4()
    found = list(rules.came(case(**taken.side), taken.machine, taken.step, event="e", about=about))
    assert [one.kind for one in found] == taken.expected
    for one in found:
        assert one.subject == (about if taken.machine in {"consent", "placement"} else one.records[0])


def test_nothing_but_the_kind_a_moment_and_an_address_is_told() -> None:
    """A path is words of ours and one identifier; nothing else of a case can be in News."""
    of = case(placing=True, providing=True, unconfirmed=True, hold_stage="asked", hold_id=uuid4())
    for (kind, side), line in rules.kinds().items():
        if side != "asked":
            one = rules.news(of, side, kind, event="e", placement=uuid4())
            assert one.path.rpartition("/")[0].strip("/").replace("-", "").replace("/", "").isalnum()
            assert "{" not in one.path, line


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


@given(
    moments, st.timedeltas(timedelta(minutes=1), timedelta(days=30)), st.timedeltas(timedelta(0), timedelta(days=31))
)
def test_a_clock_is_said_to_run_out_in_its_last_quarter_and_its_last_day_and_not_when_it_has(
    started: datetime, lasts: timedelta, passed: timedelta
) -> None:
    due, now = started + lasts, started + passed
    soon = rules.runs_out_soon(started, due, now)
    if now >= due or now < due - timedelta(days=1):
        assert not soon
    elif now >= due - lasts / 4:
        assert soon
    else:
        assert not soon
