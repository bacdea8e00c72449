"""What every change of a home has in common: lock, version, audit with before and after, notices made anew."""

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
from careshare.errors import NotFound, PreconditionFailed
from services.residential.offers import refresh_offers

LOCK = text("""
    select h.id, h.urn, h.name, h.kind, h.category, h.kept_as, h.registration, h.registered_places, h.age_min,
      h.age_max, h.sex, h.need_levels, h.short_break_only, h.area_gss, h.confidential, h.judgement, h.judged_on,
      h.offered_from, h.offered_until, h.offered_places, h.staffed_places, h.staffed_until, h.version
    from residential.home h where h.authority_id = (select careshare.authority()) and h.id = :id for update
""")
BUMP = text("""
    update residential.home set version = version + 1, updated_at = clock_timestamp()
    where authority_id = (select careshare.authority()) and id = :id returning version
""")


class Locked(msgspec.Struct, frozen=True):
    """A home as it stood when its change began."""

    id: UUID
    urn: str
    name: str
    kind: str
    category: int | None
    kept_as: str
    registration: str
    registered_places: int
    age_min: int
    age_max: int
    sex: str
    need_levels: list[str]
    short_break_only: bool
    area_gss: str | None
    confidential: bool
    judgement: str | None
    judged_on: date | None
    offered_from: date | None
    offered_until: date | None
    offered_places: int | None
    staffed_places: int | None
    staffed_until: datetime | None
    version: int


@dataclass(slots=True)
class Change:
    """A change being made: what stood before and stands after, for the record. In the end `version` is the new one."""

    home: Locked
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
    uow: Uow, home_id: UUID, version: int | None, action: str, *, more: Iterable[UUID] = ()
) -> AsyncGenerator[Change]:
    """Change one home: hold its row, and in the end raise its version, record the change and renew its notice.

    `version` is the one the change was made from; None where it does not depend on what was seen. `more` are further
    subjects of the audit entry. Raises NotFound and PreconditionFailed.
    """
    row = (await uow.execute(LOCK, {"id": home_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    home = Locked(**row)
    if version is not None and version != home.version:
        raise PreconditionFailed
    change = Change(home)
    yield change
    change.version = (await uow.execute(BUMP, {"id": home_id})).scalar_one()
    await audit.record(uow, action, subjects=[home_id, *more], before=change.before, after=change.after)
    await refresh_offers(uow, [home_id])
