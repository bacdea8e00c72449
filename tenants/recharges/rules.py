"""How money is worked out, to the penny. Pure; half a penny rounds up (away from nought).

A week of money begins on a day that is data. Of a weekly price `w` the first `k` nights of a week come to round(w·k/7),
so a night costs what its week comes to with it, less what it comes to without: nights, part-weeks and weeks then agree
however a stay is divided, and seven nights are the weekly price (facts N). Each price and each supplement is worked out
for itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Final

import msgspec

from tenants.recharges.model import ALONE, BASE, WHOLE, ZERO, Basis, Line, LineKind, Rate, Split, Stated

PENNY: Final = Decimal("0.01")
WEEK: Final = 7
DAY: Final = timedelta(days=1)
APRIL: Final = 4


def pence(pounds: Decimal) -> Decimal:
    """Pounds to the penny."""
    return pounds.quantize(PENNY, ROUND_HALF_UP)


def week_begins(day: date, week_starts: int) -> date:
    """The first day of the week of money that `day` is in; `week_starts` 1 is Monday, 7 Sunday."""
    return day - timedelta(days=(day.isoweekday() - week_starts) % WEEK)


def first_nights(weekly: Decimal, nights: int) -> Decimal:
    """What the first so many nights of a week come to (0 to 7)."""
    return pence(weekly * nights / WEEK)


def part_week(weekly: Decimal, first: int, last: int) -> Decimal:
    """What nights `first` to `last` of a week come to; its first night is 1."""
    return first_nights(weekly, last) - first_nights(weekly, first - 1)


def share(weekly: Decimal, percent: Decimal) -> Decimal:
    """The weekly price of which `percent` is charged, to the penny."""
    return weekly if percent == WHOLE else pence(weekly * percent / 100)


def split(amount: Decimal, weights: Split) -> Split:
    """An amount divided by weights, to the penny; the parts always sum to it.

    Each part is rounded towards nought, and the pennies left over go to the largest remainders; of equal ones to social
    care before education before health.
    """
    if weights.education == 0 and weights.health == 0:
        return Split(amount, ZERO, ZERO)
    given = (weights.social_care, weights.education, weights.health)
    total, pennies = sum(given, start=Decimal(0)), int(abs(amount) * 100)
    if total == 0:
        return Split(amount, ZERO, ZERO)
    exact = [pennies * weight / total for weight in given]
    parts = [int(one) for one in exact]
    by_remainder = sorted(range(len(given)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: pennies - sum(parts)]:
        parts[place] += 1
    sign = -1 if amount < 0 else 1
    return Split(*(Decimal(sign * part) / 100 + ZERO for part in parts))


def month_of(day: date) -> date:
    """The first of the month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first of the month after."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def year_of(day: date) -> int:
    """The financial year that a day is in, by the calendar year in which it began on 1 April."""
    return day.year if day.month >= APRIL else day.year - 1


def last_charged(basis: Basis) -> date | None:
    """The first night after the stay that is not charged as one; None while it goes on."""
    return None if basis.ends is None else basis.ends + (DAY if basis.leaving_day else timedelta())


def notice_until(basis: Basis) -> date | None:
    """The first night that is free of notice again; None while the placement goes on.

    Notice runs from the day it was given, or from the day of leaving where none was given before, and not beyond the
    day on which the place was filled again.
    """
    if basis.ends is None:
        return None
    given = min(basis.notice_given_on or basis.ends, basis.ends)
    until = given + timedelta(days=basis.notice_nights)
    return min(until, basis.refilled_on) if basis.refilled_on else until


def charges(basis: Basis, since: date, until: date) -> list[Line]:
    """The lines for the nights from `since` up to and not including `until`, in the order of their nights.

    A line ends with its week, its month, its price, its funding and its reason. A price of nothing has no lines; a
    night that comes to nothing for so small a price that a seventh of it is no penny has one, so that nights add up.
    """
    found: list[Line] = []
    for first, stop, kind, percent in _reasons(basis, since, until):
        for rate in basis.rates:
            if kind != "charge" and not rate.when_empty:
                continue
            begins, ends = max(first, rate.since), stop if rate.until is None else min(stop, rate.until)
            if begins < ends:
                found += _priced(basis, rate, kind, percent, _cuts(basis, begins, ends))
    return sorted(found, key=_order)


def _priced(basis: Basis, rate: Rate, kind: LineKind, percent: Decimal, cuts: Sequence[date]) -> Iterator[Line]:
    weekly = share(rate.weekly, percent)
    if not weekly:
        return
    for first, stop in pairwise(cuts):
        nth = (first - week_begins(first, basis.week_starts)).days + 1
        amount = part_week(weekly, nth, nth + (stop - first).days - 1)
        funded = next((one.split for one in basis.funding if _holds(one.since, one.until, first)), ALONE)
        yield Line(
            basis_id=basis.id,
            kind=kind,
            part=rate.part,
            first_night=first,
            last_night=stop - DAY,
            nth=nth,
            weekly=rate.weekly,
            percent=percent,
            amount=amount,
            vat_code=basis.vat_code,
            split=split(amount, funded),
            order_number=basis.order_number,
        )


def _holds(since: date, until: date | None, day: date) -> bool:
    return since <= day and (until is None or day < until)


def _reasons(basis: Basis, since: date, until: date) -> Iterator[tuple[date, date, LineKind, Decimal]]:
    """The nights of a period by why they are charged, and at which share of the price."""
    left = last_charged(basis)
    first, stop = max(since, basis.starts), until if left is None else min(until, left)
    for away in sorted(basis.away, key=lambda one: one.since):
        begins, ends = max(first, away.since), stop if away.until is None else min(stop, away.until)
        if begins < ends:
            if first < begins:
                yield first, begins, "charge", WHOLE
            yield begins, ends, "void" if away.reason == "void" else "retainer", away.percent
            first = ends
    if first < stop:
        yield first, stop, "charge", WHOLE
    notice_ends = notice_until(basis)
    if left is not None and notice_ends is not None:
        begins, ends = max(since, left), min(until, notice_ends)
        if begins < ends:
            yield begins, ends, "notice", basis.notice_percent


def _cuts(basis: Basis, first: date, stop: date) -> list[date]:
    """The days on which a line ends and another begins, with both ends."""
    cuts = {first, stop}
    week = week_begins(first, basis.week_starts)
    while (week := week + timedelta(days=WEEK)) < stop:
        cuts.add(week)
    month = first
    while (month := next_month(month)) < stop:
        cuts.add(month)
    for one in basis.funding:
        cuts.update(day for day in (one.since, one.until) if day is not None and first < day < stop)
    return sorted(cuts)


def total(lines: Iterable[Line]) -> Decimal:
    """What lines sum to."""
    return sum((one.amount for one in lines), start=ZERO)


def due_since(stated: Sequence[Stated], now: Sequence[Line], reason: str) -> list[Line]:
    """What is to be stated so that earlier statements and this one together say what is true `now`.

    A line that was stated and still holds is left alone, with whatever was credited of it. One that does not hold any
    more is taken back, for as much of it as still stood; one that was never stated is charged. Both give the `reason`.
    """
    standing: dict[tuple[object, ...], list[Stated]] = {}
    for one in stated:
        standing.setdefault(_key(one.line), []).append(one)
    charged: list[Line] = []
    for line in now:
        same = standing.get(_key(line))
        if same:
            same.pop(0)
        else:
            charged.append(msgspec.structs.replace(line, reason=reason))
    taken = [_taken_back(one, reason) for left in standing.values() for one in left]
    return sorted([*taken, *charged], key=_order)


def _key(line: Line) -> tuple[object, ...]:
    funded = (line.split.social_care, line.split.education, line.split.health)
    named = (line.kind, line.part, line.first_night, line.last_night, line.weekly, line.percent, line.amount)
    return (line.basis_id, *named, line.vat_code, *funded)


def _order(line: Line) -> tuple[object, ...]:
    return (
        line.first_night,
        line.part != BASE,
        line.part,
        line.reverses_id is None,
        line.last_night,
        line.kind,
        line.amount,
    )


def _taken_back(one: Stated, reason: str) -> Line:
    amount = -(one.line.amount + one.put_right)
    return msgspec.structs.replace(
        one.line, amount=amount, split=split(amount, one.line.split), reverses_id=one.id, reason=reason
    )


def vat_of(lines: Iterable[Line], rates: dict[str, Decimal]) -> list[tuple[str, Decimal, Decimal]]:
    """Each VAT code with its net and its tax, worked out once on the sum; `rates` in per cent by code."""
    nets: dict[str, Decimal] = {}
    for line in lines:
        nets[line.vat_code] = nets.get(line.vat_code, ZERO) + line.amount
    return [(code, net, pence(net * rates[code] / 100)) for code, net in sorted(nets.items())]
