"""Pages: the messages of one's authority, safe-contact settings, the places messages may name."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Unprocessable
from careshare.identity import Principal
from careshare.messages import contacts, queries
from careshare.messages.wording import named
from careshare.web import Form, asks, notice, page, parse, read_form, read_query, redirect

CONTACTS: Final = "/messages/contacts"
READ, AGAIN, SETTINGS, PLACE = "message:read", "message:send_again", "safe_contact:change", "message_place:change"
_WORKERS: Final = ("contact_coordinator", "fostering_officer", "social_worker")

PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    READ: (*_WORKERS, "contact_supervisor", "supervising_social_worker", "team_manager"),
    AGAIN: (*_WORKERS, "team_manager"),
    SETTINGS: _WORKERS,
    PLACE: ("contact_coordinator", "team_manager"),
}

STATES: Final = {
    "queued": ("Waiting to be sent", "yellow"),
    "sent": ("Sent", "blue"),
    "delivered": ("Delivered", "green"),
    "failed": ("Failed", "red"),
    "not_sent": ("Not sent", "red"),
}
CHANNELS: Final = {"sms": "Text message", "email": "Email", "letter": "Letter"}
KINDS: Final = {"parent": "Parent", "carer": "Carer", "young_person": "Young person", "other": "Somebody else"}
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NAMING: Final = {
    "council": "“your council”",
    "office": "“our office”",
    "worker": "“your worker”",
    "nobody": "Do not say who writes",
}
WORDS: Final[Mapping[str, Any]] = {
    "states": STATES,
    "channels": CHANNELS,
    "kinds": KINDS,
    "days": DAYS,
    "naming": NAMING,
    "languages": named(),
}

SAVED = notice("messages.contact_saved", "The safe-contact settings are saved")
ASKED = notice("messages.asked_again", "The message will be sent again")
REFUSED = notice("messages.refused_again", "The message may still not be sent: the reason is on the list")
PLACE_ADDED = notice("messages.place_added", "Messages may now name the place")
PLACE_ENDED = notice("messages.place_ended", "No new message names the place")

Http = Request[Any, Any, Any]


def _show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    return page(request, f"messages/{template}.html", status_code, say=WORDS, now=datetime.now(UTC), **context)


def _next(path: str, rows: list[Any], more: bool, **asked: str | None) -> str | None:
    if not more:
        return None
    return f"{path}?{urlencode({name: one for name, one in asked.items() if one} | {'after': str(rows[-1].id)})}"


@get("/messages", opt=needs(READ), include_in_schema=False)
async def list_page(
    request: Http, uow: NamedDependency[Uow], show: FromQuery[str] = "", after: FromQuery[UUID | None] = None
) -> Response[str]:
    """What was to be sent, newest first, and what became of it."""
    wanted = show if show in STATES else None
    rows, more = await queries.messages(uow, state=wanted, after=after)
    form = Form({"show": [wanted or ""]})
    return _show(
        request, "list", rows=rows, form=form, further=_next("/messages", rows, more, show=wanted), first=after
    )


@get("/messages/{message_id:uuid}", opt=needs(READ), include_in_schema=False)
async def message_page(request: Http, uow: NamedDependency[Uow], message_id: FromPath[UUID]) -> Response[str]:
    """One message: why it was not sent, or when it was."""
    return _show(request, "message", row=await queries.message(uow, message_id))


@post("/messages/{message_id:uuid}/again", opt=needs(AGAIN), include_in_schema=False)
async def again(uow: NamedDependency[Uow], message_id: FromPath[UUID]) -> Response[Any]:
    """Send the same message once more."""
    made = await queries.send_again(uow, message_id)
    return redirect("/messages", REFUSED if made is None else ASKED)


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to look for, and after whom the list goes on."""

    q: Annotated[str, asks("the name or reference", max_length=100)] = ""
    after: Annotated[UUID, asks("the place in the list")] | None = None


@get(CONTACTS, opt=needs(READ), include_in_schema=False)
async def contacts_page(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """The people without an account to whom one's authority writes. The address never holds a name."""
    form = read_query(request)
    return redirect(CONTACTS) if form.get("q") else await _contacts(request, uow, form)


@post(CONTACTS, opt=needs(READ), include_in_schema=False, status_code=200)
async def find_contacts(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The same with a name or reference to look for, which is sent in the body."""
    return await _contacts(request, uow, await read_form(request))


async def _contacts(request: Http, uow: Uow, form: Form) -> Response[str]:
    sought, errors = parse(form, Sought)
    wanted = sought or Sought()
    rows, more = await contacts.contacts(uow, wanted.q, after=wanted.after)
    following = str(rows[-1].id) if more else None
    return _show(
        request,
        "contacts",
        rows=rows,
        form=form,
        errors=errors,
        following=following,
        further=_next(CONTACTS, rows, more),
        first=wanted.after,
    )


@get(f"{CONTACTS}/new", opt=needs(SETTINGS), include_in_schema=False)
async def new_page(request: Http) -> Response[str]:
    """The settings of somebody new, with the usual times filled in."""
    usual = {"days": [str(day) for day in range(1, 8)], "begins": ["8am"], "ends": ["8pm"], "language": ["en"]}
    return _settings(request, Form(usual | {"naming": ["council"]}))


@post(f"{CONTACTS}/new", opt=needs(SETTINGS), include_in_schema=False)
async def add(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Keep the settings of somebody new."""
    form = await read_form(request)
    given, errors = parse(form, contacts.Settings)
    if given is None:
        return _settings(request, form, errors)
    try:
        await contacts.add_contact(uow, given)
    except Unprocessable as error:
        return _settings(request, form, error.errors)
    return redirect(CONTACTS, SAVED)


class Changed(contacts.Settings, forbid_unknown_fields=True, kw_only=True):
    """The form of settings that exist already: with the version they were read at."""

    version: Annotated[int, asks("the version", ge=1)]


@get(f"{CONTACTS}/{{contact_id:uuid}}", opt=needs(SETTINGS), include_in_schema=False)
async def contact_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], contact_id: FromPath[UUID]
) -> Response[str]:
    """The settings of one person. A confidential address is shown to those alone who may see it, and on the record."""
    record = await contacts.contact_record(uow, contact_id)
    seen = _seen(record, principal)
    if seen and record.confidential and record.address:
        await contacts.open_address(uow, contact_id)
    return _settings(request, _filled(record, seen=seen), record=record, principal=principal)


@post(f"{CONTACTS}/{{contact_id:uuid}}", opt=needs(SETTINGS), include_in_schema=False)
async def change(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], contact_id: FromPath[UUID]
) -> Response[Any]:
    """Keep the changed settings."""
    record = await contacts.contact_record(uow, contact_id)
    form = await read_form(request)
    given, errors = parse(form, Changed)
    if given is None:
        return _settings(request, form, errors, record=record, principal=principal)
    try:
        seen = _seen(record, principal)
        await contacts.change_contact(uow, contact_id, given.version, given, address_seen=seen)
    except Unprocessable as error:
        return _settings(request, form, error.errors, record=record, principal=principal)
    return redirect(CONTACTS, SAVED)


def _seen(record: contacts.ContactRecord, principal: Principal) -> bool:
    return not record.confidential or (principal.may("confidential:read") and principal.stepped_up)


def _filled(record: contacts.ContactRecord, *, seen: bool) -> Form:
    given: dict[str, list[str]] = {
        name: [value]
        for name in ("name", "reference", "kind", "channel", "phone", "email", "language", "naming", "unsafe_reason")
        if (value := getattr(record, name))
    }
    given |= {name: ["yes"] for name in ("shared_phone", "confidential") if getattr(record, name)}
    given |= {"unsafe": ["yes"]} if record.unsafe_reason else {}
    given |= {"address": [record.address or ""]} if seen else {}
    given |= {name: [f"{getattr(record, name):%H:%M}"] for name in ("begins", "ends")}
    return Form(
        given
        | {
            "days": [str(day) for day in record.days],
            "avoid": ["\n".join(record.avoid)],
            "version": [str(record.version)],
        }
    )


def _settings(
    request: Http,
    form: Form,
    errors: Any = (),
    *,
    record: contacts.ContactRecord | None = None,
    principal: Principal | None = None,
) -> Response[str]:
    withheld = record is not None and principal is not None and not _seen(record, principal)
    return _show(request, "contact", form=form, errors=errors, record=record, withheld=withheld)


class NewPlace(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A place to add."""

    name: Annotated[str, asks("the name of the place", max_length=60)]


@get("/messages/places", opt=needs(READ), include_in_schema=False)
async def places_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The places that messages may name."""
    return _show(request, "places", places=await contacts.places(uow))


@post("/messages/places", opt=needs(PLACE), include_in_schema=False)
async def add_place(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Add a place."""
    form = await read_form(request)
    given, errors = parse(form, NewPlace)
    found: list[FieldError] = list(errors)
    if given is not None:
        try:
            await contacts.add_place(uow, given.name)
        except (Unprocessable, Conflict) as error:
            found = list(error.errors)
        else:
            return redirect("/messages/places", PLACE_ADDED)
    return _show(request, "places", places=await contacts.places(uow), form=form, errors=found)


@post("/messages/places/{place_id:uuid}/end", opt=needs(PLACE), include_in_schema=False)
async def end_place(uow: NamedDependency[Uow], place_id: FromPath[UUID]) -> Response[Any]:
    """Name the place no more."""
    await contacts.end_place(uow, place_id)
    return redirect("/messages/places", PLACE_ENDED)


router = Router(
    "/",
    route_handlers=[
        list_page,
        message_page,
        again,
        contacts_page,
        find_contacts,
        new_page,
        add,
        contact_page,
        change,
        places_page,
        add_place,
        end_place,
    ],
)
