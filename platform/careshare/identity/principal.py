"""The person or machine that makes a request, acting for one authority."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from careshare.database import Acting, Uow

SessionKind = Literal["usual", "break_glass"]


class TemporaryRole(msgspec.Struct, frozen=True):
    """Roles held for a time: as somebody's deputy (`for_name`), by delegation, as invited support, by break-glass."""

    kind: Literal["deputy", "delegation", "support", "break_glass"]
    roles: tuple[str, ...]
    for_name: str | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, for whom, in which roles, and the permissions that follow. Fixed for one request."""

    person_id: UUID
    person_name: str
    authority_id: UUID
    authority_name: str
    authority_gss: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    purpose: str
    stepped_up: bool = False
    """Confirmed to be themselves within the last fifteen minutes, for what asks for that."""
    session_kind: SessionKind = "usual"
    temporary: tuple[TemporaryRole, ...] = ()

    @property
    def acting(self) -> Acting:
        """The same, as a job or a stream of its own needs it."""
        return Acting(self.authority_id, self.person_id, self.purpose)

    def may(self, permission: str) -> bool:
        """True if one of the roles grants `permission` and, for a token, its scopes include it."""
        return permission in self.permissions


def principal_of(uow: Uow) -> Principal:
    """The principal whose request opened this unit of work; LookupError in a job, which has none."""
    found = uow.info.get("principal")
    if not isinstance(found, Principal):
        raise LookupError("this unit of work was not opened by a request")  # noqa: TRY004  # none there, not one of a wrong type
    return found
