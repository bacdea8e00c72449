"""Our fields are GOV.UK's: the same elements, attributes and words as its own macros make."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from careshare.errors import FieldError
from careshare.web import Form
from careshare.web.templates import build_environment

ENVIRONMENT = build_environment(["tests.web"])
OURS: Any = ENVIRONMENT.get_template("careshare/fields.html").module
THEIRS: Any = ENVIRONMENT.get_template("reference/fields.html").module
CHOICES = [("a", "First"), ("b", "Second", "The second one"), (3, "Third & last")]
FIELDS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("text", (), {}),
    ("text", (), {"width": 10, "inputmode": "tel", "autocomplete": "tel", "type": "tel", "size": "m"}),
    ("text", (), {"prefix": "£", "suffix": "a week"}),
    ("number", (), {"suffix": "years"}),
    ("textarea", (), {"rows": 8}),
    ("select", (CHOICES,), {}),
    ("select", (CHOICES,), {"empty": None}),
    ("radios", (CHOICES,), {}),
    ("radios", (CHOICES,), {"inline": True, "small": True, "size": "l"}),
    ("yes_no", (), {}),
    ("checkboxes", (CHOICES,), {}),
    ("checkboxes", (CHOICES,), {"small": True}),
    ("checkbox", (), {}),
    ("date", (), {}),
    ("file", (), {"accept": ".csv"}),
]
TYPED: Mapping[str, list[str]] = {"it": ["a", "3"], "it-day": ["31"], "it-month": ["<2>"]}
FORMS = {
    "empty": Form(),
    "typed": Form(TYPED),
    "yes": Form({"it": ["yes"]}),
    "wrong": Form(TYPED, errors=[FieldError("it", 'That is <not> "right"')]),
    "wrong-month": Form(TYPED, errors=[FieldError("it-month", "The date must include a month")]),
}


def shape(markup: str) -> list[object]:
    """The markup as nested lists, without what nobody sees: spaces and the order of attributes."""
    body: Element = html5lib.parseFragment(markup, namespaceHTMLElements=False)

    def of(element: Element) -> list[object]:
        attributes = {name: " ".join(value.split()) for name, value in element.attrib.items()}
        text = " ".join((element.text or "").split())
        tails = [(of(child), " ".join((child.tail or "").split())) for child in element]
        return [element.tag, sorted(attributes.items()), text, tails]

    return of(body)


@pytest.mark.parametrize("hint", [None, "Such as “this”"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize(("macro", "choices", "options"), FIELDS)
def test_a_field_is_govuks_own(
    macro: str, choices: tuple[Any, ...], options: dict[str, Any], form: Form, hint: str | None
) -> None:
    arguments = (form, "it", "What is it?", *choices)
    ours = getattr(OURS, macro)(*arguments, hint=hint, **options)
    theirs = getattr(THEIRS, macro)(*arguments, hint=hint, **options)
    assert shape(ours) == shape(theirs)


@pytest.mark.parametrize("typed", ["\nsecond line", "one\n\n  three", "</textarea>"])
def test_a_text_area_keeps_every_line(typed: str) -> None:
    tree: Element = html5lib.parseFragment(
        OURS.textarea(Form({"it": [typed]}), "it", "Notes"), namespaceHTMLElements=False
    )
    area = next(tree.iter("textarea"))
    assert area.text == typed
