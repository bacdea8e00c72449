"""A placement as one of its sides works on it, found by its id."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, NotFound

ONE: Final = """
select p.id, p.enquiry_id, p.child_no, p.claim_id, p.stage, p.kind, p.emergency, p.starts, p.ends, p.placing_id,
  p.providing_id,
  p.agreement_id, p.agreement_version, p.started_at, careshare.authority() as me, m.gss_code as placing_gss,
  w.subject_id, p.series_units is not null as series,
  cast(i.body as text) as identity, cast(f.body as text) as profile, cast(h.body as text) as home
from placements.placement p
join tenants.authority m on m.id = p.placing_id
left join placements.answering w on w.authority_id = p.providing_id and w.enquiry_id = p.enquiry_id
left join placements.child_identity i on i.authority_id = p.placing_id and i.enquiry_id = p.enquiry_id
left join placements.child_profile f on f.authority_id = p.placing_id and f.enquiry_id = p.enquiry_id
left join placements.home_fuller h on h.authority_id = p.providing_id and h.enquiry_id = p.enquiry_id
"""
PLACING = text(f"{ONE} where p.placing_id = (select careshare.authority()) and p.id = :id")
PROVIDING = text(f"{ONE} where p.providing_id = (select careshare.authority()) and p.id = :id")


class Placed(msgspec.Struct, frozen=True):
    """A placement as one side works on it; what is closed to it is null."""

    id: UUID
    enquiry_id: UUID
    child_no: int
    claim_id: UUID
    stage: str
    kind: str
    emergency: bool
    starts: date
    ends: date | None
    placing_id: UUID
    providing_id: UUID
    agreement_id: UUID | None
    agreement_version: int | None
    started_at: datetime | None
    me: UUID
    placing_gss: str
    subject_id: UUID | None
    series: bool
    identity: str | None
    profile: str | None
    home: str | None

    @property
    def child(self) -> dict[str, Any]:
        """Who the child is, while that is open. Raises Conflict."""
        if self.identity is None:
            raise Conflict("Who the child is is not open to you.")
        known: dict[str, Any] = msgspec.json.decode(self.identity)["children"][self.child_no - 1]
        return known

    @property
    def references(self) -> list[str]:
        """The references of all the children of the match, as far as they are given and open."""
        known: list[dict[str, Any]] = msgspec.json.decode(self.identity)["children"] if self.identity else []
        return [str(one["reference"]) for one in known if one.get("reference")]

    @property
    def asked(self) -> dict[str, Any]:
        """The profile of the request, while that is open."""
        return msgspec.json.decode(self.profile, type=dict[str, Any]) if self.profile else {}

    @property
    def outside_area(self) -> bool:
        """Whether the home stands in another authority's area than the placing one's."""
        home = msgspec.json.decode(self.home, type=dict[str, Any]) if self.home else {}
        return home.get("area_gss") != self.placing_gss


async def find(uow: Uow, placement_id: UUID, side: str | None = None) -> Placed:
    """A placement of the bound authority on one side, the placing one first. Raises NotFound."""
    for each, statement in (("placing", PLACING), ("providing", PROVIDING)):
        if side in {None, each}:
            row = (await uow.execute(statement, {"id": placement_id})).mappings().one_or_none()
            if row is not None:
                return Placed(**row)
    raise NotFound


async def on_record(
    uow: Uow, placed: Placed, action: str, after: Mapping[str, Any], *, also: UUID | None = None
) -> None:
    """Put what was done with a placement on the record of both sides; what it said on the bound one's alone."""
    subjects = [placed.id] if also is None else [placed.id, also]
    other = placed.providing_id if placed.me == placed.placing_id else placed.placing_id
    await audit.record(uow, action, subjects=subjects, after=after)
    if other != placed.me:
        await audit.record(uow, action, subjects=subjects, owner_id=other, agreement_id=placed.agreement_id)
