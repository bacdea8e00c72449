"""What people do with the homes: one function each, in the caller's transaction.

Every change holds the home's row, raises its version, writes the audit record with before and after, and makes the
home's notice anew. `version` is the one the change was made from; None where it does not matter.
"""

from services.residential.actions.assessments import decide, open_assessment, set_concerns
from services.residential.actions.home import change_home, record_judgement, register_home, set_confidential
from services.residential.actions.host import host_told
from services.residential.actions.offering import offer, withdraw
from services.residential.actions.places import (
    close_place,
    keep_empty,
    keep_empty_no_longer,
    open_place,
    set_places,
    state_staffing,
)
from services.residential.actions.prices import end_prices, set_plan, set_prices
from services.residential.actions.residents import admit, leave

__all__ = [
    "admit",
    "change_home",
    "close_place",
    "decide",
    "end_prices",
    "host_told",
    "keep_empty",
    "keep_empty_no_longer",
    "leave",
    "offer",
    "open_assessment",
    "open_place",
    "record_judgement",
    "register_home",
    "set_concerns",
    "set_confidential",
    "set_places",
    "set_plan",
    "set_prices",
    "state_staffing",
    "withdraw",
]
