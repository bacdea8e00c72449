"""The pages of members under /administration: the landing page of all administration, members, roles, leavers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.exc import DBAPIError

from careshare.access import needs
from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.errors import DomainError, FieldError, Invalid
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.http.problems import domain_error
from careshare.identity import Principal
from careshare.service import Service
from careshare.web import Form, asks, notice, page, parse, read_form, read_query, redirect
from tenants.members import actions, queries
from tenants.members.model import (
    ADMINISTRATOR,
    GIVEN,
    STATES,
    Ending,
    Filters,
    Invitation,
    Member,
    Roles,
    RolesChange,
    State,
    read_role,
)

Http = Request[Any, Any, Any]
ROOT: Final = "/administration"
MEMBERS: Final = f"{ROOT}/members"
ONE: Final = f"{MEMBERS}/{{member_id:uuid}}"
VERSION: Final = "version"
MANAGE = needs("member:manage")
CHANGE = needs("member:manage", step_up=True)

INVITED = notice("members.invited", "The invitation is on its way")
CHANGED = notice("members.roles_changed", "The roles are changed. They hold from the next page that is opened")
ENDED = notice("members.ended", "The membership ends as you said")
BACK = notice("members.reinstated", "The end is taken back")
SAVED = notice("members.defaults_saved", "The change is saved")


class Narrowed(msgspec.Struct, frozen=True, kw_only=True):
    """What the filter asks."""

    q: Annotated[str, asks("the name or e-mail address", max_length=100)] | None = None
    state: State | None = None
    role: Annotated[str, asks("the role", read=read_role)] | None = None
    after: Annotated[str, asks("the place in the list", max_length=1000)] | None = None

    @property
    def answers(self) -> dict[str, str]:
        """What was asked, by name, as a form or an address carries it."""
        values = {"q": self.q, "state": self.state, "role": self.role}
        return {name: value for name, value in values.items() if value is not None}


class RolesAsked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The default roles, which may be none."""

    roles: Annotated[list[str], asks("the roles", max_length=len(ROLES))] = []


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """A page of this room."""
    return page(request, f"members/{template}.html", status_code, states=STATES, roles=ROLES, **context)


async def attempt(uow: Uow, change: Callable[[], Awaitable[object]]) -> list[FieldError]:
    """Make a change: nothing if it is made, or what forbids it, after which nothing of it is left.

    What no form can mend is raised: NotFound, Forbidden, PreconditionFailed and whatever is not ours.
    """
    try:
        await change()
    except (DomainError, DBAPIError) as error:
        known = domain_error(error)
        if known is None or known.status not in {400, 409, 422}:
            raise
        await uow.rollback()
        return list(known.errors) or [FieldError("", known.detail or known.title)]
    return []


def version_of(form: Form) -> tuple[Form, int]:
    """The form without its version, and the version. Raises Invalid where it was taken away."""
    version = form.get(VERSION)
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Invalid("The form has lost its version. Open the page again and make your change there.")
    return Form({name: form.all(name) for name in form.names() - {VERSION}}), int(version)


def role_choices(held: Sequence[str] = ()) -> list[tuple[str, str]]:
    """The roles to tick: those an authority gives, and what is held already."""
    return [(role, title) for role, title in ROLES.items() if role in GIVEN or role in held]


def one_path(member_id: UUID) -> str:
    """The address of a member's page."""
    return f"{MEMBERS}/{member_id}"


@get(ROOT, opt=needs("own:act"), include_in_schema=False)
async def landing(request: Http, principal: NamedDependency[Principal]) -> Response[str]:
    """All administration this person may do, as every service names it."""
    rooms: Sequence[Service] = request.app.state.services
    items = [
        item
        for room in rooms
        for item in room.navigation
        if item.path.startswith(f"{ROOT}/") and principal.may(item.permission)
    ]
    return show(request, "landing", sections=items)


@get(MEMBERS, opt=MANAGE, include_in_schema=False)
async def members(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Members by name, narrowed by what stands in the address, which never is a name."""
    form = read_query(request)
    return redirect(MEMBERS) if form.get("q") else await _listed(request, uow, principal, form)


@post(MEMBERS, opt=MANAGE, include_in_schema=False, status_code=200)
async def find_members(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]
) -> Response[Any]:
    """The same with a name or address to look for, sent in the body; without one, an address."""
    form = await read_form(request)
    wanted, _ = parse(form, Narrowed)
    if wanted is not None and wanted.q is None:
        return redirect(_address(wanted.answers))
    return await _listed(request, uow, principal, form)


async def _listed(request: Http, uow: Uow, principal: Principal, form: Form) -> Response[str]:
    found, errors = parse(form, Narrowed)
    wanted = found or Narrowed()
    filters = Filters(q=wanted.q, state=wanted.state, role=wanted.role)
    paging = Paging(request.app.state.settings.secret_key, principal.authority_id, "members page", wanted.answers)
    after = paging.after(wanted.after, tuple[UUID])
    rows, more = await queries.members(uow, filters, after=after[0] if after else None, limit=DEFAULT_LIMIT)
    following = paging.cursor(rows[-1].id) if more else None
    return show(
        request,
        "list",
        form=form,
        errors=errors,
        rows=rows,
        counts=await queries.counts(uow),
        answers=wanted.answers,
        choices=list(ROLES.items()),
        first=_address(wanted.answers) if after else None,
        following=following,
        next_address=None if following is None else _address({**wanted.answers, "after": following}),
    )


def _address(answers: Mapping[str, str]) -> str:
    return f"{MEMBERS}?{urlencode(answers)}" if answers else MEMBERS


@get(f"{MEMBERS}/invite", opt=CHANGE, include_in_schema=False)
async def ask_invite(request: Http) -> Response[str]:
    """The form of an invitation."""
    return show(request, "invite", choices=role_choices())


@post(f"{MEMBERS}/invite", opt=CHANGE, include_in_schema=False)
async def invite(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Invite somebody; their page says until when."""
    form = await read_form(request)
    wanted, errors = parse(form, Invitation)
    made: list[Member] = []

    async def run() -> None:
        if wanted is not None:
            made.append(await actions.invite(uow, wanted))

    if wanted is not None:
        errors = await attempt(uow, run)
    if errors:
        return show(request, "invite", form=form, errors=errors, choices=role_choices())
    return redirect(one_path(made[0].id), INVITED)


@get(ONE, opt=MANAGE, include_in_schema=False)
async def member(request: Http, uow: NamedDependency[Uow], member_id: FromPath[UUID]) -> Response[str]:
    """A member: who they are, what they may do, since when."""
    return show(request, "member", who=await queries.member(uow, member_id), path=one_path(member_id))


@get(f"{ONE}/roles", opt=CHANGE, include_in_schema=False)
async def ask_roles(request: Http, uow: NamedDependency[Uow], member_id: FromPath[UUID]) -> Response[str]:
    """The form of a member's roles."""
    who = await queries.member(uow, member_id)
    return _ask(request, "roles", who, Form({"roles": who.roles}))


@post(f"{ONE}/roles", opt=CHANGE, include_in_schema=False)
async def save_roles(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], member_id: FromPath[UUID]
) -> Response[Any]:
    """Give the member these roles."""
    form, version = version_of(await read_form(request))
    wanted, errors = parse(form, RolesChange)
    if wanted is not None:
        roles = wanted.roles
        errors = await attempt(
            uow, lambda: actions.change_roles(uow, member_id, version, roles, actor=principal.person_id)
        )
    if errors:
        return _ask(request, "roles", await queries.member(uow, member_id), form.with_errors(errors), version)
    return redirect(one_path(member_id), CHANGED)


@get(f"{ONE}/end", opt=CHANGE, include_in_schema=False)
async def ask_end(request: Http, uow: NamedDependency[Uow], member_id: FromPath[UUID]) -> Response[str]:
    """The form of the day on which a membership ends: today, unless another is given."""
    return _ask(request, "end", await queries.member(uow, member_id), Form.filled(Ending(ends=queries.today())))


@post(f"{ONE}/end", opt=CHANGE, include_in_schema=False)
async def save_end(request: Http, uow: NamedDependency[Uow], member_id: FromPath[UUID]) -> Response[Any]:
    """End the membership; what they hold comes next."""
    form, version = version_of(await read_form(request))
    wanted, errors = parse(form, Ending)
    if wanted is not None:
        ends = wanted.ends
        errors = await attempt(uow, lambda: actions.end(uow, member_id, version, ends))
    if errors:
        return _ask(request, "end", await queries.member(uow, member_id), form.with_errors(errors), version)
    return redirect(f"{one_path(member_id)}/hand-over", ENDED)


def _ask(request: Http, name: str, who: Member, form: Form, version: int | None = None) -> Response[str]:
    return show(
        request,
        name,
        form=form,
        who=who,
        path=one_path(who.id),
        version=who.version if version is None else version,
        choices=role_choices(who.roles),
    )


@post(f"{ONE}/reinstate", opt=CHANGE, include_in_schema=False)
async def reinstate(request: Http, uow: NamedDependency[Uow], member_id: FromPath[UUID]) -> Response[Any]:
    """Take the end back."""
    _, version = version_of(await read_form(request))
    await actions.reinstate(uow, member_id, version)
    return redirect(one_path(member_id), BACK)


@post(f"{ONE}/invitation", opt=MANAGE, include_in_schema=False)
async def resend(uow: NamedDependency[Uow], member_id: FromPath[UUID]) -> Response[Any]:
    """Send the invitation again."""
    await actions.resend(uow, member_id)
    return redirect(one_path(member_id), INVITED)


@get(f"{MEMBERS}/review", opt=MANAGE, include_in_schema=False)
async def review(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Whom to look at."""
    return show(request, "review", found=await queries.review(uow))


@get(f"{MEMBERS}/directory", opt=MANAGE, include_in_schema=False)
async def directory(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """How the council's directory provisions members, and the roles it gives by default."""
    return await _directory(request, uow)


@post(f"{MEMBERS}/directory", opt=CHANGE, include_in_schema=False)
async def save_directory(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Set the default roles."""
    form, version = version_of(await read_form(request))
    wanted, errors = parse(form, RolesAsked)
    if wanted is not None:
        roles: Roles = wanted.roles
        errors = await attempt(uow, lambda: actions.set_defaults(uow, version, roles))
    if errors:
        return await _directory(request, uow, form.with_errors(errors))
    return redirect(f"{MEMBERS}/directory", SAVED)


async def _directory(request: Http, uow: Uow, form: Form | None = None) -> Response[str]:
    found = await queries.membership_settings(uow)
    return show(
        request,
        "directory",
        form=form or Form({"roles": found.default_roles}),
        version=found.version,
        address=f"{request.app.state.settings.origin}/scim/v2",
        choices=[(role, title) for role, title in role_choices() if role != ADMINISTRATOR],
    )


router = Router(
    "/",
    route_handlers=[
        landing,
        members,
        find_members,
        ask_invite,
        invite,
        review,
        directory,
        save_directory,
        member,
        ask_roles,
        save_roles,
        ask_end,
        save_end,
        reinstate,
        resend,
    ],
)
