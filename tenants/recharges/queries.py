"""Reads of statements, as lender or as borrower. Whose it is not gets what is not there: nothing."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from tenants.recharges import words
from tenants.recharges.model import Line, Side, Stage
from tenants.recharges.reading import line_of

HEAD: Final = """
    select s.id, s.lender_id, s.borrower_id, l.name as lender, b.name as borrower, s.month, s.stage, s.invoice_number,
      s.issued_on, s.due_on, s.pay_to, s.order_number, s.net, s.vat, s.credited, s.made_at, s.revision,
      (select careshare.authority()) as me
    from tenants.statement s
    join tenants.authority l on l.id = s.lender_id join tenants.authority b on b.id = s.borrower_id
"""
ONE = text(HEAD + " where s.id = :statement")
LIST = text(
    HEAD  # noqa: S608  # our own text
    + """
    where (cast(:side as text) is distinct from 'borrower' or s.borrower_id = (select careshare.authority()))
      and (cast(:side as text) is distinct from 'lender' or s.lender_id = (select careshare.authority()))
      and (cast(:stage as text) is null or s.stage = :stage)
      and (cast(:month as date) is null or s.month = :month)
      and (cast(:other as uuid) is null or s.lender_id = :other or s.borrower_id = :other)
      and (cast(:after_month as date) is null
        or (s.month, s.id) < (cast(:after_month as date), cast(:after_id as uuid)))
    order by s.month desc, s.id desc limit :limit
"""
)
LINE_COLUMNS: Final = """
    l.id, l.n, l.basis_id, l.step_id, l.kind, l.part, l.first_night, l.last_night, l.nth, l.weekly, l.percent, l.amount,
    l.vat_code, l.order_number, l.social_care, l.education, l.health, l.reverses_id, l.reason,
    b.kind as place, b.placement_id, b.agreement_id, b.agreement_version, coalesce(o.reference, '') as reference,
    coalesce(o.ledger_code, '') as ledger_code, w.effective as price_since, w.what as price_why
"""
LINES = text(
    "select "  # noqa: S608  # our own text
    + LINE_COLUMNS
    + """
    from tenants.charge_line l
    left join tenants.charge_basis b
      on b.lender_id = l.lender_id and b.borrower_id = l.borrower_id and b.id = l.basis_id
    left join tenants.charge_subject o on o.authority_id = (select careshare.authority()) and o.basis_id = l.basis_id
    left join lateral (
      select c.what, c.effective from tenants.charge_change c
      where c.lender_id = l.lender_id and c.borrower_id = l.borrower_id and c.basis_id = l.basis_id and c.part = l.part
        and c.effective <= l.first_night and (c.until is null or l.first_night < c.until) and c.at <= :made_at
        and c.what like 'price\\_%' and l.reverses_id is null
      order by c.id desc limit 1) w on true
    where l.lender_id = :lender and l.borrower_id = :borrower and l.statement_id = :statement and l.n > :after
    order by l.n limit :limit
"""
)
STEPS = text("""
    select p.id, p.step, p.reason, p.note, p.line_id, l.n as line, p.amount, p.vat, p.number, p.at, a.name as authority,
      p.by_id
    from tenants.statement_step p join tenants.authority a on a.id = p.by_id
    left join tenants.charge_line l on l.lender_id = p.lender_id and l.id = p.line_id
    where p.lender_id = :lender and p.borrower_id = :borrower and p.statement_id = :statement order by p.id
""")
CHANGED = text("""
    select exists (select from tenants.charge_basis b
      where b.lender_id = :lender and b.borrower_id = :borrower and b.changed_at > :made_at)
""")

ALL: Final = 1_000_000


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as one of its two sides reads it. In pounds; `outstanding`: owed after credit notes."""

    id: UUID
    lender_id: UUID
    borrower_id: UUID
    lender: str
    borrower: str
    side: Side
    month: date
    stage: Stage
    invoice_number: str | None
    issued_on: date | None
    due_on: date | None
    pay_to: str
    order_number: str
    net: Decimal
    vat: Decimal
    total: Decimal
    credited: Decimal
    outstanding: Decimal
    made_at: datetime
    revision: int

    @property
    def other_id(self) -> UUID:
        """The other side's authority."""
        return self.borrower_id if self.side == "lender" else self.lender_id

    @property
    def other(self) -> str:
        """The other side's name."""
        return self.borrower if self.side == "lender" else self.lender


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with what stands beside it. `reference` and `ledger_code` are the reader's own, never the other side's.

    `price_since` and `price_why`: from when its price is what somebody changed it to by hand, and why (list `change`).
    """

    id: UUID
    n: int
    placement_id: UUID | None
    place: str | None
    reference: str
    ledger_code: str
    agreement_id: UUID | None
    agreement_version: int | None
    price_since: date | None
    price_why: str | None
    line: Line

    @property
    def text(self) -> str:
        """The line in words."""
        return words.explained(self.line, self.price_since, self.price_why)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What was done about a statement: by which authority, when, and what about. `line` is the number of a line."""

    id: UUID
    step: str
    reason: str
    note: str
    line: int | None
    amount: Decimal | None
    vat: Decimal
    number: str | None
    at: datetime
    authority: str


async def statement(uow: Uow, statement_id: UUID) -> Statement:
    """One statement. Raises NotFound where the bound authority is neither its lender nor its borrower."""
    row = (await uow.execute(ONE, {"statement": statement_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _statement(row)


async def statements(
    uow: Uow,
    *,
    side: Side | None = None,
    stage: Stage | None = None,
    month: date | None = None,
    other: UUID | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 200,
) -> list[Statement]:
    """The bound authority's statements, those of the latest month first."""
    last_month, last_id = after or (None, None)
    given = {"side": side, "stage": stage, "month": month, "other": other, "after_month": last_month}
    rows = await uow.execute(LIST, {**given, "after_id": last_id, "limit": limit})
    return [_statement(row) for row in rows.mappings()]


def _statement(row: Mapping[Any, Any]) -> Statement:
    total = row["net"] + row["vat"]
    worked: dict[str, Any] = {
        "side": "lender" if row["me"] == row["lender_id"] else "borrower",
        "total": total,
        "outstanding": Decimal(0) if row["stage"] == "settled" else total - row["credited"],
    }
    values = {name: row[name] for name in Statement.__struct_fields__ if name not in worked}
    return Statement(**values, **worked)


async def lines(uow: Uow, found: Statement, *, after: int = 0, limit: int = ALL) -> list[StatementLine]:
    """Lines of a statement in their order, behind the one numbered `after`."""
    given = {"lender": found.lender_id, "borrower": found.borrower_id, "statement": found.id, "made_at": found.made_at}
    rows = await uow.execute(LINES, {**given, "after": after, "limit": limit})
    return [
        StatementLine(
            **{name: row[name] for name in StatementLine.__struct_fields__ if name != "line"}, line=line_of(row)
        )
        for row in rows.mappings()
    ]


async def steps(uow: Uow, found: Statement) -> list[Step]:
    """What was done about a statement, the first first."""
    given = {"lender": found.lender_id, "borrower": found.borrower_id, "statement": found.id}
    rows = await uow.execute(STEPS, given)
    return [Step(**{name: row[name] for name in Step.__struct_fields__}) for row in rows.mappings()]


async def out_of_date(uow: Uow, found: Statement) -> bool:
    """Whether something was posted about the pair's charges since a draft was made."""
    if found.stage != "draft":
        return False
    given = {"lender": found.lender_id, "borrower": found.borrower_id, "made_at": found.made_at}
    return bool(await uow.scalar(CHANGED, given))
