"""Drafting, amending, signing and leaving agreements for the bound authority. Each step is on every party's record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NoReturn
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, DomainError, FieldError, Invalid, PreconditionFailed
from careshare.identity import Principal
from tenants.agreements import queries
from tenants.agreements.codes import texts
from tenants.agreements.model import Agreement, Contact, Draft, Leaving, Signing, Terms
from tenants.agreements.record import record_step
from tenants.agreements.rules import LONDON, differences, problems, stated
from tenants.agreements.telling import tell_others

PATH: Final = "/agreements"

DRAFT = text("select tenants.draft_agreement(cast(:terms as jsonb), cast(:parties as uuid[]))")
AMEND = text("select tenants.amend_agreement(:agreement, :expected, cast(:terms as jsonb), cast(:parties as uuid[]))")
SIGN = text("""
    select signed, steps
    from tenants.sign_version(:agreement, cast(:expected as int), cast(:version as int), :name, :role)
""")
LEAVE = text("select over_at, steps from tenants.leave_agreement(:agreement, cast(:expected as int), :cause, :reason)")
CONTACT = text("select tenants.set_agreement_contact(:agreement, :role, :telephone, :email)")
KEEP = text("select agreement_id, steps from tenants.keep_agreements()")
STAY = text("select tenants.stay_in_agreement(:agreement, cast(:expected as int))")
WITHDRAW = text("select tenants.withdraw_proposal(:agreement, cast(:expected as int))")
NOW = text("select now() as now, careshare.authority() as me")

STAYING_REFUSED: dict[int, DomainError] = {
    0: PreconditionFailed(),
    -1: Conflict("Your authority has given no notice that still runs"),
    -2: Conflict(
        "The others have gone on without your authority: a version that does not name it, or that it has not signed, "
        "stands or waits. Ask them to withdraw it, or to propose one that your authority signs"
    ),
}
WITHDRAWING_REFUSED: dict[int, DomainError] = {
    0: PreconditionFailed(),
    -1: Conflict("Nothing waits for signatures that could be withdrawn"),
    -2: Conflict("Another authority proposed this. Only it can withdraw it; yours can amend or decline it"),
}
NEITHER_PARTY = "Choose among the authorities of your region; your own takes part always"
REFUSED: dict[int, DomainError] = {
    0: PreconditionFailed(),
    -1: Conflict("This agreement is over, or your authority is leaving it"),
    -2: Invalid(
        NEITHER_PARTY,
        errors=[
            FieldError(
                "parties",
                "A party of an agreement in force cannot be put out, and one that has left cannot be brought back",
            )
        ],
    ),
    -3: Conflict("A new version that everybody has signed waits for its date; propose another once that has come"),
    -4: Invalid(
        "A day would be without terms",
        errors=[FieldError("starts", "The new version must start before the one in force has ended")],
    ),
}


async def draft(uow: Uow, draft: Draft, authority_id: UUID) -> UUID:
    """Propose a new agreement. It opens nothing before each party has signed. Raises Invalid naming each field."""
    terms = draft.terms()
    _check(terms)
    parties = _with(authority_id, draft.parties)
    made: UUID | None = await uow.scalar(DRAFT, {"terms": _json(terms), "parties": parties})
    if made is None:
        raise Invalid(NEITHER_PARTY, errors=[FieldError("parties", NEITHER_PARTY)])
    await record_step(uow, made, "agreement.drafted", parties=parties, version=1, terms=terms)
    return made


async def amend(uow: Uow, agreement_id: UUID, expected: int, draft: Draft, authority_id: UUID) -> int:
    """Change what is proposed; gives the number of the version that then waits for signatures.

    While nobody has signed, the proposal itself changes; after a signature, or for an agreement in force, a new version
    is made and signatures are given anew. The version in force stands until the new one is signed by all. Raises
    NotFound, Invalid, Conflict, and PreconditionFailed where it was changed meanwhile.
    """
    before = await queries.agreement(uow, agreement_id)
    terms = draft.terms()
    _check(terms)
    if terms.resource != before.resource:
        raise Invalid(errors=[FieldError("resource", "Another kind of place needs an agreement of its own")])
    parties = _with(authority_id, draft.parties)
    given = {"agreement": agreement_id, "expected": expected, "terms": _json(terms), "parties": parties}
    number: int = await uow.scalar(AMEND, given) or 0
    if number < 1:
        _refuse(REFUSED[number])
    was = before.proposed or before.current
    action = "agreement.amended" if before.proposed and before.proposed.version == number else "agreement.proposed"
    changed = differences(was.terms, stated(terms))
    await record_step(uow, agreement_id, action, version=number, changed=changed, before=was.terms, after=terms)
    return number


async def sign(uow: Uow, agreement_id: UUID, expected: int | None, signing: Signing, principal: Principal) -> None:
    """Sign the proposed version for the bound authority, in the signer's own name. The last signature brings it into
    force once its date has come. Raises NotFound, Invalid, Conflict and PreconditionFailed.
    """
    found = await queries.agreement(uow, agreement_id)
    if not signing.declared:
        raise Invalid(errors=[FieldError("declared", "Confirm that you may sign for your authority")])
    _unchanged(found, expected)
    if found.proposed is None or found.proposed.version != signing.version:
        raise Conflict("What you read is no longer what waits for signatures. Read it again.")
    await sign_for(uow, agreement_id, signing.version, principal.person_name, signing.role, expected=expected)
    await change_contact(uow, agreement_id, signing, told=False)


async def sign_for(
    uow: Uow, agreement_id: UUID, version: int | None, name: str, role: str, *, expected: int | None = None
) -> None:
    """Sign for the bound authority; `version` None: whatever is proposed, `expected` None: as it stands by now.

    Raises NotFound, Conflict where there is nothing to sign any more, and PreconditionFailed where it was changed after
    it was read, at the same moment too.
    """
    given = {"agreement": agreement_id, "expected": expected, "version": version, "name": name, "role": role}
    row = (await uow.execute(SIGN, given)).one_or_none()
    if row is None:
        _unchanged(await queries.agreement(uow, agreement_id), expected)
        raise Conflict("This agreement is signed already, or has ended")
    await record_step(uow, agreement_id, "agreement.signed", version=row.signed, signed_by=name, role=role)
    await _record_steps(uow, agreement_id, row.steps)


async def leave(uow: Uow, agreement_id: UUID, expected: int | None, leaving: Leaving) -> datetime:
    """Leave for the bound authority; gives the moment from which nothing is shared either way.

    Without a cause the notice period runs. At once only with a cause of the list. What is not yet in force is left at
    once. Raises NotFound, Invalid, Conflict and PreconditionFailed.
    """
    found = await queries.agreement(uow, agreement_id)
    cause, reason = leaving.cause or "", (leaving.reason or "").strip()
    if leaving.at_once and cause not in {one.code for one in texts("cause")}:
        raise Invalid(errors=[FieldError("cause", "Select the cause for leaving at once")])
    if leaving.at_once and not reason:
        raise Invalid(errors=[FieldError("reason", "Say what happened: leaving at once needs its cause stated")])
    _unchanged(found, expected)
    return await leave_for(uow, agreement_id, expected, cause if leaving.at_once else "", reason)


async def leave_for(uow: Uow, agreement_id: UUID, expected: int | None, cause: str, reason: str) -> datetime:
    """The same without questions. Raises NotFound, and Conflict where the authority has left or gave notice."""
    found = await queries.agreement(uow, agreement_id)
    given = {"agreement": agreement_id, "expected": expected, "cause": cause, "reason": reason}
    row = (await uow.execute(LEAVE, given)).one_or_none()
    if row is None:
        raise Conflict("Your authority has left this agreement already, or has given notice")
    said = (await uow.execute(NOW)).one()
    parties = [one.authority_id for one in found.parties]
    gone: datetime = row.over_at
    action = "agreement.left" if gone <= said.now else "agreement.notice_given"
    await record_step(uow, agreement_id, action, parties=parties, cause=cause, reason=reason, from_when=gone)
    await _record_steps(uow, agreement_id, row.steps)
    template = "agreement_changed" if found.state == "draft" else "agreement_leaving"
    await tell_others(uow, _others(found, said.me, said.now), template, f"{PATH}/{agreement_id}")
    return gone


async def stay(uow: Uow, agreement_id: UUID, expected: int | None) -> None:
    """Take the bound authority's notice back while it still runs: everything stands as if it had not been given.

    Raises NotFound, PreconditionFailed, and Conflict where no notice runs or the others have agreed on without it.
    """
    found = await queries.agreement(uow, agreement_id)
    done: int = await uow.scalar(STAY, {"agreement": agreement_id, "expected": expected}) or 0
    if done < 1:
        _refuse(STAYING_REFUSED[done])
    said = (await uow.execute(NOW)).one()
    parties = [one.authority_id for one in found.parties]
    mine = found.party(said.me)
    was = {"leaves_at": mine.leaves_at if mine else None}
    await record_step(uow, agreement_id, "agreement.notice_taken_back", parties=parties, before=was)
    await tell_others(uow, _others(found, said.me, said.now), "agreement_staying", f"{PATH}/{agreement_id}")


async def withdraw(uow: Uow, agreement_id: UUID, expected: int | None) -> int:
    """Withdraw what the bound authority proposed and not everybody has signed; gives the version withdrawn.

    A draft is over with it. Of an agreement in force the version that stands goes on, and whoever only the proposal
    would have brought in is no party any more. Raises NotFound, PreconditionFailed and Conflict.
    """
    found = await queries.agreement(uow, agreement_id)
    number: int = await uow.scalar(WITHDRAW, {"agreement": agreement_id, "expected": expected}) or 0
    if number < 1:
        _refuse(WITHDRAWING_REFUSED[number])
    said = (await uow.execute(NOW)).one()
    left = await queries.agreement(uow, agreement_id)
    parties = [one.authority_id for one in found.parties]
    await record_step(uow, agreement_id, "agreement.withdrawn", parties=parties, version=number)
    if left.state == "ended":
        await record_step(uow, agreement_id, "agreement.ended", parties=parties)
    others, still = _others(found, said.me, said.now), {one.authority_id for one in left.parties}
    for reading, link in ((True, f"{PATH}/{agreement_id}"), (False, PATH)):
        told = [party for party in others if (party in still) is reading]
        await tell_others(uow, told, "agreement_withdrawn", link)
    return number


async def change_contact(uow: Uow, agreement_id: UUID, contact: Contact, *, told: bool = True) -> None:
    """The office to reach the bound authority by; the terms and their revision stay. Raises NotFound, and Conflict
    where the authority has left.
    """
    found = await queries.agreement(uow, agreement_id)
    given = {
        "agreement": agreement_id,
        "role": contact.contact_role,
        "telephone": contact.contact_telephone,
        "email": contact.contact_email,
    }
    if not await uow.scalar(CONTACT, given):
        raise Conflict("Your authority has left this agreement")
    if told:
        parties = [one.authority_id for one in found.parties]
        await record_step(uow, agreement_id, "agreement.contact_changed", parties=parties, contact=given)


async def keep(uow: Uow) -> int:
    """Bring the bound authority's agreements to where the clock has brought them. How many changed."""
    rows = (await uow.execute(KEEP)).all()
    for row in rows:
        await _record_steps(uow, row.agreement_id, row.steps)
    return len(rows)


async def _record_steps(uow: Uow, agreement_id: UUID, steps: Sequence[str]) -> None:
    for step in steps:
        await record_step(uow, agreement_id, f"agreement.{step}")


def _check(terms: Terms) -> None:
    found = problems(terms, datetime.now(LONDON).date())
    if found:
        raise Invalid(found[0].message, errors=found)


def _others(found: Agreement, me: UUID, now: datetime) -> list[UUID]:
    """The parties that are told: all that take part, or are asked to, but the bound authority."""
    standing = [one for one in found.parties if one.leaves_at is None or one.leaves_at > now]
    return [one.authority_id for one in standing if one.authority_id != me]


def _with(authority_id: UUID, parties: Sequence[UUID]) -> list[UUID]:
    return sorted({authority_id, *parties})


def _unchanged(found: Agreement, expected: int | None) -> None:
    if expected is not None and found.revision != expected:
        raise PreconditionFailed


def _refuse(refusal: DomainError) -> NoReturn:
    raise type(refusal)(refusal.detail, errors=refusal.errors)


def _json(terms: Terms) -> str:
    return msgspec.json.encode(stated(terms)).decode()
