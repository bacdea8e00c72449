"""What is charged for a placement, and the lines it comes to. Money is in pounds, a night is named by its first day."""

from datetime import date
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import msgspec

Kind = Literal["foster_home", "residential_home", "supported_accommodation"]
Contract = Literal["spot", "block"]
Source = Literal["tariff", "home", "agreed"]
LineKind = Literal["charge", "retainer", "void", "notice", "adjustment"]
Stage = Literal["draft", "issued", "disputed", "agreed", "settled"]
Side = Literal["lender", "borrower"]

MONDAY: Final = 1
BASE: Final = "base"
ZERO: Final = Decimal("0.00")
WHOLE: Final = Decimal(100)


class Split(msgspec.Struct, frozen=True):
    """Who pays which share on the borrower's side: per cent of a charge, or pounds of a line."""

    social_care: Decimal
    education: Decimal = msgspec.field(default_factory=Decimal)
    health: Decimal = msgspec.field(default_factory=Decimal)


ALONE: Final = Split(WHOLE)
"""Social care pays all: what holds where no joint funding was agreed."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A weekly price, or a supplement to it, from `since` up to and not including `until` (None: until changed).

    `when_empty`: charged, too, on nights when the child is not there (notice, pauses, empty nights of a block).
    """

    part: str = BASE
    weekly: Decimal
    since: date
    until: date | None = None
    when_empty: bool = True


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """Nights on which `percent` of the price is charged: a pause, or an empty place of a block."""

    reason: Literal["pause", "void"]
    since: date
    until: date | None = None
    percent: Decimal


class Funding(msgspec.Struct, frozen=True, kw_only=True):
    """Joint funding from `since` up to and not including `until`."""

    since: date
    until: date | None = None
    split: Split


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What is charged for one placement. `starts` is the day of arrival, `ends` that of leaving.

    The night of arrival is charged and the day of leaving is not, unless `leaving_day` says so. Notice runs
    `notice_nights` from the day notice was given, at the latest the day of leaving, and stops when the place is filled.
    """

    id: UUID
    borrower_id: UUID
    contract: Contract = "spot"
    starts: date
    ends: date | None = None
    leaving_day: bool = False
    week_starts: int = MONDAY
    notice_nights: int = 0
    notice_percent: Decimal = WHOLE
    notice_given_on: date | None = None
    refilled_on: date | None = None
    vat_code: str
    order_number: str = ""
    rates: tuple[Rate, ...] = ()
    away: tuple[Away, ...] = ()
    funding: tuple[Funding, ...] = ()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Nights of one week of one month at one price; both `first_night` and `last_night` are charged.

    `nth` says which night of its week the first is (1 to 7; 0 for an adjustment). `weekly` is the whole weekly price
    and `percent` the share of it that is charged. `split` is the amount in pounds by who pays it. `reverses_id` names a
    line of an earlier statement that this one takes back.
    """

    kind: LineKind
    part: str
    first_night: date
    last_night: date
    nth: int
    weekly: Decimal
    percent: Decimal
    amount: Decimal
    vat_code: str
    split: Split
    basis_id: UUID | None = None
    step_id: UUID | None = None
    order_number: str = ""
    reverses_id: UUID | None = None
    reason: str = ""

    @property
    def nights(self) -> int:
        """How many nights it is about."""
        return (self.last_night - self.first_night).days + 1


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A line that stands on a statement already. `put_right`: what credit notes and adjustments changed of it since."""

    id: UUID
    line: Line
    put_right: Decimal = ZERO


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A placement that begins to be charged: what its lender posts when it starts.

    `placement_id` is opaque and the lender's only charge of that id. `subject_id` is the lender's own home, `place_id`
    which of its places it is (notice is charged until that is filled); `label`, `reference` and `ledger_code` are what
    the lender alone sees: its own references, never a child's name.
    """

    placement_id: UUID
    borrower_id: UUID
    kind: Kind
    contract: Contract = "spot"
    price_source: Source = "agreed"
    starts: date
    rates: tuple[Rate, ...]
    funding: tuple[Funding, ...] = ()
    agreement_id: UUID
    agreement_version: int
    leaving_day: bool = False
    week_starts: int = MONDAY
    notice_nights: int = 0
    notice_percent: Decimal = WHOLE
    vat_code: str = "welfare_exempt"
    order_number: str = ""
    subject_id: UUID | None = None
    place_id: UUID | None = None
    label: str = ""
    reference: str = ""
    ledger_code: str = ""
