"""What other services may know of the fostering register: of one's own homes alone, an address through `placing`."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import jobs
from careshare.database import Uow
from services.fostering import placing
from services.fostering.changed import changed
from services.fostering.jobs import REFRESH, Households
from services.fostering.offers import refresh_offers
from services.fostering.subjects import household_of

__all__ = [
    "Home",
    "changed",
    "homes",
    "household_of",
    "placing",
    "references",
    "renew_later",
    "renew_offers",
    "with_reference",
]

HOMES = text("""
    select n.offer_id, h.id as household_id, h.reference, h.name, h.confidential, h.supervising_worker, h.duty_number,
      array(select c.name || case when c.telephone = '' then '' else ' ' || c.telephone end from fostering.carer c
        where c.authority_id = h.authority_id and c.household_id = h.id order by c.position) as carers
    from tenants.offer_own n join fostering.household h on h.authority_id = n.owner_id and h.id = n.subject_id
    where n.owner_id = (select careshare.authority()) and n.offer_id = any(:offers)
""")


class Home(msgspec.Struct, frozen=True):
    """The home behind one of one's own offers: whom to ring and where its page is. Never an address."""

    offer_id: UUID
    household_id: UUID
    reference: str
    name: str
    confidential: bool
    supervising_worker: str
    duty_number: str
    carers: list[str]

    @property
    def path(self) -> str:
        """The household's page, for whoever may read the register."""
        return f"/foster-carers/{self.household_id}"


async def homes(uow: Uow, offer_ids: Sequence[UUID]) -> dict[UUID, Home]:
    """The homes behind these offers, by offer. Offers that are not one's own, or no longer stand, are left out."""
    rows = (await uow.execute(HOMES, {"offers": list(offer_ids)})).mappings()
    return {row["offer_id"]: Home(**row) for row in rows}


async def renew_offers(uow: Uow, household_ids: Sequence[UUID] | None = None) -> int:
    """Make one's own offers anew in this transaction, after capacity of these households changed. How many stand."""
    return await refresh_offers(uow, household_ids)


async def renew_later(uow: Uow, household_ids: Sequence[UUID] | None = None) -> None:
    """The same by a job of the bound authority, once this transaction has committed."""
    ids = None if household_ids is None else list(household_ids)
    await jobs.enqueue(uow, REFRESH, Households(ids))


REFERENCES = text("""
    select h.id, h.reference from fostering.household h
    where h.authority_id = (select careshare.authority()) and h.id = any(:ids)
""")
BY_REFERENCE = text("""
    select h.id from fostering.household h
    where h.authority_id = (select careshare.authority())
      and h.reference_key = lower(btrim(cast(:reference as text) collate pg_c_utf8))
""")


async def references(uow: Uow, household_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The case system's references of one's own households, by id; those that are gone are left out."""
    if not household_ids:
        return {}
    rows = await uow.execute(REFERENCES, {"ids": list(household_ids)})
    return {row.id: row.reference for row in rows}


async def with_reference(uow: Uow, reference: str) -> UUID | None:
    """One's own household with this reference, however its letters are written; None where there is none."""
    found: UUID | None = (await uow.execute(BY_REFERENCE, {"reference": reference})).scalar_one_or_none()
    return found
