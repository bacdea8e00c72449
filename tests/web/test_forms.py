from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from unicodedata import normalize
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careshare.errors import FieldError
from careshare.web import Form, asks, parse
from tests.web.html import csrf_token, one, parsed, words
from tests.web.sample import Child, Search


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def postcode(text: str) -> str:
    if not text.upper().startswith("NE"):
        raise ValueError("Enter a postcode in the North East, like NE1 4LP")
    return text.upper()


class Everything(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    count: Annotated[int, asks("the number of children", ge=1, le=12)] | None = None
    floor: Annotated[int, asks("the floor", ge=-2)] | None = None
    top: Annotated[int, asks("the top", le=1000)] | None = None
    share: Annotated[float, asks("the share")] | None = None
    fee: Annotated[Decimal, asks("the weekly fee")] | None = None
    at: Annotated[time, asks("the time")] | None = None
    born: Annotated[date, asks("the date of birth")] | None = None
    agreed: Annotated[bool, asks("whether they agreed")] | None = None
    colour: Annotated[Colour, asks("a colour")] | None = None
    level: Literal[1, 2] | None = None
    owner: Annotated[UUID, asks("an authority")] | None = None
    where: Annotated[str, asks("the postcode", read=postcode)] | None = None
    code: Annotated[str, asks("the code", pattern="^[A-Z]{3}$", min_length=3)] | None = None
    ids: list[int] = []


def read(**typed: str) -> tuple[Any, list[str]]:
    value, errors = parse(Form({name.replace("__", "-"): [text] for name, text in typed.items()}), Everything)
    return value, [error.message for error in errors]


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("count", " 4 ", 4),
        ("floor", "-1", -1),
        ("top", "1,000", 1000),
        ("share", "0.5", 0.5),
        ("fee", "£1,234.50", Decimal("1234.50")),
        ("at", "18:12", time(18, 12)),
        ("at", "6.12PM", time(18, 12)),
        ("at", "12am", time(0)),
        ("at", "midday", time(12)),
        ("born", "2020-02-29", date(2020, 2, 29)),
        ("agreed", "no", False),
        ("agreed", "on", True),
        ("colour", "blue", Colour.BLUE),
        ("level", "2", 2),
        ("owner", str(UUID(int=7)), UUID(int=7)),
        ("where", "ne1 4lp", "NE1 4LP"),
        ("code", "ABC", "ABC"),
        ("ids", "3", [3]),
        ("count", "", None),
    ],
)
def test_an_answer_becomes_a_value(name: str, typed: str, value: object) -> None:
    read_back, errors = read(**{name: typed})
    assert errors == []
    assert getattr(read_back, name) == value


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("count", "four", "The number of children must be a whole number"),
        ("count", "4.5", "The number of children must be a whole number"),
        ("count", "٤", "The number of children must be a whole number"),
        ("count", "9" * 40, "The number of children must be a whole number"),
        ("count", "13", "The number of children must be between 1 and 12"),
        ("floor", "-3", "The floor must be -2 or more"),
        ("top", "1001", "The top must be 1,000 or less"),
        ("fee", "NaN", "The weekly fee must be a number"),
        ("fee", "1e9", "The weekly fee must be a number"),
        ("at", "25:00", "The time must be a time, like 9:30am or 6pm"),
        ("at", "13pm", "The time must be a time, like 9:30am or 6pm"),
        ("at", "6", "The time must be a time, like 9:30am or 6pm"),
        ("born", "2021-02-29", "The date of birth must be a real date"),
        ("agreed", "perhaps", "Select whether they agreed"),
        ("colour", "green", "Select a colour"),
        ("level", "3", "Select level"),
        ("owner", "northford", "Select an authority"),
        ("where", "SW1A 1AA", "Enter a postcode in the North East, like NE1 4LP"),
        ("code", "AB", "The code must be 3 characters or more"),
        ("code", "abc", "Enter the code in the correct format"),
        ("code", "AB\0C", "The code must not include characters that cannot be printed"),
        ("code", "A" * 10_001, "The code must be 10,000 characters or less"),
        ("mystery", "x", "mystery is not part of this form"),
    ],
)
def test_a_wrong_answer_is_explained_in_plain_english(name: str, typed: str, message: str) -> None:
    assert read(**{name: typed}) == (None, [message])


@pytest.mark.parametrize(
    ("parts", "field", "message"),
    [
        (("", "3", "2026"), "born-day", "The date of birth must include a day"),
        (("1", "", ""), "born-month", "The date of birth must include a month and year"),
        (("1", "3", "26"), "born-year", "The year of the date of birth must include 4 numbers"),
        (("31", "feb", "2026"), "born", "The date of birth must be a real date"),
        (("1", "xx", "2026"), "born", "The date of birth must be a real date"),
        (("1", "ma", "2026"), "born", "The date of birth must be a real date"),
        (("one", "3", "2026"), "born", "The date of birth must be a real date"),
        (("1", "3", "0000"), "born", "The date of birth must be a real date"),
    ],
)
def test_a_date_in_parts_says_which_part_is_wrong(parts: tuple[str, str, str], field: str, message: str) -> None:
    form = Form({f"born-{part}": [text] for part, text in zip(("day", "month", "year"), parts, strict=True)})
    _, errors = parse(form, Everything)
    assert errors == [FieldError(field, message)]
    again = form.with_errors(errors)
    assert again.error("born") == message
    marked = [part for part in ("day", "month", "year") if again.wrong("born", part)]
    assert marked == ([field.removeprefix("born-")] if field != "born" else ["day", "month", "year"])
    assert again.target(errors[0]) == (field if field != "born" else "born-day")


@pytest.mark.parametrize("month", ["11", "November", "nov", "Nov."])
def test_a_month_may_be_a_number_or_a_name(month: str) -> None:
    value, errors = read(born__day="20", born__month=month, born__year="2026")
    assert errors == []
    assert value.born == date(2026, 11, 20)


def answers(**changed: list[str]) -> dict[str, list[str]]:
    good = {
        "reference": ["AB 12"],
        "needed_from-day": ["20"],
        "needed_from-month": ["11"],
        "needed_from-year": ["2026"],
        "care": ["emergency"],
        "needs": ["hearing", "medical"],
        "together": ["yes"],
        "child-1-age": ["4"],
        "child-1-sex": ["female"],
        "child-3-age": ["7"],
        "child-3-sex": ["male"],
        "csrf_token": ["x"],
        "action": ["search"],
    }
    return good | changed


def test_a_whole_form_becomes_a_struct() -> None:
    value, errors = parse(Form(answers()), Search)
    assert errors == []
    assert value == Search(
        reference="AB 12",
        needed_from=date(2026, 11, 20),
        care="emergency",
        needs=["hearing", "medical"],
        together=True,
        child=[Child(age=4, sex="female"), Child(age=7, sex="male")],
        notes=None,
    )


def test_an_empty_form_asks_for_each_thing_in_order() -> None:
    value, errors = parse(Form(), Search)
    assert value is None
    assert [(error.field, error.message) for error in errors] == [
        ("reference", "Enter your reference"),
        ("needed_from", "Enter the date the home is needed from"),
        ("care", "Select the kind of care"),
        ("together", "Select yes if they should be together"),
        ("child", "Enter at least one child"),
    ]


def test_an_error_in_a_group_names_the_child() -> None:
    changed = answers(**{"child-3-age": ["18"], "child-3-sex": [""], "child-2-age": [" "]})
    _, errors = parse(Form(changed), Search)
    assert errors == [
        FieldError("child-3-age", "The age of child 3 must be between 0 and 17"),
        FieldError("child-3-sex", "Select the sex of child 3"),
    ]


def test_the_same_error_raised_by_a_rule_stands_beside_its_date() -> None:
    form = Form(answers()).with_errors([FieldError("needed_from", "The date must be in the future")])
    assert form.target(form.errors[0]) == "needed_from-day"
    assert form.error("needed_from") == "The date must be in the future"


def test_a_misspelt_field_of_a_group_is_found() -> None:
    _, errors = parse(Form(answers(**{"child-1-agee": ["4"]})), Search)
    assert [error.field for error in errors] == ["child-1-agee"]


def test_groups_are_limited() -> None:
    form = Form({"child-9999999-age": ["4"], "child-2-age": ["4"], "child-x-age": ["4"]})
    assert list(form.groups("child")) == [1, 2]


children = st.builds(Child, age=st.integers(0, 17), sex=st.sampled_from(["female", "male"]))
needs = st.lists(st.sampled_from(["hearing", "mobility", "medical"]), unique=True)
plain = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@given(
    value=st.builds(
        Search,
        reference=plain.map(lambda text: normalize("NFC", text)[:20]),
        needed_from=st.dates(),
        care=st.sampled_from(["short_term", "emergency", "respite"]),
        needs=needs,
        together=st.booleans(),
        child=st.lists(children, min_size=1, max_size=5),
        notes=st.none(),
    )
)
def test_what_a_page_shows_of_a_value_reads_back_as_the_same_value(value: Search) -> None:
    if value.needed_from.year < 1000:
        value.needed_from = value.needed_from.replace(year=2026, day=1)
    assert parse(Form.filled(value), Search) == (value, [])


@given(typed=st.dictionaries(st.sampled_from(list(answers())), st.lists(st.text(), max_size=2), max_size=13))
def test_whatever_is_typed_is_a_value_or_an_explained_error(typed: dict[str, list[str]]) -> None:
    value, errors = parse(Form(typed), Search)
    assert (value is None) == bool(errors)
    assert all(error.message for error in errors)


async def test_errors_stand_on_the_page_with_what_was_typed(web: httpx.AsyncClient) -> None:
    form = {"csrf_token": csrf_token(await web.get("/sample")), "child-2-age": "19", "reference": '"><script>'}
    response = await web.post("/sample", data=form | {"needs": ["hearing", "medical"]})
    assert response.status_code == 400
    tree = parsed(response)
    assert words(one(tree, "title")).startswith("Error: Find a home")
    assert one(tree, "input", id="reference").get("value") == '"><script>'
    assert [box.get("value") for box in tree.iter("input") if "checked" in box.attrib] == ["hearing", "medical"]
    links = {link.get("href"): words(link) for link in one(tree, "div", role="alert").iter("a")}
    assert links["#child-2-age"] == "The age of child 2 must be between 0 and 17"
    ids = {element.get("id") for element in tree.iter() if isinstance(element.tag, str)}
    assert {str(target).removeprefix("#") for target in links} <= ids
    field = one(tree, "input", id="child-2-age")
    assert "child-2-age-error" in str(field.get("aria-describedby"))


async def test_a_file_is_read_and_an_empty_one_is_none(web: httpx.AsyncClient) -> None:
    token = {"csrf_token": csrf_token(await web.get("/sample"))}
    sent = await web.post("/sample/file", data=token, files={"register": ("a.csv", "name,áge".encode())})
    assert words(one(parsed(sent), "h1")) == "name,áge"
    none = await web.post("/sample/file", data=token, files={"register": ("", b"")})
    assert words(one(parsed(none), "h1")) == "nothing"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"reference=%ff", 400),
        ("application/x-www-form-urlencoded", b"reference=\xff", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(3000)), 400),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 200_000, 413),
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=b", b"--b\r\nnot a part", 400),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--',
            400,
        ),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"x" * 200_000, 413),
        ("application/json", b"{}", 415),
        ("", b"reference=1", 415),
    ],
)
async def test_what_is_not_a_form_is_refused_with_a_page(
    web: httpx.AsyncClient, content_type: str, body: bytes, status: int
) -> None:
    response = await web.post("/sample", content=body, headers={"content-type": content_type})
    assert response.status_code == status
    parsed(response)


async def test_the_address_is_read_like_a_form(web: httpx.AsyncClient) -> None:
    response = await web.get("/sample/child?child-2-age=7&child-2-sex=male&reference=R%26D")
    tree = parsed(response)
    assert one(tree, "input", id="child-2-age").get("value") == "7"
    assert one(tree, "input", id="reference").get("value") == "R&D"
    assert (await web.get("/sample/child?reference=%ff")).status_code == 400
