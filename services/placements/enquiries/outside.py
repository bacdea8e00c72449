"""Reads of what was asked outside Careshare: lists, and one with everything it said."""

from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from services.placements.enquiries.records import OutsideRecord, OutsideRow, OutsideSaid
from services.placements.queries import names

STANDING: Final = ("offered", "ring_back", "no_answer")
"""What was said last of those that are still in play, beside those that have said nothing."""

COLUMNS: Final = """
select o.id, o.request_id, r.number, o.provider, o.kind, o.urn, o.how, o.children, o.asked_at, o.respond_by, o.asked_by,
  w.answer, w.reason, w.weekly_price, w.at as answered_at
from placements.outside_enquiry o
join placements.request r on r.authority_id = o.authority_id and r.id = o.request_id
left join lateral (select * from placements.outside_answer a
  where a.authority_id = o.authority_id and a.outside_enquiry_id = o.id order by a.id desc limit 1) w on true
where o.authority_id = (select careshare.authority())
"""
OF_REQUEST = text(f"{COLUMNS} and o.request_id = :request order by o.respond_by, o.id limit :limit")
STANDS = text(f"""{COLUMNS} and r.stage = 'open' and (w.answer is null or w.answer = any(:answers))
order by o.respond_by, o.id limit :limit
""")
OVER = text(f"""{COLUMNS} and (r.stage <> 'open' or w.answer <> all(:answers))
order by o.respond_by desc, o.id desc limit :limit
""")
ONE = text(f"{COLUMNS} and o.id = :id")
REQUEST = text("select 1 from placements.request where authority_id = (select careshare.authority()) and id = :request")
SAID = text("""
select at, made_by, answer, reason, weekly_price, heard_from, note from placements.outside_answer
where authority_id = (select careshare.authority()) and outside_enquiry_id = :id order by id
""")
MOST: Final = 100
Which = Literal["standing", "over"]


def _row(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in OutsideRow.__struct_fields__}


async def of_request(uow: Uow, request_id: UUID) -> list[OutsideRow]:
    """Everybody outside who was asked for a request, the soonest to be answered first."""
    rows = (await uow.execute(OF_REQUEST, {"request": request_id, "limit": MOST})).mappings()
    return [OutsideRow(**_row(row)) for row in rows]


async def of_own_request(uow: Uow, request_id: UUID) -> list[OutsideRow]:
    """The same of a request that the bound authority has. Raises NotFound."""
    if (await uow.execute(REQUEST, {"request": request_id})).first() is None:
        raise NotFound
    return await of_request(uow, request_id)


async def listed(uow: Uow, which: Which) -> list[OutsideRow]:
    """Those that are waited for or have offered, for open requests; or those that are over, the latest first."""
    statement = STANDS if which == "standing" else OVER
    rows = (await uow.execute(statement, {"answers": list(STANDING), "limit": MOST})).mappings()
    return [OutsideRow(**_row(row)) for row in rows]


async def one(uow: Uow, outside_enquiry_id: UUID) -> OutsideRecord:
    """One that was asked, with everything it said. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": outside_enquiry_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    said = (await uow.execute(SAID, {"id": outside_enquiry_id})).mappings().all()
    people = await names(uow, [row["asked_by"], *(line["made_by"] for line in said)])
    lines = [
        OutsideSaid(
            by=people.get(line["made_by"]),
            **{name: line[name] for name in OutsideSaid.__struct_fields__ if name != "by"},
        )
        for line in said
    ]
    return OutsideRecord(**_row(row), asked_by=people.get(row["asked_by"]), said=lines)
