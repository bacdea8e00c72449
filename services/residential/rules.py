"""The rules of homes as pure functions: no database, no clock.

A place has a true state, counted from the places themselves. "Registered less occupied" is never called available:
homes hold places empty for matching, and a place nobody staffs is no place tonight.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from tenants.codes import label
from tenants.places import ChildToPlace, Problem

Leading = Literal["occupied", "held", "closed", "kept_empty", "not_registered", "not_staffed", "matchable"]
LEADING: Final[tuple[Leading, ...]] = (
    "occupied",
    "held",
    "matchable",
    "kept_empty",
    "not_staffed",
    "closed",
    "not_registered",
)
"""What a place is first of all, in the order in which a home's bar is drawn. Each place has just one."""

PENNY: Final = Decimal("0.01")
HUNDRED: Final = Decimal(100)
SUPPORTED_AGES: Final = range(16, 18)
"""Supported accommodation is for looked-after children and care leavers of these ages alone (SI 2023/416)."""
JUDGEMENTS: Final = ("inadequate", "requires_improvement", "good", "outstanding")
"""From the worst to the best."""


def age_on(born: date, day: date) -> int:
    """Whole years on a day. Somebody born on 29 February has a birthday on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What is recorded of one place at one moment. `number` begins at 1 in each home."""

    number: int
    occupied: bool = False
    held: bool = False
    closed: bool = False
    kept_empty: bool = False


@dataclass(frozen=True, slots=True)
class PlaceState:
    """The true state of one place at one moment; `matchable` follows from the rest."""

    number: int
    registered: bool
    staffed: bool
    occupied: bool
    held: bool
    closed: bool
    kept_empty: bool

    @property
    def matchable(self) -> bool:
        """Whether a child may be matched to it: all of the conditions, never a subtraction."""
        return self.registered and self.staffed and not (self.occupied or self.held or self.closed or self.kept_empty)

    @property
    def leading(self) -> Leading:
        """What the place is first of all."""
        if self.occupied:
            return "occupied"
        if self.held:
            return "held"
        if self.closed:
            return "closed"
        if self.kept_empty:
            return "kept_empty"
        if not self.registered:
            return "not_registered"
        return "matchable" if self.staffed else "not_staffed"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many places are in each state, each counted from the places. They overlap, so they do not add up."""

    places: int
    registered: int
    staffed: int
    occupied: int
    held: int
    closed: int
    kept_empty: int
    matchable: int


def place_states(
    places: Iterable[PlaceFacts], *, registered_places: int, staffed_places: int | None
) -> list[PlaceState]:
    """The state of each place of one home, by number.

    The first `registered_places` places are registered; none is while the registration is not active (give 0).
    `staffed_places` is what the home's staffing statement says for the moment; None: nothing is said, so none is
    staffed. Those who look after children who are there, or held for, come first; the rest of the staffing goes to open
    places by number, and never to one that is closed or kept empty.
    """
    ordered = sorted(places, key=lambda one: one.number)
    left = staffed_places or 0
    staffed: set[int] = set()
    in_use = [one for one in ordered if one.occupied or one.held]
    free = [
        one
        for one in ordered
        if not (one.occupied or one.held or one.closed or one.kept_empty) and one.number <= registered_places
    ]
    for one in [*in_use, *free][:left]:
        staffed.add(one.number)
    return [
        PlaceState(
            number=one.number,
            registered=one.number <= registered_places,
            staffed=one.number in staffed,
            occupied=one.occupied,
            held=one.held,
            closed=one.closed,
            kept_empty=one.kept_empty,
        )
        for one in ordered
    ]


def count_states(states: Collection[PlaceState]) -> Counts:
    """How many places are in each state."""
    return Counts(
        places=len(states),
        registered=sum(one.registered for one in states),
        staffed=sum(one.staffed for one in states),
        occupied=sum(one.occupied for one in states),
        held=sum(one.held for one in states),
        closed=sum(one.closed for one in states),
        kept_empty=sum(one.kept_empty for one in states),
        matchable=sum(one.matchable for one in states),
    )


def leading_counts(states: Collection[PlaceState]) -> dict[Leading, int]:
    """How many places are first of all in each state; these add up to the places there are."""
    return {leading: sum(one.leading == leading for one in states) for leading in LEADING}


# Prices


@dataclass(frozen=True, slots=True)
class Supplement:
    """What comes on top: an amount in pounds by the week, night or hour."""

    per: Literal["week", "night", "hour"]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    """A home's price list on a day. Percentages of the joint funding add up to 100."""

    weekly: Mapping[str, Decimal]
    supplements: Mapping[str, Supplement]
    purchase: str
    notice_nights: int
    void_percent: Decimal
    social_percent: Decimal = HUNDRED
    education_percent: Decimal = Decimal(0)
    health_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of a weekly price and how it comes about."""

    code: str
    label: str
    quantity: Decimal
    per: str
    amount: Decimal
    total: Decimal

    @property
    def explained(self) -> str:
        """The line in words: `Waking night staff: 3 nights at £180.00 = £540.00`."""
        if self.per == "week" and self.quantity == 1:
            return f"{self.label}: £{self.total:,.2f} a week"
        unit = self.per if self.quantity == 1 else f"{self.per}s"
        return f"{self.label}: {_plain(self.quantity)} {unit} at £{self.amount:,.2f} = £{self.total:,.2f}"


@dataclass(frozen=True, slots=True)
class WeeklyPrice:
    """A price for one child for a week, line by line, and who bears which part."""

    lines: tuple[PriceLine, ...]
    total: Decimal
    social: Decimal
    education: Decimal
    health: Decimal
    notice_nights: int
    void_percent: Decimal
    purchase: str
    social_percent: Decimal
    education_percent: Decimal
    health_percent: Decimal


def weekly_price(prices: Prices, need_level: str, chosen: Mapping[str, Decimal] | None = None) -> WeeklyPrice:
    """What a place costs for a week at a level of need with supplements: `chosen` says how many of each.

    Each line is rounded to the penny, half up, and the total is the sum of the lines. The parts of the joint funding
    are cumulative, so that they add up to the total. KeyError for a level or supplement that the list does not have.
    """
    base = prices.weekly[need_level].quantize(PENNY, ROUND_HALF_UP)
    lines = [PriceLine(need_level, label("need_level", need_level), Decimal(1), "week", base, base)]
    for code, quantity in (chosen or {}).items():
        one = prices.supplements[code]
        total = (one.amount * quantity).quantize(PENNY, ROUND_HALF_UP)
        lines.append(PriceLine(code, label("supplement", code), quantity, one.per, one.amount, total))
    whole = sum((line.total for line in lines), Decimal(0))
    social = (whole * prices.social_percent / HUNDRED).quantize(PENNY, ROUND_HALF_UP)
    with_education = whole * (prices.social_percent + prices.education_percent) / HUNDRED
    education = with_education.quantize(PENNY, ROUND_HALF_UP) - social
    return WeeklyPrice(
        lines=tuple(lines),
        total=whole,
        social=social,
        education=education,
        health=whole - social - education,
        notice_nights=prices.notice_nights,
        void_percent=prices.void_percent,
        purchase=prices.purchase,
        social_percent=prices.social_percent,
        education_percent=prices.education_percent,
        health_percent=prices.health_percent,
    )


def _plain(quantity: Decimal) -> str:
    """A number without needless noughts."""
    text = f"{quantity.normalize():f}"
    return text or "0"


# Who may live there


@dataclass(frozen=True, slots=True)
class Registration:
    """What a home is registered for and its statement of purpose says."""

    kind: Literal["childrens_home", "supported_accommodation"]
    active: bool
    age_min: int
    age_max: int
    sex: Literal["any", "M", "F"]
    short_break_only: bool = False


def against_registration(home: Registration, children: Sequence[ChildToPlace], starts: date) -> list[Problem]:
    """Everything in the home's registration and statement of purpose that stands against these children on that day.

    None of it may be overridden: the law or the registration says so, and a variation of it comes first. Messages name
    nobody, so that they may be shown to whoever asked.
    """
    found: list[Problem] = []
    if not home.active:
        found.append(Problem("not_registered", "The home is not registered now", overridable=False))
    ages = [age_on(child.born, starts) for child in children]
    low, high = home.age_min, home.age_max
    if home.kind == "supported_accommodation" and any(age not in SUPPORTED_AGES for age in ages):
        message = "Supported accommodation is for young people aged 16 and 17 only"
        found.append(Problem("supported_age", message, overridable=False))
    elif any(not low <= age <= high for age in ages):
        message = f"The home is for ages {low} to {high} on the day the placement starts"
        found.append(Problem("age", message, overridable=False))
    if home.sex != "any" and any(child.sex != home.sex for child in children):
        message = f"The home is for {'girls' if home.sex == 'F' else 'boys'} only"
        found.append(Problem("sex", message, overridable=False))
    return found


def judgement_fell(before: str | None, after: str | None) -> bool:
    """Whether a judgement is worse than the one before it."""
    return before is not None and after is not None and JUDGEMENTS.index(after) < JUDGEMENTS.index(before)


# Ages and needs in bands, for notices and impact assessments

BANDS: Final = ((0, 4), (5, 10), (11, 15), (16, 17))
"""Ages as they are told to others: never a child's own."""


def band(age: int) -> tuple[int, int]:
    """The band an age lies in; those of 18 and over are told as 16 to 17, who stay until they move on."""
    return next((one for one in BANDS if one[0] <= age <= one[1]), BANDS[-1] if age > 0 else BANDS[0])


@dataclass(frozen=True, slots=True)
class InBands:
    """A child as an impact assessment weighs them: a band of ages, a sex, needs and risks from the list of skills."""

    age_low: int
    age_high: int
    sex: str
    needs: frozenset[str] = frozenset()


AGE_GAP: Final = 2
"""Bands that lie so far apart are worth a thought: 0 to 4 with 11 to 15."""

_HARM: Final = frozenset({"physical_harm", "sexual_harm"})
_EXPLOITED: Final = frozenset({"sexual_exploitation", "criminal_exploitation"})


def likely_concerns(residents: Collection[InBands], incoming: Collection[InBands]) -> list[str]:
    """Codes of concerns (list `impact_concern`) that an impact assessment should at least speak to, in list order.

    A prompt for the home's manager, never a decision; practice, not statute.
    """
    found: list[str] = []
    positions = {one: index for index, one in enumerate(BANDS)}

    def apart(one: InBands, other: InBands) -> int:
        first, second = positions.get((one.age_low, one.age_high), 0), positions.get((other.age_low, other.age_high), 0)
        return abs(first - second)

    pairs = [(one, other) for one in residents for other in incoming]
    if any(apart(one, other) >= AGE_GAP for one, other in pairs):
        found.append("age_gap")
    if any(one.needs & _HARM for one, _ in pairs):
        found.append("vulnerable_to_harm")
    if any(other.needs & _HARM for _, other in pairs):
        found.append("may_harm")
    checks = (
        ("exploitation", _EXPLOITED),
        ("missing", frozenset({"missing"})),
        ("self_harm", frozenset({"self_harm"})),
    )
    for code, needs in checks:
        if any(one.needs & needs and other.needs & needs for one, other in pairs) or (
            code == "exploitation" and any(other.needs & needs for _, other in pairs)
        ):
            found.append(code)
    if any("fire_setting" in child.needs for child in incoming):
        found.append("fire")
    return found


# Whom to tell


@dataclass(frozen=True, slots=True)
class ToTell:
    """An authority to be told of an admission, and on which ground."""

    gss: str
    ground: str


def host_to_tell(area_gss: str | None, responsible_gss: str, *, kept_by_gss: str) -> ToTell | None:
    """The authority that a home tells of a child admitted from elsewhere: that of the area in which the home stands.

    Nobody where the child is that authority's own. Statutory guidance to the Children's Homes Regulations: a home tells
    its host authority of each admission from another area, the home's own keeper included when it stands elsewhere.
    """
    if area_gss is None or area_gss == responsible_gss:
        return None
    told = "by the home to the authority in which it stands"
    return ToTell(area_gss, told if area_gss != kept_by_gss else "by the home to its own authority")
