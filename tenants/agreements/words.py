"""How agreements are worded, on pages and in print alike."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from careshare.web.filters import long_date, moment, plural, sentence
from tenants.agreements.codes import DETAILS, Item, Text, data_items, resources, text_of, withheld
from tenants.agreements.model import Agreement, Party, StatedTerms, Version
from tenants.agreements.rules import LONDON

STATES: Final = {"draft": "Draft", "signed": "Signed, not yet begun", "in_force": "In force", "ended": "Ended"}
STATE_COLOURS: Final = {"draft": "yellow", "signed": "blue", "in_force": "green", "ended": "grey"}
VERSION_STATES: Final = {
    "proposed": "Waits for signatures",
    "signed": "Signed by all, not yet begun",
    "in_force": "In force",
    "replaced": "Replaced",
    "withdrawn": "Withdrawn",
    "ended": "Ended",
}
TERMS: Final = {
    "title": "Title",
    "resource": "What is shared",
    "detail": "How much is shown",
    "purpose": "Purpose",
    "gateways": "Legal gateway",
    "lawful_basis": "Lawful basis",
    "condition": "Special-category condition",
    "tariff": "Tariff",
    "retention": "Retention",
    "notice_days": "Notice period",
    "starts": "First day",
    "last_day": "Last day",
    "review_on": "Review date",
}
NOT_STATED: Final = "Not stated in this version"


def day_of(moment_: datetime) -> date:
    """The day in London."""
    return moment_.astimezone(LONDON).date()


def period(terms: StatedTerms) -> str:
    """From when to when a version is in force."""
    end = f"to {long_date(terms.last_day)}" if terms.last_day else "until the parties end it"
    return f"from {long_date(terms.starts)} {end}"


def gateways(terms: StatedTerms) -> list[Text]:
    """The law that allows the sharing, by its codes; an old agreement's text as it was written."""
    found = [one for code in terms.gateways if (one := text_of("gateway", code))]
    return found or [Text("", terms.legal_gateway_text, "", date.min, None, "")]


def grounds(terms: StatedTerms) -> list[Text]:
    """The lawful basis and the condition for special-category data."""
    given = (("lawful_basis", terms.lawful_basis), ("condition", terms.condition))
    found = [one for name, code in given if (one := text_of(name, code))]
    return found or [Text("", terms.lawful_basis_text, "", date.min, None, "")]


def names(found: Agreement, version: Version) -> list[str]:
    """The names of a version's parties."""
    return [party.name for party in found.parties if party.authority_id in version.parties]


def contact(party: Party) -> str:
    """The office to reach a party by; a party gives it by signing, and reads others' once it has signed itself."""
    parts = [part for part in (party.contact_role, party.contact_telephone, party.contact_email) if part]
    return ", ".join(parts) or "Shown once both have signed"


def why(party: Party) -> str:
    """Why a party leaves: the cause by its name, and what it said."""
    code, _, said = party.leaves_for.partition(": ")
    cause = text_of("cause", code)
    return f"{cause.label}. {said}".strip() if cause else party.leaves_for


def resource(terms: StatedTerms) -> str:
    """What is shared, in words."""
    found = resources().get(terms.resource)
    return found.label if found else terms.resource


def detail(terms: StatedTerms) -> str:
    """How much is shown, in words."""
    return DETAILS[terms.detail]


def lets_see(terms: StatedTerms) -> dict[str, list[Item]]:
    """What others see, by the stage at which they do."""
    return _by_stage(data_items(terms.resource, terms.detail))


def keeps_back(terms: StatedTerms) -> dict[str, list[Item]]:
    """What others do not see under these terms."""
    return _by_stage(withheld(terms.resource, terms.detail))


def _by_stage(items: Sequence[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.stage, []).append(item)
    return found


def facts(found: Agreement, version: Version) -> list[tuple[str, str]]:
    """What a version states, line by line (facts J1)."""
    terms = version.terms
    return [
        ("Parties", sentence(names(found, version))),
        ("What is shared", resource(terms)),
        ("How much is shown", detail(terms)),
        ("Purpose", terms.purpose),
        ("Legal gateway", "; ".join(one.label for one in gateways(terms))),
        ("Lawful basis and condition", "; ".join(one.label for one in grounds(terms))),
        ("Tariff", terms.tariff or NOT_STATED),
        ("Retention", terms.retention or NOT_STATED),
        ("Notice period", plural(terms.notice_days, "day")),
        ("In force", period(terms)),
        ("Review", long_date(terms.review_on)),
    ]


def state(version: Version) -> str:
    """What became of a version, with when."""
    words = VERSION_STATES[version.state]
    return f"{words} on {moment(version.ended_at)}" if version.ended_at and version.state != "in_force" else words


def changed(old: StatedTerms, new: StatedTerms, names_: list[str]) -> list[tuple[str, str, str]]:
    """Each term that differs, as it was and as it is proposed."""
    return [(TERMS[name], _worded(old, name), _worded(new, name)) for name in names_]


def _worded(terms: StatedTerms, name: str) -> str:
    value = getattr(terms, name)
    if name == "gateways":
        return "; ".join(one.label for one in gateways(terms))
    if name in {"lawful_basis", "condition"}:
        text = text_of(name, value)
        return text.label if text else terms.lawful_basis_text
    if name == "detail":
        return detail(terms)
    if name == "notice_days":
        return plural(terms.notice_days, "day")
    if isinstance(value, date):
        return long_date(value)
    return str(value) if value else "None"
