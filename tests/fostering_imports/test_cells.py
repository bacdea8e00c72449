"""What cells may hold, and that what is written into a cell reads back the same."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fostering.days import today
from services.fostering.imports import cells
from services.fostering.imports.check import Parser
from services.fostering.imports.columns import HOUSEHOLDS, KINDS, PLACEMENTS, Column, by_name, columns
from services.fostering.imports.read import Row


def reading(name: str, text: str, kind: Any = "households") -> Any:
    """The value of a cell, or the message that refuses it."""
    parsed = Parser(kind, [name]).parse(Row(2, [text]))
    return parsed.faults[0].message if parsed.faults else parsed.values.get(name)


@pytest.mark.parametrize(
    "text",
    [
        "05/03/2021",
        "5/3/2021",
        "5/3/21",
        "05-03-2021",
        "05.03.2021",
        "2021-03-05",
        "2021-03-05 00:00:00",
        "05/03/2021 00:00",
        "5 March 2021",
        "5-Mar-21",
        "5th March 2021",
        "Friday 5 March 2021",
    ],
)
def test_british_dates(text: str) -> None:
    assert reading("terms_from", text) == "2021-03-05"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("03/25/2021", "Write the day first, like 25/03/2021"),
        ("31/02/2021", "not a day that exists"),
        ("soon", "Write day, month and year"),
        ("05/03/3021", "Check it"),
        ("05/13/1021", "Write the day first"),
    ],
)
def test_dates_that_are_none_say_what_would_be_right(text: str, said: str) -> None:
    assert reading("terms_from", text).startswith("Terms from: “")
    assert said in reading("terms_from", text)


def test_two_figure_years_of_birth_lie_in_the_past() -> None:
    assert reading("carer1_born", "05/03/62") == "1962-03-05"
    assert reading("born", "05/03/18", "placements") == "2018-03-05"
    tomorrow = today() + timedelta(days=1)
    assert "future" in reading("carer1_born", f"{tomorrow:%d/%m/%Y}")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("confidential", "Y", True),
        ("confidential", "TRUE", True),
        ("confidential", "no", False),
        ("sex", "male/female", "any"),
        ("sex", "Either", "any"),
        ("sex", "Girls only", "F"),
        ("carer1_sex", "2", "F"),
        ("carer1_ethnicity", "White - British", "WBRI"),
        ("carer1_ethnicity", "wbri", "WBRI"),
        ("carer1_religion", "Church of England", "christian"),
        ("carer1_religion", "None", "none"),
        ("carer1_languages", "Polish|English", ["en", "pl"]),
        ("care_types", "Respite, Short term", ["short_term", "short_break"]),
        ("care_types", "U4; U6", ["short_term", "long_term"]),
        ("pets", "none", []),
        ("pets", "Dogs\nCats", ["dog", "cat"]),
        ("pets", "", None),
        ("bedrooms", "2", [{"beds": 1, "sharing": "no"}] * 2),
        ("bedrooms", "1; 2 beds (siblings only)", [{"beds": 1, "sharing": "no"}, {"beds": 2, "sharing": "siblings"}]),
        ("named_children", "C-2, C-1", ["C-1", "C-2"]),
        ("carer1_telephone", "+44 191 496 0123", "+44 191 496 0123"),
        ("carer1_telephone", "1914960123", "01914960123"),
        ("address", "12 High Street,\r\nAshmoor", "12 High Street, Ashmoor"),
        ("postcode", "za11aa", "ZA1 1AA"),
        ("age_min", "3.0", 3),
        ("reference", "'=1+1", "=1+1"),
        ("supervising_worker", "-", ""),
        ("supervising_worker", "N/A", ""),
    ],
)
def test_spellings(name: str, text: str, value: Any) -> None:
    assert reading(name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("carer1_name", "=HYPERLINK(1)", "begins with =, so a spreadsheet would run it as a formula"),
        ("carer1_name", "@SUM(A1)", "begins with @"),
        ("address", "-1+1", "begins with -"),
        ("carer1_telephone", "=1+1", "begins with ="),
        ("carer1_telephone", "-1914960123", "begins with -"),
        ("carer1_telephone", "ask Ann", "is not a telephone number, like 0191 496 0123"),
        ("places", "99", "a whole number from 1 to 12"),
        ("reference", "", "must not be empty"),
        ("confidential", "perhaps", "must be yes or no"),
        ("skills", "Autisim", "Did you mean “Autism”?"),
        ("pets", "Dragon", "Use one of: Dog; Cat"),
        ("postcode", "Ashmoor", "full UK postcode"),
        ("bedrooms", "three", "beds and who may share"),
        ("members", "Tom", "a name, how they belong"),
        ("reference", "x" * 41, "must be 40 characters or less; this has 41"),
        ("ages", "all", "must be two ages, like 0-17"),
    ],
)
def test_refusals_say_what_would_be_right(name: str, text: str, said: str) -> None:
    assert said in reading(name, text)


def test_number_and_sex_in_one_cell() -> None:
    parsed = Parser("households", ["places", "ages"]).parse(Row(2, ["2 (Male/Female)", "0 to 17 years"]))
    assert parsed.values == {"places": 2, "sex": "any", "age_min": 0, "age_max": 17}


def test_parts_of_a_name_and_of_an_address_are_joined() -> None:
    mapped = ["carer1_name", "carer1_name", "address", "address", "address"]
    parsed = Parser("households", mapped).parse(Row(2, ["Ann", "Smith", "12 High Street", "", "Ashmoor"]))
    assert parsed.values == {"carer1_name": "Ann Smith", "address": "12 High Street, Ashmoor"}


def test_a_row_longer_than_the_header() -> None:
    parsed = Parser("households", ["reference"]).parse(Row(2, ["H-1", "", "stray"]))
    assert parsed.faults[0].field == "row"
    assert "comma" in parsed.faults[0].message


DATES = st.dates(date(1930, 1, 1), date(2026, 1, 1)).map(date.isoformat)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30)
PLAIN = st.text("abcdefghijklmnopqrstuvwxyzé’", min_size=1, max_size=30)
MEMBERS = st.lists(
    st.fixed_dictionaries(
        {
            "name": PLAIN,
            "relationship": st.sampled_from(["own_child", "adult", "lodger"]),
            "born": st.none() | DATES,
            "sex": st.sampled_from("MFU"),
        }
    ),
    max_size=4,
)
BEDROOMS = st.lists(
    st.fixed_dictionaries({"beds": st.integers(1, 6), "sharing": st.sampled_from(["no", "siblings", "any"])}),
    max_size=4,
)


def values_of(column: Column) -> st.SearchStrategy[Any]:
    """Values a column may have on the register."""
    if column.write is cells.write_date:
        return st.none() | DATES if column.blank is None else DATES
    if column.write is cells.write_yes_or_no:
        return st.booleans()
    if column.name in {"bedrooms", "members"}:
        return BEDROOMS if column.name == "bedrooms" else MEMBERS
    if column.name == "named_children":
        some = PLAIN.filter(lambda text: text.casefold() != "null")
        return st.lists(some, max_size=3, unique=True).map(sorted)
    if column.name == "child_reference":
        return st.from_regex(r"[A-Z]{1,3}-[1-9][0-9]{1,8}", fullmatch=True)
    if column.name in {"places", "age_min", "age_max"}:
        return st.integers(1, 12)
    if column.name == "postcode":
        return st.just("ZA1 1AA")
    if column.read is cells.as_telephone:
        return st.from_regex(r"[+0][0-9]{3} [0-9]{3,6}", fullmatch=True)
    if isinstance(owner := getattr(column.read, "__self__", None), cells.Choice):
        labels = list(owner.labels)
        if column.lines == " ":
            return st.sampled_from(labels)
        several = st.lists(st.sampled_from(labels), unique=True, min_size=int(column.needed))
        return several.map(lambda found: [code for code in labels if code in found])
    return TEXT.filter(lambda text: text.casefold() not in {"-", "n/a", "null", "#n/a", "–", "—", "confidential"})


@pytest.mark.parametrize(("kind", "column"), [(kind, one) for kind in KINDS for one in columns(kind) if one.exported])
@given(data=st.data())
def test_what_is_written_reads_back_the_same(kind: Any, column: Column, data: st.DataObject) -> None:
    value = data.draw(values_of(column))
    parsed = Parser(kind, [column.name]).parse(Row(2, [cells.safe(column.write(value))]))
    assert not parsed.faults
    got = parsed.values.get(column.name)
    assert column.write(got) == cells.tidy(column.write(value)), (got, value)


def test_every_column_has_a_title_of_its_own() -> None:
    for kind in KINDS:
        assert len({column.title for column in columns(kind)}) == len(columns(kind))
    assert set(by_name("households")) == {column.name for column in HOUSEHOLDS}
    assert set(by_name("placements")) == {column.name for column in PLACEMENTS}
