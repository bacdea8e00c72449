"""What people do with enquiries: one function for each, in the caller's transaction, on the record."""

from services.placements.enquiries.actions.answer import (
    accept,
    by_telephone,
    confirm_answer,
    decline,
    lapse,
    withdraw,
)
from services.placements.enquiries.actions.ask import ask
from services.placements.enquiries.actions.assigning import assign, who_may
from services.placements.enquiries.actions.attach import add_attachment
from services.placements.enquiries.actions.hold import hold
from services.placements.enquiries.actions.outside import answer_outside, ask_outside
from services.placements.enquiries.actions.thread import write

__all__ = [
    "accept",
    "add_attachment",
    "answer_outside",
    "ask",
    "ask_outside",
    "assign",
    "by_telephone",
    "confirm_answer",
    "decline",
    "hold",
    "lapse",
    "who_may",
    "withdraw",
    "write",
]
