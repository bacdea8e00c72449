"""Vacancies that nobody has confirmed lately: the supervising social worker is asked by e-mail, once a week at most.

The e-mail holds a one-time link whose button confirms the vacancy. Who has many to confirm, and the fostering officers
for homes whose worker is not known here, get a link to the list instead. A worker who is given by name alone is known
where one colleague has that name.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import jobs
from careshare.database import Uow
from careshare.jobs.registry import Nothing
from careshare.messages import Link, Used, linked_since, one_time_link, purpose, send_staff, written_since
from services.fostering.actions import confirm_vacancy
from services.fostering.workers import WORKERS

REMIND: Final = "fostering.remind_vacancies"
PURPOSE: Final = "confirm_vacancy"
LIST: Final = "vacancies_to_confirm"
LIST_PATH: Final = "/foster-carers/due?kind=confirm_vacancy"

LASTS: Final = timedelta(days=7)
"""How long the link works, and how long nobody is reminded again. Careshare's own choice."""
FEW: Final = 5
"""Up to so many homes, each has an e-mail of its own. Careshare's own choice."""

STALE = text("""
    select h.id, h.supervising_person_id as person, lower(trim(h.supervising_worker)) as worker
    from tenants.authority a join tenants.region r on r.id = a.region_id
    join fostering.household h on h.authority_id = a.id
    where a.id = (select careshare.authority())
      and (h.confirmed_at is null or h.confirmed_at < now() - make_interval(days => r.stale_after_days))
      and exists (select from tenants.offer_own n where n.owner_id = a.id and n.subject_id = h.id)
    order by h.id
""")
MEMBERS = text("""
    select m.person_id, lower(c.name) as name, m.roles @> array['fostering_officer'] as officer
    from tenants.staff_holding(cast(:roles as text[])) one
    join tenants.member m on m.authority_id = (select careshare.authority()) and m.person_id = one
    cross join lateral identity.colleagues(array[m.person_id]) c
    order by m.person_id
""")
ABOUT = text("""
    select h.reference, sum(o.places) as places from fostering.household h
    join tenants.offer_own n on n.owner_id = h.authority_id and n.subject_id = h.id
    join tenants.offer o on o.id = n.offer_id
    where h.authority_id = (select careshare.authority()) and h.id = :id group by h.reference
""")


async def about(uow: Uow, link: Link) -> str:
    """The home's number in the case system and its free places: what its worker needs, and nobody else can use."""
    row = (await uow.execute(ABOUT, {"id": link.subject_id})).one_or_none()
    if row is None:
        return "The home has no vacancy any more."
    places = "1 free place" if row.places == 1 else f"{row.places} free places"
    return f"Household {row.reference}: {places} on record."


@purpose(
    PURPOSE,
    title="Is this vacancy still as recorded?",
    text="Other authorities are shown when a vacancy was last confirmed. If it has changed, sign in and correct it.",
    button="Yes, it is as recorded",
    about=about,
    permission="vacancy:confirm",
)
async def confirm(uow: Uow, link: Link) -> Used:
    """What the button of the e-mail's link does."""
    await confirm_vacancy(uow, link.subject_id, None)
    return Used("The vacancy is confirmed", "Thank you. It is shown as confirmed today.")


@jobs.handler(REMIND, Nothing)
async def remind(uow: Uow, _: Nothing) -> None:
    """Ask for the vacancies of the bound authority that are due. Who was asked within a week is not asked again."""
    since = datetime.now(UTC) - LASTS + timedelta(hours=12)  # a weekly reminder must not slip by a day each time
    asked = await linked_since(uow, PURPOSE, since)
    due = [row for row in await uow.execute(STALE) if row.id not in asked]
    if not due:
        return
    members = (await uow.execute(MEMBERS, {"roles": list(WORKERS)})).all()
    here = {one.person_id for one in members}
    by_name: dict[str, set[UUID]] = defaultdict(set)
    for one in members:
        by_name[one.name].add(one.person_id)
    homes: dict[UUID | None, list[UUID]] = defaultdict(list)
    for row in due:
        known = {row.person} & here if row.person else by_name.get(row.worker, set())
        homes[next(iter(known)) if len(known) == 1 else None].append(row.id)
    listed = {one.person_id for one in members if one.officer} if homes.pop(None, []) else set[UUID]()
    for worker, theirs in homes.items():
        if worker is not None and len(theirs) <= FEW:
            await _ask_for_each(uow, worker, theirs)
        elif worker is not None:
            listed.add(worker)
    for person in sorted(listed - await written_since(uow, LIST, since)):
        await send_staff(uow, person, LIST, {"link": LIST_PATH})


async def _ask_for_each(uow: Uow, worker: UUID, homes: Iterable[UUID]) -> None:
    for home in homes:
        path = await one_time_link(uow, PURPOSE, home, LASTS, person_id=worker)
        await send_staff(uow, worker, PURPOSE, {"link": path})


jobs.schedule("fostering.vacancy_reminders", REMIND, daily_at=time(8, 30), purpose="remind of vacancies to confirm")
