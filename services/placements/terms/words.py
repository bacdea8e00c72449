"""How terms and the assessment read on a page. `priced` in the templates that show them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from careshare.web import Form
from careshare.web.filters import money, plural
from services.placements.terms.model import AssessmentNow, ChildAsked, ChildPrice, PriceLine, Wanted
from tenants.codes import codes, group, label
from tenants.recharges.words import per_cent

STANDING: Final[Mapping[str, tuple[str, str]]] = {
    "needed": ("Not begun", "red"),
    "open": ("Being assessed", "yellow"),
    "done": ("Done", "green"),
}
OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "can_live_together": ("Can live together", "green"),
    "with_mitigations": ("With what is written", "yellow"),
    "cannot_live_together": ("Cannot live together", "red"),
}


def standing(one: AssessmentNow) -> tuple[str, str]:
    """How the assessment stands: to its own side as it was decided, to the other begun or done."""
    return OUTCOMES[one.outcome] if one.outcome else STANDING[one.standing]


def number(quantity: Decimal) -> str:
    """A number without needless noughts."""
    return f"{quantity.normalize():f}"


def asked(one: ChildAsked) -> str:
    """What is asked for one child: "Complex need, with two-to-one support (2:1): 20 hours a week"."""
    level = label("need_level", one.need_level)
    return "; ".join([level, *(wanted(each) for each in one.supplements)])


def wanted(one: Wanted) -> str:
    """A supplement and how much of it."""
    per = group("supplement", one.code)
    name = label("supplement", one.code)
    return name if per == "week" else f"{name}, {plural_of(one.quantity, per)} a week"


def plural_of(quantity: Decimal, per: str) -> str:
    """A quantity with its unit: "20 hours", "1 night", "2.5 hours"."""
    whole = quantity == quantity.to_integral_value()
    return plural(int(quantity), per) if whole else f"{number(quantity)} {per}s"


def line(one: PriceLine) -> str:
    """What a line of a price is for."""
    if one.part == "base":
        return f"{label('need_level', one.code)}, a week"
    return label("supplement", one.code)


def worked(one: PriceLine) -> str:
    """How a line comes about: "20 hours at £24.10"."""
    if one.part == "base" or one.per == "week":
        return "A week"
    return f"{plural_of(one.quantity, one.per)} at {money(one.amount, pence=True)}"


def notice(one: ChildPrice) -> str:
    """Notice, in words."""
    if not one.notice_nights:
        return "None"
    share = per_cent(one.void_percent)
    return (
        f"{plural(one.notice_nights, 'night')}, at {share} of the weekly price for nights after the child has left, "
        "until a child lives in the place again. Supplements are not charged then"
    )


def facts(one: ChildPrice) -> list[tuple[str, str]]:
    """A price in short: its lines, their sum, notice and who pays."""
    lines = [(line(each), f"{worked(each)}: {pounds(each.total)}") for each in one.lines]
    return [*lines, ("Together", f"{pounds(one.total)} a week"), ("Notice", notice(one)), ("Paid by", funders(one))]


def funders(one: ChildPrice) -> str:
    """Who pays on the placing side."""
    shares = (
        ("social care", one.social_percent),
        ("education", one.education_percent),
        ("health", one.health_percent),
    )
    return ", ".join(f"{name} {per_cent(share)}" for name, share in shares if share)


def bought(one: ChildPrice) -> str:
    """How the place is bought."""
    return label("purchase", one.purchase)


def pounds(amount: Decimal) -> str:
    """Pounds to the penny."""
    return money(amount, pence=True)


def levels(on: date | None = None) -> list[tuple[str, str]]:
    """Levels of need to choose from."""
    return list(codes("need_level", on).items())


def rows(on: date | None = None, only: Sequence[str] | None = None) -> list[tuple[str, str, str]]:
    """Supplements to fill in how much of each: code, name, unit."""
    return [
        (code, name, group("supplement", code))
        for code, name in codes("supplement", on).items()
        if only is None or code in only
    ]


def chosen(form: Form) -> tuple[Form, dict[int, int]]:
    """The form with those supplements alone of which somebody wants some, and the row each of them stands in."""
    kept = [row for row in form.groups("supplement") if form.get(f"supplement-{row}-quantity").strip()]
    answers = {name: form.all(name) for name in form.names() if not name.startswith("supplement-")}
    for place, row in enumerate(kept, 1):
        for part in ("code", "quantity"):
            answers[f"supplement-{place}-{part}"] = form.all(f"supplement-{row}-{part}")
    return Form(answers), dict(enumerate(kept, 1))


def in_row(field: str, row_of: Mapping[int, int]) -> str:
    """The name that a field of the n-th supplement wanted has on the page."""
    head, _, rest = field.partition("-")
    place, _, part = rest.partition("-")
    if head != "supplement" or not place.isdecimal():
        return field
    return f"supplement-{row_of.get(int(place), int(place))}-{part}"
