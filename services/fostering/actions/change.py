"""What every change of a household has in common: lock, version, audit with before and after, offers made anew."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, NotFound, PreconditionFailed, Unprocessable
from services.fostering.offers import refresh_offers
from services.fostering.rules import Breach
from tenants.checking import (
    forbid,
    known_codes,
    need_day,
    need_reference,
    need_text,
    plain_text,
    refuse_invalid,
    tidy,
    tidy_names,
)

__all__ = [
    "Change",
    "Locked",
    "changing",
    "forbid",
    "known_codes",
    "need_day",
    "need_reference",
    "need_text",
    "plain_text",
    "refuse_breaches",
    "refuse_invalid",
    "tidy",
    "tidy_names",
]

LOCK = text("""
    select h.id, h.reference, h.name, h.postcode, h.area_gss, h.easting is not null as located, h.confidential,
      h.privacy_notice_on, h.objection, h.published_at, h.confirmed_at, h.version
    from fostering.household h where h.authority_id = (select careshare.authority()) and h.id = :id for update
""")
BUMP = text("""
    update fostering.household set version = version + 1, updated_at = clock_timestamp()
    where authority_id = (select careshare.authority()) and id = :id returning version
""")


class Locked(msgspec.Struct, frozen=True):
    """A household as it stood when its change began."""

    id: UUID
    reference: str
    name: str
    postcode: str
    area_gss: str | None
    located: bool
    confidential: bool
    privacy_notice_on: date | None
    objection: bool
    published_at: datetime | None
    confirmed_at: datetime | None
    version: int


@dataclass(slots=True)
class Change:
    """A change being made: what stood before and stands after, for the record. In the end `version` is the new one."""

    household: Locked
    before: dict[str, Any] = field(default_factory=dict[str, Any])
    after: dict[str, Any] = field(default_factory=dict[str, Any])
    version: int = 0

    def note(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Note what differs; what is the same is left out."""
        for name, value in after.items():
            if before.get(name) != value:
                self.before[name] = before.get(name)
                self.after[name] = value


@asynccontextmanager
async def changing(
    uow: Uow, household_id: UUID, version: int | None, action: str, *, more: Iterable[UUID] = ()
) -> AsyncGenerator[Change]:
    """Change one household: hold its row, and in the end raise its version, record the change and renew its offers.

    `version` is the one the change was made from; None where it does not depend on what was seen. `more` are further
    subjects of the audit entry. Raises NotFound and PreconditionFailed.
    """
    row = (await uow.execute(LOCK, {"id": household_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    household = Locked(**row)
    if version is not None and version != household.version:
        raise PreconditionFailed
    change = Change(household)
    yield change
    change.version = (await uow.execute(BUMP, {"id": household_id})).scalar_one()
    await audit.record(uow, action, subjects=[household_id, *more], before=change.before, after=change.after)
    await refresh_offers(uow, [household_id])


def refuse_breaches(detail: str, breaches: Iterable[Breach]) -> None:
    """Raises Unprocessable if a rule is broken, naming each."""
    found = [FieldError(breach.term, breach.message) for breach in breaches]
    if found:
        raise Unprocessable(detail, errors=found)
