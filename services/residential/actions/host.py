"""What a home tells the authority in whose area it stands of children who came or left without a placement made here.

Children's Homes (England) Regulations 2015 regulation 41: in writing and without delay, of every admission and
discharge but that authority's own children's. Of placements made through Careshare the placement itself keeps it.
"""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from services.residential.actions.change import Locked, changing
from services.residential.model import HostTold
from services.residential.records import HostNoticeRecord
from services.residential.rules import host_to_tell
from tenants.days import today

OWE = text("""
    insert into residential.host_notice (authority_id, resident_id, occasion, gss, owed_on)
    values ((select careshare.authority()), :stay, 'admission', :gss, :day)
""")
OWE_LEAVING = text("""
    insert into residential.host_notice (authority_id, resident_id, occasion, gss, owed_on)
    select n.authority_id, n.resident_id, 'discharge', n.gss, :day from residential.host_notice n
    where n.authority_id = (select careshare.authority()) and n.resident_id = :stay and n.occasion = 'admission'
    on conflict (authority_id, resident_id, occasion) do update set owed_on = excluded.owed_on
      where host_notice.sent_on is null
""")
TOLD = text("""
    update residential.host_notice n set sent_on = :sent_on, how = :how, sent_by = careshare.actor()
    from residential.resident r
    where n.authority_id = (select careshare.authority()) and n.resident_id = :resident and n.occasion = :occasion
      and r.authority_id = n.authority_id and r.id = n.resident_id and r.home_id = :home and n.owed_on <= :sent_on
    returning n.resident_id
""")
LISTED = text("""
    select n.resident_id, r.child_reference, n.occasion, coalesce(l.name, n.gss) as authority, n.owed_on, n.sent_on,
      n.how
    from residential.host_notice n
    join residential.resident r on r.authority_id = n.authority_id and r.id = n.resident_id
    left join gazetteer.local_authority l on l.gss_code = n.gss
    where n.authority_id = (select careshare.authority()) and r.home_id = :home
    order by n.sent_on is not null, n.owed_on desc, n.resident_id, n.occasion limit 100
""")

RECENT: Final = timedelta(days=28)
"""What is recorded later than this was told when it happened; practice, not statute."""


async def owe_admission(uow: Uow, home: Locked, stay_id: UUID, responsible_gss: str, day: date) -> None:
    """List that the host authority is to be told that a child came; nobody where the child is its own.

    Nor where the child came long ago: a home that is taken into Careshare tells nobody anew of who lives there.
    """
    if day < today() - RECENT:
        return
    told = host_to_tell(home.area_gss, responsible_gss, kept_by_gss="")
    if told is not None:
        await uow.execute(OWE, {"stay": stay_id, "gss": told.gss, "day": day})


async def owe_leaving(uow: Uow, stay_id: UUID, day: date) -> None:
    """The same that the child left, where it was told of the admission or is to be."""
    await uow.execute(OWE_LEAVING, {"stay": stay_id, "day": day})


async def host_told(uow: Uow, home_id: UUID, version: int | None, told: HostTold) -> int:
    """Record that the host authority was told; the home's new version. Raises NotFound, PreconditionFailed, Invalid."""
    if told.sent_on > today():
        message = "The day it was sent must not be in the future"
        raise Invalid(message, errors=[FieldError("sent_on", message)])
    async with changing(uow, home_id, version, "home.host_told", more=[told.resident_id]) as change:
        values = {
            "home": home_id,
            "resident": told.resident_id,
            "occasion": told.occasion,
            "sent_on": told.sent_on,
            "how": told.how,
        }
        if (await uow.execute(TOLD, values)).scalar_one_or_none() is None:
            message = "Nothing is owed of that, or not before that day"
            raise Invalid(message, errors=[FieldError("resident_id", message)])
        change.note({}, {"occasion": told.occasion, "sent_on": told.sent_on, "how": told.how})
    return change.version


async def host_notices(uow: Uow, home_id: UUID) -> list[HostNoticeRecord]:
    """What one's own home owes its host authority, and what was sent: the owed first."""
    return [HostNoticeRecord(**row) for row in (await uow.execute(LISTED, {"home": home_id})).mappings()]
