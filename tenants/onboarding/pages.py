"""The pages of bringing an authority on: choose, name, domains, administrator, session limits, check, done."""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.web import Form, page, parse, read_form, redirect
from tenants.members.pages import attempt
from tenants.onboarding import actions
from tenants.onboarding.actions import Administrator, Choice, Details, Domains, Draft, Sessions

Http = Request[Any, Any, Any]
ROOT: Final = "/administration/authorities"
ONE: Final = f"{ROOT}/{{draft_id:uuid}}"
ONBOARD = needs("authority:onboard")
STEPS: Final[tuple[tuple[str, type[msgspec.Struct]], ...]] = (
    ("details", Details),
    ("domains", Domains),
    ("administrator", Administrator),
    ("sessions", Sessions),
)


def show(request: Http, template: str, **context: Any) -> Response[str]:
    """A page of this room."""
    return page(request, f"onboarding/{template}.html", **context)


def path_of(draft_id: UUID, step: str) -> str:
    """The address of a step."""
    return f"{ROOT}/{draft_id}/{step}"


@get(ROOT, opt=ONBOARD, include_in_schema=False)
async def authorities(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The region's authorities, and those that are being brought on."""
    return show(request, "list", rows=await actions.standing(uow), drafts=await actions.drafts(uow))


@get(f"{ROOT}/new", opt=ONBOARD, include_in_schema=False)
async def ask_new(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Which authority, of those in the region that are not here yet."""
    return await _ask_new(request, uow)


@post(f"{ROOT}/new", opt=ONBOARD, include_in_schema=False)
async def begin(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Begin with one."""
    form = await read_form(request)
    wanted, errors = parse(form, Choice)
    made: list[UUID] = []

    async def run() -> None:
        if wanted is not None:
            made.append(await actions.begin(uow, wanted.dfe_code))

    if wanted is not None:
        errors = await attempt(uow, run)
    if errors:
        return await _ask_new(request, uow, form.with_errors(errors))
    return redirect(path_of(made[0], "details"))


async def _ask_new(request: Http, uow: Uow, form: Form | None = None) -> Response[str]:
    region, found = await actions.choices(uow)
    options = [(one.dfe_code, one.name) for one in found]
    return show(request, "new", form=form or Form(), region=region, choices=options)


def step(name: str, wanted: type[msgspec.Struct], following: str) -> list[HTTPRouteHandler]:
    """The two routes of one step: its questions filled in, and its answers kept."""
    path = f"{ONE}/{name}"

    @get(path, opt=ONBOARD, include_in_schema=False)
    async def asked(request: Http, uow: NamedDependency[Uow], draft_id: FromPath[UUID]) -> Response[Any]:
        there = await actions.draft(uow, draft_id)
        if there.new_id is not None:
            return redirect(path_of(draft_id, "done"))
        known = {field: getattr(there, field) for field in wanted.__struct_fields__}
        return show(request, name, form=Form.filled(wanted(**known)), draft=there)

    @post(path, opt=ONBOARD, include_in_schema=False)
    async def answered(request: Http, uow: NamedDependency[Uow], draft_id: FromPath[UUID]) -> Response[Any]:
        there = await actions.draft(uow, draft_id)
        form = await read_form(request)
        found, errors = parse(form, wanted)
        if found is not None:
            errors = await attempt(uow, lambda: actions.keep(uow, draft_id, found))
        if errors:
            return show(request, name, form=form, errors=errors, draft=there)
        return redirect(path_of(draft_id, following))

    return [asked, answered]


@get(f"{ONE}/check", opt=ONBOARD, include_in_schema=False)
async def check(request: Http, uow: NamedDependency[Uow], draft_id: FromPath[UUID]) -> Response[Any]:
    """Everything answered, to be confirmed; whoever skipped a step is led back to it."""
    there = await actions.draft(uow, draft_id)
    return _elsewhere(there) or show(request, "check", draft=there)


@post(f"{ONE}/check", opt=ONBOARD, include_in_schema=False)
async def confirm(request: Http, uow: NamedDependency[Uow], draft_id: FromPath[UUID]) -> Response[Any]:
    """Bring the authority on."""
    there = await actions.draft(uow, draft_id)
    elsewhere = _elsewhere(there)
    if elsewhere is not None:
        return elsewhere
    errors = await attempt(uow, lambda: actions.bring_on(uow, draft_id))
    if errors:
        plain = [FieldError("", error.message) for error in errors]
        return show(request, "check", draft=there, errors=plain)
    return redirect(path_of(draft_id, "done"))


def _elsewhere(there: Draft) -> Response[Any] | None:
    if there.new_id is not None:
        return redirect(path_of(there.id, "done"))
    return None if there.missing is None else redirect(path_of(there.id, there.missing))


@get(f"{ONE}/done", opt=ONBOARD, include_in_schema=False)
async def done(request: Http, uow: NamedDependency[Uow], draft_id: FromPath[UUID]) -> Response[Any]:
    """What was done, and what comes next."""
    there = await actions.draft(uow, draft_id)
    if there.new_id is None:
        return redirect(path_of(draft_id, "check"))
    return show(request, "done", draft=there)


_followings = [name for name, _ in STEPS[1:]] + ["check"]
router = Router(
    "/",
    route_handlers=[
        authorities,
        ask_new,
        begin,
        *(one for (name, wanted), then in zip(STEPS, _followings, strict=True) for one in step(name, wanted, then)),
        check,
        confirm,
        done,
    ],
)
