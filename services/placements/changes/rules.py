"""Which request, enquiry, hold or placement is touched by what changed: pure rules, no database and no clock.

A case is what is flagged once: a placement; an enquiry, with whatever hold it has; or a request. Nothing here ends
anything: a flag asks people to look.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

from services.placements.changes.codes import Kind, Subject
from tenants.days import birthday
from tenants.places import Change

Side = Literal["placing", "providing", "both"]
Ages = Literal["birthday_3", "birthday_16", "birthday_18"]

AGES: Final[Mapping[str, int]] = {"birthday_3": 3, "birthday_16": 16, "birthday_18": 18}
BY_AGE: Final = frozenset({*AGES, "past_age_limit"})
"""Changes that follow from a child's date of birth."""
LATE_DAYS: Final = 56
"""So long after a birthday it is still flagged, should nothing have looked meanwhile. Careshare's own choice."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something of the bound authority's that goes on. `both`: its own child in its own home.

    `kind` is the kind of home, empty for a request. `born` are dates of birth by what tells the children apart.
    """

    subject: Subject
    side: Side
    began: date
    starts: date
    ends: date | None
    kind: str = ""
    request_id: UUID | None = None
    enquiry_id: UUID | None = None
    hold_id: UUID | None = None
    placement_id: UUID | None = None
    outside_placement_id: UUID | None = None
    home_id: UUID | None = None
    agreement_id: UUID | None = None
    other_id: UUID | None = None
    claims: frozenset[UUID] = frozenset()
    born: Mapping[str, date] = field(default_factory=dict[str, date])

    @property
    def id(self) -> UUID:
        """What tells cases apart."""
        found = self.placement_id or self.outside_placement_id or self.enquiry_id or self.request_id
        if found is None:
            raise ValueError("a case is about something")
        return found


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag as it is to be raised: once for each case, code and key."""

    case: Case
    code: str
    key: str
    on_day: date | None
    roles: tuple[str, ...]
    neutral: str | None

    @property
    def order(self) -> tuple[str, str, str]:
        """The order in which flags are raised, so that two runs never wait for each other crosswise."""
        return (str(self.case.id), self.code, self.key)


def digest(*parts: str) -> str:
    """Which event of a kind it is, without saying anything of it."""
    return sha256("\n".join(parts).encode()).hexdigest()[:32]


def roles(kind: Kind, side: Side, known: Mapping[str, Kind]) -> tuple[str, ...]:
    """For whom a flag is on a side. For one's own child in one's own home it is also for those the other side tells."""
    told = known[kind.neutral] if kind.neutral else None
    placing = (*kind.placing, *(told.placing if told and side == "both" else ()))
    providing = (*kind.providing, *(told.providing if told and side == "both" else ()))
    chosen = {"placing": placing, "providing": providing, "both": (*placing, *providing)}[side]
    return tuple(dict.fromkeys(chosen))


def touches(kind: Kind, case: Case, *, on: date, known: date | None, today: date) -> bool:
    """Whether a change of a kind, effective on a day, is to be flagged on a case today.

    `known` is the day by which the case must have begun for it to be news; None: it is news whenever it began.
    """
    return (
        case.subject in kind.touches
        and (not case.kind or case.kind in kind.kinds)
        and today >= on - timedelta(days=kind.ahead_days)
        and (case.ends is None or on < case.ends)
        and (known is None or known >= case.began)
    )


def flag(
    kind: Kind, case: Case, key: str, *, on: date, known: date | None, today: date, kinds: Mapping[str, Kind]
) -> Raised | None:
    """The flag of a change on a case; None where it is not touched, or is nobody's there."""
    whose = roles(kind, case.side, kinds)
    if not whose or not touches(kind, case, on=on, known=known, today=today):
        return None
    return Raised(
        case,
        kind.code,
        digest(key),
        on if kind.dated else None,
        whose,
        kind.neutral if case.side != "both" and case.subject != "request" else None,
    )


def of_homes(cases: Iterable[Case], changes: Iterable[Change], today: date, kinds: Mapping[str, Kind]) -> list[Raised]:
    """The flags of what one's own registers say of one's own homes."""
    at: dict[UUID, list[Case]] = {}
    for case in cases:
        if case.home_id is not None:
            at.setdefault(case.home_id, []).append(case)
    return [
        raised
        for one in changes
        for case in at.get(one.subject_id, [])
        if one.claims is None or not one.claims.isdisjoint(case.claims)
        if (raised := flag(kinds[one.code], case, one.key, on=one.on, known=one.known, today=today, kinds=kinds))
    ]


def of_birthdays(cases: Iterable[Case], today: date, kinds: Mapping[str, Kind]) -> list[Raised]:
    """The flags of birthdays that change something, ahead and lately, while the case goes on."""
    found: list[Raised] = []
    for case in cases:
        for child, born in case.born.items():
            for code, age in AGES.items():
                day = birthday(born, age)
                if day < today - timedelta(days=LATE_DAYS):
                    continue
                raised = flag(kinds[code], case, f"{child} {day}", on=day, known=day, today=today, kinds=kinds)
                if raised:
                    found.append(raised)
    return found


def of_agreements(
    cases: Iterable[Case], ends: Mapping[tuple[UUID, UUID], date], today: date, kinds: Mapping[str, Kind]
) -> list[Raised]:
    """The flags of agreements that end between two authorities; `ends` by agreement and case."""
    found: list[Raised] = []
    for case in cases:
        day = ends.get((case.agreement_id, case.id)) if case.agreement_id else None
        if day is None:
            continue
        key = f"{case.agreement_id} {day}"
        raised = flag(kinds["agreement_ends"], case, key, on=day, known=day, today=today, kinds=kinds)
        if raised:
            found.append(raised)
    return found


def of_plan(cases: Sequence[Case], code: str, on: date, today: date, kinds: Mapping[str, Kind]) -> list[Raised]:
    """The flags of a change of plan that a person records, on everything that goes on for the child."""
    found = [flag(kinds[code], case, on.isoformat(), on=on, known=None, today=today, kinds=kinds) for case in cases]
    return [one for one in found if one is not None]
