"""Offering places to the authorities of one's agreements, from a date and at a price, with no promise of income."""

from datetime import date
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Unprocessable
from services.residential.actions.change import Locked, changing
from services.residential.actions.prices import price_lists
from services.residential.model import Offering
from tenants.checking import need_day, refuse_invalid
from tenants.days import today

OFFER = text("""
    update residential.home set offered_from = :since, offered_until = :until, offered_places = :places,
      offered_at = clock_timestamp(), offered_by = careshare.actor()
    where authority_id = (select careshare.authority()) and id = :home
""")
WITHDRAW = text("""
    update residential.home set offered_from = null, offered_until = null, offered_places = null, offered_at = null,
      offered_by = null
    where authority_id = (select careshare.authority()) and id = :home
""")


async def offer(uow: Uow, home_id: UUID, version: int | None, offering: Offering) -> int:
    """Offer matchable places of a home to the authorities of one's agreements; the new version. May be said anew.

    Raises NotFound, PreconditionFailed, Invalid, and Unprocessable with everything that keeps it from being offered.
    """
    errors: list[FieldError] = []
    early = "Places can be offered from today or a later day"
    need_day(errors, "since", offering.since)
    need_day(errors, "until", offering.until)
    if offering.until is not None and offering.until <= max(offering.since, today()):
        errors.append(FieldError("until", "The offer must end after its first day, and after today"))
    refuse_invalid(errors)
    async with changing(uow, home_id, version, "home.offered") as change:
        home = change.home
        if home.offered_from is None or offering.since != home.offered_from:
            need_day(errors, "since", offering.since, earliest=today(), early=early)
            refuse_invalid(errors)
        blocks = await offer_blocks(uow, home, max(offering.since, today()))
        if offering.places > home.registered_places:
            blocks.append(FieldError("places", f"The home is registered for {home.registered_places}"))
        if blocks:
            raise Unprocessable("The home’s places cannot be offered yet.", errors=blocks)
        await uow.execute(OFFER, {"home": home_id, **_said(offering)})
        change.note(_before(home), {f"offered_{name}": value for name, value in _said(offering).items()})
    return change.version


async def withdraw(uow: Uow, home_id: UUID, version: int | None) -> int:
    """Offer the home's places no longer; the new version. Raises NotFound, PreconditionFailed, Conflict."""
    async with changing(uow, home_id, version, "home.withdrawn") as change:
        if change.home.offered_from is None:
            raise Conflict("No places of this home are offered.")
        await uow.execute(WITHDRAW, {"home": home_id})
        change.note(_before(change.home), {"offered_since": None, "offered_until": None, "offered_places": None})
    return change.version


async def offer_blocks(uow: Uow, home: Locked, day: date) -> list[FieldError]:
    """What keeps the home's places from being offered from a day, by field; empty: they may be."""
    blocks: list[FieldError] = []
    if home.registration != "active":
        blocks.append(FieldError("registration", "The home’s registration is not active"))
    lists = await price_lists(uow, home.id)
    holding = next((one for one in lists if one.holds_on(day)), None)
    if holding is None:
        blocks.append(FieldError("price", "There is no price list for the first day"))
    else:
        missing = [level for level in home.need_levels if level not in holding.weekly]
        if missing:
            blocks.append(FieldError("price", "The price list lacks a weekly price for a level of need the home takes"))
    return blocks


def _said(offering: Offering) -> dict[str, object]:
    return {"since": offering.since, "until": offering.until, "places": offering.places}


def _before(home: Locked) -> dict[str, object]:
    return {
        "offered_since": home.offered_from,
        "offered_until": home.offered_until,
        "offered_places": home.offered_places,
    }
