"""The pages of a match: every consent for each side, answering one, and what other authorities ask of this one."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs, require_step_up
from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.identity import Principal
from careshare.web import Form, notice, page, parse, read_form, redirect
from services.placements.changes import queries as standing
from services.placements.changes.permissions import READ as SEE_CHANGES
from services.placements.enquiries import queries as enquiries
from services.placements.enquiries.pages import words as of_enquiries
from services.placements.enquiries.pages.forms import ONE_ANSWER, ONE_ASKED, Http, path_of
from services.placements.enquiries.pages.further import Link, further
from services.placements.enquiries.permissions import ANSWER as STATE
from services.placements.enquiries.records import EnquiryRecord, Side
from services.placements.matches import actions, queries, rules, words
from services.placements.matches.model import Answered, Propose, Reasons
from services.placements.matches.permissions import ANSWER, LIST, PROPOSE, READ
from services.placements.requests.pages.forms import attempt
from services.placements.terms import words as of_terms
from services.placements.terms.actions import weekly_offered
from services.placements.terms.queries import terms

CONSENTS: Final = "/placements/consents"
CONSENT: Final = f"{CONSENTS}/{{consent_id:uuid}}"
OPEN: Final = frozenset({"accepted", "proposed", "matching", "matched", "placed"})
REFUSED: Final = 422

PROPOSED = notice("matches.proposed", "The match is proposed. The home’s side lists what it needs next")
REASONED = notice("matches.reasons", "Why this home was chosen is recorded for the matching record")
LISTED = notice("matches.listed", "The consents are listed. Each authority that must agree is asked")
SAID: Final = {
    "given": notice("matches.given", "The consent is given"),
    "refused": notice("matches.refused", "The refusal is recorded"),
    "revoked": notice("matches.revoked", "The answer is taken back"),
    "confirmed": notice("matches.confirmed", "The answer is confirmed"),
}


@further
def offer(record: EnquiryRecord, principal: Principal) -> Link | None:
    """On an enquiry that was accepted: its match."""
    if record.stage not in OPEN or not principal.may(READ):
        return None
    return Link("Match", f"{path_of(record.side, record.id)}/match")


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    name = f"placements/matches/{template}.html"
    return page(request, name, status_code, say=of_enquiries, told=words, **context)


async def _match(
    request: Http,
    uow: Uow,
    principal: Principal,
    enquiry_id: UUID,
    side: Side,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await enquiries.one(uow, enquiry_id, side)
    return show(
        request,
        "match",
        REFUSED if errors else None,
        form=form,
        errors=list(errors),
        record=record,
        match=await queries.match(uow, enquiry_id, principal.roles),
        chosen=await queries.choice(uow, enquiry_id) if side == "placing" else None,
        may_reason=side == "placing" and principal.may(PROPOSE),
        terms=None if record.kind == "foster_home" else await terms(uow, enquiry_id),
        priced=of_terms,
        may_state=side == "providing" and principal.may(STATE) and record.stage in {"accepted", "proposed", "matching"},
        may_open_assessment=side == "providing" and principal.may("residential:read"),
        path=path_of(side, enquiry_id),
        may_propose=side == "placing" and principal.may(PROPOSE) and "propose" in record.allowed,
        may_list=side == "providing" and principal.may(LIST) and "list_consents" in record.allowed,
        may_answer=principal.may(ANSWER),
        flags=await standing.of_enquiry(uow, enquiry_id) if principal.may(SEE_CHANGES) else [],
    )


@get(f"{ONE_ASKED}/match", opt=needs(READ), include_in_schema=False)
async def placing_match(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """Every consent, as the side reads it whose child it is."""
    return await _match(request, uow, principal, enquiry_id, "placing")


@get(f"{ONE_ANSWER}/match", opt=needs(READ), include_in_schema=False)
async def providing_match(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """Every consent, as the side reads it whose home it is."""
    return await _match(request, uow, principal, enquiry_id, "providing")


@post(f"{ONE_ASKED}/match", opt=needs(PROPOSE), include_in_schema=False)
async def propose(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Choose this home: what one's own side needs is listed."""
    await enquiries.must_be(uow, enquiry_id, "placing")
    form = await read_form(request)
    value, errors = parse(form, Propose)
    if value is not None:
        refused = await attempt(uow, lambda: actions.propose(uow, enquiry_id, value))
        if refused is None:
            return redirect(f"{path_of('placing', enquiry_id)}/match", PROPOSED)
        errors = [FieldError("", one.message) for one in refused]
    return await _match(request, uow, principal, enquiry_id, "placing", form=form, errors=errors)


@post(f"{ONE_ANSWER}/match", opt=needs(LIST), include_in_schema=False)
async def list_consents(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """List what the home's side needs, after its register was checked."""
    await enquiries.must_be(uow, enquiry_id, "providing")
    refused = await attempt(uow, lambda: actions.list_consents(uow, enquiry_id))
    if refused is None:
        return redirect(f"{path_of('providing', enquiry_id)}/match", LISTED)
    errors = [FieldError("", one.message) for one in refused]
    return await _match(request, uow, principal, enquiry_id, "providing", errors=errors)


@get(f"{ONE_ASKED}/reasons", opt=needs(PROPOSE), include_in_schema=False)
async def ask_reasons(request: Http, uow: NamedDependency[Uow], enquiry_id: FromPath[UUID]) -> Response[str]:
    """Why this home was chosen."""
    said = await queries.choice(uow, enquiry_id)
    form = Form.filled(Reasons(reasons=said.reasons, gaps=said.gaps)) if said else None
    return await _reasons(request, uow, enquiry_id, form)


@post(f"{ONE_ASKED}/reasons", opt=needs(PROPOSE), include_in_schema=False)
async def reasons(request: Http, uow: NamedDependency[Uow], enquiry_id: FromPath[UUID]) -> Response[Any]:
    """Record it for the matching record."""
    await enquiries.must_be(uow, enquiry_id, "placing")
    form = await read_form(request)
    value, errors = parse(form, Reasons)
    if value is not None:
        refused = await attempt(uow, lambda: actions.record_reasons(uow, enquiry_id, value))
        if refused is None:
            return redirect(f"{path_of('placing', enquiry_id)}/match", REASONED)
        errors = list(refused)
    return await _reasons(request, uow, enquiry_id, form, errors)


async def _reasons(
    request: Http, uow: Uow, enquiry_id: UUID, form: Form | None, errors: Sequence[FieldError] = ()
) -> Response[str]:
    record = await enquiries.one(uow, enquiry_id, "placing")
    path = path_of("placing", enquiry_id)
    return show(request, "reasons", form=form, errors=list(errors), record=record, path=path)


@get(CONSENTS, opt=needs(READ), include_in_schema=False)
async def consents(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[str]:
    """What waits for somebody in one's own roles, and what other authorities ask."""
    return show(
        request,
        "consents",
        waiting=await queries.waiting(uow, principal.roles),
        asked=await queries.asked_of_us(uow, waiting=False),
        path=CONSENTS,
        may_answer=principal.may(ANSWER),
    )


@get(CONSENT, opt=needs(ANSWER), include_in_schema=False)
async def ask_consent(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], consent_id: FromPath[UUID]
) -> Response[str]:
    """One consent and the answers there are."""
    return await _consent(request, uow, principal, consent_id)


async def _consent(
    request: Http,
    uow: Uow,
    principal: Principal,
    consent_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    try:
        found = await queries.question(uow, consent_id, principal.roles)
    except NotFound:
        return await _asked(request, uow, principal, consent_id, form=form, errors=errors)
    one = found.consent
    if one.may and one.kind in actions.BY_LAW and found.offered:
        require_step_up(principal)
    return show(
        request,
        "consent",
        form=form,
        errors=list(errors),
        one=one,
        offered=found.offered,
        record=await enquiries.one(uow, found.enquiry_id, found.side),
        path=f"{CONSENTS}/{consent_id}",
        back=f"{path_of(found.side, found.enquiry_id)}/match",
        by_law=one.kind in actions.BY_LAW and one.kind != "key_stage_4",
        may_telephone="given" in found.offered and one.ours,
        weekly=await weekly_offered(uow, found.enquiry_id) if one.kind == "placing_authority" else None,
    )


async def _asked(
    request: Http,
    uow: Uow,
    principal: Principal,
    consent_id: UUID,
    *,
    form: Form | None,
    errors: Sequence[FieldError],
) -> Response[str]:
    one = await queries.asked(uow, consent_id)
    return show(
        request,
        "asked",
        form=form,
        errors=list(errors),
        one=one,
        offered=rules.asked_offered(one.state) if rules.may_decide(one.kind, principal.roles) else [],
        path=f"{CONSENTS}/{consent_id}",
        back=CONSENTS,
    )


@post(CONSENT, opt=needs(ANSWER), include_in_schema=False)
async def answer(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], consent_id: FromPath[UUID]
) -> Response[Any]:
    """Give, refuse, take back or confirm."""
    back = await _back(uow, principal, consent_id)
    form = await read_form(request)
    value, errors = parse(form, Answered)
    if value is not None:
        refused = await attempt(uow, lambda: actions.answer(uow, consent_id, value))
        if refused is None:
            return redirect(back, SAID[value.answer])
        errors = list(refused)
    return await _consent(request, uow, principal, consent_id, form=form, errors=errors)


async def _back(uow: Uow, principal: Principal, consent_id: UUID) -> str:
    """Where an answer leads: the match, or for a third authority the list. Raises NotFound."""
    try:
        found = await queries.question(uow, consent_id, principal.roles)
    except NotFound:
        await queries.asked(uow, consent_id)
        return CONSENTS
    return f"{path_of(found.side, found.enquiry_id)}/match"


router = Router(
    "/",
    route_handlers=[
        placing_match,
        providing_match,
        propose,
        ask_reasons,
        reasons,
        list_consents,
        consents,
        ask_consent,
        answer,
    ],
)
