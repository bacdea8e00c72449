"""What is sent about a match: the proposal, and answers to consents."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from careshare.web import asks

Answer = Literal["given", "refused", "revoked", "confirmed"]


LONGEST: Final = 4000


class Reasons(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why this home was chosen, and how what it does not give is made up for (National Minimum Standards 15)."""

    reasons: Annotated[str, asks("why this home meets the child’s needs", max_length=LONGEST)] = ""
    gaps: Annotated[str, asks("what it does not give", max_length=LONGEST)] = ""


class Propose(Reasons, forbid_unknown_fields=True, kw_only=True):
    """The placing side chooses this home. `key_stage_4`: the move changes a school in Key Stage 4 (CPPCR reg 10)."""

    key_stage_4: Annotated[bool, asks("whether a school changes in Key Stage 4")] = False


class Answered(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer to one consent. By telephone: in which role they answered, never a name; it is confirmed later.

    What the law asks to be done before an approval is recorded with it: relatives consulted, the child's wishes heard,
    the reviewing officer told. `weekly`: pounds a week, of all the children together, to which the placing authority
    says yes; another price than the home offers now is refused.
    """

    answer: Annotated[Answer, asks("the answer")]
    by_telephone: Annotated[bool, asks("whether it was by telephone")] = False
    heard_from: Annotated[str, asks("who answered", max_length=120)] = ""
    relatives_consulted: Annotated[bool, asks("whether relatives were consulted")] = False
    wishes_heard: Annotated[bool, asks("whether the child’s wishes were heard")] = False
    reviewing_officer_told: Annotated[bool, asks("whether the reviewing officer was told")] = False
    on: Annotated[date, asks("the day")] | None = None
    weekly: Annotated[Decimal, asks("the weekly price")] | None = None

    @property
    def body(self) -> dict[str, Any]:
        """What is kept with the answer."""
        return {
            "relatives_consulted": self.relatives_consulted,
            "wishes_heard": self.wishes_heard,
            "reviewing_officer_told": self.reviewing_officer_told,
            "on": self.on.isoformat() if self.on else None,
        }


class ConsentNow(msgspec.Struct, frozen=True, kw_only=True):
    """One consent of a match as both sides see it. `ours`: the bound side must see to it; `may`: the caller may
    decide.
    """

    id: UUID
    kind: str
    label: str
    source: str
    side: str
    decider: str | None
    required: bool
    after: list[str]
    state: str
    ours: bool
    may: bool
    due_at: datetime | None
    decided_at: datetime | None
    by_telephone: bool
    confirm_by: datetime | None
    confirmed: bool
