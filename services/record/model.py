"""What the record answers."""

from datetime import datetime
from uuid import UUID

import msgspec


class Home(msgspec.Struct, frozen=True):
    """A home of one's own, or a contact, by its reference; null once it was deleted, was never kept or has none."""

    id: UUID
    reference: str | None


class Disclosure(msgspec.Struct, frozen=True):
    """Records of ours that another authority was shown at once. Who of them it was is theirs to say: give them `id`.

    `homes` are those whose notices they were; `records` counts what was shown, homes no longer known included.
    """

    id: UUID
    at: datetime
    authority_id: UUID
    authority: str
    action: str
    purpose: str
    agreement_id: UUID | None
    agreement: str | None
    records: int
    homes: list[Home]


class Viewer(msgspec.Struct, frozen=True):
    """How often one authority was shown our records in a period."""

    authority_id: UUID
    authority: str
    times: int
    last_at: datetime


class Opening(msgspec.Struct, frozen=True):
    """A confidential record that a colleague opened. `reason` is the one they gave; `person` is null once they left."""

    id: UUID
    at: datetime
    person: str | None
    action: str
    reason: str
    homes: list[Home]


class OwnSearch(msgspec.Struct, frozen=True):
    """A search or a notice opened by a colleague. `chosen_points` counts distances and places to keep away from.

    `reference` is the case system's, null where none was given or the detail was erased at the end of its time.
    """

    id: UUID
    at: datetime
    person: str | None
    action: str
    purpose: str
    reference: str | None
    chosen_points: int
    records: int


class Probe(msgspec.Struct, frozen=True):
    """Searches of one person from many chosen points that kept showing the same homes. Never what was searched for.

    `ours` says that a colleague made them, and names them; of another authority's person nothing is known but the
    authority. `homes` are the owner's, and only the owner is told which.
    """

    id: UUID
    ours: bool
    authority_id: UUID
    authority: str
    owner_id: UUID
    owner: str
    person: str | None
    first_at: datetime
    last_at: datetime
    searches: int
    points: int
    homes: list[Home]


class Step(msgspec.Struct, frozen=True):
    """A step that changes who may see or do what. `person` took it: a colleague, or who acted here for a time; null for
    people of other authorities. `about` are the people of yours it concerns. `reason` is the one given for emergency
    access and for roles held for a time; null elsewhere, and once the detail was erased at the end of its time.
    """

    id: UUID
    at: datetime
    authority_id: UUID
    authority: str
    person: str | None
    about: list[str]
    action: str
    purpose: str
    reason: str | None
    agreement_id: UUID | None
    agreement: str | None


class Verification(msgspec.Struct, frozen=True):
    """The last check of the audit chain. `problems` counts what is wrong by kind; none: the record is whole."""

    at: datetime
    entries: int
    seals: int
    unsealed: int
    heads: int
    head_seal: int | None
    head_hash: str | None
    problems: dict[str, int]
