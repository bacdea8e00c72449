"""The two ways in: tonight's few fields and the full form. Both keep a search and lead to what it finds."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.gazetteer import UnknownPostcode, locate_many
from careshare.web import Form, page, read_form, redirect
from services.placements import actions, queries
from services.placements.need import MOST_CHILDREN, Need, postcode_fields
from services.placements.pages import forms

TONIGHT = "/placements/tonight"
SEARCH = "/placements/search"
FULL = "full"
"""The button that goes on to the full form with what was typed."""

Http = Request[Any, Any, Any]


async def _prefilled(uow: Uow, search: UUID | None) -> Form:
    """An empty form, or the one a search was made with. Raises NotFound for a search that is not the authority's."""
    return forms.filled((await queries.saved(uow, search)).need) if search else forms.blank(queries.today())


def _tonight(request: Http, form: Form, errors: list[FieldError] | None = None) -> Response[str]:
    return page(request, "placements/tonight.html", form=form, errors=errors or [], most=MOST_CHILDREN, full=FULL)


def _full(
    request: Http, form: Form, errors: list[FieldError] | None = None, changes: UUID | None = None
) -> Response[str]:
    return page(
        request, "placements/search.html", form=form, errors=errors or [], changes=changes, **forms.choices(form)
    )


@get(TONIGHT, opt=needs("placement:search"), include_in_schema=False)
async def tonight(request: Http, uow: NamedDependency[Uow], search: FromQuery[UUID | None] = None) -> Response[str]:
    """Age, sex and how many: enough to begin."""
    return _tonight(request, await _prefilled(uow, search))


@post(TONIGHT, opt=needs("placement:search"), include_in_schema=False, status_code=200)
async def find_tonight(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Keep tonight's search, or change the rows of its form."""
    form = await read_form(request)
    changed = forms.changed(form)
    if changed is not None:
        return _tonight(request, changed)
    form, need, errors = await _read(uow, form)
    return _tonight(request, form, errors) if need is None else await _keep(uow, need, "tonight")


@get(SEARCH, opt=needs("placement:search"), include_in_schema=False)
async def full(request: Http, uow: NamedDependency[Uow], search: FromQuery[UUID | None] = None) -> Response[str]:
    """Everything that can be asked for."""
    return _full(request, await _prefilled(uow, search), changes=search)


@post(SEARCH, opt=needs("placement:search"), include_in_schema=False, status_code=200)
async def find_full(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Keep a full search, or change the rows of its form."""
    form = await read_form(request)
    changed = form if form.action == FULL else forms.changed(form)
    if changed is not None:
        return _full(request, changed)
    form, need, errors = await _read(uow, form)
    return _full(request, form, errors) if need is None else await _keep(uow, need, "full")


async def _read(uow: Uow, form: Form) -> tuple[Form, Need | None, list[FieldError]]:
    form, need, errors = forms.read(form, queries.today())
    if need is None:
        return form, None, errors
    fields = list(postcode_fields(need))
    known = await locate_many(uow, (postcode for _, postcode in fields))
    errors = [FieldError(name, str(UnknownPostcode(postcode))) for name, postcode in fields if postcode not in known]
    return form, None if errors else need, errors


async def _keep(uow: Uow, need: Need, kind: str) -> Response[None]:
    return redirect(f"/placements/searches/{await actions.save(uow, need, kind)}")


handlers = [tonight, find_tonight, full, find_full]
