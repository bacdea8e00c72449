"""What an administrator says of a client, and what is kept of it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from careshare.clients.rules import DEFAULT_PER_MINUTE
from careshare.web import asks

NO_ROLE_FOR_MACHINES = frozenset(
    {
        "authority_administrator",
        "regional_placement_officer",
        "regional_board_member",
        "regional_administrator",
        "support_engineer",
    }
)
"""Roles no client is given: a machine appoints nobody, and acts for its own authority alone."""


class ClientForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A client as its form asks for it."""

    name: Annotated[str, asks("the name of the system", max_length=200)]
    purpose: Annotated[str, asks("what the system does with the data", max_length=1000)]
    contact: Annotated[str, asks("whom to ask about it", max_length=200)]
    roles: Annotated[list[str], asks("the roles", missing="Select at least one role")]
    scopes: Annotated[list[str], asks("the scopes", missing="Select at least one thing it may do")]
    per_minute: Annotated[int, asks("the number of calls a minute", ge=1, le=60_000)] = DEFAULT_PER_MINUTE
    token_minutes: Annotated[int, asks("the minutes a token lasts", ge=1, le=60)] = 15
    external_id: Annotated[str, asks("the application ID", max_length=200)] | None = None
    ends: Annotated[date, asks("the day it ends")] | None = None


class Secret(msgspec.Struct, frozen=True):
    """One secret of a client, never the secret itself. `expires_at` is set while another replaces it."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    waits: bool
    """A second person has not agreed to it yet: it opens nothing."""
    created_by_id: UUID
    over: bool
    """Revoked, or replaced since."""


class Client(msgspec.Struct, frozen=True):
    """A client of the bound authority."""

    id: UUID
    name: str
    purpose: str
    contact: str
    roles: list[str]
    scopes: list[str]
    per_minute: int
    token_minutes: int
    external_id: str | None
    ends: date | None
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    version: int
    waiting: list[str]
    """Scopes that a second person has not agreed to yet: they open nothing."""
    asked_by_id: UUID | None
    asked_by: str | None
    approved_by: str | None
    approved_at: datetime | None
    secrets_of: list[UUID]
    """Who made the secrets that a second person has not agreed to yet."""
    ended: bool
    """Revoked, or its last day has come."""

    @property
    def waits(self) -> bool:
        """Whether something of it waits for a second person."""
        return not self.ended and bool(self.waiting or self.secrets_of)

    def waits_for(self, person_id: UUID) -> bool:
        """Whether this person may be that second person, for some of it at least."""
        scopes = bool(self.waiting) and self.asked_by_id != person_id
        return self.waits and (scopes or any(maker != person_id for maker in self.secrets_of))

    def form(self) -> ClientForm:
        """The client as its form shows it."""
        return ClientForm(
            name=self.name,
            purpose=self.purpose,
            contact=self.contact,
            roles=list(self.roles),
            scopes=list(self.scopes),
            per_minute=self.per_minute,
            token_minutes=self.token_minutes,
            external_id=self.external_id,
            ends=self.ends,
        )
