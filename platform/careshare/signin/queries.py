"""What the database tells somebody who is not signed in, through the broker's functions; nothing else does."""

from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.signin.model import Provider

WAYS = text("select provider_id, title, authorities from tenants.ways_in(:domain)")
TO_USE = text("select * from tenants.provider_to_use(:id)")
CHOICES = text("select authority_id, name, roles from identity.sign_in_choices(:provider, :person)")
PERSON = text("select person_id, outcome from identity.person_signing_in(:provider, :subject, cast(:address as text))")
ACCOUNT = text("select identity.person_of_account(:provider, :subject)")


class WayIn(msgspec.Struct, frozen=True):
    """A provider for people of one e-mail domain, and the authorities that accept it."""

    provider_id: UUID
    title: str
    authorities: list[str]


class Choice(msgspec.Struct, frozen=True):
    """An authority somebody may act for, and their roles there."""

    authority_id: UUID
    name: str
    roles: list[str]


class Known(msgspec.Struct, frozen=True):
    """Who an account is: `outcome` is `known`, `linked`, `ended`, `not_invited` or `another_account`."""

    person_id: UUID | None
    outcome: str


async def ways_in(uow: Uow, domain: str) -> list[WayIn]:
    """Through which providers people with addresses of this domain sign in."""
    return [WayIn(**row) for row in (await uow.execute(WAYS, {"domain": domain})).mappings()]


async def provider_to_use(uow: Uow, provider_id: UUID) -> Provider | None:
    """The provider, unless it has been ended."""
    row = (await uow.execute(TO_USE, {"id": provider_id})).mappings().one_or_none()
    return None if row is None else Provider(**row)


async def choices(uow: Uow, provider_id: UUID, person_id: UUID) -> list[Choice]:
    """The authorities the person may act for, coming through this provider."""
    rows = await uow.execute(CHOICES, {"provider": provider_id, "person": person_id})
    return [Choice(**row) for row in rows.mappings()]


async def person_signing_in(uow: Uow, provider_id: UUID, subject: str, address: str | None) -> Known:
    """Who signs in with this account; at the first time the invited person with this verified address."""
    given = {"provider": provider_id, "subject": subject, "address": address}
    return Known(**(await uow.execute(PERSON, given)).mappings().one())


async def person_of_account(uow: Uow, provider_id: UUID, subject: str) -> UUID | None:
    """The person of an account that has signed in before."""
    found: UUID | None = await uow.scalar(ACCOUNT, {"provider": provider_id, "subject": subject})
    return found
