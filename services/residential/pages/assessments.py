"""The pages of an impact assessment: begun for an enquiry, written, decided by the home's manager."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.web import Form, asks, notice, parse, read_form, read_query, redirect
from careshare.web.changes import Http, attempt, compact, keep, regrouped, sent, with_version
from services.residential import actions
from services.residential.actions.assessments import Assessment, assessment
from services.residential.model import Concerns, Decision, NewAssessment
from services.residential.pages.forms import home_path, show
from services.residential.queries import home

WRITTEN = notice("residential.assessment_written", "The concerns are saved")
DECIDED = notice("residential.assessment_decided", "The decision is recorded")
BEGUN = notice("residential.assessment_begun", "The impact assessment is begun")

ONE: Final = "/residential/assessments/{assessment_id:uuid}"
NEW: Final = "/residential/{home_id:uuid}/assessments/new"
MOST: Final = 20
CHILDREN: Final = 8


class Enquired(msgspec.Struct, frozen=True, kw_only=True):
    """For which enquiry."""

    enquiry: Annotated[UUID, asks("the enquiry")] | None = None


def _path(found: Assessment) -> str:
    return f"/residential/assessments/{found.id}"


@get(NEW, opt=needs("residential:change"), include_in_schema=False)
async def ask_new(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[str]:
    """Whom the assessment is about, in bands."""
    wanted, _ = parse(read_query(request), Enquired)
    enquiry = "" if wanted is None or wanted.enquiry is None else str(wanted.enquiry)
    return await _new(request, uow, home_id, Form({"enquiry_id": [enquiry]}), 1)


async def _new(request: Http, uow: Uow, home_id: UUID, form: Form, shown: int) -> Response[str]:
    record = await home(uow, home_id)
    groups = max(shown, len(form.groups("child")))
    return show(
        request, "new_assessment", form=form, errors=form.errors, record=record, path=home_path(home_id), groups=groups
    )


@post(NEW, opt=needs("residential:change"), include_in_schema=False)
async def begin(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[Any]:
    """Begin it, or find the one there is for the enquiry."""
    form = await read_form(request)
    changed = regrouped(form, "child", CHILDREN)
    if changed is not None:
        return await _new(request, uow, home_id, *changed)
    form = compact(form, "child")
    wanted, errors = parse(form, NewAssessment)
    made: list[UUID] = []

    async def open_it() -> None:
        if wanted is not None:
            made.append(await actions.open_assessment(uow, home_id, wanted.enquiry_id, wanted.child))

    if wanted is not None:
        errors = await attempt(uow, open_it) or []
    if errors:
        return await _new(request, uow, home_id, form.with_errors(errors), 1)
    return redirect(f"/residential/assessments/{made[0]}", BEGUN)


@get(ONE, opt=needs("residential:read"), include_in_schema=False)
async def one_assessment(request: Http, uow: NamedDependency[Uow], assessment_id: FromPath[UUID]) -> Response[str]:
    """The assessment as it stands."""
    found = await assessment(uow, assessment_id)
    return await _shown(request, uow, found, Form.filled(Concerns(concern=found.concerns)), Form())


async def _shown(
    request: Http, uow: Uow, found: Assessment, form: Form, decision: Form, *, shown: int = 0
) -> Response[str]:
    record = await home(uow, found.home_id)
    groups = max(shown, 1, len(found.concerns), len(form.groups("concern")))
    return show(
        request,
        "assessment",
        found=found,
        record=record,
        form=form,
        decision=decision,
        errors=[*form.errors, *decision.errors],
        path=_path(found),
        groups=groups,
        version=form.get("version") or decision.get("version") or found.version,
    )


@post(f"{ONE}/concerns", opt=needs("residential:change"), include_in_schema=False)
async def write(request: Http, uow: NamedDependency[Uow], assessment_id: FromPath[UUID]) -> Response[Any]:
    """Save the concerns."""
    came = await sent(request)
    changed = regrouped(came.form, "concern", MOST)
    if changed is not None:
        found = await assessment(uow, assessment_id)
        return await _shown(request, uow, found, with_version(changed[0], came.version), Form(), shown=changed[1])
    came = came.with_form(compact(came.form, "concern"))
    refused = await keep(
        uow,
        came,
        Concerns,
        lambda value, version: actions.set_concerns(uow, assessment_id, version, value.concern),
    )
    if refused is None:
        return redirect(f"/residential/assessments/{assessment_id}", WRITTEN)
    return await _shown(request, uow, await assessment(uow, assessment_id), refused, Form())


@post(f"{ONE}/decision", opt=needs("impact_assessment:decide"), include_in_schema=False)
async def decide(request: Http, uow: NamedDependency[Uow], assessment_id: FromPath[UUID]) -> Response[Any]:
    """Record the manager's decision."""
    came = await sent(request)
    refused = await keep(uow, came, Decision, lambda value, version: actions.decide(uow, assessment_id, version, value))
    if refused is None:
        return redirect(f"/residential/assessments/{assessment_id}", DECIDED)
    found = await assessment(uow, assessment_id)
    return await _shown(request, uow, found, Form.filled(Concerns(concern=found.concerns)), refused)


handlers = [ask_new, begin, one_assessment, write, decide]
