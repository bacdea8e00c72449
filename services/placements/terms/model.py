"""What is asked for and offered beyond a place: a level of need, supplements, a price explained line by line.

Amounts are in pounds and, in what is kept, text, so that no penny is lost.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from careshare.web import asks

Standing = Literal["needed", "open", "done"]
MOST_CHILDREN = 8
MOST_SUPPLEMENTS = 20


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A supplement and how much of it in a week: hours, nights, or 1 for one that is by the week."""

    code: Annotated[str, asks("the supplement", max_length=40)]
    quantity: Annotated[Decimal, asks("how much of supplement {n}", invalid="Enter a number, like 20")]


class ChildAsked(msgspec.Struct, frozen=True):
    """What is asked for one child."""

    need_level: str
    supplements: list[Wanted]


class Asked(msgspec.Struct, frozen=True):
    """What is asked for, child by child in the order of the enquiry."""

    children: list[ChildAsked]


class PriceLine(msgspec.Struct, frozen=True):
    """One line of a price: `quantity` times `amount`, in a week. `part` names it in what is charged."""

    code: str
    part: str
    quantity: Decimal
    per: str
    amount: Decimal
    total: Decimal


class ChildPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What one child's place costs for a week; the first line is the weekly price, the others are supplements.

    Percentages say who pays on the placing side and which share of the weekly price notice nights cost. `by_hand`: the
    weekly price is not the home's list's.
    """

    need_level: str
    lines: list[PriceLine]
    total: Decimal
    notice_nights: int
    void_percent: Decimal
    purchase: str
    contract: Literal["spot", "block"]
    social_percent: Decimal
    education_percent: Decimal
    health_percent: Decimal
    by_hand: bool


class Offered(msgspec.Struct, frozen=True):
    """What a home offers, child by child, worked out on a day for the first night."""

    children: list[ChildPrice]
    priced_on: date


class Terms(msgspec.Struct, frozen=True):
    """What is asked for and offered, as far as it is open to this side; `agreed`: the placing authority said yes."""

    asked: Asked | None
    offered: Offered | None
    agreed: bool


class ChildQuote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The price of one child as its home's authority states it. Without `weekly` it is the home's list's."""

    need_level: Annotated[str, asks("the level of need", missing="Choose the level of need", max_length=40)] = (
        "standard"
    )
    weekly: Annotated[Decimal, asks("the weekly price", invalid="Enter the weekly price, like 4850.00")] | None = None
    supplement: Annotated[list[Wanted], asks("the supplements", max_length=MOST_SUPPLEMENTS)] = []


class Quote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The prices of every child of an enquiry, in their order."""

    child: Annotated[list[ChildQuote], asks("a price for each child", min_length=1, max_length=MOST_CHILDREN)]


class AssessmentNow(msgspec.Struct, frozen=True, kw_only=True):
    """How the impact assessment of an enquiry stands. Who does not make it sees `standing` alone.

    `due_at`: in an emergency, by when it is to be decided.
    """

    standing: Standing
    required: bool
    assessment_id: UUID | None = None
    outcome: str | None = None
    due_at: datetime | None = None

    @property
    def allows(self) -> bool:
        """Whether the manager decided that the child can live there."""
        return self.outcome in {"can_live_together", "with_mitigations"}


class SupplementEnded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first night for which a supplement is no longer charged."""

    part: Annotated[str, asks("the supplement", missing="Choose the supplement", max_length=40)]
    since: Annotated[date, asks("the first night without it")]
