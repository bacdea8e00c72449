"""The list of agreements, one agreement with what it lets others see, its versions, and each version to take away."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web.filters import short_date
from tenants.agreements import document, queries, words
from tenants.agreements.model import Agreement, Listed, Version
from tenants.agreements.pages.common import LIST, Http, path_of, show
from tenants.agreements.record import steps
from tenants.agreements.rules import LONDON, Warned, ahead, differences

ONE: Final = LIST + "/{agreement_id:uuid}"
AHEAD: Final = {"expiry": "It ends on {}.", "review": "Its review is due by {}."}


@get(LIST, opt=needs("agreement:read"), include_in_schema=False)
async def agreements(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Every agreement the authority is or was a party of."""
    found = await queries.listed(uow)
    return show(request, "list", agreements=[(one, _warnings_of(one)) for one in found])


def _warnings_of(one: Listed) -> list[str]:
    if one.leaves_at is not None:
        return [f"Your authority leaves on {short_date(words.day_of(one.leaves_at))}."] if one.state != "ended" else []
    return _worded(ahead(one.state, one.last_day, one.review_on, datetime.now(LONDON).date()))


def _worded(warned: list[Warned]) -> list[str]:
    return [AHEAD[one.kind].format(short_date(one.day)) for one in warned]


@get(ONE, opt=needs("agreement:read"), include_in_schema=False)
async def agreement(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], agreement_id: FromPath[UUID]
) -> Response[str]:
    """One agreement: its state, what it lets others see, its terms, its parties, its versions and its steps."""
    found = await queries.agreement(uow, agreement_id)
    current, proposed, me = found.current, found.proposed, found.party(principal.authority_id)
    now = datetime.now(LONDON)
    leaving = me is not None and me.leaves_at is not None
    asked = (
        proposed is not None and principal.authority_id in proposed.parties and not leaving and found.state != "ended"
    )
    signed = proposed is not None and any(one.authority_id == principal.authority_id for one in proposed.signatures)
    last = current.terms.last_day
    changes = differences(current.terms, proposed.terms) if proposed and proposed is not current else []
    return show(
        request,
        "agreement",
        found=found,
        current=current,
        proposed=proposed,
        changes=words.changed(current.terms, proposed.terms, changes) if proposed else [],
        me=me,
        path=path_of(agreement_id),
        to_sign=asked and not signed,
        waits=[party.name for party in found.parties if proposed and _unsigned(proposed, party.authority_id)],
        open=not leaving and found.state != "ended",
        gone=me is not None and me.leaves_at is not None and me.leaves_at <= now,
        warnings=[] if leaving else _worded(ahead(found.state, last, current.terms.review_on, now.date())),
        steps=await steps(uow, agreement_id),
    )


def _unsigned(version: Version, authority_id: UUID) -> bool:
    return authority_id in version.parties and all(one.authority_id != authority_id for one in version.signatures)


@get(ONE + "/versions/{version:int}", opt=needs("agreement:read"), include_in_schema=False)
async def one_version(
    request: Http, uow: NamedDependency[Uow], agreement_id: FromPath[UUID], version: FromPath[int]
) -> Response[str]:
    """One version as it was proposed and signed, whatever became of it."""
    found = await queries.agreement(uow, agreement_id)
    return show(request, "version", found=found, version=queries.version_of(found, version), path=path_of(agreement_id))


@get(ONE + "/versions/{version:int}/agreement.pdf", opt=needs("agreement:read"), include_in_schema=False)
async def as_pdf(uow: NamedDependency[Uow], agreement_id: FromPath[UUID], version: FromPath[int]) -> Response[bytes]:
    """A version as a PDF."""
    found = await queries.agreement(uow, agreement_id)
    content = await document.as_pdf(found, queries.version_of(found, version))
    return _file(content, "application/pdf", found, version, "pdf")


@get(ONE + "/versions/{version:int}/agreement.json", opt=needs("agreement:read"), include_in_schema=False)
async def as_json(uow: NamedDependency[Uow], agreement_id: FromPath[UUID], version: FromPath[int]) -> Response[bytes]:
    """A version in machine-readable form."""
    found = await queries.agreement(uow, agreement_id)
    content = document.as_json(found, queries.version_of(found, version))
    return _file(content, "application/json", found, version, "json")


def _file(content: bytes, media_type: str, found: Agreement, version: int, extension: str) -> Response[Any]:
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in found.title.lower())
    name = "-".join(part for part in letters.split("-") if part)[:60] or "agreement"
    disposition = f'attachment; filename="{name}-version-{version}.{extension}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


handlers = [agreements, agreement, one_version, as_pdf, as_json]
