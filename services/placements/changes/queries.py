"""Reads of flags: those that stand, those of one case, one whole; and what goes on, for the rules."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, RowMapping, Text, Uuid, bindparam, text

from careshare.database import Uow
from careshare.errors import NotFound
from services.placements.changes.codes import kinds, label, reason_label
from services.placements.changes.model import FlagRecord, FlagRow
from services.placements.changes.rules import Case
from services.placements.queries import names

COLUMNS: Final = """
select f.id, f.subject, f.change, f.on_day, f.raised_at, f.due_at, f.roles, f.request_id, f.enquiry_id, f.hold_id,
  f.placement_id, f.outside_placement_id, f.cleared_at, f.cleared_by, f.reason, f.note, r.number,
  case when e.id is not null and e.placing_id <> f.authority_id then 'providing' else 'placing' end as side,
  o.name as other
from placements.flag f
left join placements.request r on r.authority_id = f.authority_id and r.id = f.request_id
left join placements.enquiry e on e.id = f.enquiry_id
left join tenants.authority o on o.id = case e.placing_id when f.authority_id then e.providing_id else e.placing_id end
  and o.id <> f.authority_id
where f.authority_id = (select careshare.authority())
"""
# A request that is over and may be reopened waits for nobody meanwhile; its flag waits with it.
STANDING: Final = "f.cleared_at is null and (f.subject <> 'request' or r.stage in ('draft', 'open'))"
OF_ROLES: Final = "(cast(:roles as text[]) is null or f.roles && cast(:roles as text[]))"
OPEN = text(f"""{COLUMNS} and {STANDING} and {OF_ROLES}
  and (cast(:after as timestamptz) is null or (f.due_at, f.id) > (cast(:after as timestamptz), cast(:id as uuid)))
order by f.due_at, f.id limit :limit
""").bindparams(bindparam("roles", type_=ARRAY(Text())))
CLEARED = text(f"""{COLUMNS} and f.cleared_at is not null and {OF_ROLES}
  and (cast(:after as timestamptz) is null or (f.cleared_at, f.id) < (cast(:after as timestamptz), cast(:id as uuid)))
order by f.cleared_at desc, f.id desc limit :limit
""").bindparams(bindparam("roles", type_=ARRAY(Text())))
ONE = text(f"{COLUMNS} and f.id = :id")
OF_REQUEST = text(f"{COLUMNS} and {STANDING} and f.request_id = :id order by f.due_at, f.id limit 50")
OF_ENQUIRY = text(f"{COLUMNS} and {STANDING} and f.enquiry_id = :id order by f.due_at, f.id limit 50")
BY_PLACEMENT: Final = """
  and (f.placement_id is null or f.placement_id = :id)
  and f.enquiry_id = (select p.enquiry_id from placements.placement p where p.id = :id)
order by f.due_at, f.id limit 50
"""
OF_PLACEMENT = text(f"{COLUMNS} and {STANDING} {BY_PLACEMENT}")

OF_OUTSIDE = text(f"{COLUMNS} and {STANDING} and f.outside_placement_id = :id order by f.due_at, f.id limit 50")

# What goes on. Each statement names its side, so that it reads an index of its own.
REQUESTS = text("""
select r.id as request_id, r.starts, r.ends, cast(r.made_at at time zone 'Europe/London' as date) as began,
  coalesce(cast(jsonb_object_agg(c.id, c.born) filter (where c.born is not null) as text), '{}') as born
from placements.request r
left join placements.request_child c on c.authority_id = r.authority_id and c.request_id = r.id
where r.authority_id = (select careshare.authority()) and r.stage = 'open' group by r.authority_id, r.id
""")
ENQUIRIES: Final = """
select e.id as enquiry_id, e.kind, e.starts, e.ends, cast(e.sent_at at time zone 'Europe/London' as date) as began,
  e.agreement_id, e.placing_id, e.providing_id, careshare.authority() as me, a.request_id, w.subject_id as home_id,
  h.id as hold_id, coalesce(h.claims, '{}') as claims
from placements.enquiry e
left join placements.asked a on a.authority_id = e.placing_id and a.enquiry_id = e.id
left join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
left join placements.hold h on h.placing_id = e.placing_id and h.enquiry_id = e.id and h.stage in ('asked', 'granted')
where e.stage in ('sent', 'accepted', 'proposed', 'matching')
"""
PLACEMENTS: Final = """
select p.id as placement_id, p.enquiry_id, p.kind, p.starts, p.ends,
  cast(e.sent_at at time zone 'Europe/London' as date) as began, p.agreement_id, p.placing_id, p.providing_id,
  careshare.authority() as me, a.request_id, w.subject_id as home_id, p.claim_id,
  coalesce(cast(c.born as text), i.body -> 'children' -> (p.child_no - 1) ->> 'born') as born
from placements.placement p
join placements.enquiry e on e.placing_id = p.placing_id and e.id = p.enquiry_id
left join placements.asked a on a.authority_id = p.placing_id and a.enquiry_id = p.enquiry_id
left join placements.answering w on w.authority_id = p.providing_id and w.enquiry_id = p.enquiry_id
left join placements.request_child c on c.authority_id = a.authority_id and c.id = a.children[p.child_no]
left join placements.child_identity i on i.authority_id = p.placing_id and i.enquiry_id = p.enquiry_id
where p.stage in ('planned', 'ready', 'started', 'paused', 'ending')
"""
OUTSIDE = text("""
select p.id as outside_placement_id, p.kind, p.starts, p.ends, q.request_id, c.born,
  cast(p.at at time zone 'Europe/London' as date) as began
from placements.outside_placement p
join placements.outside_enquiry q on q.authority_id = p.authority_id and q.id = p.outside_enquiry_id
join placements.request_child c on c.authority_id = p.authority_id and c.id = p.child_id
where p.authority_id = (select careshare.authority()) and p.stage in ('planned', 'ready', 'started', 'ending')
""")
PLACING: Final = "placing_id = (select careshare.authority())"
PROVIDING: Final = "providing_id = (select careshare.authority()) and {0}.placing_id <> (select careshare.authority())"
GOING_ON: Final = (
    text(f"{ENQUIRIES} and e.{PLACING}"),
    text(f"{ENQUIRIES} and e.{PROVIDING.format('e')}"),
    text(f"{PLACEMENTS} and p.{PLACING}"),
    text(f"{PLACEMENTS} and p.{PROVIDING.format('p')}"),
)
# When an agreement ends between two authorities: for both, or because one of them leaves. A later version that all have
# signed goes on where this one stops.
ENDS = text("""
select g.agreement_id, g.case_id, cast(least(d.over, min(l.leaves_at)) at time zone 'Europe/London' as date) as ends_on
from unnest(cast(:agreements as uuid[]), cast(:cases as uuid[]), cast(:others as uuid[]))
  as g (agreement_id, case_id, other_id)
join tenants.agreement a on a.id = g.agreement_id
cross join lateral (
  select case when a.state = 'ended' then least(upper(a.in_force), max(v.ended_at))
    else coalesce(max(upper(v.in_force)) filter (where v.state = 'signed' and v.version > a.version), upper(a.in_force))
    end as over
  from tenants.agreement_version v where v.agreement_id = a.id) d
left join tenants.agreement_party l on l.agreement_id = a.id
  and l.authority_id in (g.other_id, (select careshare.authority()))
group by g.agreement_id, g.case_id, d.over
having least(d.over, min(l.leaves_at)) is not null
""").bindparams(*(bindparam(name, type_=ARRAY(Uuid())) for name in ("agreements", "cases", "others")))
# The children a change of plan is about, by whatever request they came: a reference is one child.
SAME_CHILDREN = text("""
select distinct s.id from placements.request_child c
join placements.request_child s on s.authority_id = c.authority_id
  and (s.id = c.id or s.reference_key = c.reference_key)
where c.authority_id = (select careshare.authority()) and c.id = any(:children)
""").bindparams(bindparam("children", type_=ARRAY(Uuid())))
OF_CHILDREN = text("""
select cast(null as uuid) as enquiry_id, c.request_id, cast(null as uuid) as placement_id
from placements.request_child c where c.authority_id = (select careshare.authority()) and c.id = any(:children)
union
select a.enquiry_id, a.request_id, null from placements.asked a
where a.authority_id = (select careshare.authority()) and a.children && :children
union
select a.enquiry_id, a.request_id, p.id from placements.asked a
join placements.placement p on p.placing_id = a.authority_id and p.enquiry_id = a.enquiry_id
where a.authority_id = (select careshare.authority()) and a.children && :children
  and a.children[p.child_no] = any(:children)
union
select null, null, p.id from placements.outside_placement p
where p.authority_id = (select careshare.authority()) and p.child_id = any(:children)
""").bindparams(bindparam("children", type_=ARRAY(Uuid())))

Show = Literal["open", "cleared"]


def _row(row: RowMapping) -> dict[str, Any]:
    left = {name: row[name] for name in FlagRow.__struct_fields__ if name not in {"label", "reason_label"}}
    return {**left, "label": label(row["change"]), "reason_label": reason_label(row["reason"])}


async def listed(
    uow: Uow,
    *,
    show: Show = "open",
    roles: Sequence[str] | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[FlagRow]:
    """Flags that stand, the soonest to be looked at first; or those cleared, the latest first. `roles`: only theirs."""
    given = {
        "roles": None if roles is None else list(roles),
        "after": after[0] if after else None,
        "id": after[1] if after else None,
        "limit": limit,
    }
    rows = (await uow.execute(OPEN if show == "open" else CLEARED, given)).mappings()
    return [FlagRow(**_row(row)) for row in rows]


def moment(flag: FlagRow) -> datetime:
    """What a flag stands by in its list: when it was cleared, or by when it is to be looked at."""
    return flag.cleared_at or flag.due_at


async def of_request(uow: Uow, request_id: UUID) -> list[FlagRow]:
    """What stands about a request and everything that is asked or placed for it."""
    return [FlagRow(**_row(row)) for row in (await uow.execute(OF_REQUEST, {"id": request_id})).mappings()]


async def of_enquiry(uow: Uow, enquiry_id: UUID) -> list[FlagRow]:
    """What stands about an enquiry, its hold and what it led to."""
    return [FlagRow(**_row(row)) for row in (await uow.execute(OF_ENQUIRY, {"id": enquiry_id})).mappings()]


async def of_placement(uow: Uow, placement_id: UUID) -> list[FlagRow]:
    """What stands about a placement, and about the enquiry it came from."""
    return [FlagRow(**_row(row)) for row in (await uow.execute(OF_PLACEMENT, {"id": placement_id})).mappings()]


async def of_outside(uow: Uow, placement_id: UUID) -> list[FlagRow]:
    """What stands about a placement outside Careshare."""
    return [FlagRow(**_row(row)) for row in (await uow.execute(OF_OUTSIDE, {"id": placement_id})).mappings()]


async def one(uow: Uow, flag_id: UUID) -> FlagRecord:
    """A flag whole. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": flag_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    known = kinds().get(row["change"])
    people = await names(uow, [row["cleared_by"]] if row["cleared_by"] else [])
    return FlagRecord(
        **_row(row),
        advice=known.advice if known else "",
        source=known.source if known else "",
        cleared_by=people.get(row["cleared_by"]),
    )


async def going_on(uow: Uow) -> list[Case]:
    """Every open request, open enquiry with its hold, and placement of the bound authority."""
    found = [
        Case(
            subject="request",
            side="placing",
            began=row["began"],
            starts=row["starts"],
            ends=row["ends"],
            request_id=row["request_id"],
            born=msgspec.json.decode(row["born"], type=dict[str, date]),
        )
        for row in (await uow.execute(REQUESTS)).mappings()
    ]
    found += [
        Case(
            subject="placement",
            side="placing",
            began=row.began,
            starts=row.starts,
            ends=row.ends,
            kind=row.kind,
            request_id=row.request_id,
            outside_placement_id=row.outside_placement_id,
            born={"": row.born} if row.born else {},
        )
        for row in await uow.execute(OUTSIDE)
    ]
    for statement in GOING_ON:
        found += [_case(row) for row in (await uow.execute(statement)).mappings()]
    return found


def _case(row: RowMapping) -> Case:
    placement = row.get("placement_id")
    hold = row.get("hold_id")
    me, placing, providing = row["me"], row["placing_id"], row["providing_id"]
    born = _day(row.get("born"))
    return Case(
        subject="placement" if placement else "hold" if hold else "enquiry",
        side="both" if placing == providing else "placing" if me == placing else "providing",
        began=row["began"],
        starts=row["starts"],
        ends=row["ends"],
        kind=row["kind"],
        request_id=row["request_id"],
        enquiry_id=row["enquiry_id"],
        hold_id=hold,
        placement_id=placement,
        home_id=row["home_id"],
        agreement_id=row["agreement_id"],
        other_id=None if placing == providing else providing if me == placing else placing,
        claims=frozenset([row["claim_id"]] if placement else row["claims"]),
        born={"": born} if born else {},
    )


def _day(said: str | None) -> date | None:
    """A day as a snapshot has it; None for what is none."""
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        return None


async def agreement_ends(uow: Uow, cases: Sequence[Case]) -> dict[tuple[UUID, UUID], date]:
    """The first day without the agreement that each case goes by, by agreement and case; those without end are left
    out.
    """
    asked = [one for one in cases if one.agreement_id and one.other_id]
    if not asked:
        return {}
    given = {
        "agreements": [one.agreement_id for one in asked],
        "cases": [one.id for one in asked],
        "others": [one.other_id for one in asked],
    }
    return {(row.agreement_id, row.case_id): row.ends_on for row in await uow.execute(ENDS, given)}


async def of_children(uow: Uow, children: Sequence[UUID]) -> list[Case]:
    """What goes on for these children of requests, by whatever request of the bound authority they came."""
    same = list((await uow.execute(SAME_CHILDREN, {"children": list(children)})).scalars())
    rows = await uow.execute(OF_CHILDREN, {"children": same})
    about = {row.placement_id or row.enquiry_id or row.request_id for row in rows}
    placing = [one for one in await going_on(uow) if one.side != "providing"]
    return [one for one in placing if one.id in about]
