"""A page for one group of questions about a home: shown filled in, read, saved, or shown again with its errors."""

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
from careshare.web.changes import Http, compact, keep, regrouped, sent, with_version
from services.residential.pages.forms import ask, done
from services.residential.queries import home
from services.residential.records import HomeRecord

S = TypeVar("S", bound=msgspec.Struct)


async def nothing_more(_uow: Uow, _record: HomeRecord) -> dict[str, Any]:
    """For a template that needs nothing beside the home."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions(Generic[S]):
    """Questions that are asked and saved together.

    `name` is the last part of the page's address and its template's; `section` the part of the home's page to go back
    to. `groups` are the names of what is asked several times, and how often at most. `beside` gives the field of the
    form where the action names another. `more` is what else the template needs.
    """

    name: str
    permission: str
    wanted: type[S]
    filled: Callable[[HomeRecord], Form]
    change: Callable[[Uow, UUID, int, S], Awaitable[object]]
    saved: Notice
    section: str
    groups: Mapping[str, int] = field(default_factory=dict[str, int])
    beside: Mapping[str, str] = field(default_factory=dict[str, str])
    more: Callable[[Uow, HomeRecord], Awaitable[dict[str, Any]]] = nothing_more

    async def show(
        self,
        request: Http,
        uow: Uow,
        home_id: UUID,
        form: Form | None = None,
        shown: Mapping[str, int] | None = None,
    ) -> Response[str]:
        """The page with this form in it, or with what is on record. Raises NotFound."""
        record = await home(uow, home_id)
        form = form or self.filled(record)
        groups = {name: max(1, len(form.groups(name))) for name in self.groups} | dict(shown or {})
        more = await self.more(uow, record)
        return ask(request, self.name, record, form, groups=groups, section=self.section, **more)

    async def save(self, request: Http, uow: Uow, home_id: UUID) -> Response[Any]:
        """Save what was sent, or show it again: with its errors, or with a group more or less."""
        came = await sent(request)
        for name, most in self.groups.items():
            changed = regrouped(_of_group(came.form, name), name, most)
            if changed is not None:
                form = with_version(changed[0], came.version)
                return await self.show(request, uow, home_id, form, {name: changed[1]})
            came = came.with_form(compact(came.form, name))
        refused = await keep(
            uow,
            came,
            self.wanted,
            lambda value, version: self.change(uow, home_id, version, value),
            beside=self.beside,
        )
        if refused is None:
            return done(home_id, self.saved, self.section)
        return await self.show(request, uow, home_id, refused)


def _of_group(form: Form, name: str) -> Form:
    """The form with its button's action as `regrouped` knows it, where the button was this group's: `add-price`."""
    action = form.action
    if not action.endswith(f"-{name}"):
        return Form({one: form.all(one) for one in form.names() - {"action"}})
    answers = {one: form.all(one) for one in form.names() - {"action"}}
    return Form(answers | {"action": [action.removesuffix(f"-{name}")]})


def pages(questions: Questions[Any]) -> list[HTTPRouteHandler]:
    """The two routes of a page of questions."""
    path = f"/residential/{{home_id:uuid}}/{questions.name.replace('_', '-')}"
    options = needs(questions.permission)

    @get(path, opt=options, include_in_schema=False)
    async def asked(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[str]:
        return await questions.show(request, uow, home_id)

    @post(path, opt=options, include_in_schema=False)
    async def answered(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[Any]:
        return await questions.save(request, uow, home_id)

    return [asked, answered]
