"""What a person does with a request: start it, change it, check its texts, search for it, take its next step."""

from services.placements.requests.actions.change import (
    add_child,
    change,
    change_child,
    change_identity,
    give,
    remove_child,
)
from services.placements.requests.actions.disclose import disclosed, rule
from services.placements.requests.actions.search import from_search, search
from services.placements.requests.actions.start import NewRequest, start
from services.placements.requests.actions.step import take_step

__all__ = [
    "NewRequest",
    "add_child",
    "change",
    "change_child",
    "change_identity",
    "disclosed",
    "from_search",
    "give",
    "remove_child",
    "rule",
    "search",
    "start",
    "take_step",
]
