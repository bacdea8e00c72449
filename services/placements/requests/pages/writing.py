"""Writing a request: a page for each section, of all children or of one; a child more or one less."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.identity import Principal
from careshare.web import Form, asks, notice, parse
from services.placements.need import MOST_CHILDREN, Sex
from services.placements.pages import groups
from services.placements.requests import actions, codes, queries, rules
from services.placements.requests.model import RequestChild
from services.placements.requests.pages import asking, words
from services.placements.requests.pages.asking import Section
from services.placements.requests.pages.forms import (
    CHILD,
    REQUEST,
    Http,
    attempt,
    child_path,
    done,
    path_of,
    rights,
    sent,
    show,
)
from services.placements.requests.pages.sections import CHILD_SECTIONS, REQUEST_SECTIONS
from services.placements.requests.permissions import CHANGE, CHANGE_IDENTITY, IDENTITY
from services.placements.requests.records import ChildRecord, RequestRecord

ADDED = notice("requests.child_added", "The child is added to the request")
REMOVED = notice("requests.child_removed", "The child is no longer part of the request")
ADD, REMOVE = "add", "remove-"


class AddedChild(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Another child: enough to begin."""

    age: Annotated[int, asks("the age of the child", ge=0, le=25)]
    sex: Annotated[Sex, asks("the sex of the child")] = "U"


def child_of(record: RequestRecord, child_id: UUID) -> ChildRecord:
    """One of the children. Raises NotFound."""
    found = next((one for one in record.children if one.id == child_id), None)
    if found is None:
        raise NotFound
    return found


async def _read(uow: Uow, principal: Principal, request_id: UUID) -> RequestRecord:
    return queries.shown(await queries.whole(uow, request_id), may_identify=principal.may(IDENTITY))


def _known(section: Section, record: RequestRecord, child: ChildRecord | None) -> msgspec.Struct:
    """What stands on record of a section's fields."""
    if section.of == "when":
        sources: tuple[Any, ...] = (record, record.need)
    elif section.of == "request":
        sources = (record.need,)
    elif child is None:
        raise NotFound
    else:
        sources = (child.identity,) if section.of == "identity" else (child, child.need)
    names = section.wanted.__struct_fields__
    return section.wanted(**{name: next(getattr(one, name) for one in sources if hasattr(one, name)) for name in names})


def _show(
    request: Http,
    section: Section,
    record: RequestRecord,
    child: ChildRecord | None,
    *,
    form: Form,
    errors: Sequence[FieldError] = (),
    version: int | None = None,
) -> Response[str]:
    path = path_of(record.id) if child is None else child_path(record.id, child.id)
    pairs = [
        (f"{one}-{two}", f"Child {one} ({_who(record, one)}) and child {two} ({_who(record, two)})")
        for one, two in groups.pairs_of(len(record.children))
    ]
    return show(
        request,
        "section",
        form=form,
        errors=list(errors),
        section=section,
        record=record,
        heading=words.child(child, len(record.children)) if child else words.children(record),
        to=f"{path}/{section.name.replace('_', '-')}",
        version=record.version if version is None else version,
        pairs=pairs,
        risk_codes=list(codes.risks()),
        lacking=_lacking(section, record, child),
        complete_by=rules.complete_by(record),
    )


def _lacking(section: Section, record: RequestRecord, child: ChildRecord | None) -> list[rules.Lacking]:
    """What this page lacks as it was saved last."""
    place = child.position if child else None
    return [one for one in rules.lacking(record) if (one.section, one.child) == (section.name, place)]


def _who(record: RequestRecord, position: int) -> str:
    child = record.children[position - 1]
    return {"F": "girl", "M": "boy", "U": "child"}[child.sex] + f" of {child.age}"


async def _save(
    request: Http, uow: Uow, principal: Principal, section: Section, request_id: UUID, *, child_id: UUID | None
) -> Response[Any]:
    form, version = await sent(request)
    record = await _read(uow, principal, request_id)
    child = None if child_id is None else child_of(record, child_id)
    if section.rows is not None:
        changed = _rows_changed(section, form)
        if changed is not None:
            return _show(request, section, record, child, form=changed, version=version)
    form = asking.compact(section, form)
    prepared, where = asking.read(section, form)
    value, errors = parse(prepared, section.wanted)
    if value is not None:
        refused = await attempt(
            uow, _change(uow, principal, section, request_id, child_id=child_id, version=version, value=value)
        )
        if refused is None:
            return done(request_id, section=f"child-{child.position}" if child else "together")
        errors = [_beside(section, error) for error in refused]
    errors = [FieldError(_placed(error.field, where), error.message) for error in errors]
    return _show(request, section, record, child, form=form, errors=errors, version=version)


def _rows_changed(section: Section, form: Form) -> Form | None:
    rows = section.rows
    if rows is None or not form.action:
        return None
    if form.action == ADD:
        return groups.added(form, rows.name, rows.first, rows.most)
    number = form.action.removeprefix(REMOVE)
    return groups.removed(form, rows.name, int(number)) if number.isdecimal() and len(number) < 3 else None


def _change(
    uow: Uow,
    principal: Principal,
    section: Section,
    request_id: UUID,
    *,
    child_id: UUID | None,
    version: int,
    value: msgspec.Struct,
) -> Callable[[], Any]:
    """What saves a section."""
    given = {name: getattr(value, name) for name in section.wanted.__struct_fields__}

    async def change() -> None:
        record = await queries.whole(uow, request_id)
        if section.of == "when":
            need = msgspec.structs.replace(record.need, length=given.pop("length"))
            await actions.change(uow, request_id, version, need=need, **given)
        elif section.of == "request":
            need = msgspec.structs.replace(record.need, **given)
            await actions.change(uow, request_id, version, need=need, knows_names=principal.may(IDENTITY))
        elif child_id is None:
            raise NotFound
        elif section.of == "identity":
            known = child_of(record, child_id).identity
            if known is None:
                raise NotFound
            new = msgspec.structs.replace(known, **given)
            await actions.change_identity(uow, request_id, version, child_id, new)
        else:
            age, sex = given.pop("age", None), given.pop("sex", None)
            wanted = msgspec.structs.replace(child_of(record, child_id).need, **given)
            await actions.change_child(uow, request_id, version, child_id, age=age, sex=sex, need=wanted)

    return change


def _beside(section: Section, error: FieldError) -> FieldError:
    """An error beside the field it is about: one of a pair belongs to its list, one of another page to none."""
    if section.special == "pairs":
        return FieldError(error.field.partition("-")[0], error.message)
    names = section.wanted.__struct_fields__
    known = any(error.field == name or error.field.startswith(f"{name}-") for name in names)
    return error if known else FieldError("", error.message)


def _placed(field: str, where: dict[str, str]) -> str:
    return next((to + field.removeprefix(there) for there, to in where.items() if field.startswith(there)), field)


def _of_request(section: Section) -> list[HTTPRouteHandler]:
    path = f"{REQUEST}/{section.name.replace('_', '-')}"

    @get(path, opt=needs(CHANGE), include_in_schema=False)
    async def asked(
        request: Http,
        uow: NamedDependency[Uow],
        principal: NamedDependency[Principal],
        placement_request_id: FromPath[UUID],
    ) -> Response[str]:
        record = await _read(uow, principal, placement_request_id)
        return _show(request, section, record, None, form=asking.typed(section, _known(section, record, None)))

    @post(path, opt=needs(CHANGE), include_in_schema=False)
    async def answered(
        request: Http,
        uow: NamedDependency[Uow],
        principal: NamedDependency[Principal],
        placement_request_id: FromPath[UUID],
    ) -> Response[Any]:
        return await _save(request, uow, principal, section, placement_request_id, child_id=None)

    return [asked, answered]


def _of_child(section: Section) -> list[HTTPRouteHandler]:
    path = f"{CHILD}/{section.name}"
    permission = CHANGE_IDENTITY if section.of == "identity" else CHANGE

    @get(path, opt=needs(permission), include_in_schema=False)
    async def asked(
        request: Http,
        uow: NamedDependency[Uow],
        principal: NamedDependency[Principal],
        placement_request_id: FromPath[UUID],
        request_child_id: FromPath[UUID],
    ) -> Response[str]:
        record = await _read(uow, principal, placement_request_id)
        child = child_of(record, request_child_id)
        return _show(request, section, record, child, form=asking.typed(section, _known(section, record, child)))

    @post(path, opt=needs(permission), include_in_schema=False)
    async def answered(
        request: Http,
        uow: NamedDependency[Uow],
        principal: NamedDependency[Principal],
        placement_request_id: FromPath[UUID],
        request_child_id: FromPath[UUID],
    ) -> Response[Any]:
        return await _save(request, uow, principal, section, placement_request_id, child_id=request_child_id)

    return [asked, answered]


@get(f"{REQUEST}/children/new", opt=needs(CHANGE), include_in_schema=False)
async def ask_child(request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> Response[str]:
    """Another child: age and sex."""
    return _show_new(request, await queries.whole(uow, placement_request_id), Form())


@post(f"{REQUEST}/children/new", opt=needs(CHANGE), include_in_schema=False)
async def add_child(request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> Response[Any]:
    """Add the child; the rest follows on its own pages."""
    form, version = await sent(request)
    value, errors = parse(form, AddedChild)
    if value is not None:
        child = RequestChild(age=value.age, sex=value.sex)
        refused = await attempt(uow, lambda: actions.add_child(uow, placement_request_id, version, child))
        if refused is None:
            return done(placement_request_id, ADDED)
        errors = list(refused)
    return _show_new(request, await queries.whole(uow, placement_request_id), form, errors, version)


def _show_new(
    request: Http, record: RequestRecord, form: Form, errors: Sequence[FieldError] = (), version: int | None = None
) -> Response[str]:
    return show(
        request,
        "child",
        form=form,
        errors=list(errors),
        record=record,
        version=version or record.version,
        most=MOST_CHILDREN,
    )


@get(f"{CHILD}/remove", opt=needs(CHANGE), include_in_schema=False)
async def ask_remove(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    request_child_id: FromPath[UUID],
) -> Response[str]:
    """What it means to take a child out."""
    record = await _read(uow, principal, placement_request_id)
    return _show_remove(request, principal, record, child_of(record, request_child_id))


@post(f"{CHILD}/remove", opt=needs(CHANGE), include_in_schema=False)
async def remove_child(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    request_child_id: FromPath[UUID],
) -> Response[Any]:
    """Take the child out of the request."""
    _form, version = await sent(request)
    record = await _read(uow, principal, placement_request_id)
    child = child_of(record, request_child_id)
    refused = await attempt(uow, lambda: actions.remove_child(uow, placement_request_id, version, request_child_id))
    if refused is None:
        return done(placement_request_id, REMOVED)
    return _show_remove(request, principal, record, child, refused)


def _show_remove(
    request: Http, principal: Principal, record: RequestRecord, child: ChildRecord, errors: Sequence[FieldError] = ()
) -> Response[str]:
    return show(
        request,
        "remove",
        errors=list(errors),
        record=record,
        child=child,
        to=f"{child_path(record.id, child.id)}/remove",
        **rights(principal),
    )


handlers: Final[list[HTTPRouteHandler]] = [
    ask_child,
    add_child,
    ask_remove,
    remove_child,
    *(handler for section in REQUEST_SECTIONS for handler in _of_request(section)),
    *(handler for section in CHILD_SECTIONS for handler in _of_child(section)),
]
