"""What people do about a match: propose it, list what the home's side needs, answer consents. Each is recorded."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare import audit
from careshare.access import require_step_up
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unprocessable
from careshare.identity import principal_of
from services.placements import clocks, steps
from services.placements.enquiries.actions.answer import SOUGHT_LATER, answering, on_record, refuse
from services.placements.enquiries.actions.answer import problems as register_problems
from services.placements.follows import follow_up
from services.placements.matches import rules
from services.placements.matches.model import Answered, Propose, Reasons
from services.placements.matches.rules import Needed, Where
from services.placements.providers import PROVIDERS
from services.placements.settings import own
from services.placements.terms.actions import begin_assessment, weekly_offered
from tenants.places import Other, responsible

PLACING = text("""
select e.id, e.stage, e.kind, e.emergency, e.starts, e.placing_id, e.providing_id, m.gss_code as placing_gss,
  o.gss_code as providing_gss, cast(h.body as text) as home,
  gazetteer.adjoin(m.gss_code, h.body->>'area_gss') as adjoins
from placements.enquiry e
join tenants.authority m on m.id = e.placing_id join tenants.authority o on o.id = e.providing_id
left join placements.home_fuller h on h.authority_id = e.providing_id and h.enquiry_id = e.id
where e.placing_id = (select careshare.authority()) and e.id = :id
""")
LIST = text("""
insert into placements.consent (id, enquiry_id, by_id, kind, decider_id, decider_name, required, after, due_at)
values (:id, :enquiry, careshare.authority(), :kind, cast(:decider as uuid), :decider_name, :required, :after, :due_at)
""")
ASK = text("""
insert into placements.consent_asked (asker_id, decider_id, id, kind, question, due_at)
values (careshare.authority(), :decider, :id, :kind, cast(:question as jsonb), :due_at)
""")
ON_CARESHARE = text("""
select a.id, a.gss_code, a.name from tenants.authority a
where a.gss_code = any(:codes) and (a.ends is null or a.ends > current_date)
""")
AREA_NAMES = text("select gss_code, name from gazetteer.local_authority where gss_code = any(:codes)")
NAMED = text("""
insert into placements.home_identity (authority_id, enquiry_id, body)
values (careshare.authority(), :id, cast(:body as jsonb))
on conflict (authority_id, enquiry_id) do update set body = excluded.body, at = clock_timestamp()
""")
CONSENT = text("""
select c.id, c.enquiry_id, c.kind, c.by_id, c.decider_id, c.state, careshare.authority() as me
from placements.consent c where c.id = :id
""")
ASKED = text("""
select a.id, a.kind, a.asker_id, a.state from placements.consent_asked a
where a.decider_id = (select careshare.authority()) and a.id = :id
""")
ANSWER = text("""
insert into placements.consent_answer (by_id, consent_id, answer, role, by_telephone, heard_from, confirm_by, body)
values (careshare.authority(), :id, :answer, :role, :by_telephone, :heard_from, :confirm_by, cast(:body as jsonb))
""")

CHOSEN = text("""
insert into placements.choice (authority_id, enquiry_id, reasons, gaps)
values (careshare.authority(), :id, :reasons, :gaps)
on conflict (authority_id, enquiry_id) do update set reasons = excluded.reasons, gaps = excluded.gaps,
  version = choice.version + 1, made_by = careshare.actor(), at = clock_timestamp()
""")

BY_LAW: Final = frozenset({"nominated_officer", "director", "key_stage_4"})
"""Approvals that ask for a confirmed person (step-up) and what the law wants done before (CPPCR reg 11(2))."""


async def propose(uow: Uow, enquiry_id: UUID, given: Propose, *, now: datetime | None = None) -> None:
    """Choose a home that accepted: what the placing side needs is listed, each with its clock, and the match proposed.

    Raises NotFound; Conflict where it was not accepted or somebody proposed it meanwhile; Unprocessable while an answer
    by telephone is not confirmed.
    """
    row = (await uow.execute(PLACING, {"id": enquiry_id})).one_or_none()
    if row is None:
        raise NotFound
    home: dict[str, Any] = msgspec.json.decode(row.home) if row.home else {}
    ours = row.placing_id == row.providing_id
    where = Where(row.placing_gss, row.providing_gss, home.get("area_gss"), row.adjoins, approved_here=ours)
    needed = rules.placing_needs(where, emergency=row.emergency, key_stage_4=given.key_stage_4)
    question = {"kind": row.kind, "from": row.starts.isoformat(), "emergency": row.emergency}
    moment = now or datetime.now(UTC)
    await _list(uow, enquiry_id, needed, emergency=row.emergency, question=question, moment=moment)
    await steps.take(uow, enquiry_id, "propose")
    if given.reasons.strip() or given.gaps.strip():
        await record_reasons(uow, enquiry_id, given)
    await on_record(uow, enquiry_id, "match.proposed", after={"route": rules.route(where)})
    await follow_up(uow, enquiry_id, "enquiry", "propose")


async def record_reasons(uow: Uow, enquiry_id: UUID, given: Reasons) -> None:
    """Say why this home was chosen, for the matching record; what was said before is replaced.

    Raises NotFound where the enquiry is not the bound authority's own; Invalid where nothing is said.
    """
    if (await uow.execute(PLACING, {"id": enquiry_id})).first() is None:
        raise NotFound
    reasons, gaps = given.reasons.strip(), given.gaps.strip()
    if not reasons:
        message = "Say why this home meets the child’s needs"
        raise Invalid(message, errors=[FieldError("reasons", message)])
    await uow.execute(CHOSEN, {"id": enquiry_id, "reasons": reasons, "gaps": gaps})
    # What is said there may name people: the record tells that it was said, not what.
    await audit.record(uow, "match.reasons", subjects=[enquiry_id], after={"gaps": bool(gaps)})


async def list_consents(uow: Uow, enquiry_id: UUID, *, now: datetime | None = None) -> None:
    """Answer a proposal with what the home's side needs, after the register's checks; the match then waits for
    consents.

    Every other authority with a child in the home is asked without learning who the new child is or whose. Raises
    NotFound, Conflict, and Unprocessable naming each ground that no consent could put right.
    """
    enquiry = await answering(uow, enquiry_id)
    found = await register_problems(uow, enquiry)
    refuse(enquiry, found)
    provider = PROVIDERS[enquiry.kind]
    area = await provider.area_of(uow, enquiry.subject_id)
    others = await provider.others_there(uow, enquiry.subject_id, enquiry.starts, enquiry.ends)
    where = Where(enquiry.placing_gss, await _own_gss(uow), area, None)
    over = any(one.code in SOUGHT_LATER for one in found)
    asked_of = responsible(others, where.placing, where.providing)
    needed = rules.providing_needs(where, enquiry.kind, asked_of, emergency=enquiry.emergency, over_limit=over)
    named = await provider.identity(uow, enquiry.subject_id)
    await begin_assessment(uow, enquiry_id, enquiry.kind)
    await uow.execute(NAMED, {"id": enquiry_id, "body": msgspec.json.encode(named).decode()})
    moment = now or datetime.now(UTC)
    for one in needed:
        question = _question(one, others, enquiry.starts, enquiry.children, named)
        await _list(uow, enquiry_id, [one], emergency=enquiry.emergency, question=question, moment=moment)
    await steps.take(uow, enquiry_id, "list_consents")
    await on_record(uow, enquiry_id, "match.consents_listed", after={"kinds": [one.kind for one in needed]})
    await follow_up(uow, enquiry_id, "enquiry", "list_consents")


def _question(
    needed: Needed, others: Sequence[Other], starts: date, children: int, home: dict[str, Any]
) -> dict[str, Any]:
    """What a third authority is told: of its own children there, or for an exemption of the home in its area."""
    if needed.kind == "other_authority":
        theirs = [one.reference for one in others if one.responsible_gss == needed.decider]
        return {"your_children": theirs, "children": children, "from": starts.isoformat()}
    if needed.kind == "exemption":
        there = {"there": len(others), "children": children, "from": starts.isoformat()}
        return there | {name: home.get(name) for name in ("name", "postcode")}
    return {}


async def answer(uow: Uow, consent_id: UUID, given: Answered, *, now: datetime | None = None) -> UUID | None:
    """Give, refuse, take back or confirm one consent; the enquiry's id, or None for a third authority, which has none.

    Raises NotFound; Forbidden where the caller's roles may not decide it; StepUpRequired for an approval by law;
    Invalid; Conflict where it is another authority's to decide, out of order, decided already, or a yes to a price that
    is no longer offered.
    """
    row = (await uow.execute(CONSENT, {"id": consent_id})).one_or_none()
    third = None if row else (await uow.execute(ASKED, {"id": consent_id})).one_or_none()
    found = row or third
    if found is None:
        raise NotFound
    kind: str = found.kind
    role = _deciding_role(uow, kind, given)
    moment = now or datetime.now(UTC)
    values = {
        "id": consent_id,
        "answer": given.answer,
        "role": role,
        "by_telephone": given.by_telephone,
        "heard_from": given.heard_from.strip(),
        "confirm_by": clocks.due("telephone_approval", moment, await own(uow)).at if given.by_telephone else None,
        "body": msgspec.json.encode(given.body).decode(),
    }
    try:
        await uow.execute(ANSWER, values)
    except DBAPIError as error:
        raise steps.meaning(error) from error
    if row is not None and kind == "placing_authority" and given.answer == "given":
        await _to_the_price(uow, row.enquiry_id, given.weekly)
    if row is None:
        await audit.record(uow, "consent.answered", subjects=[consent_id], after={"kind": kind, "answer": given.answer})
        return None
    enquiry: UUID = row.enquiry_id
    after = {"kind": kind, "answer": given.answer, "by_telephone": given.by_telephone}
    await on_record(uow, enquiry, "consent.answered", after=after)
    if given.answer == "given" and any(kind in one.after for one in rules.kinds().values()):
        await follow_up(uow, enquiry, "consent", "answered", consent_id)  # what comes after it waits from now on
    return enquiry


async def _to_the_price(uow: Uow, enquiry_id: UUID, seen: Decimal | None) -> None:
    """Refuse a yes to another price than the home offers now: from the yes on it stands. Raises Conflict."""
    now = await weekly_offered(uow, enquiry_id)
    if seen is not None and now is not None and seen != now:
        raise Conflict(f"The home’s price is now £{now:,} a week. Look at it, and answer again.")


def _deciding_role(uow: Uow, kind: str, given: Answered) -> str:
    """The caller's role that decides this, or who answered on the telephone; refuses whoever may not."""
    principal = principal_of(uow)
    if given.by_telephone:
        if not given.heard_from.strip():
            message = "Say in which role they answered"
            raise Invalid(message, errors=[FieldError("heard_from", message)])
        return ""
    allowed = rules.kinds()[kind].roles
    role = next((one for one in allowed if one in principal.roles), None)
    if role is None:
        raise Forbidden("Another role decides this.")
    if kind in BY_LAW:
        require_step_up(principal)
        missing = [
            name
            for name in ("relatives_consulted", "wishes_heard", "reviewing_officer_told")
            if given.answer == "given" and kind != "key_stage_4" and not getattr(given, name)
        ]
        if missing:
            errors = [FieldError(name, "The law wants this done before the approval") for name in missing]
            raise Unprocessable("Something must be done before this can be approved.", errors=errors)
    return role


async def _list(
    uow: Uow,
    enquiry_id: UUID,
    needed: Sequence[Needed],
    *,
    emergency: bool,
    question: dict[str, Any],
    moment: datetime,
) -> None:
    codes = sorted({one.decider for one in needed if one.decider})
    known = {row.gss_code: row for row in await uow.execute(ON_CARESHARE, {"codes": codes})} if codes else {}
    names = {row.gss_code: row.name for row in await uow.execute(AREA_NAMES, {"codes": codes})} if codes else {}
    set_here = await own(uow)
    for one in needed:
        decider = known.get(one.decider or "")
        clock = "outside_area_rest" if not one.required else f"consent_{'emergency' if emergency else 'planned'}"
        due = clocks.due(clock, moment, set_here)
        row = {
            "id": uuid4(),
            "enquiry": enquiry_id,
            "kind": one.kind,
            "decider": decider.id if decider else None,
            "decider_name": decider.name if decider else names.get(one.decider or "", ""),
            "required": one.required,
            "after": list(one.after),
            "due_at": due.at,
        }
        try:
            await uow.execute(LIST, row)
            if decider:
                await uow.execute(ASK, {**row, "question": msgspec.json.encode(question).decode()})
        except DBAPIError as error:
            raise steps.meaning(error) from error


async def _own_gss(uow: Uow) -> str:
    found = await uow.execute(text("select gss_code from tenants.authority where id = (select careshare.authority())"))
    gss: str = found.scalar_one()
    return gss
