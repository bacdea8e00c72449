"""What people do with the register: one function each, in the caller's transaction.

Every change holds the household's row, raises its version, writes the audit record with before and after, and makes the
household's offers anew. `version` is the one the change was made from; None where it does not matter.
"""

from services.fostering.actions.approval import (
    approve_temporarily,
    extend_temporary,
    record_resignation,
    set_terms,
)
from services.fostering.actions.checks import record_check
from services.fostering.actions.children import end_stay, place_child
from services.fostering.actions.exemption import record_exemption, withdraw_exemption
from services.fostering.actions.home import (
    change_abilities,
    change_consent,
    change_contacts,
    change_home,
    register_household,
    set_confidential,
)
from services.fostering.actions.people import set_bedrooms, set_carers, set_members
from services.fostering.actions.places import close_place, open_place, set_places
from services.fostering.actions.vacancy import confirm_vacancy, publish, withdraw

__all__ = [
    "approve_temporarily",
    "change_abilities",
    "change_consent",
    "change_contacts",
    "change_home",
    "close_place",
    "confirm_vacancy",
    "end_stay",
    "extend_temporary",
    "open_place",
    "place_child",
    "publish",
    "record_check",
    "record_exemption",
    "record_resignation",
    "register_household",
    "set_bedrooms",
    "set_carers",
    "set_confidential",
    "set_members",
    "set_places",
    "set_terms",
    "withdraw",
    "withdraw_exemption",
]
