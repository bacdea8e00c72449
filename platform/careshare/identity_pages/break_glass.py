"""Break-glass: when the identity provider is down, two people of the authority let a duty worker in for a few hours.

One who is signed in begins it and another agrees; neither is let in by it. Each is shown one half of a code and tells
it by telephone. Step-up is asked where it can be had: while sign-in is down it cannot, so either may say so instead,
and the record keeps it. All of it is told to the data protection officers.
"""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs, public
from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid
from careshare.identity import Principal, break_glass, end_session, temporary
from careshare.identity.temporary import TemporaryRow
from careshare.identity.throttle import SignInThrottle
from careshare.identity_pages.common import Http, browser_of, secret_of, throttle_of, too_many, with_session
from careshare.service import NavigationItem
from careshare.settings import Settings
from careshare.web import Form, asks, notice, page, parse, read_form, redirect

PATH: Final = "/break-glass/colleagues"
ONE: Final = f"{PATH}/{{break_glass_id:uuid}}"
GRANT: Final = "break_glass:grant"
ENDED = notice("break_glass.ended", "The break-glass has ended")
REASON: Final = "A duty worker who cannot sign in comes in here with a code that two people gave."
NAVIGATION: Final = NavigationItem(
    "Break-glass", PATH, GRANT, "Let a duty worker in for a few hours when your council’s sign-in is down.", order=75
)
UNCONFIRMED: Final = "Confirm that it is you first, or tick that you cannot because sign-in is down"


class Begin(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to let in, for how long and why; `down` says that nobody can confirm who they are."""

    person: Annotated[UUID, asks("who is to be let in", missing="Select who is to be let in")]
    hours: Annotated[int, asks("for how long", ge=1, le=4)]
    reason: Annotated[str, asks("the reason", missing="Enter why they cannot sign in", max_length=500)]
    down: Annotated[bool, asks("that sign-in is down")] = False


class Agree(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """That a second person agrees."""

    down: Annotated[bool, asks("that sign-in is down")] = False


@get("/break-glass", opt=public(REASON), include_in_schema=False)
async def enter_page(request: Http) -> Response[str]:
    """Where the duty worker enters the code."""
    return page(request, "careshare/break_glass.html")


@post("/break-glass", opt=public(REASON), include_in_schema=False)
async def enter(request: Http) -> Response[Any]:
    """Let them in, once."""
    form = await read_form(request)
    email, halves = form.get("email").strip(), (form.get("first"), form.get("second"))
    throttle = await _throttle(request, email)
    wait = await throttle.wait()
    if wait:
        return too_many(request, wait)
    settings: Settings = request.app.state.settings
    entered = await break_glass.enter(
        request.app.state.database, settings.secret_key, email, halves, browser_of(request)
    )
    if entered is None:
        await throttle.failed()
        shown = Form({"email": [email]})
        error = FieldError("first", "Check your e-mail address and both halves. They let you in once, until they end")
        return page(request, "careshare/break_glass.html", form=shown, errors=[error])
    if secret_of(request):
        async with request.app.state.database.unbound() as uow:
            await end_session(uow, secret_of(request))
    return with_session(request, redirect("/"), entered.secret)


async def _throttle(request: Http, email: str) -> SignInThrottle:
    """Failures are counted for one caller and one code, so that nobody elsewhere shuts the worker out by guessing.

    A new code begins at nought, for the caller's whole address too.
    """
    address = request.client.host if request.client else ""
    code = await break_glass.waiting(request.app.state.database, email) or "none"
    return throttle_of(request, f"break-glass {code} {address} {email}", address=f"break-glass {code} {address}")


@get(PATH, opt=needs(GRANT), include_in_schema=False)
async def colleagues_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]
) -> Response[str]:
    """Who is let in now, what waits for a second colleague, and the form that begins it."""
    return await _shown(request, uow, principal, Form())


async def _shown(request: Http, uow: Uow, principal: Principal, form: Form, half: str | None = None) -> Response[str]:
    people = [
        (str(one.person_id), ", ".join([one.name, *(ROLES[role] for role in one.roles)]))
        for one in await temporary.colleagues(uow)
        if one.person_id != principal.person_id
    ]
    rows = [row for row in await temporary.listed(uow, "break_glass") if row.stage != "ended"]
    template = "careshare/break_glass_colleagues.html"
    return page(request, template, form=form, people=people, rows=rows, half=half, path=PATH)


@post(PATH, opt=needs(GRANT), include_in_schema=False)
async def begin(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Begin it; the first half of the code is shown once."""
    form = await read_form(request)
    settings: Settings = request.app.state.settings
    wanted, errors = parse(form, Begin)
    if wanted is None or not _sure(principal, down=wanted.down):
        return await _shown(request, uow, principal, form.with_errors(errors or [FieldError("down", UNCONFIRMED)]))
    try:
        let_in = break_glass.LetIn(wanted.person, wanted.hours, wanted.reason)
        half = await break_glass.begin(uow, principal, settings.secret_key, let_in)
    except Invalid as refused:
        return await _shown(request, uow, principal, form.with_errors(refused.errors))
    return await _shown(request, uow, principal, Form(), half)


def _sure(principal: Principal, *, down: bool) -> bool:
    """Whether the person has just confirmed who they are, or says that nobody can."""
    return principal.stepped_up or down


@get(f"{ONE}/second", opt=needs(GRANT), include_in_schema=False)
async def second_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], break_glass_id: FromPath[UUID]
) -> Response[Any]:
    """What a second colleague agrees to."""
    row = await temporary.one(uow, break_glass_id, "break_glass")
    return _asked(request, row, Form()) if _may_agree(principal, row) else redirect(PATH)


@post(f"{ONE}/second", opt=needs(GRANT), include_in_schema=False)
async def second(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], break_glass_id: FromPath[UUID]
) -> Response[str]:
    """Agree as the second person; the second half of the code is shown once."""
    form = await read_form(request)
    row = await temporary.one(uow, break_glass_id, "break_glass")
    if not _may_agree(principal, row):
        raise Conflict("Somebody else than who began it and who is let in must agree, and before it ends.")
    agreed, errors = parse(form, Agree)
    if agreed is None or not _sure(principal, down=agreed.down):
        return _asked(request, row, form.with_errors(errors or [FieldError("down", UNCONFIRMED)]))
    settings: Settings = request.app.state.settings
    half = await break_glass.second(uow, principal, settings.secret_key, break_glass_id)
    return await _shown(request, uow, principal, Form(), half)


def _may_agree(principal: Principal, row: TemporaryRow) -> bool:
    """Whether it waits for a second person who may be this one."""
    mine = principal.person_id in {row.granted_by_id, row.person_id}
    return row.stage == "now" and row.second_by is None and not mine


def _asked(request: Http, row: TemporaryRow, form: Form) -> Response[str]:
    return page(request, "careshare/break_glass_second.html", row=row, form=form, path=PATH)


@post(f"{ONE}/end", opt=needs(GRANT), include_in_schema=False)
async def end(uow: NamedDependency[Uow], break_glass_id: FromPath[UUID]) -> Response[None]:
    """End it at once, with the worker's session."""
    await temporary.end(uow, break_glass_id, "break_glass")
    return redirect(PATH, ENDED)


handlers = [enter_page, enter, colleagues_page, begin, second_page, second, end]
