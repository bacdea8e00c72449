"""What a text for others gives away is found: in examples, and whatever the names, schools and streets are."""

import unicodedata
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.placements.requests.rules import OnFile, identifying
from services.placements.requests.rules.folding import fold, words
from services.placements.requests.rules.naming import NO_NAME, NO_SCHOOL, NO_STREET, WORDS_TOO

FILE = OnFile(
    names=("Chloë Mary-Jane O’Neill", "Thomas McDonald", "Mrs Élise Li", "José"),
    schools=("St Cuthbert’s RC Primary School", "The Academy"),
    addresses=("Flat 2, 14 Elm Grove, Gateshead", "3 High Street\nJarrow"),
    postcodes=("NE8 1HH",),
    references=("CH-104482",),
    births=(date(2014, 3, 14),),
)


def found(text: str, on_file: OnFile = FILE) -> list[tuple[str, str]]:
    return [(one.kind, one.found) for one in identifying(text, on_file)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chloe likes swimming", [("name", "Chloe")]),
        ("CHLOË’s room", [("name", "CHLOË")]),
        ("a text on Maryjane", [("name", "Maryjane")]),
        ("with Mary Jane", [("name", "Mary Jane")]),
        ("with mary-jane", [("name", "mary-jane")]),
        ("the ONeills live there", [("name", "ONeills")]),
        ("the O'Neill’s", [("name", "O'Neill")]),
        ("Mac Donald is not him", []),
        ("Mc Donald is", [("name", "Mc Donald")]),
        ("Tommy and Tom", [("short_form", "Tommy"), ("short_form", "Tom")]),
        ("his tom cat", []),
        ("Chl\u00adoe", [("name", "Chl\u00adoe")]),
        ("Elise", [("name", "Elise")]),
        ("said jose", [("name", "jose")]),
        ("written by T. M.", [("initials", "T. M")]),
        ("TM said so", [("initials", "TM")]),
        ("30 tm", []),
        ("Mr Li came", [("name", "Li")]),
        ("goes to St. Cuthberts", [("school", "Cuthberts")]),
        ("goes to SCRPS", [("school", "SCRPS")]),
        ("goes to the academy", [("school", "academy")]),
        ("a primary school nearby", []),
        ("near Elm Gr", [("street", "Elm")]),
        ("on the High St", [("street", "High St")]),
        ("high needs; a street lamp", []),
        ("12 Station Road, where grandma lives", [("address", "12 Station Road")]),
        ("2 weeks in place", []),
        ("lives at ne8 1hh", [("postcode", "ne8 1hh")]),
        ("lives at NE9-6AA", [("postcode", "NE9-6AA")]),
        ("lives around NE8", []),
        ("ring 01632 960 901 or +44 7700 900123", [("telephone", "01632 960 901"), ("telephone", "+44 7700 900123")]),
        ("write to someone.else@example.org.uk now", [("email", "someone.else@example.org.uk")]),
        ("see www.example.org/a or @handle_1", [("web", "www.example.org/a"), ("web", "@handle_1")]),
        ("case ch 104482", [("reference", "ch 104482")]),
        ("NHS 943476591", [("number", "943476591")]),
        ("born 14/03/2014", [("birthday", "14/03/2014")]),
        ("birthday on the 14th of March", [("birthday", "14th of March")]),
        ("birthday on March 14", [("birthday", "March 14")]),
        ("2014-03-14", [("birthday", "2014-03-14")]),
        ("on 15 March and 3/5", []),
        ("", []),
    ],
)
def test_examples(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_two_letters_that_are_a_word_count_only_as_a_name() -> None:
    on_file = OnFile(names=("Wei He",))
    assert found("he will go with them", on_file) == []
    assert found("Then He said", on_file) == [("name", "He")]


def test_a_name_of_particles_alone_is_found_whole() -> None:
    assert found("of de la", OnFile(names=("De La",))) == [("name", "de la")]


def test_a_name_in_another_script_is_found_without_blanks() -> None:
    assert found("昨天小明很高兴", OnFile(names=("小明",))) == [("name", "小明")]
    assert found("قال محمّد", OnFile(names=("محمد",))) == [("name", "محمّد")]


def test_positions_are_those_of_the_text_as_it_was_typed() -> None:
    text = "Straße, ﬁne; CHLOË  was here"
    one = identifying(text, FILE)[0]
    assert text[one.first : one.last] == one.found == "CHLOË"


NAME_LETTERS = "abcdefghijklmnopqrstuvwxyzàçéïñöøłßž"
parts = st.text(NAME_LETTERS, min_size=3, max_size=12).map(str.capitalize)
names = st.lists(parts, min_size=1, max_size=3).flatmap(
    lambda found: st.sampled_from([" ", "-", "’", "'"]).map(lambda between: between.join(found))
)
around = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf"]), max_size=40)


def disguised(text: str) -> st.SearchStrategy[str]:
    """Ways in which people write the same name."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return st.sampled_from(
        [
            text,
            text.upper(),
            text.lower(),
            plain,
            plain.upper(),
            f"{text}’s",
            f"{text}s",
            unicodedata.normalize("NFD", text),
        ]
    )


@given(st.data(), names, around, around)
def test_a_name_is_found_whatever_stands_around_it(data: st.DataObject, name: str, before: str, after: str) -> None:
    word = data.draw(st.sampled_from([one.text for one in words(fold(name))]))
    assume(word not in NO_NAME and word not in WORDS_TOO and len(word) > 2)
    written = data.draw(disguised(word))
    text = f"{before} {written}. {after}"
    spans = identifying(text, OnFile(names=(name,)))
    start = len(before) + 1
    assert any(one.first <= start and one.last >= start + len(written) - 2 for one in spans)


@given(st.data(), names, names, around, around)
def test_a_school_and_a_street_are_found_whatever_stands_around_them(
    data: st.DataObject, school: str, street: str, before: str, after: str
) -> None:
    telling = [one.text for one in words(fold(school)) if one.text not in NO_SCHOOL]
    road = [one.text for one in words(fold(street)) if one.text not in NO_STREET]
    assume(telling and road)
    on_file = OnFile(schools=(f"{school} Community Primary School",), addresses=(f"14 {street} Road, Gateshead",))
    for word in (data.draw(st.sampled_from(telling)), data.draw(st.sampled_from(road))):
        assume(len(word) > 2)
        text = f"{before} {data.draw(disguised(word))}, {after}"
        assert any(one.first <= len(before) + 1 < one.last for one in identifying(text, on_file)), text


@given(around, names)
def test_findings_stand_in_order_and_name_what_stands_there(text: str, name: str) -> None:
    text = f"{text} {name} 12 Any Road NE8 1HH {text}"
    spans = identifying(text, OnFile(names=(name,)))
    assert spans
    for one in spans:
        assert text[one.first : one.last] == one.found
    assert [one.first for one in spans] == sorted(one.first for one in spans)
