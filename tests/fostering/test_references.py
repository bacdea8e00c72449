"""A reference tells one child from another and nothing about who the child is."""

import pytest

from careshare.errors import Invalid
from services.fostering import actions
from services.fostering.model import Closure
from tenants.references import hidden_characters, plain_reference, reference_key
from tests.fostering.register import TODAY, Desk, a_child, a_home


@pytest.mark.parametrize(
    "reference", ["C-77001", "C39000067", "CH-104482", "LCS/2026/0012", "104482", "mos.000123", "RC 12", " C1 "]
)
def test_what_a_reference_can_be(reference: str) -> None:
    assert plain_reference(reference) == reference.strip()


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("", "Enter the case system’s reference"),
        ("Emma Smith", "never a name"),
        ("Jo", "never a name"),
        ("EMMA-20180403", "never a name"),
        ("SMITH-2015", "never a name"),
        ("Žofia7", "never a name"),
        ("07700900123", "never a telephone number"),
        ("+44 7700 900123", "never a telephone number"),
        ("0191 496 0123", "never a telephone number"),
        ("NE81HH123", "never a postcode"),
        ("C-NE8 1HH-2", "never a postcode"),
        ("1" * 41, "40 characters or less"),
    ],
)
def test_what_may_tell_who_the_child_is(reference: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plain_reference(reference)


def test_spellings_of_one_reference() -> None:
    assert reference_key(" c-77001 ") == reference_key("C-77001")


def test_characters_that_cannot_be_seen() -> None:
    assert hidden_characters("Zoë O’Hara\u202e\x00") == "U+0000, U+202E"
    assert hidden_characters("one\n\ttwo", lines=True) == ""
    assert hidden_characters("one\ntwo") == "U+000A"


@pytest.mark.parametrize("reference", ["Emma Smith", "07700900123", "C-\u202e12"])
async def test_the_register_takes_no_other(a: Desk, reference: str) -> None:
    home = await a.make()
    with pytest.raises(Invalid) as refused:
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child(child_reference=reference))
    assert [error.field for error in refused.value.errors] == ["child_reference"]


async def test_texts_have_no_hidden_characters(a: Desk) -> None:
    wrong = a_home(name="The \u202esedaV", supervising_worker="Ann\u200b Hall", address="1 Open Road\nAshmoor\x07")
    with pytest.raises(Invalid) as refused:
        async with a.uow() as uow:
            await actions.register_household(uow, wrong)
    assert {error.field: error.message.rpartition(" ")[2] for error in refused.value.errors} == {
        "name": "U+202E",
        "address": "U+0007",
        "supervising_worker": "U+200B",
    }
    home = await a.make(a_home(address="1 Open Road\nAshmoor"))
    with pytest.raises(Invalid, match="See errors"):
        async with a.uow() as uow:
            await actions.close_place(uow, home, None, 1, Closure(reason="works", since=TODAY, note="a\u2066b"))
