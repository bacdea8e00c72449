"""What a search answers: the same for pages and API. Rows of the statement become these Structs and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from services.placements.judged import HARD, Asked, Outcome, Room, Verdict
from services.placements.need import Kind, Need
from services.placements.plans import Candidate
from services.placements.remedies import Approval, Remedy, approval, remedies

Word = Literal["met", "not_met", "unknown"]
_WORDS: Final[Mapping[int | None, Word | None]] = {0: "not_met", 1: "unknown", 2: "met", None: None}


class Hard(msgspec.Struct, frozen=True):
    """How the home stands to each hard criterion; null where it was not asked for."""

    age: Word | None
    sex: Word | None
    places: Word | None
    care_type: Word | None
    free_from: Word | None
    free_until: Word | None
    limit: Word | None
    bedrooms: Word | None
    adaptations: Word | None
    no_pets: Word | None
    alongside: Word | None
    keep_away: Word | None
    apart: Word | None


class Soft(msgspec.Struct, frozen=True):
    """How the home stands to each soft criterion; null where it was not asked for."""

    near_home: Word | None
    near_school: Word | None
    skills: Word | None
    communication: Word | None
    language: Word | None
    religion: Word | None
    culture: Word | None
    pets_wanted: Word | None
    company: Word | None
    together: Word | None
    fresh: Word | None


class OfHome(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice says of a children's home or supported accommodation beside what it says of any home.

    `kept_as` "proxy": the home's owner is not on Careshare. `category` is supported accommodation's, 1 to 4. Ofsted's
    judgement stands with its year alone. Codes are those of `home_sector`, `home_purpose`, `need_level`, `judgement`.
    """

    sector: str
    kept_as: str
    category: int | None
    purposes: list[str]
    need_levels: list[str]
    judgement: str | None
    judged_year: int | None
    staffed_until: date
    education_on_site: bool
    short_break_only: bool


class Notice(msgspec.Struct, frozen=True):
    """The vacancy notice: all that other authorities may see of a home before an enquiry.

    `free_until` is the first day it is no longer free. `within_limit` is how many more children the usual fostering
    limit allows, `empty` that no fostered child is there. The ages of others there are the bounds of their bands. Null
    means not stated; `pets` empty means none.
    """

    kind: str
    care_types: list[str]
    age_min: int
    age_max: int
    sex: str
    places: int
    free_from: date
    free_until: date | None
    within_limit: int
    empty: bool
    bedrooms: int | None
    sharing: str | None
    solo: bool | None
    children_there: str | None
    youngest_there: int | None
    oldest_there: int | None
    pets: list[str] | None
    skills: list[str]
    communication: list[str]
    adaptations: list[str]
    languages: list[str] | None
    religions: list[str] | None
    cultures: list[str] | None
    area: str
    confirmed_on: date | None
    home: OfHome | None

    def room(self) -> Room:
        """What is judged anew for part of a group."""
        return Room(
            kind=self.kind,
            age_min=self.age_min,
            age_max=self.age_max,
            sex=self.sex,
            places=self.places,
            within_limit=self.within_limit,
            empty=self.empty,
            bedrooms=self.bedrooms,
            sharing=self.sharing,
            solo=self.solo,
            children_there=self.children_there,
            others_low=self.youngest_there,
            others_high=self.oldest_there,
        )


class Owner(msgspec.Struct, frozen=True):
    """The authority whose home it is, and the duty number to ring; never the carer's."""

    id: UUID
    name: str
    duty_number: str


class Shared(msgspec.Struct, frozen=True):
    """The agreement that lets a home be seen."""

    id: UUID
    title: str


class Household(msgspec.Struct, frozen=True):
    """One's own home behind the notice."""

    id: UUID
    label: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A home as it is shown: whose it is, how far, how fresh, whose approval it would need.

    Distances are straight lines in miles: of one's own homes exact, of others' whole miles from the centre of the area
    shown (`distance` says which). `last_call` is what was last said in this search.
    """

    offer_id: UUID
    own: bool
    owner: Owner
    agreement: Shared | None
    household: Household | None
    distance: Literal["exact", "about"]
    miles_from_home: float | None
    miles_from_school: float | None
    days_since_confirmed: int | None
    stale: bool
    approval: Approval
    last_call: Outcome | None
    notice: Notice


class Price(msgspec.Struct, frozen=True):
    """What a home costs a week for all of the children, in pounds: by its owner's tariff, or by its own price list.

    Two amounts differ where the level of need was not asked for, and by the carers' fee for skills. Other supplements
    are agreed at the match.
    """

    weekly_from: Decimal
    weekly_to: Decimal
    by: Literal["tariff", "price_list"]


class FoundHome(Seen, frozen=True, kw_only=True):
    """One home as it answers the need; `needs` is what a near miss would take.

    `price` is null where the agreement does not tell prices, and where there is none.
    """

    hard: Hard
    soft: Soft
    skills_met: int
    communication_met: int
    unknown: int
    needs: list[Remedy]
    price: Price | None
    score: float


class Condition(msgspec.Struct, frozen=True):
    """What a plan depends on: a hard criterion that is not known, or one that something could be done about."""

    criterion: str
    verdict: Word
    text: str


class PlanHome(Seen, frozen=True, kw_only=True):
    """Part of a plan: which children (counted from 1) would live in this home, and on which conditions."""

    children: list[int]
    conditions: list[Condition]


class Plan(msgspec.Struct, frozen=True):
    """A home for every child. `parted` counts wishes to be together that the plan does not keep."""

    parted: int
    homes: list[PlanHome]


class Excluded(msgspec.Struct, frozen=True):
    """How many of one's own homes fail this criterion; a home that fails several counts for each."""

    criterion: str
    homes: int


class Kinds(msgspec.Struct, frozen=True):
    """How many of the results are of each kind, the least institutional first."""

    foster_home: int
    supported_accommodation: int
    residential_home: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of a search found. `results` and `near_misses` may be fewer than there are; `total` counts results.

    `after` is where the next results begin, or None. `unmet_need_id` names the unmet need that was kept, if nothing
    can take the children.
    """

    asked: Asked
    today: date
    stale_after_days: int
    total: int
    by_kind: Kinds
    results: list[FoundHome]
    after: tuple[float, UUID] | None
    near_misses_total: int
    near_misses: list[FoundHome]
    plans: list[Plan]
    own_homes: int
    excluded: list[Excluded]
    unmet_need_id: UUID | None


class Call(msgspec.Struct, frozen=True):
    """What was said on the telephone about a result. `made_by` is null for somebody who has left."""

    id: UUID
    offer_id: UUID
    outcome: Outcome
    children: int | None
    note: str
    at: datetime
    made_by: str | None


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search of the authority. `request_id` names the placement request it was made for, if any."""

    id: UUID
    kind: Literal["tonight", "full"]
    need: Need
    reference: str | None
    made_at: datetime
    made_by: str | None
    calls: int
    request_id: UUID | None


class UnmetNeed(msgspec.Struct, frozen=True, kw_only=True):
    """A request that no shared home met. Places stand as outward codes. `closed_as` is null while it is open.

    `request_id` names the placement request whose need it is, where there is one. `kinds` are the kinds of home that
    were searched in vain, `found_kinds` those of the homes that closed it.
    """

    id: UUID
    reference: str | None
    need: Need
    kinds: list[Kind]
    first_at: datetime
    last_at: datetime
    searches: int
    near_misses: int
    closed_at: datetime | None
    closed_as: Literal["found", "lapsed"] | None
    found_kinds: list[Kind] | None
    request_id: UUID | None


# Values of the statement's first column; 3 is a home that was asked for by its id and is neither.
RESULT: Final = 1
NEAR_MISS: Final = 2
PLAN: Final = 4

# Where the statement's columns begin (search.sql, the last select).
_JUDGED: Final = 7
_WHO: Final = 17
_NOTICE: Final = 29
COLUMNS: Final = _NOTICE + len(Notice.__struct_fields__)

_WHOLE_GROUP: Final = tuple((name, HARD.index(name)) for name in ("free_until", "no_pets", "keep_away"))
"""Hard criteria that can be unknown and do not depend on which of the children it is."""
_RENAMED: Final = {"others_low": "youngest_there", "others_high": "oldest_there"}
_ROOM: Final = tuple(
    (name, Notice.__struct_fields__.index(_RENAMED.get(name, name))) for name in Room.__struct_fields__
)


_of_home = msgspec.json.Decoder(OfHome)


class Reader:
    """Turns rows of one run into homes; owners and agreements are made once."""

    def __init__(self, asked: Asked, today: date, stale_after_days: int) -> None:
        self.asked = asked
        self.today = today
        self.stale_after_days = stale_after_days
        self._owners: dict[UUID, Owner] = {}
        self._agreements: dict[UUID, Shared] = {}

    def home(self, row: Sequence[Any]) -> FoundHome:
        """One row as a home."""
        score, route, unknown, outcome, home, school, skills_met, communication_met, hard, soft = row[_JUDGED:_WHO]
        offer_id, owner_id, name, duty, agreement_id, title, own, subject, label, exact, area_authority, price = row[
            _WHO:_NOTICE
        ]
        hard_words: list[Word | None] = [_WORDS[verdict] for verdict in hard]
        soft_words: list[Word | None] = [_WORDS[verdict] for verdict in soft]
        said: list[Any] = [*row[_NOTICE:-1], None if row[-1] is None else _of_home.decode(row[-1])]
        notice = Notice(*said)
        owner = self._owners.get(owner_id)
        if owner is None:
            owner = self._owners[owner_id] = Owner(owner_id, name, duty)
        days = None if notice.confirmed_on is None else (self.today - notice.confirmed_on).days
        return FoundHome(
            offer_id=offer_id,
            own=own,
            owner=owner,
            agreement=self._agreement(agreement_id, title),
            household=Household(subject, label) if subject is not None else None,
            distance="exact" if exact else "about",
            miles_from_home=_miles(home, exact=exact),
            miles_from_school=_miles(school, exact=exact),
            hard=Hard(*hard_words),
            soft=Soft(*soft_words),
            skills_met=skills_met,
            communication_met=communication_met,
            unknown=unknown,
            needs=self._needs(hard, notice, name, area_authority) if row[0] == NEAR_MISS else [],
            price=_price(price, notice.kind),
            days_since_confirmed=days,
            stale=days is None or days > self.stale_after_days,
            approval=approval(route, area_authority, own=own, kind=notice.kind),
            last_call=outcome,
            score=score,
            notice=notice,
        )

    def candidate(self, row: Sequence[Any], *, to_home: bool) -> Candidate | None:
        """One row as a home for part of a group; None where they said no. Ranked by the way home, or else to school."""
        score, _route, _unknown, outcome, home, school, _skills, _communication, hard = row[_JUDGED : _WHO - 1]
        if outcome == "said_no":
            return None
        room = row[_NOTICE:]
        return Candidate(
            offer_id=row[_WHO],
            score=score,
            room=Room(**{name: room[place] for name, place in _ROOM}),
            unknown=[name for name, place in _WHOLE_GROUP if hard[place] == Verdict.UNKNOWN],
            miles=_miles(home if to_home else school, exact=row[_WHO + 9]),
        )

    def said_no(self, row: Sequence[Any]) -> bool:
        """Whether that is what was last said on the telephone."""
        return bool(row[_JUDGED + 3] == "said_no")

    def left_open(self, row: Sequence[Any], *, to_home: bool) -> tuple[int, float]:
        """What plans rank homes by that fail nothing: how much is not known, then how far it is."""
        unknown, _outcome, home, school = row[_JUDGED + 2 : _JUDGED + 6]
        return unknown, _miles(home if to_home else school, exact=row[_WHO + 9]) or 0.0

    def _agreement(self, agreement_id: UUID | None, title: str | None) -> Shared | None:
        if agreement_id is None:
            return None
        found = self._agreements.get(agreement_id)
        if found is None:
            found = self._agreements[agreement_id] = Shared(agreement_id, title or "")
        return found

    def _needs(self, verdicts: Sequence[int | None], notice: Notice, owner: str, area: str | None) -> list[Remedy]:
        failing = [name for name, verdict in zip(HARD, verdicts, strict=True) if verdict == Verdict.NOT_MET]
        return remedies(notice, self.asked, failing, owner=owner, area=area)


def _price(weekly: Sequence[Decimal | None] | None, kind: str) -> Price | None:
    """No amounts, or none at all: nothing is told."""
    if weekly is None or weekly[0] is None or weekly[1] is None:
        return None
    return Price(weekly[0], weekly[1], "tariff" if kind == "foster_home" else "price_list")


def _miles(distance: float | None, *, exact: bool) -> float | None:
    """Exact distances to a tenth of a mile, the others in whole miles."""
    return None if distance is None else round(distance, 1) if exact else float(round(distance))
