"""Each step of an agreement on the record of every party, and the steps read back from there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.audit import Shown
from careshare.database import Uow

PARTIES = text("select authority_id from tenants.agreement_party where agreement_id = :agreement")
# One entry for each event: the bound authority's own, or another party's about it.
STEPS = text("""
    select distinct on (e.event_id) e.event_id, e.at, e.action, a.name as authority,
      case when e.authority_id = (select careshare.authority()) then e.actor_id end as actor_id
    from audit.entry e join tenants.authority a on a.id = e.authority_id
    where e.subjects[1] = :agreement and e.action like 'agreement.%' and e.action <> 'agreement.previewed'
      and (e.owner_id is null or e.owner_id = (select careshare.authority()))
    order by e.event_id, e.id
""")
COLLEAGUES = text("select person_id, name from identity.colleagues(cast(:people as uuid[]))")

WORDS: Final = {
    "agreement.drafted": "drafted the agreement",
    "agreement.amended": "amended the draft",
    "agreement.proposed": "proposed a new version",
    "agreement.signed": "signed",
    "agreement.signed_by_all": "gave the last signature: every party has signed",
    "agreement.in_force": "The agreement, or its new version, came into force",
    "agreement.notice_given": "gave notice to leave",
    "agreement.notice_taken_back": "took back its notice to leave",
    "agreement.left": "left the agreement",
    "agreement.withdrawn": "withdrew what it had proposed",
    "agreement.ended": "The agreement ended",
    "agreement.contact_changed": "changed the office to contact",
}
BY_ITSELF: Final = frozenset({"agreement.in_force", "agreement.ended"})
"""Steps that follow from others, which nobody takes."""


class Step(msgspec.Struct, frozen=True):
    """One step: what happened, when, for which authority; `person` only where they are a colleague."""

    at: datetime
    action: str
    text: str
    authority: str
    person: str | None


async def record_step(
    uow: Uow, agreement_id: UUID, action: str, *, parties: Sequence[UUID] | None = None, **what: Any
) -> None:
    """One step on the record of the bound authority, with what was done, and of each other party, without."""
    if parties is None:
        parties = list((await uow.execute(PARTIES, {"agreement": agreement_id})).scalars())
    shown = [Shown(party, agreement_id, [agreement_id]) for party in parties]
    if not shown:
        await audit.record(uow, action, subjects=[agreement_id], agreement_id=agreement_id, after=what)
        return
    await audit.record_shown(uow, action, criteria=what, shown=shown)


async def steps(uow: Uow, agreement_id: UUID) -> list[Step]:
    """The steps of an agreement as they stand on the bound authority's record, the first first."""
    rows = (await uow.execute(STEPS, {"agreement": agreement_id})).mappings().all()
    people = sorted({row["actor_id"] for row in rows if row["actor_id"]})
    named = await uow.execute(COLLEAGUES, {"people": people}) if people else ()
    names = {row.person_id: row.name for row in named}
    found: list[Step] = []
    for row in rows:
        action: str = row["action"]
        alone = action in BY_ITSELF
        person = None if alone else names.get(row["actor_id"])
        found.append(Step(row["at"], action, WORDS.get(action, action), "" if alone else row["authority"], person))
    return sorted(found, key=lambda step: step.at)
