"""How a match and its consents read on a page. `told` in every template of matches."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from careshare.web.filters import clock, long_date, plural
from services.placements.enquiries.pages.words import KINDS, Choice, late, left, moment
from services.placements.matches import rules
from services.placements.matches.model import ConsentNow
from services.placements.matches.queries import Asked

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "wanted": ("Wanted", "yellow"),
    "given": ("Given", "green"),
    "refused": ("Refused", "red"),
    "over": ("No longer asked", "grey"),
}
ANSWERS: Final = {
    "given": "Yes",
    "refused": "No",
    "revoked": "Take the answer back",
    "confirmed": "Confirm the answer that was given by telephone",
}
LAW: Final = (
    ("relatives_consulted", "The child’s relatives were consulted, where that is appropriate"),
    ("wishes_heard", "The child’s wishes and feelings were heard and considered"),
    ("reviewing_officer_told", "The independent reviewing officer was told"),
)
"""What the law wants done before an approval of a home outside the area (CPPCR 2010 reg 11(2))."""

ROLES: Final = {
    "nominated_officer": "the nominated officer or the director",
    "director": "the director",
    "key_stage_4": "the nominated officer or the director",
    "carer": "the foster carers, as their fostering team heard",
    "manager": "the home’s manager",
    "exemption": "the exemptions officer or a senior manager",
}


def who(one: ConsentNow, ours: str, other: str, side: str) -> str:
    """Who decides a consent: an authority by its name, and in which role."""
    name = one.decider or (ours if one.side == side else other)
    role = ROLES.get(one.kind)
    return f"{name}: {role}" if role else name


def due(one: ConsentNow) -> str:
    """The clock of a consent in words."""
    if one.state != "wanted":
        said = f"Answered at {moment(one.decided_at)}" if one.decided_at else ""
        if one.by_telephone and not one.confirmed and one.confirm_by:
            said += f", by telephone. To be confirmed by {moment(one.confirm_by)} ({left(one.confirm_by)})"
        return said
    return f"By {moment(one.due_at)} ({left(one.due_at)})" if one.due_at else "No clock"


def overdue(one: ConsentNow) -> bool:
    """Whether a consent, or its confirmation, is late."""
    if one.state == "wanted":
        return one.due_at is not None and late(one.due_at)
    return one.by_telephone and not one.confirmed and one.confirm_by is not None and late(one.confirm_by)


def first(one: ConsentNow) -> str:
    """What must be given before this one; empty where nothing must."""
    return "; ".join(rules.kinds()[kind].label for kind in one.after)


def label(kind: str) -> str:
    """What a kind of consent is called."""
    return rules.kinds()[kind].label


def choices(offered: list[str]) -> list[Choice]:
    """The answers there are to choose from."""
    return [(code, ANSWERS[code]) for code in offered]


def question(one: Asked) -> list[Choice]:
    """What another authority is told, as facts; never who the new child is, nor whose."""
    asked: dict[str, Any] = one.question
    found: list[Choice] = []
    if asked.get("name"):
        found.append(("Home", ", ".join(str(asked[name]) for name in ("name", "postcode") if asked.get(name))))
    if asked.get("your_children"):
        found.append(("Your children who live there", ", ".join(str(child) for child in asked["your_children"])))
    if asked.get("there") is not None:
        found.append(("Children who live there", str(asked["there"])))
    if asked.get("kind"):
        found.append(("Kind of home", KINDS[str(asked["kind"])]))
    if asked.get("children"):
        found.append(("Who would come", plural(int(asked["children"]), "child", "children")))
    if asked.get("from"):
        found.append(("From", long_date(date.fromisoformat(str(asked["from"])))))
    if asked.get("emergency"):
        found.append(("Emergency", "Yes"))
    return found


def asked_due(one: Asked) -> str:
    """The clock of a question in words."""
    if one.state == "wanted":
        return f"By {moment(one.due_at)} ({left(one.due_at)})" if one.due_at else "No clock"
    return f"{long_date(one.answered_at)} at {clock(one.answered_at)}" if one.answered_at else ""
