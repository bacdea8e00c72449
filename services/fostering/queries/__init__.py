"""Reads of the register: `household` (one in full), `register` (the list and its counts), `due` (what is due, by date),
`tonight` (the duty desk's own vacancies). Their answers are the Structs of `services/fostering/records.py`; each is one
statement, and none shows a confidential address unasked.
"""

from services.fostering.queries.due import AHEAD, due
from services.fostering.queries.household import household
from services.fostering.queries.opening import REASONS, open_confidential, opened, seen_household, sees_confidential
from services.fostering.queries.publishing import Audience, audience, blocks
from services.fostering.queries.register import Filters, areas, placed_after, register, responsible_authorities, summary
from services.fostering.queries.tonight import tonight

__all__ = [
    "AHEAD",
    "REASONS",
    "Audience",
    "Filters",
    "areas",
    "audience",
    "blocks",
    "due",
    "household",
    "open_confidential",
    "opened",
    "placed_after",
    "register",
    "responsible_authorities",
    "seen_household",
    "sees_confidential",
    "summary",
    "tonight",
]
