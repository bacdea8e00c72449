"""Reads charges as they stand, whole, for working out what is owed. Both sides may; each sees its own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from tenants.recharges.model import Away, Basis, Funding, Line, Rate, Split

# One row a charge: its dated parts come as JSON, so that a whole authority is read in one statement.
COLUMNS: Final = """
    b.id, b.borrower_id, b.contract, b.starts, b.ends, b.leaving_day, b.week_starts, b.notice_nights, b.notice_percent,
    b.notice_given_on, b.refilled_on, b.vat_code, b.order_number, r.rates, w.away, f.funding
"""
PARTS: Final = """
    left join lateral (
      select cast(jsonb_agg(jsonb_build_object('part', r.part, 'weekly', cast(r.weekly as text),
          'when_empty', r.when_empty, 'since', lower(r.during), 'until', upper(r.during))) as text) as rates
      from tenants.charge_rate r
      where r.lender_id = b.lender_id and r.borrower_id = b.borrower_id and r.basis_id = b.id) r on true
    left join lateral (
      select cast(jsonb_agg(jsonb_build_object('reason', w.reason, 'percent', cast(w.percent as text),
          'since', lower(w.during), 'until', upper(w.during))) as text) as away
      from tenants.charge_away w
      where w.lender_id = b.lender_id and w.borrower_id = b.borrower_id and w.basis_id = b.id) w on true
    left join lateral (
      select cast(jsonb_agg(jsonb_build_object('since', lower(f.during), 'until', upper(f.during),
          'split', jsonb_build_object('social_care', cast(f.social_care as text),
            'education', cast(f.education as text), 'health', cast(f.health as text)))) as text) as funding
      from tenants.charge_funding f
      where f.lender_id = b.lender_id and f.borrower_id = b.borrower_id and f.basis_id = b.id) f on true
"""
SOME = text(f"select {COLUMNS} from tenants.charge_basis b {PARTS} where b.id = any(:ids)")  # noqa: S608  # our own text
_PARTS: Final = {"rates": tuple[Rate, ...], "away": tuple[Away, ...], "funding": tuple[Funding, ...]}


async def bases(uow: Uow, ids: Sequence[UUID]) -> list[Basis]:
    """These charges as they stand; those that are not the bound authority's, on either side, are left out."""
    rows = await uow.execute(SOME, {"ids": list(ids)})
    return [basis_of(row) for row in rows.mappings()]


def basis_of(row: Mapping[Any, Any]) -> Basis:
    """One charge of a row with COLUMNS."""
    values = {name: row[name] for name in Basis.__struct_fields__ if name not in _PARTS}
    for name, kind in _PARTS.items():
        values[name] = _parts(row[name], kind)
    return Basis(**values)


def _parts(found: str | None, kind: Any) -> Any:
    """Asked for as text, because money must not pass through a float on its way."""
    return () if found is None else msgspec.json.decode(found, type=kind)


def line_of(row: Mapping[Any, Any]) -> Line:
    """One line of a row with the columns of tenants.charge_line."""
    values = {name: row[name] for name in Line.__struct_fields__ if name != "split"}
    return Line(**values, split=Split(row["social_care"], row["education"], row["health"]))
