"""Break-glass: when the identity provider is down, two people of the authority let a duty worker in for a few hours.

One who is signed in begins it and a second agrees; where a director or an administrator begins it, the duty worker is
the second. The code is told by telephone. All of it is on the record and told to the data protection officers.
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
from careshare.errors import FieldError, Invalid
from careshare.identity import Principal, end_session, temporary
from careshare.identity_pages.common import Http, browser_of, secret_of, throttle_of, too_many, with_session
from careshare.service import NavigationItem
from careshare.settings import Settings
from careshare.web import Form, asks, notice, page, parse, read_form, redirect

PATH: Final = "/break-glass/colleagues"
GRANT: Final = "break_glass:grant"
ENDED = notice("break_glass.ended", "The break-glass has ended")
WAITS = notice("break_glass.begun", "It has begun: a second colleague must agree before there is a code")
REASON: Final = "A duty worker who cannot sign in comes in here with a code that two people gave."
NAVIGATION: Final = NavigationItem(
    "Break-glass", PATH, GRANT, "Let a duty worker in for a few hours when your council’s sign-in is down."
)


class Begin(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to let in, for how long and why."""

    person: Annotated[UUID, asks("who is to be let in", missing="Select who is to be let in")]
    hours: Annotated[int, asks("for how long", ge=1, le=4)]
    reason: Annotated[str, asks("the reason", missing="Enter why they cannot sign in", max_length=500)]


@get("/break-glass", opt=public(REASON), include_in_schema=False)
async def enter_page(request: Http) -> Response[str]:
    """Where the duty worker enters the code."""
    return page(request, "careshare/break_glass.html")


@post("/break-glass", opt=public(REASON), include_in_schema=False)
async def enter(request: Http) -> Response[Any]:
    """Let them in, once. A wrong code is counted as a failed sign-in."""
    form = await read_form(request)
    email, code = form.get("email").strip(), form.get("code").strip()
    throttle = throttle_of(request, f"break-glass {email}")
    wait = await throttle.wait()
    if wait:
        return too_many(request, wait)
    settings: Settings = request.app.state.settings
    entered = await temporary.enter_break_glass(
        request.app.state.database, settings.secret_key, email, code, browser_of(request)
    )
    if entered is None:
        await throttle.failed()
        shown = Form({"email": [email]})
        error = FieldError("code", "Check your e-mail address and the code. A code lets you in once, until it ends")
        return page(request, "careshare/break_glass.html", form=shown, errors=[error])
    await throttle.succeeded()
    if secret_of(request):
        async with request.app.state.database.unbound() as uow:
            await end_session(uow, secret_of(request))
    return with_session(request, redirect("/"), entered.secret)


@get(PATH, opt=needs(GRANT), include_in_schema=False)
async def colleagues_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]
) -> Response[str]:
    """Who is let in now, what waits for a second colleague, and the form that begins it."""
    return await _shown(request, uow, principal, Form())


async def _shown(request: Http, uow: Uow, principal: Principal, form: Form, code: str | None = None) -> Response[str]:
    people = [
        (str(one.person_id), f"{one.name}, {', '.join(ROLES[role] for role in one.roles)}")
        for one in await temporary.colleagues(uow)
        if one.person_id != principal.person_id
    ]
    rows = [row for row in await temporary.listed(uow, "break_glass") if row.stage != "ended"]
    return page(
        request,
        "careshare/break_glass_colleagues.html",
        form=form,
        people=people,
        rows=rows,
        code=code,
        path=PATH,
        suffices=bool(temporary.SUFFICES_WITH_THE_WORKER & set(principal.roles)),
    )


@post(PATH, opt=needs(GRANT), include_in_schema=False)
async def begin(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Begin it; the code is shown once, to whoever completes the two people."""
    form = await read_form(request)
    settings: Settings = request.app.state.settings
    wanted, errors = parse(form, Begin)
    if wanted is None:
        return await _shown(request, uow, principal, form.with_errors(errors))
    try:
        let_in = temporary.LetIn(wanted.person, wanted.hours, wanted.reason)
        code = await temporary.begin_break_glass(uow, principal, settings.secret_key, let_in)
    except Invalid as refused:
        return await _shown(request, uow, principal, form.with_errors(refused.errors))
    return redirect(PATH, WAITS) if code is None else await _shown(request, uow, principal, Form(), code)


@post(f"{PATH}/{{role_id:uuid}}/second", opt=needs(GRANT), include_in_schema=False)
async def second(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], role_id: FromPath[UUID]
) -> Response[str]:
    """Agree as the second person; the code is shown once."""
    settings: Settings = request.app.state.settings
    code = await temporary.second_break_glass(uow, settings.secret_key, role_id)
    return await _shown(request, uow, principal, Form(), code)


@post(f"{PATH}/{{role_id:uuid}}/end", opt=needs(GRANT), include_in_schema=False)
async def end(uow: NamedDependency[Uow], role_id: FromPath[UUID]) -> Response[None]:
    """End it at once, with the worker's session."""
    await temporary.end(uow, role_id, "break_glass")
    return redirect(PATH, ENDED)


handlers = [enter_page, enter, colleagues_page, begin, second, end]
