"""What a placement still lacks before it may begin, and whom an ending is told: pure rules (CPPCR 2010 regs 9, 13,
14).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from careshare.web.filters import within
from careshare.workdays import LONDON
from services.placements.placed.codes import recipients


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """A notice as the rules see it: sent, or said not to be practicable with a reason and a name."""

    recipient: str
    sent_on: date | None
    not_practicable: bool

    @property
    def dealt_with(self) -> bool:
        """Whether nothing is owed to this person any more."""
        return self.sent_on is not None or self.not_practicable


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that keeps a placement from being made ready."""

    field: str
    message: str


def came_at(starts: date, recorded: datetime) -> datetime:
    """The moment from which what an emergency put off has its time: when the start was recorded, or noon of the day the
    child came where that is earlier. Recording it late gives no more time.
    """
    return min(recorded, datetime(starts.year, starts.month, starts.day, 12, tzinfo=LONDON))


def told_at_start(kind: str, *, outside_area: bool, has_school: bool, day: date) -> list[str]:
    """Whom the placing authority tells of a placement (reg 13(2)); the area authority where the home is in
    another's.
    """
    return [
        one.code
        for one in recipients().values()
        if kind in one.kinds
        and one.valid_from <= day
        and (one.code != "area_authority" or outside_area)
        and (one.code != "school" or has_school)
    ]


def told_at_end(told_first: Collection[str]) -> list[str]:
    """Whom an ending is told: everybody who had the first notice (reg 14), in the same order."""
    return [code for code in recipients() if code in told_first]


WHO: Final = {"reference": "reference in the case system", "born": "date of birth"}
"""Without which no home can enter a child in its register."""


def lacking(
    *,
    emergency: bool,
    plan_signed: bool,
    notices: Sequence[NoticeFacts],
    approvals_missing: Sequence[str],
    unknown: Sequence[str] = (),
) -> list[Lack]:
    """What a planned placement lacks before it is ready. Of an emergency only who the child is must be known (`unknown`
    says what is not): the home enters the child in its register by it. For the rest its clocks run instead.

    The plan is agreed and signed before (reg 9(1)), notices are given before (reg 13), approvals by distance stand
    before (reg 11(1)).
    """
    who = [Lack(name, f"Record the child’s {WHO[name]} in the request first") for name in unknown]
    if emergency:
        return who
    found = who if plan_signed else [*who, Lack("plan", "Agree the placement plan and have it signed first")]
    found += [
        Lack(
            f"notice-{one.recipient}",
            f"Tell {within(recipients()[one.recipient].label)} first, or say why not practicable",
        )
        for one in notices
        if not one.dealt_with
    ]
    return found + [Lack(f"consent-{kind}", "This approval is still missing") for kind in approvals_missing]


def pauses(steps: Iterable[tuple[str, date, Decimal]]) -> list[tuple[date, date | None, Decimal]]:
    """Every pause by the steps taken, in their order: from which day, until which (None: it goes on), and which share
    of the price, in per cent, is charged in it.
    """
    found: list[tuple[date, date | None, Decimal]] = []
    for step, day, share in steps:
        if step == "pause":
            found.append((day, None, share))
        elif found and found[-1][1] is None:
            found[-1] = (found[-1][0], day, found[-1][2])
    return found
