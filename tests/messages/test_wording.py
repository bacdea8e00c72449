"""The templates: whole, plain, and with no way in for a name, a case detail or a postcode."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from careshare.messages.values import KINDS, WrongValue, by_when, checked, pattern
from careshare.messages.wording import CHANNELS, SMS_LIMIT, US, Manner, Template, compose, holds_any, parse, templates

DAY = date(2026, 11, 20)
PLACE = "01900000-0000-7000-8000-000000000000"
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.IGNORECASE)
RIGHT: dict[str, object] = {
    "date": date(2026, 12, 24),
    "time": time(10, 30),
    "phone": "01632 960901",
    "count": 3,
    "place": UUID(PLACE),
    "by": datetime(2026, 11, 30, 18, 12, tzinfo=UTC),
}
NAMES = st.sampled_from(
    ["Jane", "Jane Smith", "O’Hara", "Zoë", "Ng", "NE1 4LP", "Child C-1042 is autistic", "jane-smith"]
)
TEXT = NAMES | st.text(min_size=1).filter(lambda text: re.search(r"[^\W\d_]", text) is not None)
"""Names, postcodes and any text with a letter in it."""


def right(template: Template) -> dict[str, object]:
    link = next(iter(template.links), "").replace("/l/*", "/l/" + "aB3_-" * 8 + "abc").replace("*", PLACE)
    given = {**RIGHT, "link": link, "thing": next(iter(template.wording[0].things), "")}
    return {name: given[kind] for name, kind in template.values.items()}


def manners() -> Iterator[Manner]:
    for language in ("en", "pl", "ur"):
        for naming in (*US["en"], "nobody"):
            for shared in (False, True):
                yield Manner(language, naming, (), shared)


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_template_can_be_sent_to_everybody_it_is_for(name: str) -> None:
    template = templates()[name]
    kept = template.keep(right(template))
    for manner in manners() if template.audience == "person" else [Manner()]:
        for channel in CHANNELS:
            made = compose(
                template, channel, kept, manner, day=DAY, places={PLACE: "Elm House"}, root="https://x", unchecked=True
            )
            assert made is not None
            assert made.subject
            assert "{" not in made.subject + made.text
            assert not POSTCODE.search(made.text)
            if channel == "sms":
                assert len(made.text) <= SMS_LIMIT
            if made.neutral:
                assert not holds_any(
                    made.subject + made.text, ("council", "child", "children", "family", "foster", "social", "worker")
                )


@pytest.mark.parametrize("name", sorted(templates()))
def test_staff_get_a_sentence_and_a_link_and_people_a_number_to_ring(name: str) -> None:
    template = templates()[name]
    if template.audience == "staff":
        assert list(template.values.values()) in (["link"], ["count", "link"], ["thing", "by", "link"])
    else:
        assert "phone" in template.values.values()
        assert template.links in {(), ("/l/*",)}, "they have no account: a link works once, for whoever holds it"


@given(st.data(), TEXT)
def test_no_name_and_no_free_text_gets_into_a_message(data: st.DataObject, text: str) -> None:
    template = data.draw(st.sampled_from(sorted(templates().values(), key=lambda one: one.name)))
    values = right(template)
    name = data.draw(st.sampled_from(sorted(values)))
    for wrong in (text, f"{values[name]} {text}", f"{text} {values[name]}", [text], {"x": text}):
        with pytest.raises(WrongValue) as told:
            template.keep(values | {name: wrong})
        if len(text) > 12:
            assert text not in str(told.value), "what was given is not repeated: it may be logged"
    with pytest.raises(WrongValue):
        template.keep(values | {text: "1"})
    for missing in values:
        with pytest.raises(WrongValue):
            template.keep({key: value for key, value in values.items() if key != missing})


@given(
    st.sampled_from(KINDS),
    st.text() | st.integers() | st.dates() | st.times() | st.datetimes() | st.uuids() | st.none(),
)
def test_whatever_is_kept_is_of_its_kind(kind: str, value: Any) -> None:
    try:
        kept = checked({"v": kind}, ("/members/*",), {"v": value}, ["an_enquiry"])["v"]
    except WrongValue:
        return
    grammar = {
        "date": r"\d{4}-\d\d-\d\d",
        "time": r"\d\d:\d\d",
        "phone": r"\+?[\d ]+",
        "count": r"\d+",
        "place": r"[0-9a-f-]{36}",
        "link": r"/members/[0-9a-f-]{36}",
        "thing": r"an_enquiry",
        "by": r"|\d{4}-\d\d-\d\dT\d\d:\d\d[+-]\d\d:\d\d(:\d\d(\.\d+)?)?",
    }
    assert re.fullmatch(grammar[kind], str(kept), re.ASCII)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 30, 18, 12, tzinfo=UTC), ", by 6:12pm on Monday 30 November"),
        (datetime(2026, 6, 1, 23, tzinfo=UTC), ", by the end of Monday 1 June"),
        (datetime(2026, 12, 1, 12, tzinfo=UTC), ", by midday on Tuesday 1 December"),
    ],
)
def test_by_when_is_told_in_the_clock_of_london(at: datetime, said: str) -> None:
    assert by_when(at) == said


def test_a_thing_has_words_that_are_part_of_a_sentence() -> None:
    for template in templates().values():
        for wording in template.wording:
            assert all(re.fullmatch(r"[a-z][a-z ,:’]+", words) for words in wording.things.values()), template.name
    source = WAITS.replace('answer = "an answer"', 'answer = "an answer. Ring"')
    with pytest.raises(ValueError, match="part of a sentence"):
        parse("sample", source)
    with pytest.raises(ValueError, match="words of each"):
        parse("sample", WAITS.partition("[wording.things]")[0])


WAITS = """
title = "New"
audience = "staff"
links = ["/x"]
values = { thing = "thing", link = "link" }
[[wording]]
from = 2026-11-01
language = "en"
checked = true
subject = "New"
text = \"\"\"
New: {thing}.

{link}\"\"\"
[wording.things]
answer = "an answer"
"""


@given(st.text())
def test_a_link_leads_only_where_the_template_says(text: str) -> None:
    assume(not re.fullmatch(r"[0-9a-f-]{36}", text))
    assert not re.fullmatch(pattern("/members/*"), f"/members/{text}")


@pytest.mark.parametrize(
    "link", ["//evil.example", "https://evil.example", "/members/../x", "/members", "/members/x?y"]
)
def test_a_link_never_leads_away(link: str) -> None:
    with pytest.raises(WrongValue):
        checked({"v": "link"}, ("/members/*", "/l/*"), {"v": link})


def test_values_may_be_given_as_text_or_as_what_they_are() -> None:
    kinds = {"d": "date", "t": "time", "p": "place"}
    place = uuid4()
    given_so = checked(kinds, (), {"d": datetime(2026, 12, 24, 9), "t": time(9, 5, 30), "p": place})  # noqa: DTZ001
    assert given_so == checked(kinds, (), {"d": "2026-12-24", "t": "09:05", "p": str(place)})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('text = "Ring {phone}."', 'text = "Ring {name}."'), "nobody fills"),
        (('phone = "phone"', 'phone = "text"'), "kinds"),
        (('neutral = "Ring {phone}."', ""), "neutral"),
        (('neutral = "Ring {phone}."', 'neutral = "Ring {phone}. {us}"'), "must not say who"),
        (("checked = true", "checked = false"), "checked English"),
        (('audience = "person"', 'audience = "staff"'), "one sentence"),
        (('language = "en"', 'language = "en"\nsurprise = 1'), "surprise"),
    ],
)
def test_a_template_that_is_not_right_stops_the_start(change: tuple[str, str], told: str) -> None:
    source = """
title = "T"
audience = "person"
values = { phone = "phone" }
[[wording]]
from = 2026-11-01
language = "en"
checked = true
subject = "S"
text = "Ring {phone}."
neutral_subject = "S"
neutral = "Ring {phone}."
"""
    parse("right", source)
    with pytest.raises(ValueError, match=told):
        parse("wrong", source.replace(*change))


def test_the_newest_wording_that_has_begun_is_used() -> None:
    wordings = "".join(
        f'[[wording]]\nfrom = {since}\nlanguage = "en"\nchecked = true\nsubject = "S"\n'
        f'text = "{text}"\nneutral_subject = "S"\nneutral = "N"\n'
        for since, text in (("2026-01-01", "Old"), ("2026-11-20", "New"), ("2027-01-01", "Next"))
    )
    template = parse("dated", f'title = "T"\naudience = "person"\nvalues = {{}}\n{wordings}')
    assert template.on(DAY, "en", unchecked=False).text == "New"
    assert template.on(date(2026, 11, 19), "en", unchecked=False).text == "Old"


@pytest.mark.parametrize(("text", "found"), [("The Council rang", True), ("Councillor", False), ("no", False)])
def test_words_to_avoid_are_whole_words_in_any_case(text: str, found: bool) -> None:
    assert holds_any(text, ("council",)) is found
