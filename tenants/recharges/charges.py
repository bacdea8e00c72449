"""Reads of charges one by one, and how a lender asks to be paid."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from careshare.web import asks
from tenants.recharges.model import Away, Contract, Funding, Kind, Rate, Side, Source
from tenants.recharges.reading import COLUMNS, PARTS, basis_of

SOME: Final = f"""
    select {COLUMNS}, b.lender_id, b.placement_id, b.kind, b.price_source, b.agreement_id, b.agreement_version,
      b.opened_at, b.revision, l.name as lender, r2.name as borrower, coalesce(o.label, '') as label,
      coalesce(o.reference, '') as reference, coalesce(o.ledger_code, '') as ledger_code,
      (select careshare.authority()) as me
    from tenants.charge_basis b
    join tenants.authority l on l.id = b.lender_id join tenants.authority r2 on r2.id = b.borrower_id
    left join tenants.charge_subject o on o.authority_id = (select careshare.authority()) and o.basis_id = b.id
    {PARTS}
"""  # noqa: S608  # our own text
ONE = text(SOME + " where b.id = :basis")
LIST = text(
    SOME
    + """
    where (cast(:other as uuid) is null or b.lender_id = :other or b.borrower_id = :other)
      and (cast(:after_starts as date) is null
        or (b.starts, b.id) < (cast(:after_starts as date), cast(:after_id as uuid)))
    order by b.starts desc, b.id desc limit :limit
"""
)
SETTING = text("""
    select coalesce(s.payment_days, 30) as payment_days, coalesce(s.pay_to, '') as pay_to,
      coalesce(n.format, 'RC-{number}') as invoice_format
    from (select careshare.authority() as id) me
    left join tenants.charge_setting s on s.authority_id = me.id
    left join tenants.charge_number n on n.authority_id = me.id and n.series = 'invoice'
""")
SET = text("""
    insert into tenants.charge_setting (authority_id, payment_days, pay_to)
    values (careshare.authority(), :payment_days, :pay_to)
    on conflict (authority_id) do update set payment_days = excluded.payment_days, pay_to = excluded.pay_to
""")
SET_FORMAT = text("""
    insert into tenants.charge_number (authority_id, series, format)
    values (careshare.authority(), 'invoice', :invoice_format)
    on conflict (authority_id, series) do update set format = excluded.format
""")


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What is charged for one placement. `reference`, `ledger_code` and `label` are the reader's own."""

    id: UUID
    placement_id: UUID
    side: Side
    lender_id: UUID
    borrower_id: UUID
    lender: str
    borrower: str
    kind: Kind
    contract: Contract
    price_source: Source
    starts: date
    ends: date | None
    leaving_day: bool
    week_starts: int
    notice_nights: int
    notice_percent: Decimal
    notice_given_on: date | None
    refilled_on: date | None
    vat_code: str
    order_number: str
    agreement_id: UUID
    agreement_version: int
    rates: tuple[Rate, ...]
    away: tuple[Away, ...]
    funding: tuple[Funding, ...]
    label: str
    reference: str
    ledger_code: str
    opened_at: datetime
    revision: int


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a lender asks to be paid: as printed on what it issues from now on.

    `invoice_format` is how its invoice numbers are written: letters and figures, `{year}` if wanted, and `{number}`.
    """

    payment_days: Annotated[int, asks("the days to pay", ge=0, le=120)]
    pay_to: Annotated[str, asks("where to pay", max_length=500)]
    invoice_format: Annotated[
        str,
        asks(
            "how invoice numbers are written",
            invalid="Write letters, figures, / and - only, with {number} at the end, like RC-{number}",
            min_length=8,
            max_length=40,
            pattern=r"^[A-Za-z0-9/-]{0,20}(\{year\}[A-Za-z0-9/-]{0,5})?\{number\}$",
        ),
    ]


async def charge(uow: Uow, basis: UUID) -> Charge:
    """One charge. Raises NotFound where the bound authority is on neither side of it."""
    row = (await uow.execute(ONE, {"basis": basis})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _charge(row)


async def listed(
    uow: Uow, *, other: UUID | None = None, after: tuple[date, UUID] | None = None, limit: int = 200
) -> list[Charge]:
    """Charges of the bound authority, on either side, those that began last first."""
    starts, last = after or (None, None)
    given = {"other": other, "after_starts": starts, "after_id": last, "limit": limit}
    return [_charge(row) for row in (await uow.execute(LIST, given)).mappings()]


def _charge(row: Mapping[Any, Any]) -> Charge:
    basis = basis_of(row)
    values: dict[str, Any] = {
        name: getattr(basis, name) if hasattr(basis, name) else row[name]
        for name in Charge.__struct_fields__
        if name != "side"
    }
    return Charge(**values, side="lender" if row["me"] == row["lender_id"] else "borrower")


async def setting(uow: Uow) -> Setting:
    """How the bound authority asks to be paid."""
    row = (await uow.execute(SETTING)).mappings().one()
    return Setting(**row)


async def change_setting(uow: Uow, given: Setting) -> None:
    """Change it, for what is issued from now on. Raises Invalid."""
    if "\x00" in given.pay_to:
        raise Invalid(errors=[FieldError("pay_to", "Where to pay must be plain text")])
    before = await setting(uow)
    values = msgspec.structs.asdict(given)
    await uow.execute(SET, values)
    if given.invoice_format != before.invoice_format:
        await uow.execute(SET_FORMAT, values)
    await audit.record(uow, "charge.setting_changed", before=before, after=given)
