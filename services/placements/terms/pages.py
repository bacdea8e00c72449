"""The pages of terms, for the home's side: state a price anew, assess the impact, end a supplement."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.identity import Principal
from careshare.web import Form, notice, page, parse, read_form, redirect
from services.placements.enquiries import queries as enquiries
from services.placements.enquiries.pages import disclosed
from services.placements.enquiries.pages import words as of_enquiries
from services.placements.enquiries.pages.forms import ONE_ANSWER, Http, path_of
from services.placements.enquiries.pages.further import Link, further
from services.placements.enquiries.permissions import ANSWER
from services.placements.enquiries.records import EnquiryRecord
from services.placements.placed.found import find
from services.placements.placed.pages.forms import ONE_IN_HOME
from services.placements.placed.pages.forms import path_of as path_of_placement
from services.placements.placed.permissions import START
from services.placements.requests.pages.forms import attempt
from services.placements.terms import actions, charging, queries, words
from services.placements.terms.model import ChildPrice, ChildQuote, Quote, SupplementEnded, Wanted
from tenants.recharges.model import BASE

TERMS: Final = f"{ONE_ANSWER}/terms/{{number:int}}"
ASSESS: Final = f"{ONE_ANSWER}/assessment"
SUPPLEMENTS: Final = f"{ONE_IN_HOME}/supplements"
REFUSED: Final = 422
ASSESSABLE: Final = frozenset({"sent", "accepted", "proposed", "matching"})

OFFERED = notice("terms.offered", "The price is offered. The other side sees it now")
BEGUN = notice("terms.assessment_begun", "The impact assessment is begun, with who would come and who lives there")
ENDED = notice("terms.supplement_ended", "The supplement is charged no longer from that night on")


@further
def assessing(record: EnquiryRecord, principal: Principal) -> Link | None:
    """On an enquiry about one's own children's home: its impact assessment."""
    if record.side != "providing" or record.kind == "foster_home" or not principal.may(ANSWER):
        return None
    if record.stage not in ASSESSABLE:
        return None
    return Link("Impact assessment", f"{path_of('providing', record.id)}/assessment")


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    name = f"placements/terms/{template}.html"
    return page(request, name, status_code, say=of_enquiries, shown=disclosed, priced=words, **context)


@get(TERMS, opt=needs(ANSWER), include_in_schema=False)
async def ask_price(
    request: Http, uow: NamedDependency[Uow], enquiry_id: FromPath[UUID], number: FromPath[int]
) -> Response[str]:
    """What one child's place is to cost, as it is offered now."""
    record, prices = await _offered(uow, enquiry_id, number)
    asked = await actions.asked_for(uow, enquiry_id, record.children)
    price = prices[number - 1] if prices else None
    filled = _filled(price) if price else ChildQuote(need_level=asked[number - 1].need_level)
    supplements = filled.supplement if price else asked[number - 1].supplements
    return _ask(request, record, number, _typed(filled, supplements))


async def _offered(uow: Uow, enquiry_id: UUID, number: int) -> tuple[EnquiryRecord, list[ChildPrice]]:
    record = await enquiries.one(uow, enquiry_id, "providing")
    if not 1 <= number <= record.children:
        raise NotFound
    found = await actions.offered(uow, enquiry_id)
    return record, [] if found is None else found.children


def _filled(price: ChildPrice) -> ChildQuote:
    """A price that stands, as it would be stated again."""
    base, *supplements = price.lines
    return ChildQuote(
        need_level=price.need_level,
        weekly=base.total if price.by_hand else None,
        supplement=[Wanted(code=one.code, quantity=one.quantity) for one in supplements if one.part != BASE],
    )


def _typed(filled: ChildQuote, supplements: Sequence[Wanted]) -> Form:
    known = {one.code: one.quantity for one in supplements}
    answers = {"need_level": [filled.need_level], "weekly": [] if filled.weekly is None else [f"{filled.weekly}"]}
    for row, (code, _, _) in enumerate(words.rows(), 1):
        answers[f"supplement-{row}-code"] = [code]
        answers[f"supplement-{row}-quantity"] = [words.number(known[code])] if code in known else []
    return Form(answers)


def _ask(
    request: Http, record: EnquiryRecord, number: int, form: Form, errors: Sequence[FieldError] = ()
) -> Response[str]:
    path = path_of("providing", record.id)
    return show(
        request,
        "price",
        REFUSED if errors else None,
        record=record,
        number=number,
        form=form.with_errors(errors),
        errors=list(errors),
        path=f"{path}/terms/{number}",
        back=f"{path}/match",
    )


@post(TERMS, opt=needs(ANSWER), include_in_schema=False)
async def state_price(
    request: Http, uow: NamedDependency[Uow], enquiry_id: FromPath[UUID], number: FromPath[int]
) -> Response[Any]:
    """Offer it; the other children's prices stay as they are."""
    record, prices = await _offered(uow, enquiry_id, number)
    form = await read_form(request)
    wanted, row_of = words.chosen(form)
    value, errors = parse(wanted, ChildQuote)
    if value is not None:
        quotes = [_filled(one) for one in prices] or [ChildQuote()] * record.children
        quotes[number - 1] = value
        refused = await attempt(uow, lambda: actions.quote(uow, enquiry_id, Quote(child=quotes)))
        if refused is None:
            return redirect(f"{path_of('providing', enquiry_id)}/match", OFFERED)
        errors = [FieldError(one.field.removeprefix(f"child-{number}-"), one.message) for one in refused]
    errors = [FieldError(words.in_row(one.field, row_of), one.message) for one in errors]
    return _ask(request, record, number, form, errors)


@get(ASSESS, opt=needs(ANSWER), include_in_schema=False)
async def ask_assessment(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """How the impact assessment stands, and what is known of who would come."""
    return await _assessment(request, uow, principal, enquiry_id)


async def _assessment(
    request: Http, uow: Uow, principal: Principal, enquiry_id: UUID, errors: Sequence[FieldError] = ()
) -> Response[str]:
    record = await enquiries.one(uow, enquiry_id, "providing")
    path = path_of("providing", enquiry_id)
    return show(
        request,
        "assessment",
        REFUSED if errors else None,
        record=record,
        assessed=await queries.assessment(uow, enquiry_id),
        profile=disclosed.profile(record.fuller or record.profile),
        errors=list(errors),
        path=f"{path}/assessment",
        back=path,
        may_open=principal.may("residential:read"),
        may_begin=record.stage in ASSESSABLE and record.kind != "foster_home",
    )


@post(ASSESS, opt=needs(ANSWER), include_in_schema=False)
async def assess(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Begin it, or find the one there is."""
    await enquiries.must_be(uow, enquiry_id, "providing")
    made: list[UUID] = []

    async def begin() -> None:
        made.append(await actions.assess(uow, enquiry_id))

    refused = await attempt(uow, begin)
    if refused is None:
        if principal.may("residential:read"):
            return redirect(f"/residential/assessments/{made[0]}", BEGUN)
        return redirect(f"{path_of('providing', enquiry_id)}/assessment", BEGUN)
    errors = [FieldError("", one.message) for one in refused]
    return await _assessment(request, uow, principal, enquiry_id, errors)


@get(SUPPLEMENTS, opt=needs(START), include_in_schema=False)
async def ask_supplement(request: Http, uow: NamedDependency[Uow], placement_id: FromPath[UUID]) -> Response[str]:
    """Which supplement is charged no longer, and from which night."""
    await find(uow, placement_id, "providing")
    return await _supplement(request, uow, placement_id, Form())


async def _supplement(
    request: Http, uow: Uow, placement_id: UUID, form: Form, errors: Sequence[FieldError] = ()
) -> Response[str]:
    path = path_of_placement("providing", placement_id)
    return show(
        request,
        "supplement",
        REFUSED if errors else None,
        form=form.with_errors(errors),
        errors=list(errors),
        supplements=list((await charging.supplements(uow, placement_id)).items()),
        path=f"{path}/supplements",
        back=path,
    )


@post(SUPPLEMENTS, opt=needs(START), include_in_schema=False)
async def end_supplement(request: Http, uow: NamedDependency[Uow], placement_id: FromPath[UUID]) -> Response[Any]:
    """Charge it no longer."""
    await find(uow, placement_id, "providing")
    form = await read_form(request)
    value, errors = parse(form, SupplementEnded)
    if value is not None:
        refused = await attempt(uow, lambda: charging.end_supplement(uow, placement_id, value))
        if refused is None:
            return redirect(path_of_placement("providing", placement_id), ENDED)
        errors = list(refused)
    return await _supplement(request, uow, placement_id, form, errors)


router = Router(
    "/",
    route_handlers=[ask_price, state_price, ask_assessment, assess, ask_supplement, end_supplement],
)
