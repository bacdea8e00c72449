"""Roles held for a time, for the administrator of the authority: a list, giving one, ending one."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.errors import Invalid
from careshare.identity import temporary
from careshare.identity_pages.common import Http
from careshare.service import NavigationItem
from careshare.web import Form, asks, notice, page, parse, read_form, redirect
from careshare.web.filters import LONDON

PATH: Final = "/administration/temporary-roles"
MANAGE: Final = "temporary_role:manage"
GIVEN = notice("temporary.given", "The role is given")
ENDED = notice("temporary.ended", "The role has ended")
TITLES: Final = {
    "deputy": "Appoint a deputy",
    "delegation": "Delegate to somebody who works elsewhere",
    "support": "Invite a support engineer",
}
NAVIGATION: Final = NavigationItem(
    "Roles for a time", PATH, MANAGE, "Deputies, delegations and support by invitation: who, as whom and until when."
)


def _email(typed: str) -> str:
    name, at, domain = typed.strip().lower().partition("@")
    if not (name and at and "." in domain) or any(letter.isspace() for letter in typed.strip()):
        raise ValueError("Enter an email address in the correct format, like name@example.com")
    return f"{name}@{domain}"


Reason = Annotated[str, asks("the reason", missing="Enter why", max_length=500)]


class Deputy(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who acts in whose name, from which day to which."""

    person: Annotated[UUID, asks("who is to be the deputy", missing="Select who is to be the deputy")]
    for_person: Annotated[UUID, asks("in whose name", missing="Select in whose name they act")]
    since: Annotated[date, asks("the first day")]
    until: Annotated[date, asks("the last day")]
    reason: Reason


class Delegation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom the authority lets act for it, from which day to which."""

    name: Annotated[str, asks("their name", max_length=120)]
    email: Annotated[str, asks("their work email address", read=_email, max_length=200)]
    role: Annotated[Literal["out_of_hours", "regional_placement_officer"], asks("the role to delegate")]
    since: Annotated[date, asks("the first day")]
    until: Annotated[date, asks("the last day")]
    reason: Reason


class Support(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who looks into a fault, and for how many hours from now."""

    name: Annotated[str, asks("their name", max_length=120)]
    email: Annotated[str, asks("their work email address", read=_email, max_length=200)]
    hours: Annotated[int, asks("for how many hours", ge=1, le=168)]
    reason: Reason


def _term(given: Deputy | Delegation) -> temporary.Term:
    """From the beginning of the first day, or now, to the end of the last."""
    now = datetime.now(LONDON)
    begins = now if given.since == now.date() else datetime.combine(given.since, time(), LONDON)
    return temporary.Term(begins, datetime.combine(given.until + timedelta(days=1), time(), LONDON), given.reason)


@get(PATH, opt=needs(MANAGE), include_in_schema=False)
async def roles_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Who holds a role for a time, and until when."""
    rows = await temporary.listed(uow, "deputy", "delegation", "support")
    return page(request, "careshare/temporary_roles.html", rows=rows, titles=TITLES, path=PATH)


NEW: Final = [f"{PATH}/{kind}" for kind in TITLES]


def _kind(request: Http) -> str:
    return request.url.path.rstrip("/").rpartition("/")[2]


@get(NEW, opt=needs(MANAGE, step_up=True), include_in_schema=False)
async def new_role_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The form of one kind."""
    return await _asked(request, uow, _kind(request), Form())


@post(NEW, opt=needs(MANAGE, step_up=True), include_in_schema=False)
async def give_role(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Give the role."""
    kind, form = _kind(request), await read_form(request)
    try:
        errors = await _give(uow, kind, form)
    except Invalid as refused:
        errors = list(refused.errors)
    if errors:
        return await _asked(request, uow, kind, form.with_errors(errors))
    return redirect(PATH, GIVEN)


async def _give(uow: Uow, kind: str, form: Form) -> list[Any]:
    if kind == "deputy":
        deputy, errors = parse(form, Deputy)
        if deputy is not None:
            await temporary.appoint_deputy(uow, deputy.person, deputy.for_person, _term(deputy))
    elif kind == "delegation":
        given, errors = parse(form, Delegation)
        if given is not None:
            await temporary.delegate(uow, given.email, given.name, given.role, _term(given))
    else:
        invited, errors = parse(form, Support)
        if invited is not None:
            lasts = timedelta(hours=invited.hours)
            await temporary.invite_support(uow, invited.email, invited.name, lasts, invited.reason)
    return errors


async def _asked(request: Http, uow: Uow, kind: str, form: Form) -> Response[str]:
    people = [
        (str(one.person_id), ", ".join([one.name, *(ROLES[role] for role in one.roles)]))
        for one in (await temporary.colleagues(uow) if kind == "deputy" else [])
    ]
    return page(
        request,
        "careshare/temporary_role.html",
        form=form,
        kind=kind,
        heading=TITLES[kind],
        people=people,
        delegated=[(role, ROLES[role]) for role in temporary.DELEGATED],
        path=PATH,
    )


@post(f"{PATH}/{{role_id:uuid}}/end", opt=needs(MANAGE), include_in_schema=False)
async def end_role(uow: NamedDependency[Uow], role_id: FromPath[UUID]) -> Response[None]:
    """End it at once."""
    await temporary.end(uow, role_id, "deputy", "delegation", "support")
    return redirect(PATH, ENDED)


handlers = [roles_page, new_role_page, give_role, end_role]
