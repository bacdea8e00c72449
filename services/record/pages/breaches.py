"""The register of breaches."""

from datetime import date, datetime, time
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid
from careshare.web import Form, asks, notice, parse, read_form, redirect
from services.record import breaches
from services.record.breaches import Kind
from services.record.pages.common import RECORD, Http, refused, show
from services.record.period import LONDON

BREACH: Final = needs("breach:manage")
PATH: Final = f"{RECORD}/breaches"

REPORTED = notice("record.breach_reported", "The breach is on the register. The 72 hours run from when it was found.")
STEPPED = notice("record.breach_step", "Saved.")


class NewBreach(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What happened, and when it was found."""

    title: Annotated[str, asks("what to call it", max_length=120)]
    what: Annotated[str, asks("what happened", max_length=4000)]
    found_on: Annotated[date, asks("the date it was found")]
    found_at: Annotated[time, asks("the time it was found")]
    began_on: Annotated[date, asks("the date it began")] | None = None


class NewStep(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What was done or decided, and why."""

    kind: Annotated[Kind, asks("what was done or decided", missing="Select what was done or decided")]
    partner_id: Annotated[UUID, asks("the authority that was told")] | None = None
    reason: Annotated[str, asks("the reason, and what was said", max_length=2000)]


@get(PATH, opt=BREACH, include_in_schema=False)
async def register(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The register, newest first."""
    return show(request, "breaches", breaches=await breaches.breaches(uow))


@get(f"{PATH}/new", opt=BREACH, include_in_schema=False)
async def new(request: Http) -> Response[str]:
    """What happened?"""
    return show(request, "breach_new")


@post(f"{PATH}/new", opt=BREACH, include_in_schema=False, status_code=200)
async def report(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Put it on the register."""
    form = await read_form(request)
    wanted, errors = parse(form, NewBreach)
    if wanted is not None:
        found_at = datetime.combine(wanted.found_on, wanted.found_at, LONDON)
        began_at = None if wanted.began_on is None else datetime.combine(wanted.began_on, time(), LONDON)
        try:
            made = await breaches.report(
                uow, title=wanted.title, what=wanted.what, found_at=found_at, began_at=began_at
            )
        except Invalid as error:
            names = {"found_at": "found_on", "began_at": "began_on"}
            errors = [FieldError(names.get(one.field, one.field), one.message) for one in error.errors]
        else:
            return redirect(f"{PATH}/{made}", REPORTED)
    return show(request, "breach_new", form=form, errors=errors)


@get(PATH + "/{breach_id:uuid}", opt=BREACH, include_in_schema=False)
async def one(request: Http, uow: NamedDependency[Uow], breach_id: FromPath[UUID]) -> Response[str]:
    """One breach: the clock, whom it may concern, the steps."""
    return await _one(request, uow, breach_id)


async def _one(
    request: Http, uow: Uow, breach_id: UUID, form: Form | None = None, errors: list[FieldError] | None = None
) -> Response[Any]:
    breach = await breaches.breach(uow, breach_id)
    partners = await breaches.partners(uow, breach)
    told = {step.partner_id for step in breach.steps if step.kind == "partner_told"}
    seen = {row.authority_id: row.authority for row in (*partners.saw_ours, *partners.we_saw)}
    tell = sorted(((str(id_), name) for id_, name in seen.items() if id_ not in told), key=lambda pair: pair[1])
    return show(
        request, "breach", form=form, errors=errors or [], breach=breach, partners=partners, told=told, tell=tell
    )


@post(PATH + "/{breach_id:uuid}", opt=BREACH, include_in_schema=False, status_code=200)
async def step(request: Http, uow: NamedDependency[Uow], breach_id: FromPath[UUID]) -> Response[Any]:
    """Add a step."""
    form = await read_form(request)
    wanted, errors = parse(form, NewStep)
    if wanted is not None:
        partner = wanted.partner_id if wanted.kind == "partner_told" else None
        try:
            await breaches.take_step(uow, breach_id, wanted.kind, wanted.reason, partner)
        except (Conflict, Invalid) as error:
            errors = refused(error, field="kind")
        else:
            return redirect(f"{PATH}/{breach_id}", STEPPED)
    return await _one(request, uow, breach_id, form, errors)


handlers = [register, new, report, one, step]
