"""How the record reads on a page. `say` in every template of this room."""

from datetime import datetime
from typing import Final

from careshare.web.filters import plural
from services.record.breaches import Breach
from services.record.model import Home, Opening

ACTIONS: Final = {
    "placements.search": "List of homes found by a search",
    "placements.offer": "One notice opened",
    "household.opened": "Household opened",
    "safe_contact.opened": "Address of somebody to write to",
    "record.probing_found": "Searches looked at for probing",
    "session.begun": "Came to work here",
    "session.refused": "Was refused at sign-in",
    "session.ended": "Ended sessions of their own",
    "session.stepped_up": "Confirmed who they are",
}
NOUNS: Final = {
    "break_glass": "Break-glass",
    "temporary_role": "Role for a time",
    "sign_in_provider": "Sign-in service",
    "sign_in_domain": "E-mail domain of sign-in",
    "sign_in_group": "Role from a group",
    "sign_in_account": "Account of sign-in",
    "session_limits": "How long people stay signed in:",
    "client": "API client",
    "record": "Record",
    "erased": "Detail of the audit record erased",
    "subject_access": "Request for own data",
}
"""What actions are about, where the code is not the word."""
PURPOSES: Final = {
    "placement:search": "Finding a child a home",
    "placement:call": "Finding a child a home",
    "placement": "A placement is being made or looked at",
    "visit": "A visit to the home or to a child there",
    "emergency": "An emergency at the home",
    "review": "A review, check or change of the approval",
    "correction": "A correction of the record",
    "safe_contact:change": "Setting how they may be written to",
}
PROBLEMS: Final = {
    "entry missing": "entries that were sealed are gone",
    "entry changed": "entries were changed after they were sealed",
    "entry under the wrong seal": "entries stand under another seal than they were sealed with",
    "entry added after sealing": "entries were slipped in among those already sealed",
    "entry with a transaction number not given yet": "entries carry a number the database has not given yet",
    "chain broken": "seals do not follow each other",
    "seal does not match its entries": "seals do not match the entries beneath them",
    "detail gone without an entry 'erased'": "criteria are gone although no erasure was recorded",
    "detail changed": "criteria were changed",
    "not the head that was published for this seal": "seals differ from the head that was published outside",
    "a published head cannot be read": "a head published outside cannot be read",
}
STEPS: Final = {
    "note": "Note",
    "ico_told": "The Information Commissioner was told",
    "ico_not_needed": "Decided: the Information Commissioner need not be told",
    "partner_told": "A partner authority was told",
    "people_told": "The people concerned were told",
    "people_not_needed": "Decided: the people concerned need not be told",
    "closed": "Closed",
    "reopened": "Reopened",
}
STEP_KINDS: Final = (
    ("agreements", "Agreements"),
    ("emergency", "Emergency access and roles held for a time"),
    ("access", "Members, clients and sign-in"),
    ("officer", "Retention, exports, breaches and requests for own data"),
    ("sessions", "Coming and going"),
)
DECISIONS: Final = {
    "undecided": ("Not decided", "yellow"),
    "told": ("Told", "green"),
    "not_needed": ("Need not be told", "grey"),
}
DELETIONS: Final = {
    "confirmed": "At night, once you confirm it",
    "nightly": "Each night, by itself",
    "by_itself": "Each night, by itself; a hold does not stop it",
    "elsewhere": "In another system",
}
KINDS: Final = {
    "carer": "Foster carer",
    "member": "Member of a foster household",
    "child": "Child",
    "colleague": "Member of staff",
    "contact": "Parent, carer or young person who is written to",
}


def action(code: str) -> str:
    """What was done, in words: `client.secret_added` is "Client secret added"."""
    noun, _, verb = code.partition(".")
    return ACTIONS.get(code, f"{NOUNS.get(noun, noun.replace('_', ' ').capitalize())} {verb.replace('_', ' ')}".strip())


def purpose(code: str) -> str:
    """What it was for, in words."""
    return PURPOSES.get(code, code.replace(":", ": ").replace("_", " ").capitalize())


def problem(kind: str) -> str:
    """What is wrong with the chain, in words."""
    return PROBLEMS.get(kind, kind)


def homes(found: list[Home]) -> str:
    """Homes by their references; those that are gone are counted."""
    known = [home.reference for home in found if home.reference]
    gone = len(found) - len(known)
    parts = [", ".join(known)] if known else []
    return "; ".join([*parts, *([f"{plural(gone, 'home')} deleted since"] if gone else [])]) or "Not known any more"


def opened(row: Opening) -> str:
    """What was opened, by its reference."""
    if row.action != "safe_contact.opened":
        return homes(row.homes)
    return ", ".join(home.reference or "without a reference" for home in row.homes)


def clock(breach: Breach, now: datetime) -> tuple[str, str]:
    """How the 72 hours stand: words and a colour."""
    if breach.ico != "undecided":
        words, colour = DECISIONS[breach.ico]
        return f"Information Commissioner: {words.lower()}", colour
    hours = breach.hours_left(now)
    if breach.overdue(now):
        return f"Overdue by {plural(-hours, 'hour')}", "red"
    return f"{plural(hours, 'hour')} left of 72", "red" if hours < 24 else "yellow"


def days(left: int) -> tuple[str, str]:
    """How many days are left to answer: words and a colour."""
    if left < 0:
        return f"{plural(-left, 'day')} late", "red"
    return ("Due today" if left == 0 else f"{plural(left, 'day')} left"), "red" if left < 7 else "yellow"
