"""The regional administrator's page of e-mail domains: what waits, what is approved for whom, and until when."""

from typing import Any, Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from careshare.identity_pages.common import Http, secret_of
from careshare.service import NavigationItem
from careshare.signin import domains
from careshare.signin.domains import PAGE, Approval, Ending
from careshare.web import Form, notice, page, parse, read_form, redirect

PERMISSION: Final = "domain:approve"
PERMISSIONS: Final = {PERMISSION: ("regional_administrator",)}
NAVIGATION: Final = NavigationItem(
    "E-mail domains", PAGE, PERMISSION, "Which e-mail domains belong to which authority: without that nobody signs in."
)
READ: Final = needs(PERMISSION)
CHANGE: Final = needs(PERMISSION, step_up=True)

APPROVED: Final = notice("domains.approved", "The domain is approved. The authority’s administrators are told")
ENDED: Final = notice("domains.ended", "The approval is ended. Whoever signed in by it alone is signed out")


@get(PAGE, opt=READ, include_in_schema=False)
async def list_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """What waits, what is approved, and the form that approves."""
    return await _list(request, uow, Form())


async def _list(request: Http, uow: Uow, form: Form, errors: list[FieldError] | None = None) -> Response[str]:
    return page(
        request,
        "signin/domains.html",
        form=form,
        errors=errors or [],
        waiting=await domains.waiting(uow),
        approved=await domains.approved(uow),
        authorities=[(str(one), name) for one, name in await domains.authorities(uow)],
        path=PAGE,
    )


@post(PAGE, opt=CHANGE, include_in_schema=False)
async def approve(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Approve a domain for an authority."""
    form = await read_form(request)
    given, errors = parse(form, Approval)
    if given is not None:
        try:
            await domains.approve(uow, given)
        except (Conflict, Invalid) as error:
            await uow.rollback()
            errors = list(error.errors)
        else:
            return redirect(PAGE, APPROVED)
    return await _list(request, uow, form.with_errors(errors))


@post(f"{PAGE}/end", opt=CHANGE, include_in_schema=False)
async def end(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Approve it no more."""
    given, _ = parse(await read_form(request), Ending)
    if given is None:
        raise NotFound
    await domains.end(uow, given, secret_of(request))
    return redirect(PAGE, ENDED)


router = Router("/", route_handlers=[list_page, approve, end])
