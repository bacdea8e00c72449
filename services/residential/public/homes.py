"""One's own homes behind their notices, and what became of their judgements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text

from careshare import jobs
from careshare.database import Uow
from services.residential.jobs import REFRESH, Homes
from services.residential.rules import judgement_fell


@dataclass(frozen=True, slots=True)
class AtHome:
    """The home behind one of one's own offers: whom to ring and where its page is. Never an address."""

    offer_id: UUID
    home_id: UUID
    urn: str
    name: str
    kind: str
    confidential: bool
    manager_name: str
    contact_number: str
    area_gss: str | None

    @property
    def path(self) -> str:
        """The home's page, for whoever may read the homes."""
        return f"/residential/{self.home_id}"


@dataclass(frozen=True, slots=True)
class FallenJudgement:
    """A home whose newest judgement is worse than the one before it."""

    home_id: UUID
    before: str
    before_on: date
    after: str
    after_on: date


OFFERED = text("""
    select n.offer_id, h.id as home_id, h.urn, h.name, h.kind, h.confidential, h.manager_name, h.contact_number,
      h.area_gss
    from tenants.offer_own n join residential.home h on h.authority_id = n.owner_id and h.id = n.subject_id
    where n.owner_id = (select careshare.authority()) and n.offer_id = any(:offers)
""")
FALLEN = text("""
    select j.home_id, j.grade, j.judged_on, j.before, j.before_on from (
      select home_id, grade, judged_on, lag(grade) over w as before, lag(judged_on) over w as before_on,
        row_number() over (partition by home_id order by judged_on desc) as newest
      from residential.judgement where authority_id = (select careshare.authority())
      window w as (partition by home_id order by judged_on)) j
    where j.newest = 1 and j.before is not null and (cast(:since as date) is null or j.judged_on >= :since)
""")


async def homes_of_offers(uow: Uow, offer_ids: Sequence[UUID]) -> dict[UUID, AtHome]:
    """The homes behind these offers, by offer. Offers that are not one's own, or no home's, are left out."""
    rows = (await uow.execute(OFFERED, {"offers": list(offer_ids)})).mappings()
    return {row["offer_id"]: AtHome(**row) for row in rows}


async def home_of_offer(uow: Uow, offer_id: UUID) -> AtHome | None:
    """The home behind one of one's own offers; None where it is not one's own, gone, or a foster home's."""
    return (await homes_of_offers(uow, [offer_id])).get(offer_id)


async def fallen_judgements(uow: Uow, since: date | None = None) -> list[FallenJudgement]:
    """One's own homes whose newest judgement, given on or after a day, is worse than the one before it."""
    rows = await uow.execute(FALLEN, {"since": since})
    return [
        FallenJudgement(row.home_id, row.before, row.before_on, row.grade, row.judged_on)
        for row in rows
        if judgement_fell(row.before, row.grade)
    ]


async def renew_later(uow: Uow, home_ids: Sequence[UUID] | None = None) -> None:
    """Make one's own notices anew by a job, once this transaction has committed."""
    await jobs.enqueue(uow, REFRESH, Homes(None if home_ids is None else list(home_ids)))
