"""What the home's side tells the authority in whose area the home stands: of each child that came, and that left.

Children's Homes (England) Regulations 2015 regulation 41: without delay, unless it is that authority's own child. How
long "without delay" may take is a clock that each authority sets (`host_told`).
"""

from datetime import UTC, date, datetime
from functools import cache
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.workdays import LONDON
from services.placements import clocks
from services.placements.placed.codes import rows
from services.placements.placed.found import Placed, find
from services.placements.placed.model import HomeNotice, HomeNoticeNow, Occasion
from services.placements.queries import today
from services.placements.settings import own
from services.residential.public import who_is_told

HOST: Final = "host_authority"

OWED = text("""
insert into placements.home_notice (authority_id, placement_id, occasion, recipient, recipient_gss, due_at)
select careshare.authority(), :id, :occasion, :recipient, :gss, :due
where :occasion = 'admission' or exists (select from placements.home_notice n
  where n.authority_id = careshare.authority() and n.placement_id = :id and n.occasion = 'admission')
on conflict on constraint home_notice_once do nothing
""")
GIVEN = text("""
update placements.home_notice set sent_on = :sent_on, how = :how, not_practicable = :why,
  sent_by = case when cast(:sent_on as date) is not null then careshare.actor() end,
  said_by = case when :why <> '' then careshare.actor() end
where authority_id = (select careshare.authority()) and placement_id = :id and occasion = :occasion
  and recipient = :recipient returning id
""")
LISTED = text("""
select n.occasion, n.recipient, n.recipient_gss, n.due_at, n.sent_on, n.how, n.not_practicable, p.kind, l.name
from placements.home_notice n
join placements.placement p on p.providing_id = n.authority_id and p.id = n.placement_id
left join gazetteer.local_authority l on l.gss_code = n.recipient_gss
where n.authority_id = (select careshare.authority()) and n.placement_id = :id order by n.occasion
""")


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of home_notices.csv."""

    occasion: Occasion
    recipient: str
    label: str
    contents: str
    kinds: tuple[str, ...]
    clock: str
    source: str
    valid_from: date


@cache
def kinds() -> tuple[Kind, ...]:
    """Every notice that a home owes, in order. Raises msgspec.ValidationError."""
    found = [{**row, "kinds": row["kinds"].split()} for row in rows("home_notices.csv")]
    return tuple(msgspec.convert(found, list[Kind], strict=False))


def kind_of(occasion: str, home: str, on: date) -> Kind | None:
    """The notice that a kind of home owes on a day; None where none is owed."""
    return next(
        (one for one in kinds() if one.occasion == occasion and home in one.kinds and one.valid_from <= on), None
    )


async def owe(uow: Uow, placed: Placed, occasion: Occasion, day: date) -> None:
    """List what the home's side owes because a child came or left on a day; what is listed stays as it is.

    Nobody is told of the host authority's own child; of a leaving only who was told of the admission.
    """
    wanted = kind_of(occasion, placed.kind, day)
    if wanted is None or placed.subject_id is None:
        return
    began = min(datetime.now(UTC), datetime(day.year, day.month, day.day, 12, tzinfo=LONDON))
    due = clocks.due(wanted.clock, began, await own(uow)).at
    for one in await who_is_told(uow, placed.subject_id, placed.placing_gss):
        values = {"id": placed.id, "occasion": occasion, "recipient": wanted.recipient, "gss": one.gss, "due": due}
        await uow.execute(OWED, values)


async def record(uow: Uow, placement_id: UUID, given: HomeNotice) -> None:
    """Record that the host authority was told, or why that was not practicable. Raises NotFound, Invalid."""
    placed = await find(uow, placement_id, "providing")
    why = given.not_practicable.strip()
    errors: list[FieldError] = []
    if (given.sent_on is None) == (not why):
        errors.append(FieldError("sent_on", "Give the day it was sent, or say why it was not practicable"))
    if (given.sent_on is None) != (given.how is None):
        errors.append(FieldError("how", "Say how it was sent"))
    if given.sent_on is not None and not placed.starts <= given.sent_on <= today():
        errors.append(FieldError("sent_on", "The day it was sent must not be before the child came, nor in the future"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    values = {"id": placement_id, "occasion": given.occasion, "recipient": HOST, "why": why}
    made = await uow.execute(GIVEN, {**values, "sent_on": given.sent_on, "how": given.how})
    if made.scalar_one_or_none() is None:
        message = "Nobody is to be told of that"
        raise Invalid(message, errors=[FieldError("occasion", message)])
    after = {"occasion": given.occasion, "sent": given.sent_on is not None}
    await audit.record(uow, "placement.home_notice", subjects=[placed.id], after=after)


async def listed(uow: Uow, placement_id: UUID) -> list[HomeNoticeNow]:
    """What the bound authority's home owes of a placement; nothing for the other side."""
    found: list[HomeNoticeNow] = []
    for row in (await uow.execute(LISTED, {"id": placement_id})).mappings():
        of_it = [one for one in kinds() if one.occasion == row["occasion"]]
        kind = next((one for one in of_it if row["kind"] in one.kinds), of_it[0])
        named = f": {row['name']}" if row["name"] else ""
        values = {name: value for name, value in row.items() if name not in {"kind", "name"}}
        label = f"{kind.label}{named}"
        found.append(HomeNoticeNow(**values, label=label, contents=kind.contents, source=kind.source))
    return found
