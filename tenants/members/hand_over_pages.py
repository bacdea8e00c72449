"""The pages of hand-over: who has left and what is left of theirs, giving it and ticking it off, and what one holds."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Conflict
from careshare.identity import Principal
from careshare.web import Form, asks, notice, parse, read_form, redirect
from tenants.members import hand_over, queries
from tenants.members.hand_over import OWN_LINK, House
from tenants.members.model import Member
from tenants.members.pages import ONE, ROOT, Http, attempt, one_path, show

HAND_OVER = needs("member:hand_over")
LIST: Final = f"{ROOT}/hand-over"
EVERY: Final = "all"
"""The box that stands for everything that is left of a kind."""

GIVEN = notice("members.handed_over", "What you selected is your colleague’s now, and they are told")
TICKED = notice("members.ticked_off", "What you selected is ticked off")

Items = Annotated[list[str], asks("what is handed over", missing="Select what is handed over", max_length=1000)]


class Giving(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What goes to whom."""

    items: Items
    to: Annotated[UUID, asks("the colleague", missing="Select the colleague who takes over")]


class Ticking(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What nobody takes over, and why."""

    items: Items
    reason: Annotated[str, asks("the reason", missing="Enter why nobody takes these over", max_length=500)]


def house_of(request: Http) -> House:
    """Where one looks for what people hold."""
    return House(request.app.state.services, request.app.state.permissions)


@get(LIST, opt=HAND_OVER, include_in_schema=False)
async def leavers(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Who has left, and how far the hand-over of what they held is."""
    return show(request, "leavers", leavers=await hand_over.leavers(uow, house_of(request)))


@get(f"{ONE}/hand-over", opt=HAND_OVER, include_in_schema=False)
async def overview(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], member_id: FromPath[UUID]
) -> Response[str]:
    """What is left of what somebody holds, and what was done: the things themselves to whoever may open them."""
    who = await queries.member(uow, member_id)
    now = await hand_over.see(uow, house_of(request), who, principal.permissions)
    return show(request, "hand_over", who=who, now=now, path=one_path(member_id))


@get(f"{ONE}/hand-over/{{holding:str}}", opt=HAND_OVER, include_in_schema=False)
async def ask_kind(
    request: Http, uow: NamedDependency[Uow], member_id: FromPath[UUID], holding: FromPath[str]
) -> Response[Any]:
    """The form that gives things of one kind to a colleague, or ticks them off."""
    return await _ask(request, uow, await queries.member(uow, member_id), holding)


async def _ask(request: Http, uow: Uow, who: Member, kind: str, form: Form | None = None) -> Response[Any]:
    found, people = await hand_over.may_hold(uow, house_of(request), who, kind)
    if not found.count:
        return redirect(f"{one_path(who.id)}/hand-over")
    return show(
        request,
        "hand_over_kind",
        form=form or Form(),
        who=who,
        found=found,
        people=[(str(one.person_id), one.name) for one in people],
        every=EVERY,
        path=f"{one_path(who.id)}/hand-over",
    )


@post(f"{ONE}/hand-over/{{holding:str}}", opt=HAND_OVER, include_in_schema=False)
async def save_kind(
    request: Http, uow: NamedDependency[Uow], member_id: FromPath[UUID], holding: FromPath[str]
) -> Response[Any]:
    """Give what is ticked, or with the other button tick it off."""
    who = await queries.member(uow, member_id)
    form = await read_form(request)
    house = house_of(request)
    ticking = form.action == "tick"
    if ticking:
        reasoned, errors = parse(_part(form, Ticking), Ticking)
        if reasoned is not None:
            items, why = _ids(reasoned.items), reasoned.reason
            errors = await attempt(uow, lambda: hand_over.tick_off(uow, house, who, holding, items, why=why))
    else:
        given, errors = parse(_part(form, Giving), Giving)
        if given is not None:
            items, to = _ids(given.items), given.to
            errors = await attempt(uow, lambda: hand_over.give(uow, house, who, holding, items, to=to))
    if errors:
        return await _ask(request, uow, who, holding, form.with_errors(errors))
    return redirect(f"{one_path(member_id)}/hand-over", TICKED if ticking else GIVEN)


def _part(form: Form, wanted: type[msgspec.Struct]) -> Form:
    """The answers to one of the form's two questions; the other may be left as it is."""
    return Form({name: form.all(name) for name in wanted.__struct_fields__ if name in form.names()})


def _ids(items: list[str]) -> list[UUID] | None:
    """The things ticked; None for all of them. One that is none of ours stands for nothing that is there."""
    if EVERY in items:
        return None
    try:
        return [UUID(one) for one in items]
    except ValueError:
        raise Conflict("The list has changed. Open the page again and make your choice there.") from None


@get(OWN_LINK, opt=needs("own:act"), include_in_schema=False)
async def own(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """What one holds oneself, and what was handed over to one lately."""
    kinds, taken = await hand_over.own(uow, house_of(request))
    return show(request, "own_work", kinds=kinds, taken=taken)


router = Router("/", route_handlers=[leavers, overview, ask_kind, save_kind, own])
