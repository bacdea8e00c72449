"""Publishing a home's vacancies: first exactly what others will see, who, and what is in the way; then yes or no."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.web import Form, notice, redirect
from services.fostering import actions
from services.fostering.days import today
from services.fostering.pages.forms import Http, attempt, done, home_path, sent, with_version
from services.fostering.pages.questions import ask
from services.fostering.queries import audience, blocks, household

PUBLISHED = notice("fostering.published", "The vacancies of this home are published")
WITHDRAWN = notice("fostering.withdrawn", "The vacancies of this home are no longer published")

MENDED = {
    "approval": "approval",
    "privacy_notice_on": "privacy",
    "objection": "privacy",
    "postcode": "home",
}
"""The form that mends what keeps a home from being published, by the field that names it."""


@get("/foster-carers/{household_id:uuid}/publish", opt=needs("household:publish"), include_in_schema=False)
async def check_publishing(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[Any]:
    """What others would see, under which agreements, and what keeps the home from being published."""
    return await _checked(request, uow, household_id, Form())


@post("/foster-carers/{household_id:uuid}/publish", opt=needs("household:publish"), include_in_schema=False)
async def publish(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[Any]:
    """Publish it."""
    came = await sent(request)
    errors = await attempt(uow, lambda: actions.publish(uow, household_id, came.version))
    if errors is None:
        return done(household_id, PUBLISHED)
    return await _checked(request, uow, household_id, with_version(came.form, came.version), status=400)


async def _checked(
    request: Http, uow: Uow, household_id: UUID, form: Form, *, status: int | None = None
) -> Response[Any]:
    record = await household(uow, household_id)
    if record.published_at is not None:
        return redirect(home_path(household_id))
    found = blocks(record, today())
    return ask(
        request,
        "publish",
        record,
        form,
        status_code=status,
        blocks=[(block.message, MENDED.get(block.field)) for block in found],
        audience=await audience(uow),
    )


@get("/foster-carers/{household_id:uuid}/withdraw", opt=needs("household:publish"), include_in_schema=False)
async def check_withdrawing(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[Any]:
    """What withdrawing means."""
    record = await household(uow, household_id)
    if record.published_at is None:
        return redirect(home_path(household_id))
    return ask(request, "withdraw", record, Form())


@post("/foster-carers/{household_id:uuid}/withdraw", opt=needs("household:publish"), include_in_schema=False)
async def withdraw(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[Any]:
    """Withdraw it; what is not published is left as it is."""
    came = await sent(request)
    errors = await attempt(uow, lambda: actions.withdraw(uow, household_id, came.version))
    return redirect(home_path(household_id)) if errors else done(household_id, WITHDRAWN)


handlers = [check_publishing, publish, check_withdrawing, withdraw]
