"""One's own published notice as another party of the agreement sees it, by that party's own search."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.identity import Principal
from careshare.web import Form
from tenants.agreements import previews, queries
from tenants.agreements.model import Agreement, Party
from tenants.agreements.pages.common import Http, path_of, show
from tenants.agreements.pages.reading import ONE
from tenants.agreements.record import record_step
from tenants.agreements.rules import LONDON


@get(ONE + "/preview", opt=needs("agreement:preview"), include_in_schema=False)
async def preview(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    agreement_id: FromPath[UUID],
    notice: FromQuery[UUID | None] = None,
    viewer: FromQuery[UUID | None] = None,
) -> Response[str]:
    """Choose a notice and a party; what that party sees of it at this moment, and what it does not."""
    found = await queries.agreement(uow, agreement_id)
    others = _others(found, principal.authority_id)
    notices = await previews.published(uow, found.resource)
    who = next((one for one in others if one.authority_id == viewer), others[0] if others else None)
    chosen = next((one for one in notices if one.id == notice), None) if notice else next(iter(notices), None)
    if (viewer is not None and (who is None or who.authority_id != viewer)) or (notice is not None and chosen is None):
        raise NotFound
    seen = None
    if who is not None and chosen is not None:
        seen = await previews.seen(uow, found.resource, chosen.id, who.authority_id)
        await record_step(
            uow, agreement_id, "agreement.previewed", parties=[], notice=chosen.id, viewer=who.authority_id
        )
    named = principal.may("household:read")
    return show(
        request,
        "preview",
        found=found,
        path=path_of(agreement_id),
        viewers=[(str(one.authority_id), one.name) for one in others],
        notices=[(str(one.id), _called(one, named=named)) for one in notices],
        form=Form({"notice": [str(chosen.id)] if chosen else [], "viewer": [str(who.authority_id)] if who else []}),
        viewer=who,
        chosen=chosen,
        seen=seen,
    )


def _others(found: Agreement, mine: UUID) -> list[Party]:
    now = datetime.now(LONDON)
    return [one for one in found.parties if one.authority_id != mine and (one.leaves_at is None or one.leaves_at > now)]


def _called(one: previews.Published, *, named: bool) -> str:
    places = "1 place" if one.places == 1 else f"{one.places} places"
    return f"{one.label} ({one.area}, {places})" if named and one.label else f"{one.area}, {places}, {str(one.id)[:8]}"


handlers = [preview]
