"""Answering: accept after the register's checks, decline with a reason that stays, by telephone, withdraw, lapse."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound, Unprocessable
from services.placements import clocks, steps
from services.placements.enquiries.actions.renew import renew
from services.placements.enquiries.codes import reasons
from services.placements.enquiries.model import ByTelephone, Decline, Withdraw
from services.placements.providers import PROVIDERS
from services.placements.queries import today
from services.placements.settings import own
from services.placements.terms import actions as terms
from tenants.places import ChildToPlace, Problem

# The row is held, so that two people who answer at once do so one after the other.
MINE = text("""
select e.id, e.kind, e.stage, e.emergency, e.starts, e.ends, e.children, e.unconfirmed, e.placing_id, e.providing_id,
  e.agreement_id,
  a.subject_id, cast(p.body as text) as profile, g.gss_code as placing_gss
from placements.enquiry e
join placements.answering a on a.authority_id = e.providing_id and a.enquiry_id = e.id
join placements.child_profile p on p.enquiry_id = e.id and p.authority_id = e.placing_id
join tenants.authority g on g.id = e.placing_id
where e.providing_id = (select careshare.authority()) and e.id = :id
""")
DESCRIBED = text("""
insert into placements.home_fuller (authority_id, enquiry_id, body)
values (careshare.authority(), :id, cast(:body as jsonb))
on conflict (authority_id, enquiry_id) do update set body = excluded.body, at = clock_timestamp()
""")
DECLINED = text("""
update placements.answering set declined_for = :reason, declined_note = :note
where authority_id = (select careshare.authority()) and enquiry_id = :id
""")
PARTIES = text("""
select placing_id, providing_id, agreement_id, careshare.authority() as me from placements.enquiry where id = :id
""")
SOUGHT_LATER: Final = frozenset({"usual_limit"})
"""What stands against a home and can still be put right by a consent: the area authority's exemption."""
# Places that are kept for these very children are theirs.
HELD = text("""
select claims from placements.hold
where providing_id = (select careshare.authority()) and enquiry_id = :id and stage = 'granted'
""")
NEAR_A_PLACE = text("select placements.near_a_place(:id)")
TOLD = text("""
select 1 from placements.keep_away_answer where authority_id = (select careshare.authority()) and enquiry_id = :id
""")
NEAR: Final = Problem(
    "keep_away", "There is a reason against this home that may not be told. Decline", overridable=False
)
STAND_IN_CARE: Final = "short_term"
"""The type of care that is checked where the request names none."""


class Answering(msgspec.Struct, frozen=True):
    """An enquiry as the providing side answers it, with the profile it was sent."""

    id: UUID
    kind: str
    stage: str
    emergency: bool
    starts: date
    ends: date | None
    children: int
    unconfirmed: bool
    placing_id: UUID
    providing_id: UUID
    agreement_id: UUID | None
    subject_id: UUID
    profile: dict[str, Any]
    placing_gss: str

    @property
    def care_type(self) -> str:
        """The type of care that was asked for."""
        return str(self.profile.get("care_type") or STAND_IN_CARE)

    @property
    def coming(self) -> list[ChildToPlace]:
        """The children by age and sex alone: who they are opens at the match, and is checked again at the start."""
        group = "siblings" if self.profile.get("siblings") else None
        return [
            ChildToPlace(
                reference=f"child {number}",
                born=_born(self.starts, int(child["age"])),
                sex=str(child["sex"]),
                sibling_group=group,
                responsible_gss=self.placing_gss,
            )
            for number, child in enumerate(self.profile["children"], 1)
        ]


def _born(day: date, age: int) -> date:
    """A birthday on the day itself so many years ago, which makes the child that age on it."""
    try:
        return day.replace(year=day.year - age)
    except ValueError:
        return date(day.year - age, 2, 28)


async def answering(uow: Uow, enquiry_id: UUID) -> Answering:
    """An enquiry about one of the bound authority's homes, while its profile is open to it. Raises NotFound."""
    row = (await uow.execute(MINE, {"id": enquiry_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return Answering(**{**row, "profile": msgspec.json.decode(row["profile"])})


async def problems(uow: Uow, enquiry: Answering) -> list[Problem]:
    """What stands against the children living in the home, by what is known of them now (`providers`)."""
    found = await PROVIDERS[enquiry.kind].checks(
        uow,
        enquiry.subject_id,
        enquiry.coming,
        starts=enquiry.starts,
        ends=enquiry.ends,
        care_type=enquiry.care_type,
        held=(await uow.execute(HELD, {"id": enquiry.id})).scalar_one_or_none() or [],
    )
    return [*found, NEAR] if await _near_a_place(uow, enquiry.id) else found


async def _near_a_place(uow: Uow, enquiry_id: UUID) -> bool:
    """Whether the home's exact point is near a place the children must keep away from; asked once, on both records."""
    told = (await uow.execute(TOLD, {"id": enquiry_id})).scalar_one_or_none() is not None
    try:
        near: bool | None = (await uow.execute(NEAR_A_PLACE, {"id": enquiry_id})).scalar_one()
    except DBAPIError as error:
        raise steps.meaning(error) from error
    if not told and near is not None:
        await on_record(uow, enquiry_id, "enquiry.keep_away_asked")
    return bool(near)


async def accept(uow: Uow, enquiry_id: UUID) -> list[Problem]:
    """Accept: the home is described to the other side, the fuller profile opens. What may be set aside, to be seen to.

    Outside the terms only in an emergency (SI 2010/959 regulation 23); what may never be set aside refuses. Raises
    NotFound, Conflict, and Unprocessable naming each ground.
    """
    enquiry = await answering(uow, enquiry_id)
    found = await problems(uow, enquiry)
    refuse(enquiry, found)
    await _describe(uow, enquiry)
    await steps.take(uow, enquiry_id, "accept")
    await on_record(uow, enquiry_id, "enquiry.accepted", after={"set_aside": [one.code for one in found]})
    return found


def refuse(enquiry: Answering, found: Sequence[Problem]) -> None:
    """Refuse what neither an emergency nor a consent could put right."""
    against = [one for one in found if one.code not in SOUGHT_LATER and not (one.overridable and enquiry.emergency)]
    if against:
        errors = [FieldError(one.code, one.message) for one in against]
        raise Unprocessable("The home may not take these children.", errors=errors)


async def confirm_answer(uow: Uow, enquiry_id: UUID) -> None:
    """Confirm an answer that the other side took on the telephone. Raises NotFound, Conflict, Unprocessable."""
    stage = await _stage(uow, enquiry_id)
    if stage == "accepted":
        enquiry = await answering(uow, enquiry_id)
        refuse(enquiry, await problems(uow, enquiry))
        await _describe(uow, enquiry)
    await steps.take(uow, enquiry_id, "confirm_answer")
    await on_record(uow, enquiry_id, "enquiry.answer_confirmed")


async def decline(uow: Uow, enquiry_id: UUID, given: Decline) -> None:
    """Decline: the true reason stays here, the other side sees the neutral one, and the profile closes again.

    Raises NotFound, Conflict, Invalid.
    """
    reason = reasons("decline", today()).get(given.reason)
    if reason is None:
        raise Invalid("Choose a reason.", errors=[FieldError("reason", "Choose why not from the list")])
    if (await _stage(uow, enquiry_id)) is None:
        raise NotFound
    await steps.take(uow, enquiry_id, "decline", code=reason.neutral)
    await uow.execute(DECLINED, {"id": enquiry_id, "reason": reason.code, "note": given.note.strip()})
    await on_record(uow, enquiry_id, "enquiry.declined", after={"reason": reason.code})
    await renew(uow, enquiry_id)


async def withdraw(uow: Uow, enquiry_id: UUID, given: Withdraw) -> None:
    """Ask no longer; the profile closes again. Raises NotFound, Conflict, Invalid."""
    if given.reason not in reasons("withdraw", today()):
        raise Invalid("Choose a reason.", errors=[FieldError("reason", "Choose why from the list")])
    await steps.take(uow, enquiry_id, "withdraw", code=given.reason)
    await on_record(uow, enquiry_id, "enquiry.withdrawn", after={"reason": given.reason})
    await renew(uow, enquiry_id)


async def by_telephone(uow: Uow, enquiry_id: UUID, given: ByTelephone) -> None:
    """Record an answer taken on the telephone, for the other side to confirm. A yes opens nothing of the home yet.

    Raises NotFound, Conflict, Invalid.
    """
    neutral = "" if given.accepted else given.reason
    if not given.accepted and neutral not in reasons("neutral", today()):
        raise Invalid("Choose a reason.", errors=[FieldError("reason", "Choose what they said from the list")])
    step = "accepted_by_telephone" if given.accepted else "declined_by_telephone"
    heard = given.heard_from.strip()
    due = clocks.due("telephone_answer", datetime.now(UTC), await own(uow))
    confirm_by = {"confirm_by": due.at.isoformat()}
    await steps.take(uow, enquiry_id, step, code=neutral, by_telephone=True, heard_from=heard, body=confirm_by)
    await on_record(uow, enquiry_id, "enquiry.answered_by_telephone", after={"accepted": given.accepted})


async def lapse(uow: Uow, enquiry_id: UUID) -> None:
    """Say that nobody answered in time; the profile closes again. Raises NotFound, Conflict while there is time."""
    await steps.take(uow, enquiry_id, "lapse")
    await on_record(uow, enquiry_id, "enquiry.lapsed")
    await renew(uow, enquiry_id)


async def _describe(uow: Uow, enquiry: Answering) -> None:
    """What opens of the home with a yes: what it is, what it would cost; and the assessment that a match will need."""
    provider = PROVIDERS[enquiry.kind]
    body = await provider.fuller(uow, enquiry.subject_id, enquiry.starts)
    body["area_gss"] = await provider.area_of(uow, enquiry.subject_id)  # by it the approval is decided (CPPCR reg 11)
    await uow.execute(DESCRIBED, {"id": enquiry.id, "body": msgspec.json.encode(body).decode()})
    await terms.offer(
        uow,
        enquiry.id,
        enquiry.kind,
        home_id=enquiry.subject_id,
        starts=enquiry.starts,
        children=enquiry.children,
    )
    await terms.begin_assessment(uow, enquiry.id, enquiry.kind)


async def _stage(uow: Uow, enquiry_id: UUID) -> str | None:
    found = await uow.execute(
        text("select stage from placements.enquiry where providing_id = (select careshare.authority()) and id = :id"),
        {"id": enquiry_id},
    )
    stage: str | None = found.scalar_one_or_none()
    return stage


async def on_record(uow: Uow, enquiry_id: UUID, action: str, *, after: object = None) -> None:
    """The actor's own entry, and the other side's: an enquiry is both parties' record."""
    row = (await uow.execute(PARTIES, {"id": enquiry_id})).one()
    other = row.providing_id if row.me == row.placing_id else row.placing_id
    await audit.record(uow, action, subjects=[enquiry_id], after=after)
    if other != row.me:
        await audit.record(uow, action, subjects=[enquiry_id], owner_id=other, agreement_id=row.agreement_id)
