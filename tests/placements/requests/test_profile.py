"""What others see cannot tell who a child is: it does not depend on it, and its texts are sent only when checked."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careshare.errors import Invalid, NotFound
from services.placements.need import Pair
from services.placements.requests import rules
from services.placements.requests.model import ChildNeed, Considered, FamilyTime, Identity, RequestNeed, Risk
from services.placements.requests.records import ChildRecord, RequestRecord, Ruling
from services.placements.requests.rules.profile import FullerChild, needed_by
from tests.placements.requests.test_naming import names

TODAY = date(2026, 11, 29)
FIRST, LAST = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-12-01")
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf"]), max_size=60)


def child(identity: Identity, need: ChildNeed | None = None, position: int = 1, **more: Any) -> ChildRecord:
    return ChildRecord(
        id=UUID(int=position),
        position=position,
        age=more.get("age", 7),
        sex="F",
        home_area="NE8",
        need=need or ChildNeed(),
        known=[name for name in Identity.__struct_fields__ if getattr(identity, name)],
        identity=identity,
    )


def request(children: list[ChildRecord], need: RequestNeed | None = None) -> RequestRecord:
    return RequestRecord(
        id=UUID(int=99),
        number="R-123456",
        kind="planned",
        stage="open",
        starts=TODAY,
        ends=None,
        need=need or RequestNeed(),
        children=children,
        version=1,
        made_at=datetime(2026, 11, 29, 9, tzinfo=UTC),
        made_by="Some Body",
        held_by_id=uuid4(),
        held_by="Some Body",
        opened_at=None,
        ended_at=None,
        allowed=[],
        steps=[],
    )


identities = st.builds(
    Identity,
    reference=st.integers(10_000, 99_999).map(lambda number: f"CH-{number}"),
    name=names,
    known_as=names,
    born=st.dates(date(2010, 1, 1), date(2019, 1, 1)),
    ethnicity=st.sampled_from(["WBRI", "ABAN", None]),
    legal_status=st.sampled_from(["C1", "V2", None]),
    address=names.map(lambda street: f"14 {street} Road, Gateshead"),
    postcode=st.just("NE8 1HH"),
    school=names.map(lambda school: f"{school} Primary School"),
    school_postcode=st.just("NE9 6AA"),
    on_file=st.lists(names, max_size=3),
)
needs = st.builds(
    ChildNeed,
    needs=st.lists(st.sampled_from(["autism", "therapeutic"]), unique=True),
    risks=st.lists(st.builds(Risk, risk=st.just("missing"), level=st.just("high"), note=words), max_size=1),
    wishes=words,
    about=words,
    health=words,
    education_note=words,
)
whole = st.builds(
    RequestNeed,
    background=words,
    preferred_location=words,
    family_time=st.lists(
        st.builds(
            FamilyTime, with_whom=st.just("mother"), often=st.just("weekly"), supervision=st.just("none"), note=words
        ),
        max_size=1,
    ),
)


@given(identities, identities, needs, whole)
def test_no_level_depends_on_who_the_child_is(
    one: Identity, other: Identity, need: ChildNeed, all_: RequestNeed
) -> None:
    considered = [Considered(relationship="friend", outcome="declined", name=other.name, note="private")]
    first = request([child(one, need)], msgspec.structs.replace(all_, considered=considered, keep_away_why=one.name))
    second = request([child(other, need)], all_)
    for level in (2, 3):
        assert rules.profile(first, level, TODAY) == rules.profile(second, level, TODAY)


@given(identities, needs, whole)
def test_level_2_has_nothing_anybody_wrote(identity: Identity, need: ChildNeed, all_: RequestNeed) -> None:
    silent = request(
        [
            child(
                identity,
                msgspec.structs.replace(
                    need,
                    **dict.fromkeys(("wishes", "about", "health", "education_note"), ""),
                    risks=[Risk(risk=one.risk, level=one.level) for one in need.risks],
                ),
            )
        ]
    )
    assert rules.profile(request([child(identity, need)], all_), 2, TODAY) == rules.profile(silent, 2, TODAY)


@given(identities, needs, whole, st.data())
def test_whatever_names_a_child_in_a_text_keeps_it_from_being_sent(
    identity: Identity, need: ChildNeed, all_: RequestNeed, data: st.DataObject
) -> None:
    fields = ("name", "known_as", "school", "address", "postcode", "school_postcode", "reference")
    said = data.draw(st.sampled_from([getattr(identity, field) for field in fields]))
    where = data.draw(
        st.sampled_from(["wishes", "about", "health", "education_note", "background", "preferred_location"])
    )
    text = f"{data.draw(words)} {said} {data.draw(words)}"
    if where in RequestNeed.__struct_fields__:
        record = request([child(identity, need)], msgspec.structs.replace(all_, **{where: text}))
    else:
        record = request([child(identity, msgspec.structs.replace(need, **{where: text}))], all_)
    flags = [flag for flag in rules.flags(record, ()) if (flag.field, flag.text) == (where, text)]
    assert flags
    start = text.index(said)
    assert any(flag.first < start + len(said) and flag.last > start for flag in flags)


@given(identities, needs, whole)
def test_level_3_shows_no_text_that_is_not_checked(identity: Identity, need: ChildNeed, all_: RequestNeed) -> None:
    record = request([child(identity, need)], all_)
    checked = {said.text for said in rules.texts(record)}
    fuller = rules.profile(record, 3, TODAY)
    assert isinstance(fuller, rules.Fuller)
    (one,) = fuller.children
    shown = [fuller.background, fuller.preferred_location, one.health, one.about, one.wishes, one.education_note]
    shown += [time.note for time in fuller.family_time] + [risk.note for risk in one.risk_notes]
    assert {text for text in shown if text} <= checked


def test_every_field_of_a_profile_was_thought_of() -> None:
    """A new field that holds text must be checked before it is shown: add it to `rules.texts`, then here."""
    texts = {"background", "preferred_location", "education_note", "health", "about", "wishes"}
    profiles: set[str] = set()
    for struct in (rules.Fuller, FullerChild):
        for one in msgspec.structs.fields(struct):
            if one.type is str:
                profiles.add(one.name)
    assert profiles == texts
    identity = set(Identity.__struct_fields__)
    of_child = set(FullerChild.__struct_fields__)
    assert not identity & (of_child | set(rules.Fuller.__struct_fields__))


def test_some_of_the_children_in_an_order_of_their_own() -> None:
    children = [child(Identity(), position=number, age=number) for number in (1, 2, 3)]
    need = RequestNeed(apart=[Pair(first=1, second=3)], together=[Pair(first=1, second=2)], siblings=True)
    seen = rules.profile(request(children, need), 2, TODAY, [UUID(int=3), UUID(int=1)])
    assert [one.age for one in seen.children] == [3, 1]
    assert seen.apart == [Pair(first=1, second=2)]
    assert seen.together == []
    with pytest.raises(NotFound):
        rules.profile(request(children), 2, TODAY, [UUID(int=4)])
    with pytest.raises(Invalid):
        rules.profile(request(children), 4, TODAY)


@pytest.mark.parametrize(
    ("days", "said"),
    [(-1, "today"), (0, "today"), (1, "under_five_days"), (5, "under_five_days"), (6, "over_five_days")],
)
def test_when_it_is_needed_by(days: int, said: str) -> None:
    assert needed_by(TODAY + timedelta(days=days), TODAY) == said


def test_a_decision_holds_for_its_text_alone() -> None:
    record = request([child(Identity(name="Rose Bell"), ChildNeed(about="a rose"))])
    (flag,) = rules.flags(record, ())
    ruling = Ruling(
        flag.child_id, flag.field, flag.digest, flag.first, flag.last, flag.kind, "A flower", datetime.now(UTC), uuid4()
    )
    assert [one.why for one in rules.flags(record, [ruling])] == ["A flower"]
    changed = request([child(Identity(name="Rose Bell"), ChildNeed(about="a rose."))])
    assert [one.why for one in rules.flags(changed, [ruling])] == [None]


def test_a_whole_request_lacks_nothing() -> None:
    risks = [Risk(risk=one, level="none") for one in rules.not_looked_at(child(Identity()))]
    need = ChildNeed(
        communication_needs="no",
        adaptation_needed="no",
        deprivation_of_liberty="no",
        cultural="not_required",
        religion="none",
        languages=["en"],
        risks=risks,
        education="primary",
        health="Well",
        wishes="To stay near",
    )
    identity = Identity(
        reference="CH-1000", legal_status="C1", postcode="NE8 1HH", school_postcode="NE9 6AA", on_file=["Some One"]
    )
    all_ = RequestNeed(
        length="weeks",
        foster="preferred",
        considered_none="none_known",
        background="Why",
        family_time=[FamilyTime(with_whom="mother", often="none", supervision="none")],
    )
    full = request([child(identity, need)], all_)
    assert rules.lacking(full) == []
    for name in ("length", "considered_none", "background", "family_time"):
        poorer = msgspec.structs.replace(
            all_, **{name: type(getattr(all_, name))() if name in {"background", "family_time"} else None}
        )
        assert len(rules.lacking(request([child(identity, need)], poorer))) == 1
    for one in ("health", "wishes", "religion", "education", "risks", "languages"):
        empty: Any = None if one in {"religion", "education"} else type(getattr(need, one))()
        lacking = rules.lacking(request([child(identity, msgspec.structs.replace(need, **{one: empty}))], all_))
        assert [found.field for found in lacking] == [one]
        assert lacking[0].why
        assert lacking[0].source


@given(st.sampled_from(["planned", "emergency"]), st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_an_emergency_one_is_complete_within_five_working_days(kind: str, made: datetime) -> None:
    record = msgspec.structs.replace(request([child(Identity())]), kind=kind, made_at=made)
    due = rules.complete_by(record)
    assert (due is None) == (kind == "planned")
    if due is not None:
        assert 5 <= (due - made.date()).days <= 14
