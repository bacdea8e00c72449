"""Homes as the pages show them: one card each, what a plan says, what was said on the telephone."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import msgspec

from careshare.database import Uow
from careshare.identity import Principal
from careshare.web.filters import ago, clock, miles, money, plural, sentence, short_date
from services.fostering import public as fostering
from services.placements.answers import Call, Found, FoundHome, Notice, Plan, PlanHome
from services.placements.judged import Asked
from services.placements.pages import criteria, words
from services.placements.pages.criteria import Judged, Row
from services.placements.remedies import Approval
from services.residential import public as residential

Tag = tuple[str, str]
"""Words and the colour of a tag."""


class Said(msgspec.Struct, frozen=True):
    """One call of the log."""

    outcome: str
    colour: str
    text: str
    note: str


class Mark(msgspec.Struct, frozen=True):
    """What became of asking a home, or one outside: a tag, when and for which request, and where it is read in full."""

    who: str
    kind: str
    tag: Tag
    text: str
    reason: str
    href: str
    clock: str = ""
    late: bool = False


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One home: what decides whether to ring, and the rest behind it."""

    id: str
    href: str
    title: str
    own: bool
    kind: str
    facts: list[str]
    days: int | None
    stale_after: int
    unknown: list[str]
    outcome: Tag | None
    fit: list[tuple[str, str]]
    takes: list[str]
    approval: str
    price: str
    agreement: str
    ring: str
    phone: str
    register: str
    summary: str
    must: list[Row]
    should: list[Row]
    calls: list[Said]
    asked: list[Mark]
    ask: str


class Part(msgspec.Struct, frozen=True):
    """Who of the children would live in one home of a plan."""

    who: str
    title: str
    href: str
    own: bool
    facts: list[str]
    conditions: list[str]


class PlanCard(msgspec.Struct, frozen=True):
    """One plan, or several that put all children into one home."""

    title: str
    parts: list[Part]
    note: str


def title_of(home: FoundHome | PlanHome) -> str:
    """What a home is called: its household if it is one's own, else whose it is and the area shown."""
    if home.household is not None:
        return home.household.label
    return home.owner.name if _wide(home) else f"{home.owner.name} · {words.area(home.notice.area)}"


def _wide(home: FoundHome | PlanHome) -> bool:
    """Whether the area shown is all of its owner's, so that naming both would say one thing twice."""
    return not home.own and home.notice.area == home.owner.name


def address(offer_id: UUID, search_id: UUID | None) -> str:
    """Where the notice is read in full, as it fits a search."""
    return f"/placements/offers/{offer_id}" + (f"?search={search_id}" if search_id else "")


def approval(given: Approval) -> str:
    """The approval a placement implies, with its source."""
    return given.text if given.route == "none" else f"{given.text.removesuffix('.')} (regulation 11)."


def price(home: FoundHome, children: int) -> str:
    """What the home costs a week, as "About £420 a week, agreed tariff of Birkdale"; empty where nothing is told."""
    if home.price is None:
        return ""
    low, high = (
        money(amount.quantize(Decimal(1), ROUND_HALF_UP)) for amount in (home.price.weekly_from, home.price.weekly_to)
    )
    them = f" for {plural(children, 'child', 'children')}" if children > 1 else ""
    if low == high:
        amount = f"About {low} a week{them}"
    elif home.price.by == "tariff":
        amount = f"About {low} a week{them}, {high} with the carers’ fee for skills"
    else:
        amount = f"About {low} to {high} a week{them} by level of need"
    return f"{amount}, {'your own price list' if home.own else f'{_BY[home.price.by]} of {home.owner.name}'}"


_BY = {"tariff": "agreed tariff", "price_list": "price list"}


class Contact(msgspec.Struct, frozen=True):
    """Whom to ring about a home, and its page in the register for whoever may read that."""

    name: str
    phone: str
    register: str


async def contacts(uow: Uow, homes: Sequence[FoundHome], principal: Principal) -> dict[UUID, Contact]:
    """Whom to ring about one's own homes, by offer: the supervising social worker or the home's manager, never
    carers.
    """
    own = [home.offer_id for home in homes if home.own and home.notice.kind == "foster_home"]
    behind = await fostering.homes(uow, own) if own else {}
    found = {
        offer: Contact(
            f"{home.supervising_worker}, supervising social worker"
            if home.supervising_worker
            else "Your own duty desk",
            home.duty_number,
            home.path if principal.may("household:read") else "",
        )
        for offer, home in behind.items()
        if home.duty_number
    }
    of_children = [home.offer_id for home in homes if home.own and home.notice.kind != "foster_home"]
    managed = await residential.homes_of_offers(uow, of_children) if of_children else {}
    return found | {
        offer: Contact(
            f"{one.manager_name}, manager" if one.manager_name else one.name,
            one.contact_number,
            one.path if principal.may("residential:read") else "",
        )
        for offer, one in managed.items()
        if one.contact_number
    }


def card(
    judged: Judged,
    search_id: UUID | None,
    calls: Sequence[Call],
    contact: Contact | None = None,
    *,
    asked: Sequence[Mark] = (),
    ask: str = "",
) -> Card:
    """One home as a card; `contact` is whom to ring, if it is not the duty desk of the home's authority.

    `asked` says what became of asking it before, `ask` is where it can be asked; empty where it cannot.
    """
    home = judged.home
    must, should = criteria.must(judged), criteria.should(judged)
    return Card(
        id=str(home.offer_id),
        href=address(home.offer_id, search_id),
        title=title_of(home),
        own=home.own,
        kind=words.KINDS[home.notice.kind],
        facts=facts(home, judged.today),
        days=home.days_since_confirmed,
        stale_after=judged.stale_after,
        unknown=[
            f"{row.name}: {'to be checked' if row.name == _KEEP_AWAY else 'not known'}" for row in _of(must, "unknown")
        ],
        outcome=_outcome(home.last_call),
        fit=_fit(must, should),
        takes=[remedy.text for remedy in home.needs],
        approval=approval(home.approval),
        price=price(home, len(judged.asked.ages)),
        agreement=home.agreement.title if home.agreement else "",
        ring=contact.name if contact else f"{home.owner.name} duty desk",
        phone=contact.phone if contact else home.owner.duty_number,
        register=contact.register if contact else "",
        summary=_summary([*must, *should]),
        must=must,
        should=should,
        calls=[said(call) for call in calls],
        asked=list(asked),
        ask=ask,
    )


_KEEP_AWAY, _FRESH = words.CRITERIA["keep_away"], words.CRITERIA["fresh"]


def facts(home: FoundHome, today: date) -> list[str]:
    """The headline after the name: where, how far, from when, which ages, how many places."""
    notice = home.notice
    wide = ["somewhere in its area"] if _wide(home) else []
    where = [words.area(notice.area).removeprefix("somewhere in ")] if home.own else wide
    judged = [words.judgement(notice.home)] if notice.home else []
    return [*where, *distances(home), *_room(notice, today), *judged]


def distances(home: FoundHome | PlanHome) -> list[str]:
    """How far from home and school, where they were given."""
    exact = home.distance == "exact"
    of = [("home", home.miles_from_home), ("school", home.miles_from_school)]
    known = [(place, at) for place, at in of if at is not None]
    if len(known) == 1:
        return [miles(known[0][1], exact=exact)]
    return [f"{miles(at, exact=exact)} from {place}" for place, at in known]


def _room(notice: Notice, today: date) -> list[str]:
    only = [words.sexes(notice.sex)] if notice.sex != "any" else []
    return [
        words.free(notice.free_from, notice.free_until, today),
        words.ages(notice.age_min, notice.age_max),
        *only,
        criteria.places(notice),
    ]


def _of(rows: Sequence[Row], result: str) -> list[Row]:
    return [row for row in rows if row.result == result]


def _fit(must: Sequence[Row], should: Sequence[Row]) -> list[tuple[str, str]]:
    """What is met and what is not, a line each. How fresh it is and which musts are not known, the tags say."""
    wishes = [row for row in should if row.name != _FRESH]
    parts = [
        ("Meets", _of([*must, *wishes], "met")),
        ("Not known", _of(wishes, "unknown")),
        ("Does not meet", _of([*must, *wishes], "not_met")),
    ]
    named = [(title, sentence(words.inside(row.name) for row in rows)) for title, rows in parts]
    return [(title, names[:1].upper() + names[1:]) for title, names in named if names]


def _summary(rows: Sequence[Row]) -> str:
    counts = [("met", "met"), ("not_met", "not met"), ("unknown", "not known")]
    return ", ".join(f"{len(_of(rows, result))} {name}" for result, name in counts if _of(rows, result))


def _outcome(code: str | None) -> Tag | None:
    return (words.OUTCOMES[code], words.OUTCOME_COLOURS[code]) if code else None


def said(call: Call) -> Said:
    """One call as a line of the log."""
    when = f"{clock(call.at)} {ago(call.at.date()) if ago(call.at.date()) in _NEAR else short_date(call.at)}"
    many = f", for {call.children}" if call.children else ""
    who = f" ({call.made_by})" if call.made_by else ""
    return Said(words.OUTCOMES[call.outcome], words.OUTCOME_COLOURS[call.outcome], f"{when}{many}{who}", call.note)


_NEAR = ("today", "yesterday")


def by_offer(calls: Sequence[Call]) -> Mapping[UUID, list[Call]]:
    """The log of each home, in the order given."""
    found: dict[UUID, list[Call]] = {}
    for call in calls:
        found.setdefault(call.offer_id, []).append(call)
    return found


def plans(found: Found, search_id: UUID, here: frozenset[UUID]) -> list[PlanCard]:
    """The plans; those for one home together. A home that is on the page is linked there."""
    one = [plan for plan in found.plans if len(plan.homes) == 1]
    several = [plan for plan in found.plans if len(plan.homes) > 1]
    together = [_plan("Together in one home", one, found.asked, search_id, here)] if one else []
    return together + [_plan(_homes(len(plan.homes)), [plan], found.asked, search_id, here) for plan in several]


def _homes(count: int) -> str:
    return f"In {_NUMBERS[count]} homes"


_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}


def _plan(title: str, of: Sequence[Plan], asked: Asked, search_id: UUID, here: frozenset[UUID]) -> PlanCard:
    parts = [_part(home, asked, search_id, here) for plan in of for home in plan.homes]
    parted = max(plan.parted for plan in of)
    return PlanCard(title, parts, "This parts children who should live together." if parted else "")


def _part(home: PlanHome, asked: Asked, search_id: UUID, here: frozenset[UUID]) -> Part:
    everybody = len(home.children) == len(asked.ages)
    who = "" if everybody else sentence(words.child(asked.ages[n - 1], asked.sexes[n - 1]) for n in home.children)
    href = f"#home-{home.offer_id}" if home.offer_id in here else address(home.offer_id, search_id)
    needed = {"nominated_officer": "nominated officer", "director": "director"}
    route = needed.get(home.approval.route)
    return Part(
        who[:1].upper() + who[1:],
        title_of(home),
        href,
        home.own,
        [*distances(home), *([route] if route else [])],
        [condition.text for condition in home.conditions],
    )
