"""What is sent to ask a home, to answer, to withdraw: read from JSON by the API and from forms by the pages."""

from typing import Annotated
from uuid import UUID

import msgspec

from careshare.web import asks

MOST_AT_ONCE = 20
"""Homes asked by one form; how many may be open is the authority's own setting."""

LONGEST_MESSAGE = 2000


class Ask(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which notices to ask about, for which children of the request (all where none is named)."""

    offer_ids: Annotated[
        list[UUID], asks("homes", missing="Choose at least one home to ask", min_length=1, max_length=MOST_AT_ONCE)
    ]
    child_ids: Annotated[list[UUID], asks("children", max_length=8)] = []


class Decline(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a home cannot take the children: the true reason stays with its authority, others see a neutral one."""

    reason: Annotated[str, asks("why not", missing="Choose why not", max_length=40)]
    note: Annotated[str, asks("the note", max_length=500)] = ""


class Withdraw(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why the home is no longer asked."""

    reason: Annotated[str, asks("why", missing="Choose why", max_length=40)]


class ByTelephone(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer taken on the telephone: whose it was by role, never by name, and what it was."""

    accepted: Annotated[bool, asks("the answer", missing="Say whether they accepted")]
    heard_from: Annotated[
        str, asks("who answered", missing="Say in which role they answered", min_length=1, max_length=120)
    ]
    reason: Annotated[str, asks("why not", max_length=40)] = ""


class Message(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What one side writes in the thread."""

    text: Annotated[str, asks("your message", missing="Write a message", min_length=1, max_length=LONGEST_MESSAGE)]
