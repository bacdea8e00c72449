"""What is said of members: what comes in, what goes out, and which roles an authority may give."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from careshare.access.permissions import ROLES
from careshare.web import asks

INVITATION_LASTS: Final = timedelta(days=14)
DORMANT_AFTER: Final = timedelta(days=90)
"""Without signing in for so long, somebody is asked about. Careshare's own choice, not statute."""
LEFT_LATELY: Final = timedelta(days=30)
"""How long a leaver stays on the list of what to look at."""

ADMINISTRATOR: Final = "authority_administrator"
NOT_GIVEN: Final = frozenset({"regional_administrator", "support_engineer", "api_client"})
"""Roles that are not an authority's to give: the region's, those lent with an end time, and machines'."""
GIVEN: Final = {role: title for role, title in ROLES.items() if role not in NOT_GIVEN}
"""The roles an authority's administrator or directory gives, with their names."""

State = Literal["active", "invited", "expired", "future", "left"]
STATES: Final[dict[str, str]] = {
    "active": "Active",
    "invited": "Invited",
    "expired": "Invitation expired",
    "future": "Not yet begun",
    "left": "Left",
}

EMAIL: Final = re.compile(r"[^@\s,;:<>\"()]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}")


def read_email(text: str) -> str:
    """An e-mail address in lower case; ValueError, saying what is wrong, where it is none of a person."""
    found = text.strip().lower()
    if len(found) > 254 or not EMAIL.fullmatch(found):
        raise ValueError("Enter an e-mail address in the correct format, like name@council.gov.uk")
    if found.endswith(".invalid"):
        raise ValueError("Enter the e-mail address of a person")
    return found


def read_role(text: str) -> str:
    """A role by its short name; ValueError where there is none."""
    if text not in ROLES:
        raise ValueError("Select a role from the list")
    return text


Roles = Annotated[list[str], asks("a role", missing="Select at least one role", min_length=1, max_length=len(ROLES))]


class Member(msgspec.Struct, frozen=True):
    """A member of the authority, by the name it gave them. `ends` is the first day without them."""

    id: UUID
    person_id: UUID
    name: str
    email: str
    roles: list[str]
    state: State
    starts: date
    ends: date | None
    signed_in_at: datetime | None
    invited_at: datetime | None
    invitation_expires_at: datetime | None
    version: int


class Invitation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody to invite: they sign in first by the link they are sent, within fourteen days."""

    name: Annotated[str, asks("the person’s name", min_length=1, max_length=120)]
    email: Annotated[str, asks("their e-mail address", max_length=254)]
    roles: Roles
    starts: Annotated[date, asks("the day they start")] | None = None
    ends: Annotated[date, asks("the first day without them")] | None = None


class RolesChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The roles a member has from the next request on."""

    roles: Roles


class Ending(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """When a member is one no more. Today: at once."""

    ends: Annotated[date, asks("the first day without them")]


class Settings(msgspec.Struct, frozen=True):
    """How members come about. `default_roles` go to those a directory sends without roles."""

    default_roles: list[str]
    version: int


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows the list of members. `q` is part of a name or address."""

    q: str | None = None
    state: State | None = None
    role: str | None = None


class HeldItem(msgspec.Struct, frozen=True):
    """One thing somebody holds."""

    id: UUID
    label: str
    path: str | None


class HeldKind(msgspec.Struct, frozen=True):
    """What is left of one kind. `items` is null for whoever may not see the things themselves.

    `can_be_given` says whether such things go to a colleague; otherwise they are ticked off with a reason.
    """

    kind: str
    title: str
    count: int
    can_be_given: bool
    items: list[HeldItem] | None


class HandOverStep(msgspec.Struct, frozen=True):
    """What was done about things somebody held: given to a colleague (`to`), or ticked off with a `reason`.

    `lapsed`: ticked off, and theirs again since they came back. Names are null for whoever has no name here any more.
    """

    id: UUID
    at: datetime
    kind: str
    title: str
    number: int
    to: str | None
    reason: str | None
    by: str | None
    lapsed: bool


class HandOver(msgspec.Struct, frozen=True):
    """How far the hand-over of what somebody held is: done only when nothing is left."""

    left: int
    given: int
    ticked_off: int
    kinds: list[HeldKind]
    steps: list[HandOverStep]

    @property
    def done(self) -> bool:
        """True when nothing is left."""
        return self.left == 0

    @property
    def total(self) -> int:
        """How many things there were."""
        return self.left + self.given + self.ticked_off


class Leaver(msgspec.Struct, frozen=True):
    """Somebody who left, and how far their hand-over is."""

    id: UUID
    name: str
    ends: date
    left: int
    given: int
    ticked_off: int

    @property
    def total(self) -> int:
        """How many things there were."""
        return self.left + self.given + self.ticked_off


class HandOverRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Things of one kind to give to a colleague (`to`, a person id), or to tick off with a `reason`.

    `items` null: all that are left of the kind.
    """

    kind: Annotated[str, msgspec.Meta(max_length=100, examples=["fostering.household"])]
    items: Annotated[list[UUID], msgspec.Meta(max_length=1000)] | None = None
    to: UUID | None = None
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None


class Review(msgspec.Struct, frozen=True):
    """Whom to look at: never here, not for 90 days, invitations that lapsed, and who left lately."""

    never: list[Member]
    dormant: list[Member]
    expired: list[Member]
    left: list[Member]

    @property
    def any(self) -> bool:
        """True if there is anybody to look at."""
        return bool(self.never or self.dormant or self.expired or self.left)
