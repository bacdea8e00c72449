"""What is told to whom, and when a clock is about to run out: pure, by the tables of `data`.

news.csv says for each kind of news and side whom it concerns where the record is nobody's work, and the page to go to:
`home` is whoever keeps homes of that kind, `duty` the out-of-hours worker, who is told in an emergency alone.
steps.csv says which step of the path is news by itself; what waits follows from how things stand (`waits`).
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from careshare.notifications import News
from services.placements.matches import rules as consents

PACKAGE: Final = "services.placements.news"

Side = Literal["placing", "providing", "asked"]

AHEAD: Final = timedelta(days=1)
"""The longest before its end that a clock is said to be running out; a short one in the last quarter of its time."""
KEEPERS: Final[Mapping[str, str]] = {"foster_home": "fostering_officer"}
"""Whoever keeps the homes of a kind; the manager of children's homes for the others."""
MANAGER: Final = "residential_manager"
DUTY: Final = "out_of_hours"
BY_LAW: Final = frozenset({"nominated_officer", "director", "key_stage_4"})
"""Approvals that are an office's own, whoever does the work of the case."""
TOO_MANY: Final = frozenset({"social_worker"})
"""Who may answer for their own child, but is not told of everybody's."""


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of news.csv."""

    kind: str
    side: Side
    roles: tuple[str, ...]
    path: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An enquiry as it stands for the bound authority, which is one side of it or, of its own homes, both.

    `asker` and `answerer` are whose work it is on each side, where that side is the bound authority.
    """

    id: UUID
    stage: str
    kind: str
    emergency: bool
    placing: bool
    providing: bool
    respond_by: datetime
    moved_at: datetime
    unconfirmed: bool
    confirm_by: datetime | None
    request_id: UUID | None
    subject_id: UUID | None
    asker: UUID | None
    answerer: UUID | None
    hold_id: UUID | None
    hold_stage: str | None
    hold_until: datetime | None

    @property
    def sides(self) -> tuple[Side, ...]:
        """Which sides of it the bound authority is."""
        return (*(("placing",) if self.placing else ()), *(("providing",) if self.providing else ()))


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that the bound authority answers for, open to be answered now: what comes before it is given."""

    id: UUID
    kind: str
    side: Side
    asked_at: datetime
    due_at: datetime | None


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """A placement of an enquiry; `owed` are the occasions of notices not sent, with the earliest due moment of each."""

    id: UUID
    stage: str
    starts_at: datetime
    owed: Sequence[tuple[str, datetime]]


@cache
def kinds() -> Mapping[tuple[str, Side], Kind]:
    """news.csv by kind and side."""
    rows = [{**row, "roles": row["roles"].split()} for row in _rows("news.csv")]
    found = msgspec.convert(rows, list[Kind], strict=False)
    return {(one.kind, one.side): one for one in found}


@cache
def steps() -> Mapping[tuple[str, str, str], str]:
    """steps.csv: which kind of news a step of a machine is for a side."""
    return {(row["machine"], row["step"], row["side"]): row["kind"] for row in _rows("steps.csv")}


def _rows(name: str) -> list[dict[str, Any]]:
    source = (files(PACKAGE) / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(source.splitlines()))


def waits(case: Case, wanted: Sequence[Consent] = (), placements: Sequence[Placement] = ()) -> Iterator[News]:
    """Everything about an enquiry that waits for the bound authority as it stands now."""
    moved = case.moved_at.isoformat()
    if case.providing:
        if case.stage == "sent":
            yield news(case, "providing", "answer_enquiry", event="sent", due=case.respond_by)
        if case.unconfirmed:
            yield news(case, "providing", "confirm_answer", event=moved, due=case.confirm_by)
        if case.stage == "proposed":
            yield news(case, "providing", "list_consents", event=moved)
        if case.hold_stage == "asked":
            yield news(case, "providing", "grant_hold", event=str(case.hold_id))
    if case.placing and case.stage == "accepted" and not case.unconfirmed:
        yield news(case, "placing", "choose_home", event="accepted")
    for one in wanted:
        yield consent(case, one, "consent", event=one.asked_at.isoformat())
    for placement in placements:
        if case.providing and placement.stage == "ready":
            yield news(
                case, "providing", "record_start", event="ready", due=placement.starts_at, placement=placement.id
            )
        if case.placing:
            for occasion, due in placement.owed:
                yield news(case, "placing", "notices_owed", event=occasion, due=due, placement=placement.id)


def came(case: Case, machine: str, step: str, *, event: str, about: UUID | None) -> Iterator[News]:
    """What a step is by itself to the bound authority: an answer that came back, a hold that ended, a message."""
    for side in case.sides:
        kind = steps().get((machine, step, side))
        if kind is not None:
            subject = about if machine == "consent" else None
            due = case.hold_until if kind == "hold_granted" else None
            placement = about if machine == "placement" else None
            yield news(case, side, kind, event=event, due=due, subject=subject, placement=placement)


def consent(case: Case, one: Consent, kind: str, *, event: str) -> News:
    """News of a consent: to whoever may decide it, by law or because it is their work."""
    by_law = one.kind in BY_LAW
    told = news(
        case, one.side, kind, event=event, due=one.due_at, subject=one.id, roles=deciders(one.kind, case.emergency)
    )
    return msgspec.structs.replace(told, person=None) if by_law else told


def deciders(kind: str, emergency: bool) -> list[str]:
    """The roles that are told of a consent of a kind."""
    roles = [role for role in consents.kinds()[kind].roles if role not in TOO_MANY]
    return [role for role in roles if emergency or role != DUTY]


def news(
    case: Case,
    side: Side,
    kind: str,
    *,
    event: str,
    due: datetime | None = None,
    subject: UUID | None = None,
    placement: UUID | None = None,
    roles: Sequence[str] | None = None,
) -> News:
    """News of a kind for one side of an enquiry. Raises LookupError where news.csv has no such line."""
    line = kinds()[kind, side]
    return News(
        kind=kind,
        subject=subject or placement or case.id,
        event=event,
        path=line.path.format(enquiry=case.id, placement=placement),
        roles=_roles(line, case) if roles is None else roles,
        person=case.asker if side == "placing" else case.answerer,
        records=[one for one in (case.id, case.request_id, case.subject_id) if one is not None],
        due=due,
    )


def _roles(line: Kind, case: Case) -> list[str]:
    meant = {"home": KEEPERS.get(case.kind, MANAGER), "duty": DUTY}
    return [meant.get(role, role) for role in line.roles if case.emergency or role != "duty"]


def runs_out_soon(started: datetime, due: datetime, now: datetime) -> bool:
    """Whether a clock is in the last quarter of its time, and in its last day; no longer once it has run out."""
    return due - min(AHEAD, (due - started) / 4) <= now < due
