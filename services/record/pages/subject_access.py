"""People who ask for their own data: find them, review what is held, give the package."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid
from careshare.identity import Principal
from careshare.kept import SubjectKind
from careshare.web import Form, asks, notice, parse, read_form, redirect
from services.record import subject_access
from services.record.package import as_json, as_pdf, package
from services.record.pages.common import RECORD, Http, refused, show
from services.record.period import today

EXPORT: Final = needs("subject_access:export")
OPEN: Final = needs("subject_access:export", step_up=True)
"""For what shows or gives a person's data: who it is was confirmed within 15 minutes."""
PATH: Final = f"{RECORD}/subject-access"

OPENED = notice("record.request_opened", "The request is opened. It is to be answered within a month of its receipt.")
DECIDED = notice("record.decided", "Saved. What you did not tick is redacted.")
EXTENDED = notice("record.extended", "The time is extended by two months. Tell the person why within the first month.")
SENT = notice("record.sent", "The request is answered.")


class Looked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who asks."""

    who: Annotated[str, asks("a name or a reference", max_length=120)]


class NewRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request to open."""

    who: Annotated[str, asks("a name or a reference", max_length=120)]
    subject: Annotated[str, asks("who asks", missing="Select who asks", max_length=60)]
    reference: Annotated[str, asks("your reference for the request", max_length=40)]
    received_on: Annotated[date, asks("the date the request was received")]


class Extending(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why more time is needed."""

    why: Annotated[str, asks("why more time is needed", max_length=500)]


@get(PATH, opt=EXPORT, include_in_schema=False)
async def requests(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Requests, those to be answered first."""
    return show(request, "requests", requests=await subject_access.requests(uow))


@get(f"{PATH}/new", opt=EXPORT, include_in_schema=False)
async def looking(request: Http) -> Response[str]:
    """Who asks?"""
    return show(request, "request_find")


@post(f"{PATH}/new", opt=EXPORT, include_in_schema=False, status_code=200)
async def look(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Who is meant. The name is sent in the body, never in an address."""
    form = await read_form(request)
    looked, errors = parse(form, Looked)
    if looked is None:
        return show(request, "request_find", form=form, errors=errors)
    found = await subject_access.find(uow, looked.who)
    if not found:
        message = "Nobody in your registers has this name or reference. A name must be exact, a reference complete"
        return show(request, "request_find", form=form, errors=[FieldError("who", message)])
    return show(request, "request_open", form=form, choices=[(f"{one.kind}:{one.id}", one.label) for one in found])


@post(PATH, opt=EXPORT, include_in_schema=False, status_code=200)
async def open_request(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Open it for whom was chosen."""
    form = await read_form(request)
    wanted, errors = parse(form, NewRequest)
    if wanted is not None:
        kind, _, given = wanted.subject.partition(":")
        try:
            made = await subject_access.open_request(
                uow,
                reference=wanted.reference,
                kind=msgspec.convert(kind, SubjectKind),
                subject_id=UUID(given),
                received_on=wanted.received_on,
            )
        except (ValueError, msgspec.ValidationError):
            errors = [FieldError("subject", "Select who asks")]
        except Invalid as error:
            errors = [
                FieldError("subject" if one.field == "subject_id" else one.field, one.message) for one in error.errors
            ]
        else:
            return redirect(f"{PATH}/{made}", OPENED)
    who = form.get("who")
    found = await subject_access.find(uow, who) if who else []
    choices = [(f"{one.kind}:{one.id}", one.label) for one in found]
    return show(request, "request_open", form=form, errors=errors, choices=choices)


@get(PATH + "/{request_id:uuid}", opt=OPEN, include_in_schema=False)
async def one(request: Http, uow: NamedDependency[Uow], request_id: FromPath[UUID]) -> Response[str]:
    """What is held of the person, item by item."""
    return await _one(request, uow, request_id)


async def _one(
    request: Http, uow: Uow, request_id: UUID, form: Form | None = None, errors: list[FieldError] | None = None
) -> Response[Any]:
    asked = await subject_access.request(uow, request_id)
    items = await subject_access.open_review(uow, asked)
    sections: dict[str, list[tuple[int, subject_access.Reviewed]]] = {}
    for number, found in enumerate(items, 1):
        sections.setdefault(found.item.section, []).append((number, found))
    return show(
        request,
        "request",
        form=form,
        errors=errors or [],
        asked=asked,
        subject=await subject_access.subject_of(uow, asked),
        sections=sections,
        undecided=sum(found.given is None for found in items),
        others=sum(bool(found.item.about_others) for found in items),
    )


@post(PATH + "/{request_id:uuid}/decide", opt=OPEN, include_in_schema=False, status_code=200)
async def decide(request: Http, uow: NamedDependency[Uow], request_id: FromPath[UUID]) -> Response[Any]:
    """Give what is ticked, redact the rest."""
    form = await read_form(request)
    asked = await subject_access.request(uow, request_id)
    try:
        await subject_access.decide(uow, asked, form.all("keep"), form.all("item"))
    except Conflict as error:
        return await _one(request, uow, request_id, form, refused(error))
    return redirect(f"{PATH}/{request_id}", DECIDED)


@post(PATH + "/{request_id:uuid}/extend", opt=EXPORT, include_in_schema=False, status_code=200)
async def extend(request: Http, uow: NamedDependency[Uow], request_id: FromPath[UUID]) -> Response[Any]:
    """Take two months more."""
    form = await read_form(request)
    wanted, errors = parse(form, Extending)
    if wanted is not None:
        try:
            await subject_access.extend(uow, await subject_access.request(uow, request_id), wanted.why)
        except Conflict as error:
            errors = refused(error, field="why")
        else:
            return redirect(f"{PATH}/{request_id}", EXTENDED)
    return await _one(request, uow, request_id, form, errors)


@post(PATH + "/{request_id:uuid}/sent", opt=EXPORT, include_in_schema=False, status_code=200)
async def sent(request: Http, uow: NamedDependency[Uow], request_id: FromPath[UUID]) -> Response[Any]:
    """The package was given."""
    form = await read_form(request)
    try:
        await subject_access.mark_sent(uow, await subject_access.request(uow, request_id))
    except Conflict as error:
        return await _one(request, uow, request_id, form, refused(error))
    return redirect(PATH, SENT)


@get(PATH + "/{request_id:uuid}/package.json", opt=OPEN, include_in_schema=False)
async def package_json(
    uow: NamedDependency[Uow], principal: NamedDependency[Principal], request_id: FromPath[UUID]
) -> Response[bytes]:
    """The package as JSON."""
    asked = await subject_access.request(uow, request_id)
    made = package(principal.authority_name, asked, await subject_access.export(uow, asked, "json"), today())
    return _file(as_json(made), "application/json", "your-data.json")


@get(PATH + "/{request_id:uuid}/package.pdf", opt=OPEN, include_in_schema=False)
async def package_pdf(
    uow: NamedDependency[Uow], principal: NamedDependency[Principal], request_id: FromPath[UUID]
) -> Response[bytes]:
    """The package as a PDF."""
    asked = await subject_access.request(uow, request_id)
    made = package(principal.authority_name, asked, await subject_access.export(uow, asked, "pdf"), today())
    return _file(await as_pdf(made), "application/pdf", "your-data.pdf")


def _file(content: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind, headers=headers)


handlers = [requests, looking, look, open_request, one, decide, extend, sent, package_json, package_pdf]
