"""Postcodes as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careshare.gazetteer import MalformedPostcode, outward_of, parse_postcode, postcode_area_of
from careshare.gazetteer.postcode import EXAMPLE

INWARD = st.from_regex(r"[0-9][ABD-HJLNP-UW-Z]{2}", fullmatch=True)
OUTWARD = st.one_of(
    st.from_regex(r"[A-PR-UWYZ][0-9]{1,2}", fullmatch=True),
    st.from_regex(r"[A-PR-UWYZ][A-HK-Y][0-9]{1,2}", fullmatch=True),
    st.from_regex(r"[EW][0-9][A-HJKPSTUW]", fullmatch=True),
    st.from_regex(r"[ES][CE][0-9][AMNP]", fullmatch=True),
)
POSTCODE = st.builds("{} {}".format, OUTWARD, INWARD)
BETWEEN = st.text(" \t\u00a0\u2009-.,", max_size=3)


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, str]:
    """A postcode, and how somebody might type it."""
    postcode = draw(POSTCODE)
    letters = [draw(st.sampled_from((letter.lower(), letter))) for letter in postcode.replace(" ", "")]
    return postcode, "".join(draw(BETWEEN) + letter for letter in letters) + draw(BETWEEN)


@given(typed())
def test_spacing_case_and_punctuation_do_not_matter(given_text: tuple[str, str]) -> None:
    postcode, text = given_text
    if len(text) <= 40:
        assert parse_postcode(text) == postcode


@given(POSTCODE)
def test_the_written_form_stays_as_it_is_and_has_its_parts(postcode: str) -> None:
    assert parse_postcode(postcode) == postcode
    outward = outward_of(postcode)
    area = postcode_area_of(postcode)
    assert postcode == f"{outward} {postcode[-3:]}"
    assert outward.startswith(area)
    assert area.isalpha()
    assert outward[len(area)].isdecimal()
    assert postcode_area_of(outward) == area


@given(
    st.one_of(
        st.text(max_size=12), st.text("NEDHSW019 -", max_size=9), st.binary().map(lambda raw: raw.decode("latin-1"))
    )
)
def test_any_other_text_is_refused_in_words_for_the_person_who_typed_it(text: str) -> None:
    message = postcode = ""
    try:
        postcode = parse_postcode(text)
    except MalformedPostcode as error:
        message = str(error)
    assert message.startswith(EXAMPLE) or (postcode.isascii() and parse_postcode(postcode) == postcode)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NE1 4L",
        "NE1 4LPX",
        "NE1 4LC",
        "1NE 4LP",
        "QE1 4LP",
        "NJ1 4LP",
        "Newcastle",
        "BFPO 57",
        "NE14 LPP",
        "١٢٣",
    ],
)
def test_what_is_no_postcode(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{EXAMPLE}$"):
        parse_postcode(text)


@pytest.mark.parametrize("text", ["NE1", "dh 1", "EC1A", "W1A"])
def test_half_a_postcode_is_told_apart(text: str) -> None:
    with pytest.raises(MalformedPostcode, match="not only its first part"):
        parse_postcode(text)


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("ne14lp", "NE1 4LP"),
        ("N E 1 4 L P", "NE1 4LP"),
        ("(DH1-3EH)", "DH1 3EH"),
        ("\ufeffTS10\u00a01AA.", "TS10 1AA"),
        ("gir0aa", "GIR 0AA"),
        ("NPT 0AD", "NPT 0AD"),
        ("w1v1aa", "W1V 1AA"),
        ("ec1a 1bb", "EC1A 1BB"),
        ("SE1P4AA", "SE1P 4AA"),
    ],
)
def test_what_people_type(text: str, postcode: str) -> None:
    assert parse_postcode(text) == postcode


def test_a_very_long_text_is_refused_at_once() -> None:
    with pytest.raises(MalformedPostcode):
        parse_postcode("NE1 4LP" + " " * 1_000_000)
