"""Signing what is proposed, with a declaration; leaving, with what follows from it, and staying after all."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.errors import Conflict
from careshare.identity import Principal
from careshare.web import Form, notice, redirect
from tenants.agreements import actions, queries
from tenants.agreements.codes import texts
from tenants.agreements.model import Agreement, Contact, Leaving, Signing
from tenants.agreements.pages.common import Http, NoAnswers, keep, path_of, sent, show
from tenants.agreements.pages.reading import ONE
from tenants.agreements.rules import LONDON, carries_on, leaves_at

SIGNED = notice("agreements.signed", "You have signed the agreement for your authority.")
LEFT = notice("agreements.left", "Your authority has left the agreement. Nothing is shared under it any longer.")
STAYED = notice("agreements.stayed", "Your authority has taken back its notice and stays.")
GIVEN = notice("agreements.notice", "Your authority has given notice.")
SIGN: Final = needs("agreement:sign", step_up=True)
LEAVE: Final = needs("agreement:leave", step_up=True)


@get(ONE + "/sign", opt=SIGN, include_in_schema=False)
async def sign_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """What is to be signed, whole, and the declaration."""
    found = await queries.agreement(uow, agreement_id)
    me = found.party(principal.authority_id)
    given = {name: [getattr(me, name)] for name in Contact.__struct_fields__} if me else {}
    role = next((ROLES[one] for one in ("director", "nominated_officer") if one in principal.roles), "")
    return _sign(request, principal, found, Form({**given, "role": [role]}))


@post(ONE + "/sign", opt=SIGN, include_in_schema=False)
async def sign(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """Sign it."""
    form, revision = await sent(request)

    async def change(signing: Signing) -> None:
        await actions.sign(uow, agreement_id, revision, signing, principal)

    refused = await keep(uow, form, Signing, change)
    if refused is None:
        return redirect(path_of(agreement_id), SIGNED)
    return _sign(request, principal, await queries.agreement(uow, agreement_id), refused)


def _sign(request: Http, principal: Principal, found: Agreement, form: Form) -> Response[Any]:
    proposed = found.proposed
    mine = proposed is not None and principal.authority_id in proposed.parties
    if proposed is None or not mine or any(one.authority_id == principal.authority_id for one in proposed.signatures):
        return redirect(path_of(found.id))
    return show(request, "sign", found=found, version=proposed, path=path_of(found.id), form=form)


@get(ONE + "/leave", opt=LEAVE, include_in_schema=False)
async def leave_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """What leaving means, and when."""
    return _leave(request, principal, await queries.agreement(uow, agreement_id), Form())


@post(ONE + "/leave", opt=LEAVE, include_in_schema=False)
async def leave(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """Leave it, or give notice."""
    form, revision = await sent(request)
    moments: list[datetime] = []

    async def change(leaving: Leaving) -> None:
        moments.append(await actions.leave(uow, agreement_id, revision, leaving))

    refused = await keep(uow, form, Leaving, change)
    if refused is None:
        return redirect(path_of(agreement_id), LEFT if moments[0] <= datetime.now(LONDON) else GIVEN)
    return _leave(request, principal, await queries.agreement(uow, agreement_id), refused)


def _leave(request: Http, principal: Principal, found: Agreement, form: Form) -> Response[Any]:
    me, now = found.party(principal.authority_id), datetime.now(LONDON)
    if me is None or found.state == "ended" or (me.leaves_at is not None and me.leaves_at <= now):
        raise Conflict("This agreement is over for your authority.")
    others = [one.name for one in found.parties if one is not me and (one.leaves_at is None or one.leaves_at > now)]
    return show(
        request,
        "leave",
        found=found,
        path=path_of(found.id),
        form=form,
        given=me.leaves_at,
        others=others,
        carries_on=carries_on(len(others)),
        last_day=leaves_at(found.current.terms.notice_days, now).date() - timedelta(days=1),
        causes=[(one.code, one.label, one.text) for one in texts("cause")],
    )


@get(ONE + "/stay", opt=needs("agreement:leave"), include_in_schema=False)
async def stay_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """What taking the notice back means."""
    return _stay(request, principal, await queries.agreement(uow, agreement_id), Form())


@post(ONE + "/stay", opt=LEAVE, include_in_schema=False)
async def stay(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """Take the notice back."""
    form, revision = await sent(request)

    async def change(_nothing: NoAnswers) -> None:
        await actions.stay(uow, agreement_id, revision)

    refused = await keep(uow, form, NoAnswers, change)
    if refused is None:
        return redirect(path_of(agreement_id), STAYED)
    return _stay(request, principal, await queries.agreement(uow, agreement_id), refused)


def _stay(request: Http, principal: Principal, found: Agreement, form: Form) -> Response[Any]:
    me = found.party(principal.authority_id)
    if me is None or me.leaves_at is None or me.leaves_at <= datetime.now(LONDON) or found.state == "ended":
        return redirect(path_of(found.id))
    return show(request, "stay", found=found, me=me, path=path_of(found.id), form=form)


handlers = [sign_page, sign, leave_page, leave, stay_page, stay]
