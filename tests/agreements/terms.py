"""Terms to draft in tests, and the steps that bring an agreement into force."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from careshare.database import Database
from tenants.agreements import actions
from tenants.agreements.model import Draft, Signing
from tests.world import World, WorldAuthority

CONTACT = {
    "contact_role": "Information governance",
    "contact_telephone": "01632 960111",
    "contact_email": "ig@council.example",
}


def today() -> date:
    """The date in London."""
    return datetime.now(ZoneInfo("Europe/London")).date()


def given(*parties: WorldAuthority, **other: Any) -> dict[str, Any]:
    """A draft as the API takes it, in force from today on."""
    usual = {
        "title": "Short notice homes",
        "resource": "foster_carers",
        "detail": "notice",
        "purpose": "To find a child a foster home near home.",
        "gateways": ["ca2004_s10", "ca1989_s22g"],
        "lawful_basis": "public_task",
        "condition": "safeguarding",
        "tariff": "The placing authority pays the allowance.",
        "retention": "Six years for the record.",
        "notice_days": 28,
        "starts": today().isoformat(),
        "last_day": None,
        "review_on": (today() + timedelta(days=365)).isoformat(),
        "parties": [str(party.id) for party in parties] or [str(UUID(int=1))],
    }
    return usual | other


def draft(*parties: WorldAuthority, **other: Any) -> Draft:
    """The same as an action takes it."""
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in other.items()}
    return msgspec.convert(given(*parties, **plain), Draft)


def signing(version: int = 1, **other: Any) -> Signing:
    """A signature."""
    return msgspec.convert({"version": version, "role": "Director", "declared": True, **CONTACT, **other}, Signing)


async def drafted(world: World, database: Database, by: WorldAuthority, *parties: WorldAuthority, **other: Any) -> UUID:
    """A draft of one authority with others."""
    async with database.bound(world.acting(by, "director", "agreement:draft")) as uow:
        return await actions.draft(uow, draft(*parties, **other), by.id)


async def signed(
    world: World, database: Database, agreement_id: UUID, parties: Sequence[WorldAuthority], version: int | None = None
) -> None:
    """Each of these signs what is proposed."""
    for party in parties:
        async with database.bound(world.acting(party, "director", "agreement:sign")) as uow:
            await actions.sign_for(uow, agreement_id, version, party.names["director"], "Director")
