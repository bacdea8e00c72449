"""A request's own page, what others see of it, its print, its steps, and whose work it is."""

from collections.abc import Sequence
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import Form, notice, parse, read_form, redirect
from services.placements.changes import queries as standing
from services.placements.changes.permissions import READ as SEE_CHANGES
from services.placements.changes.permissions import RECORD as RECORD_CHANGE
from services.placements.queries import today
from services.placements.requests import actions, queries, rules
from services.placements.requests.actions.disclose import NewRuling
from services.placements.requests.actions.step import NewStep, StepName
from services.placements.requests.pages import words
from services.placements.requests.pages.forms import (
    REQUEST,
    VERSION,
    Http,
    attempt,
    child_path,
    done,
    path_of,
    rights,
    sent,
    show,
)
from services.placements.requests.pages.sections import CHILD_SECTIONS, REQUEST_SECTIONS
from services.placements.requests.permissions import CHANGE, IDENTITY, READ
from services.placements.requests.records import ChildRecord, RequestRecord
from services.placements.settings import own

OPENED = notice("requests.opened", "The request is open: you can search and ask for a home")
ENDED = notice("requests.ended", "The request is over")
REOPENED = notice("requests.reopened", "The request is reopened")
TAKEN = notice("requests.taken", "The request is yours")
STANDS = notice("requests.stands", "It stays as it is, with your reason on record")


class Task(msgspec.Struct, frozen=True):
    """A section in the list of tasks: where it is, and how much it lacks."""

    id: str
    title: str
    path: str
    missing: int


class Tasks(msgspec.Struct, frozen=True):
    """The sections of all children together, or of one."""

    id: str
    title: str
    tasks: list[Task]
    lacking: list[rules.Lacking]
    child: ChildRecord | None


def _tasks(record: RequestRecord, principal: Principal) -> list[Tasks]:
    lacking = rules.lacking(record)
    several = len(record.children) > 1
    shown = [one for one in REQUEST_SECTIONS if one.special != "pairs" or several]
    found = [_group("together", "The request", path_of(record.id), [(one.name, one.title) for one in shown], lacking)]
    may = rights(principal)
    for child in record.children:
        theirs = [(one.name, one.title) for one in CHILD_SECTIONS if one.of != "identity" or may["may_change_identity"]]
        title = words.child(child, len(record.children))
        path = child_path(record.id, child.id)
        found.append(_group(f"child-{child.position}", title, path, theirs, lacking, child=child))
    return found


def _group(
    anchor: str,
    title: str,
    path: str,
    sections: Sequence[tuple[str, str]],
    lacking: Sequence[rules.Lacking],
    *,
    child: ChildRecord | None = None,
) -> Tasks:
    mine = [one for one in lacking if one.child == (child.position if child else None)]
    tasks = [
        Task(
            f"{anchor}-{name.replace('_', '-')}",
            what,
            f"{path}/{name.replace('_', '-')}",
            sum(one.section == name for one in mine),
        )
        for name, what in sections
    ]
    return Tasks(anchor, title, tasks, mine, child)


@get(REQUEST, opt=needs(READ), include_in_schema=False)
async def request_page(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[str]:
    """The request: what it lacks, section by section, what may be done, how it went on."""
    return await _page(request, uow, principal, placement_request_id)


async def _page(
    request: Http, uow: Uow, principal: Principal, request_id: UUID, errors: Sequence[FieldError] = ()
) -> Response[str]:
    whole = await queries.whole(uow, request_id)
    record = queries.shown(whole, may_identify=principal.may(IDENTITY))
    flags = rules.flags(whole, await queries.rulings(uow, request_id))
    return show(
        request,
        "request",
        errors=list(errors),
        record=record,
        groups=_tasks(record, principal),
        complete_by=rules.complete_by(record, await own(uow)),
        undecided=sum(one.why is None for one in flags),
        searches=await queries.searches(uow, request_id) if principal.may("placement:search") else [],
        may_search=principal.may("placement:search"),
        may_lock=principal.may("record_lock:manage"),
        mine=record.held_by_id == principal.person_id,
        flags=await standing.of_request(uow, request_id) if principal.may(SEE_CHANGES) else [],
        may_record=principal.may(RECORD_CHANGE),
        **rights(principal),
    )


@get(f"{REQUEST}/print", opt=needs(READ), include_in_schema=False)
async def print_page(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[str]:
    """Everything on record, for paper."""
    whole = await queries.whole(uow, placement_request_id)
    record = queries.shown(whole, may_identify=principal.may(IDENTITY))
    due = rules.complete_by(record, await own(uow))
    return show(request, "print", record=record, lacking=rules.lacking(record), complete_by=due)


@get(f"{REQUEST}/profile", opt=needs(READ), include_in_schema=False)
async def profile_page(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    level: FromQuery[Literal["2", "3"]] = "3",
) -> Response[str]:
    """What others see at a level, exactly, with what the check found marked in it."""
    return await _profile(request, uow, principal, placement_request_id, int(level))


class Part(msgspec.Struct, frozen=True):
    """A part of a text: as it stands, or a finding (its number on the page)."""

    text: str
    flag: rules.Flag | None = None
    number: int = 0


async def _profile(
    request: Http,
    uow: Uow,
    principal: Principal,
    request_id: UUID,
    level: int,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await queries.whole(uow, request_id)
    flags = rules.flags(record, await queries.rulings(uow, request_id)) if level == 3 else []
    numbered = list(enumerate(flags, 1))

    def marked(text: str, field: str, child: int | None) -> list[Part]:
        """A text in parts, with its findings."""
        parts: list[Part] = []
        at = 0
        for number, flag in numbered:
            if (flag.field, flag.child, flag.text) == (field, child, text):
                parts += [Part(text[at : flag.first]), Part(flag.found, flag, number)]
                at = flag.last
        return [*parts, Part(text[at:])]

    return show(
        request,
        "profile",
        form=form,
        errors=list(errors),
        record=record,
        profile=rules.profile(record, level, today()),
        level=level,
        flags=numbered,
        undecided=sum(one.why is None for one in flags),
        marked=marked,
        **rights(principal),
    )


@post(f"{REQUEST}/profile", opt=needs(CHANGE), include_in_schema=False)
async def rule(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[Any]:
    """Let a finding stand, and say why."""
    form = await read_form(request)
    value, errors = parse(form, NewRuling)
    if value is not None:
        refused = await attempt(uow, lambda: actions.rule(uow, placement_request_id, value))
        if refused is None:
            return redirect(f"{path_of(placement_request_id)}/profile#findings", STANDS)
        errors = list(refused)
    key = form.get("field"), form.get("first")
    record = await queries.whole(uow, placement_request_id)
    number = next(
        (
            number
            for number, flag in enumerate(rules.flags(record, ()), 1)
            if key == (flag.field, str(flag.first)) and form.get("digest") == flag.digest
        ),
        1,
    )
    named = Form({**{name: form.all(name) for name in form.names()}, f"why-{number}": [form.get("why")]})
    errors = [FieldError(f"why-{number}" if one.field == "why" else one.field, one.message) for one in errors]
    return await _profile(request, uow, principal, placement_request_id, 3, form=named, errors=errors)


@post(f"{REQUEST}/search", opt=needs("placement:search"), include_in_schema=False)
async def search(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[Any]:
    """Search for the request as it stands now."""
    made: list[UUID] = []

    async def run() -> None:
        made.append(await actions.search(uow, placement_request_id))

    refused = await attempt(uow, run)
    if refused is None:
        return redirect(f"/placements/searches/{made[0]}")
    return await _page(request, uow, principal, placement_request_id, [FieldError("", one.message) for one in refused])


async def _step(request: Http, uow: Uow, principal: Principal, request_id: UUID, step: StepName) -> Response[Any]:
    form, version = await sent(request)
    new = NewStep(step=step)
    refused = await attempt(uow, lambda: actions.take_step(uow, request_id, version, new))
    if refused is None and step == "open" and form.all("offer"):
        # Back to the homes that were chosen for a draft.
        chosen = "&".join(f"offer={quote(offer)}" for offer in form.all("offer"))
        return redirect(f"{path_of(request_id)}/ask?{chosen}", OPENED)
    if refused is None:
        return done(request_id, OPENED if step == "open" else REOPENED)
    return await _page(request, uow, principal, request_id, refused)


@post(f"{REQUEST}/open", opt=needs(CHANGE), include_in_schema=False)
async def open_request(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[Any]:
    """Open a draft."""
    return await _step(request, uow, principal, placement_request_id, "open")


@post(f"{REQUEST}/reopen", opt=needs(CHANGE), include_in_schema=False)
async def reopen(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[Any]:
    """Go on with a request that had ended."""
    return await _step(request, uow, principal, placement_request_id, "reopen")


@post(f"{REQUEST}/take", opt=needs(CHANGE), include_in_schema=False)
async def take(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[Any]:
    """Make the request one's own work."""
    _form, version = await sent(request)
    refused = await attempt(uow, lambda: actions.give(uow, placement_request_id, version, principal.person_id))
    if refused is None:
        return done(placement_request_id, TAKEN)
    return await _page(request, uow, principal, placement_request_id, [FieldError("", one.message) for one in refused])


@get(f"{REQUEST}/end", opt=needs(CHANGE), include_in_schema=False)
async def ask_end(request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> Response[str]:
    """Withdraw the request, or say that no home was found: where the child is now, and why."""
    return await _end(request, uow, placement_request_id, Form())


async def _end(
    request: Http, uow: Uow, request_id: UUID, form: Form, errors: Sequence[FieldError] = ()
) -> Response[str]:
    record = await queries.whole(uow, request_id)
    return show(
        request, "end", form=form, errors=list(errors), record=record, version=form.get(VERSION) or record.version
    )


@post(f"{REQUEST}/end", opt=needs(CHANGE), include_in_schema=False)
async def end(request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> Response[Any]:
    """End the request with its coded reason."""
    form, version = await sent(request)
    step = form.get("step")
    asked = {"withdraw": ["withdraw_reason"], "not_place": ["outcome", "not_placed_reason"]}.get(step, [])
    given = {"step": [step], "note": form.all("note")}
    given |= {name.replace("withdraw_", "").replace("not_placed_", ""): form.all(name) for name in asked}
    value, errors = parse(Form(given), NewStep)
    if value is not None:
        refused = await attempt(uow, lambda: actions.take_step(uow, placement_request_id, version, value))
        if refused is None:
            return done(placement_request_id, ENDED)
        errors = list(refused)
    of = "not_placed_reason" if step == "not_place" else "withdraw_reason"
    errors = [FieldError(of if one.field == "reason" else one.field, one.message) for one in errors]
    kept = Form({VERSION: [str(version)], **{name: form.all(name) for name in form.names()}})
    return await _end(request, uow, placement_request_id, kept, errors)


handlers: Final = [
    *(request_page, print_page, profile_page, rule, search, open_request, reopen, take, ask_end, end),
]
