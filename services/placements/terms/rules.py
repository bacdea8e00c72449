"""What may be asked for and how a home's price becomes a charge: pure rules."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from careshare.errors import FieldError
from services.placements.requests.codes import risks
from services.placements.terms.model import ChildPrice, PriceLine, Standing, Wanted
from services.residential.public import Incoming, Sex, WeeklyPrice
from tenants.codes import codes, group, label
from tenants.recharges.model import BASE, WHOLE, Funding, Rate, Split

PART_OF: Final[Mapping[str, str]] = {"waking_night": "night"}
"""Supplements that the list of charges calls otherwise (`tenants/recharges/data/codes.csv`, list `part`)."""
MOST: Final[Mapping[str, int]] = {"week": 1, "night": 14, "hour": 336}
"""Of a supplement in a week: two members of staff round the clock. Beyond it something was mistyped."""
STANDARD: Final = "standard"
ASSESSED: Final = frozenset({"residential_home"})
"""Kinds of home whose manager assesses before saying yes (SI 2015/541 regulation 14); the database asks for it."""


def part(code: str) -> str:
    """What a supplement is called in a charge."""
    return PART_OF.get(code, code)


def checked(need_level: str, supplements: Sequence[Wanted], on: date, prefix: str = "") -> list[FieldError]:
    """What is wrong with a level of need and supplements."""
    found: list[FieldError] = []
    if need_level not in codes("need_level", on):
        found.append(FieldError(f"{prefix}need_level", "Choose the level of need from the list"))
    known = codes("supplement", on)
    for number, one in enumerate(supplements, 1):
        name = f"{prefix}supplement-{number}"
        if one.code not in known:
            found.append(FieldError(f"{name}-code", "Choose the supplement from the list"))
            continue
        per = group("supplement", one.code)
        if not (one.quantity.is_finite() and 0 < one.quantity <= MOST[per]):
            message = f"{label('supplement', one.code)} is by the {per}: enter a number up to {MOST[per]}"
            found.append(FieldError(f"{name}-quantity", message))
        elif one.quantity != one.quantity.quantize(Decimal("0.01")):
            found.append(FieldError(f"{name}-quantity", "Enter a number with no more than two decimals"))
    if len({one.code for one in supplements}) < len(supplements):
        found.append(FieldError(f"{prefix}supplement", "Enter each supplement once"))
    return found


def child_price(found: WeeklyPrice, need_level: str, weekly: Decimal | None = None) -> ChildPrice:
    """A home's price as it is offered for one child; `weekly` in place of the list's where it was agreed by hand."""
    base, *supplements = found.lines
    amount = base.total if weekly is None else weekly
    lines = [
        PriceLine(need_level, BASE, Decimal(1), "week", amount, amount),
        *(PriceLine(one.code, part(one.code), one.quantity, one.per, one.amount, one.total) for one in supplements),
    ]
    return ChildPrice(
        need_level=need_level,
        lines=lines,
        total=sum((one.total for one in lines), start=Decimal(0)),
        notice_nights=found.notice_nights,
        void_percent=found.void_percent,
        purchase=found.purchase,
        contract="block" if group("purchase", found.purchase) == "block" else "spot",
        social_percent=found.social_percent,
        education_percent=found.education_percent,
        health_percent=found.health_percent,
        by_hand=weekly is not None,
    )


def rates(price: ChildPrice, since: date) -> tuple[Rate, ...]:
    """What is charged from a night on: the weekly price, and each supplement while the child is there."""
    return tuple(Rate(part=one.part, weekly=one.total, since=since, when_empty=one.part == BASE) for one in price.lines)


def funding(price: ChildPrice, since: date) -> tuple[Funding, ...]:
    """Who pays which share on the placing side; nothing where social care pays all."""
    if price.social_percent == WHOLE:
        return ()
    split = Split(price.social_percent, price.education_percent, price.health_percent)
    return (Funding(since=since, split=split),)


def incoming(profile: Mapping[str, Any]) -> list[Incoming]:
    """The children of an enquiry as an impact assessment weighs them, from the profile that was sent: whole years, a
    sex, needs, and risks that are known to be there.
    """
    known = codes("skill")
    return [
        Incoming(
            age=int(child["age"]),
            sex=_sex(str(child["sex"])),
            needs=[one for one in dict.fromkeys([*child.get("needs", []), *_risks(child)]) if one in known],
        )
        for child in profile["children"]
    ]


def _sex(sex: str) -> Sex:
    return "M" if sex == "M" else "F" if sex == "F" else "U"


def _risks(child: Mapping[str, Any]) -> list[str]:
    return [risks().get(one["risk"], "") for one in child.get("risks", []) if one["level"] != "none"]


def standing(kind: str, said: str | None) -> Standing | None:
    """How the impact assessment stands: `said` is "open", "done", or None where none was begun. None: nobody asks."""
    if said == "done":
        return "done"
    if said == "open":
        return "open"
    return "needed" if kind in ASSESSED else None
