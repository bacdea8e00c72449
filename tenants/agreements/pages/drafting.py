"""Drafting an agreement and amending what is proposed, with one form for both; and withdrawing it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web import Form, notice, read_form, redirect
from tenants.agreements import actions, queries
from tenants.agreements.codes import DETAILS, resources, texts
from tenants.agreements.model import Agreement, Contact, Draft
from tenants.agreements.pages.common import LIST, Http, NoAnswers, keep, path_of, sent, show
from tenants.agreements.pages.reading import ONE
from tenants.agreements.rules import LONDON

DRAFTED = notice("agreements.drafted", "The agreement is drafted. Each party is asked to sign it.")
AMENDED = notice("agreements.amended", "The terms are changed. Each party is asked to sign them.")
WITHDRAWN = notice("agreements.withdrawn", "What your authority proposed is withdrawn. The other parties are told.")
CONTACT = notice("agreements.contact", "The office to contact is changed.")


@get(LIST + "/new", opt=needs("agreement:draft"), include_in_schema=False)
async def new(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """An empty draft, with what is usual filled in."""
    resource, usual = next(iter(resources().items()))
    start = {
        "resource": [resource],
        "detail": ["notice"],
        "gateways": ["ca2004_s10", "ca1989_s22g", "ca1989_s27"],
        "lawful_basis": ["public_task"],
        "condition": ["safeguarding"],
        "retention": [usual.retention],
        "notice_days": ["28"],
    }
    return await _ask(request, uow, Form(start))


@post(LIST + "/new", opt=needs("agreement:draft"), include_in_schema=False)
async def draft(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """Draft it and invite the others."""
    made: list[UUID] = []

    async def change(draft: Draft) -> None:
        made.append(await actions.draft(uow, draft, principal.authority_id))

    refused = await keep(uow, await read_form(request), Draft, change)
    return await _ask(request, uow, refused) if refused else redirect(path_of(made[0]), DRAFTED)


@get(ONE + "/amend", opt=needs("agreement:draft"), include_in_schema=False)
async def amend_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[str]:
    """What is proposed, or else what is in force, to be changed."""
    found = await queries.agreement(uow, agreement_id)
    version = found.proposed or found.current
    form = Form.filled(version.terms.as_terms())
    standing = {party.authority_id for party in found.parties if party.leaves_at is None}
    others = [str(one) for one in version.parties if one != principal.authority_id and one in standing]
    return await _ask(request, uow, Form({**{name: form.all(name) for name in form.names()}, "parties": others}), found)


@post(ONE + "/amend", opt=needs("agreement:draft"), include_in_schema=False)
async def amend(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """Change the proposal, or propose a new version."""
    form, revision = await sent(request)

    async def change(draft: Draft) -> None:
        await actions.amend(uow, agreement_id, revision, draft, principal.authority_id)

    refused = await keep(uow, form, Draft, change)
    if refused is None:
        return redirect(path_of(agreement_id), AMENDED)
    return await _ask(request, uow, refused, await queries.agreement(uow, agreement_id), revision)


@get(ONE + "/withdraw", opt=needs("agreement:draft"), include_in_schema=False)
async def withdraw_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """What withdrawing the proposal means."""
    return _withdraw(request, principal, await queries.agreement(uow, agreement_id), Form())


@post(ONE + "/withdraw", opt=needs("agreement:draft"), include_in_schema=False)
async def withdraw(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """Withdraw it."""
    form, revision = await sent(request)

    async def change(_nothing: NoAnswers) -> None:
        await actions.withdraw(uow, agreement_id, revision)

    refused = await keep(uow, form, NoAnswers, change)
    if refused is None:
        return redirect(path_of(agreement_id), WITHDRAWN)
    return _withdraw(request, principal, await queries.agreement(uow, agreement_id), refused)


def _withdraw(request: Http, principal: Principal, found: Agreement, form: Form) -> Response[Any]:
    proposed = found.proposed
    if proposed is None or proposed.proposer_id != principal.authority_id or found.state == "ended":
        return redirect(path_of(found.id))
    return show(request, "withdraw", found=found, version=proposed, path=path_of(found.id), form=form)


@get(ONE + "/contact", opt=needs("agreement:draft"), include_in_schema=False)
async def contact_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[str]:
    """The office to reach one's own authority by."""
    found = await queries.agreement(uow, agreement_id)
    me = found.party(principal.authority_id)
    given = {name: [getattr(me, name)] for name in Contact.__struct_fields__} if me else {}
    return show(request, "contact", found=found, path=path_of(agreement_id), form=Form(given))


@post(ONE + "/contact", opt=needs("agreement:draft"), include_in_schema=False)
async def contact(request: Http, uow: NamedDependency[Uow], agreement_id: FromPath[UUID]) -> Response[Any]:
    """Change it; the terms stay as they are, so nobody signs anew."""

    async def change(contact: Contact) -> None:
        await actions.change_contact(uow, agreement_id, contact)

    refused = await keep(uow, await read_form(request), Contact, change)
    if refused is None:
        return redirect(path_of(agreement_id), CONTACT)
    found = await queries.agreement(uow, agreement_id)
    return show(request, "contact", found=found, path=path_of(agreement_id), form=refused)


async def _ask(
    request: Http, uow: Uow, form: Form, found: Agreement | None = None, revision: int | None = None
) -> Response[str]:
    today = datetime.now(LONDON).date()
    return show(
        request,
        "draft",
        form=form,
        found=found,
        path=path_of(found.id) if found else LIST,
        revision=revision if revision is not None else found.revision if found else None,
        signed=bool(found and found.proposed and found.proposed.signatures),
        neighbours=[(str(one), name) for one, name in await queries.neighbours(uow)],
        resources=[(code, one.label) for code, one in resources().items()],
        details=list(DETAILS.items()),
        lists={
            name: [(one.code, one.label, one.text) for one in texts(name, today)]
            for name in ("gateway", "lawful_basis", "condition")
        },
    )


handlers = [new, draft, amend_page, amend, withdraw_page, withdraw, contact_page, contact]
