"""What the API of recharges takes and answers. Money is in pounds, written as text so that no penny is lost."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from tenants.recharges import codes
from tenants.recharges.files import placement
from tenants.recharges.model import LineKind
from tenants.recharges.queries import Statement, StatementLine, Step

TAGS: Final = ["Recharges"]

Pounds = Annotated[Decimal, Meta(description="Pounds and pence, like 120.50.")]
Note = Annotated[str, Meta(max_length=1_000, description="Both sides read it. It names no child and no carer.")]
Reason = Annotated[str, Meta(max_length=40, description="A code of the list that belongs to the step.")]
LineId = Annotated[UUID, Meta(description="The line of this statement that is meant.")]


class StatementPage(msgspec.Struct, frozen=True):
    """Statements, those of the latest month first. `next_cursor` leads to the next page; null on the last one."""

    items: list[Statement]
    next_cursor: str | None


class LineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `text` explains it; `reference` and `ledger_code` are the reader's own."""

    id: UUID
    n: int
    kind: LineKind
    part: str
    text: str
    placement: str
    placement_id: UUID | None
    first_night: date
    last_night: date
    nights: int
    weekly: Decimal
    percent: Decimal
    amount: Decimal
    vat_code: str
    social_care: Decimal
    education: Decimal
    health: Decimal
    order_number: str
    reference: str
    ledger_code: str
    agreement_id: UUID | None
    agreement_version: int | None
    reverses_id: UUID | None
    reason: str


class LinePage(msgspec.Struct, frozen=True):
    """Lines in their order. `next_cursor` leads to the next page; null on the last one."""

    items: list[LineAnswer]
    next_cursor: str | None


class StatementAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with what was done about it. `out_of_date`: something was posted since this draft was made."""

    statement: Statement
    steps: list[Step]
    possible_steps: list[str]
    out_of_date: bool


class Making(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which month to make drafts of: its first day."""

    month: Annotated[date, Meta(description="The first day of a month that has begun, like 2026-03-01.")]


class Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A step that needs nothing, with a note if there is something to say."""

    note: Note = ""


class Noting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A note, about a line if one is named."""

    note: Note
    line_id: LineId | None = None


class Disputing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is disputed and why. `amount` is what should not have been charged, where that is known."""

    reason: Reason
    line_id: LineId | None = None
    amount: Pounds | None = None
    note: Note = ""


class Answering(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the lender says to a dispute."""

    reason: Reason
    note: Note = ""


class Crediting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A credit note, or an adjustment on the next statement: net of VAT, an adjustment may be negative."""

    amount: Pounds
    reason: Reason
    line_id: LineId | None = None
    note: Note = ""


class Ordering(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The borrower's order number of a statement."""

    order_number: Annotated[str, Meta(max_length=40)]


class Planning(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a home is planned to bring in, in a financial year, named by the year in which it begins."""

    planned: Pounds


def line_answer(one: StatementLine) -> LineAnswer:
    """A line as it is answered."""
    line = one.line
    return LineAnswer(
        id=one.id,
        n=one.n,
        kind=line.kind,
        part=codes.label("part", line.part),
        text=one.text,
        placement=placement(one),
        placement_id=one.placement_id,
        first_night=line.first_night,
        last_night=line.last_night,
        nights=line.nights,
        weekly=line.weekly,
        percent=line.percent,
        amount=line.amount,
        vat_code=line.vat_code,
        social_care=line.split.social_care,
        education=line.split.education,
        health=line.split.health,
        order_number=line.order_number,
        reference=one.reference,
        ledger_code=one.ledger_code,
        agreement_id=one.agreement_id,
        agreement_version=one.agreement_version,
        reverses_id=line.reverses_id,
        reason=line.reason,
    )
