"""A lender's own tariff, and the dated prices of one placement that follow from it and the child's birthdays."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.http.problems import ConstraintMeaning, constraint_meanings
from careshare.web import asks
from tenants.recharges import codes
from tenants.recharges.actions import MOST
from tenants.recharges.model import Kind, Rate
from tenants.recharges.rules import pence

ADULT: Final = 26
"""The age up to which a tariff may go: staying put ends before it."""
LINES: Final = """
    select id, kind, part, age_from, age_to, lower(during) as since, upper(during) as until, weekly, when_empty
    from tenants.tariff_line where authority_id = (select careshare.authority())
"""
LIST = text(LINES + " order by kind, part <> 'base', part, age_from, during")
OF_KIND = text(LINES + " and kind = :kind and (upper(during) is null or upper(during) > :starts)")
CUT = text("""
    update tenants.tariff_line set during = daterange(lower(during), cast(:since as date))
    where authority_id = (select careshare.authority()) and kind = :kind and part = :part and age_from = :age_from
      and age_to = :age_to and during @> cast(:since as date) and lower(during) < cast(:since as date)
""")
LATER = text("""
    delete from tenants.tariff_line
    where authority_id = (select careshare.authority()) and kind = :kind and part = :part and age_from = :age_from
      and age_to = :age_to and lower(during) >= cast(:since as date)
""")
ADD = text("""
    insert into tenants.tariff_line (authority_id, kind, part, age_from, age_to, during, weekly, when_empty)
    values (careshare.authority(), :kind, :part, :age_from, :age_to, daterange(cast(:since as date), null), :weekly,
      :when_empty)
    returning id
""")
constraint_meanings["tariff_line_once"] = ConstraintMeaning(
    "age_from", "Another price holds for some of these ages already. Give it the same ages, or end it first"
)


class TariffLine(msgspec.Struct, frozen=True, kw_only=True):
    """A weekly price for ages `age_from` to `age_to`, both included, from `since` up to and not including `until`."""

    id: UUID
    kind: Kind
    part: str
    age_from: int
    age_to: int
    since: date
    until: date | None
    weekly: Decimal
    when_empty: bool


class Pricing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A price to hold from `since` on; without `weekly` what stood there ends. Ages are whole years, both included."""

    kind: Annotated[Kind, asks("the kind of home", missing="Select the kind of home")]
    part: Annotated[str, asks("what the price is for", missing="Select what the price is for", max_length=40)]
    age_from: Annotated[int, asks("the youngest age", ge=0, le=ADULT - 1)]
    age_to: Annotated[int, asks("the oldest age", ge=0, le=ADULT - 1)]
    since: Annotated[date, asks("the first day")]
    weekly: Annotated[Decimal, asks("the weekly price", invalid="Enter the price in pounds, like 258.00")] | None = None
    when_empty: Annotated[bool, asks("whether it is charged while the child is away")] = False


async def lines(uow: Uow) -> list[TariffLine]:
    """The bound authority's tariff, past and to come."""
    return [TariffLine(**row) for row in (await uow.execute(LIST)).mappings()]


async def change(uow: Uow, given: Pricing) -> None:
    """Let a price hold from a day on in place of that for the same ages. Raises Invalid; Conflict for other ages."""
    errors: list[FieldError] = []
    if given.part not in {one.code for one in codes.codes("part")} - {"adjustment"}:
        errors.append(FieldError("part", "Select what the price is for"))
    if given.age_to < given.age_from:
        errors.append(FieldError("age_to", "The oldest age must not be below the youngest"))
    if given.weekly is not None and (not 0 <= given.weekly <= MOST or given.weekly != pence(given.weekly)):
        errors.append(FieldError("weekly", "The weekly price must be in pounds and pence, like 258.00"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    values = msgspec.structs.asdict(given)
    await uow.execute(LATER, values)
    await uow.execute(CUT, values)
    made = [] if given.weekly is None else [(await uow.execute(ADD, values)).scalar_one()]
    await audit.record(uow, "tariff.changed", subjects=made, after=given)


async def rates(uow: Uow, kind: Kind, born: date, starts: date) -> tuple[Rate, ...]:
    """The prices of a placement by the bound lender's tariff, for `open_basis`: each part by the age on the day.

    The date of birth is worked with and kept nowhere. Nothing where the tariff has no price of this kind.
    """
    rows = await uow.execute(OF_KIND, {"kind": kind, "starts": starts})
    return rates_of([TariffLine(**row) for row in rows.mappings()], born, starts)


def rates_of(tariff: Iterable[TariffLine], born: date, starts: date) -> tuple[Rate, ...]:
    """The same, of these lines. A price changes on the birthday that leaves its ages, and when the tariff changes."""
    found: list[Rate] = []
    for line in tariff:
        since = max(starts, line.since, birthday(born, line.age_from))
        leaves = birthday(born, line.age_to + 1)
        until = leaves if line.until is None else min(leaves, line.until)
        if since < until:
            found.append(Rate(part=line.part, weekly=line.weekly, since=since, until=until, when_empty=line.when_empty))
    return _joined(sorted(found, key=lambda one: (one.part, one.since)))


def _joined(found: Sequence[Rate]) -> tuple[Rate, ...]:
    """Prices that follow each other and say the same become one."""
    joined: list[Rate] = []
    for one in found:
        last = joined[-1] if joined else None
        same = last is not None and (last.part, last.weekly, last.when_empty) == (one.part, one.weekly, one.when_empty)
        if last is not None and same and last.until == one.since:
            joined[-1] = msgspec.structs.replace(last, until=one.until)
        else:
            joined.append(one)
    return tuple(joined)


def birthday(born: date, age: int) -> date:
    """The day on which somebody reaches an age; born on 29 February, on 1 March of a year without one."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)
