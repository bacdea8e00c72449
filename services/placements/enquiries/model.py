"""What is sent to ask a home, to answer, to withdraw: read from JSON by the API and from forms by the pages."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from careshare.web import asks
from services.placements.terms.model import MOST_SUPPLEMENTS, Wanted

MOST_AT_ONCE = 20
"""Homes asked by one form; how many may be open is the authority's own setting."""

LONGEST_MESSAGE = 2000


class Ask(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which notices to ask about, for which children of the request (all where none is named).

    `need_level` and `supplement` say what is asked for beyond a place, for each child alike: a children's home then
    answers with its price for it.
    """

    offer_ids: Annotated[
        list[UUID], asks("homes", missing="Choose at least one home to ask", min_length=1, max_length=MOST_AT_ONCE)
    ]
    child_ids: Annotated[list[UUID], asks("children", max_length=8)] = []
    need_level: Annotated[str, asks("the level of need", max_length=40)] | None = None
    supplement: Annotated[list[Wanted], asks("the supplements", max_length=MOST_SUPPLEMENTS)] = []


class Decline(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a home cannot take the children: the true reason stays with its authority, others see a neutral one."""

    reason: Annotated[str, asks("why not", missing="Choose why not", max_length=40)]
    note: Annotated[str, asks("the note", max_length=500)] = ""


class Withdraw(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why the home is no longer asked."""

    reason: Annotated[str, asks("why", missing="Choose why", max_length=40)]


class WithdrawSeveral(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which of those asked for a request are asked no longer, here and outside, and why."""

    reason: Annotated[str, asks("why", missing="Choose why", max_length=40)]
    enquiry_ids: Annotated[list[UUID], asks("homes", max_length=MOST_AT_ONCE)] = []
    outside_ids: Annotated[list[UUID], asks("those outside Careshare", max_length=MOST_AT_ONCE)] = []


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


Kind = Literal["foster_home", "residential_home", "supported_accommodation"]
How = Literal["telephone", "email", "portal"]
OutsideWord = Literal["offered", "declined", "ring_back", "no_answer", "withdrawn"]


class Outside(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An agency or home that is not on Careshare and was asked: by the name of the agency, never of a person."""

    provider: Annotated[
        str, asks("the agency or home", missing="Enter the agency or home", min_length=1, max_length=120)
    ]
    kind: Annotated[Kind, asks("which kind of home", missing="Choose which kind of home")]
    how: Annotated[How, asks("how you asked", missing="Choose how you asked")]
    urn: (
        Annotated[
            str,
            asks(
                "Ofsted’s number",
                invalid="Ofsted’s number is SC and six figures, or figures alone",
                pattern="^(SC[0-9]{6}|[0-9]{5,10})$",
            ),
        ]
        | None
    ) = None


class OutsideAnswer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What an agency or home outside said: a price only with an offer, a reason only with a no."""

    answer: Annotated[OutsideWord, asks("what they said", missing="Choose what they said")]
    weekly_price: Annotated[Decimal, asks("the weekly price")] | None = None
    reason: Annotated[str, asks("why not", max_length=40)] = ""
    heard_from: Annotated[str, asks("who answered", max_length=120)] = ""
    note: Annotated[str, asks("the note", max_length=500)] = ""


class Attach(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a file beside an enquiry is; level 3 has no names in it, level 4 may have."""

    title: Annotated[str, asks("what the file is", missing="Say what the file is", min_length=1, max_length=80)]
    level: Annotated[Literal[3, 4], asks("whether names are in it", missing="Say whether names are in it")] = 3
