"""A page for one group of questions about a household: shown filled in, read, saved, or shown again with its errors."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.web import Form, Notice
from services.fostering.pages.forms import (
    Http,
    compact,
    done,
    home_path,
    keep,
    regrouped,
    sent,
    show,
    with_version,
)
from services.fostering.queries import household
from services.fostering.records import HouseholdRecord

S = TypeVar("S", bound=msgspec.Struct)


async def nothing_more(_uow: Uow, _record: HouseholdRecord) -> dict[str, Any]:
    """For a template that needs nothing beside the household."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions(Generic[S]):
    """Questions that are asked and saved together.

    `name` is the last part of the page's address, and its template's; `section` is the part of the household's page to
    go back to. `group` is the name of what is asked several times, and how often at most. `prepare` and `beside` are
    as `keep` takes them. `more` is what else the template needs.
    """

    name: str
    permission: str
    wanted: type[S]
    filled: Callable[[HouseholdRecord], Form]
    change: Callable[[Uow, UUID, int, S], Awaitable[object]]
    saved: Notice
    section: str
    group: tuple[str, int] | None = None
    prepare: Callable[[Form], Form] | None = None
    beside: Mapping[str, str] = field(default_factory=dict[str, str])
    more: Callable[[Uow, HouseholdRecord], Awaitable[dict[str, Any]]] = nothing_more

    async def show(
        self, request: Http, uow: Uow, household_id: UUID, form: Form | None = None, groups: int | None = None
    ) -> Response[str]:
        """The page with this form in it, or with what is on record. Raises NotFound."""
        record = await household(uow, household_id)
        form = form or self.filled(record)
        more = await self.more(uow, record)
        return ask(request, self.name, record, form, groups=groups or self._groups(form), section=self.section, **more)

    def _groups(self, form: Form) -> int:
        return len(form.groups(self.group[0])) if self.group else 0

    async def save(self, request: Http, uow: Uow, household_id: UUID) -> Response[Any]:
        """Save what was sent, or show it again: with its errors, or with a group more or less."""
        came = await sent(request)
        if self.group is not None:
            changed = regrouped(came.form, *self.group)
            if changed is not None:
                form = with_version(changed[0], came.version)
                return await self.show(request, uow, household_id, form, changed[1])
            came = came.with_form(compact(came.form, self.group[0]))
        refused = await keep(
            uow,
            came,
            self.wanted,
            lambda value, version: self.change(uow, household_id, version, value),
            prepare=self.prepare,
            beside=self.beside,
        )
        if refused is None:
            return done(household_id, self.saved, self.section)
        return await self.show(request, uow, household_id, refused)


def ask(request: Http, name: str, record: HouseholdRecord, form: Form, **context: Any) -> Response[str]:
    """The form `name` of a household. Its errors, if any, are those of `form`."""
    path = home_path(record.id)
    version = form.get("version") or record.version
    return show(
        request, f"form_{name.replace('/', '_')}", form=form, record=record, path=path, version=version, **context
    )


def pages(questions: Questions[Any]) -> list[HTTPRouteHandler]:
    """The two routes of a page of questions."""
    path = f"/foster-carers/{{household_id:uuid}}/{questions.name}"
    options = needs(questions.permission)

    @get(path, opt=options, include_in_schema=False)
    async def asked(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[str]:
        return await questions.show(request, uow, household_id)

    @post(path, opt=options, include_in_schema=False)
    async def answered(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[Any]:
        return await questions.save(request, uow, household_id)

    return [asked, answered]
