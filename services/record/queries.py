"""Reads of the audit record, newest first and by key: each narrows by authority and period before anything else."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare.database import Uow
from careshare.messages.contacts import contact_references
from services.fostering import public as fostering
from services.placements import public as placements
from services.record.model import Disclosure, Home, Opening, OwnSearch, Probe, Step, Verification, Viewer

TITLE_SQL: Final = """left join lateral (select v.terms ->> 'title' as title
    from tenants.agreements_standing() n join tenants.agreement_version v on v.agreement_id = n.id
    where n.id = {which} order by v.version = n.version desc, v.version desc limit 1) g on true"""
"""What an agreement is called in the words of the versions the bound authority was a party of, which row security says:
whoever left reads no later title.
"""
SHOWN_SQL: Final = f"""
select e.id, e.at, e.authority_id, a.name as authority, e.action, e.purpose, e.agreement_id, g.title as agreement,
  e.subjects
from audit.entry e join tenants.authority a on a.id = e.authority_id
{TITLE_SQL.format(which="e.agreement_id")}
where e.owner_id = (select careshare.authority()) and e.id >= :first and e.id < :last
  and (cast(:viewer as uuid) is null or e.authority_id = :viewer)
  and e.action not like 'agreement.%' and e.action <> 'record.probing_found'
  and (cast(:offers as uuid[]) is null or e.subjects && cast(:offers as uuid[]))
order by e.id desc limit :limit
"""  # noqa: S608  # our own text
SHOWN = text(SHOWN_SQL)
VIEWERS_SQL: Final = """
select s.authority_id, a.name as authority, s.times, s.last_at
from (
  select e.authority_id, count(*) as times, max(e.at) as last_at from audit.entry e
  where e.owner_id = (select careshare.authority()) and e.id >= :first and e.id < :last
    and e.action not like 'agreement.%' and e.action <> 'record.probing_found'
    and (cast(:offers as uuid[]) is null or e.subjects && cast(:offers as uuid[]))
  group by e.authority_id) s join tenants.authority a on a.id = s.authority_id
order by a.name, s.authority_id
"""
VIEWERS = text(VIEWERS_SQL)
OWNERS_SQL: Final = """
select e.owner_id as authority_id, a.name as authority, count(*) as times, max(e.at) as last_at
from audit.entry e join tenants.authority a on a.id = e.owner_id
where e.authority_id = (select careshare.authority()) and e.owner_id is not null and e.id >= :first and e.id < :last
  and e.action not like 'agreement.%' and e.action <> 'record.probing_found'
group by e.owner_id, a.name order by a.name, e.owner_id
"""
OWNERS = text(OWNERS_SQL)
OPENED_SQL: Final = """
select e.id, e.at, e.actor_id, e.action, e.purpose, e.subjects from audit.entry e
where e.authority_id = (select careshare.authority()) and e.action in ('household.opened', 'safe_contact.opened')
  and e.id >= :first and e.id < :last and (cast(:household as uuid) is null or e.subjects @> array[cast(:household as uuid)])
order by e.id desc limit :limit
"""  # noqa: E501  # one condition a line would hide that the last one is asked last
OPENED = text(OPENED_SQL)
SEARCHES_SQL: Final = """
select e.id, e.at, e.actor_id, e.action, e.purpose, cardinality(e.subjects) as records,
  cast(d.body -> 'criteria' as text) as criteria
from audit.entry e left join audit.detail d on d.authority_id = e.authority_id and d.entry_id = e.id
where e.authority_id = (select careshare.authority()) and e.owner_id is null
  and e.action in ('placements.search', 'placements.offer') and e.id >= :first and e.id < :last
order by e.id desc limit :limit
"""
SEARCHES = text(SEARCHES_SQL)
STEPS_SQL: Final = f"""
select e.id, e.at, e.authority_id, a.name as authority, e.actor_id, e.authority_id = (select careshare.authority()) as ours,
  e.action, e.purpose, e.agreement_id, g.title as agreement, e.subjects,
  case when split_part(e.action, '.', 1) = any(:told) then d.body -> 'after' ->> 'reason' end as reason
from audit.entry e join tenants.authority a on a.id = e.authority_id
{TITLE_SQL.format(which="coalesce(e.agreement_id, e.subjects[1])")}
  left join audit.detail d on d.authority_id = e.authority_id and d.entry_id = e.id
where (e.owner_id = (select careshare.authority())
    or e.authority_id = (select careshare.authority()) and e.owner_id is null)
  and e.id >= :first and e.id < :last and split_part(e.action, '.', 1) = any(:nouns)
order by e.id desc limit :limit
"""  # noqa: E501, S608  # the columns of one entry; our own text
STEPS = text(STEPS_SQL)
PROBES = text("""
select p.id, p.authority_id, p.authority_id = (select careshare.authority()) as ours, a.name as authority, p.owner_id,
  o.name as owner, p.actor_id, p.first_at, p.last_at, p.searches, p.points, p.subjects
from record.probe p join tenants.authority a on a.id = p.authority_id join tenants.authority o on o.id = p.owner_id
where (p.owner_id = (select careshare.authority()) or p.authority_id = (select careshare.authority()))
  and p.id >= :first and p.id < :last
order by p.id desc limit :limit
""")
NOTICES = text("""
select n.offer_id, n.subject_id from record.notice n
where n.authority_id = (select careshare.authority()) and n.offer_id = any(:offers)
""")
OFFERS = text("""
select n.offer_id from record.notice n
where n.authority_id = (select careshare.authority()) and n.subject_id = :household
""")
NAMES = text("""
select distinct on (person_id) person_id, name from (
  select person_id, name, 1 as nearest from identity.colleagues(:people)
  union all select person_id, name, 2 from identity.temporary_people() where person_id = any(:people)) known
order by person_id, nearest
""")
VERIFICATION = text("""
select at, entries, seals, unsealed, heads, head_seal, head_hash, cast(problems as text) as problems
from audit.verification order by id desc limit 1
""")
AUTHORITIES = text(
    "select id, name from tenants.authority where id <> (select careshare.authority()) order by name, id"
)

Bounds = tuple[UUID, UUID]

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "agreements": ("agreement",),
    "emergency": ("break_glass", "temporary_role"),
    "access": (
        *("member", "client", "sign_in_provider", "sign_in_domain", "sign_in_group", "sign_in_account"),
        *("session_limits", "authority"),
    ),
    "officer": ("record", "erased", "breach", "subject_access", "register"),
    "sessions": ("session",),
}
"""What kinds of steps may be asked for, and the nouns of their actions. A test has each noun there is decided on."""
ASKED_FOR: Final = frozenset({"sessions"})
"""Kinds so many that they would hide the others: shown where they are asked for, and not among all steps."""


async def shown(
    uow: Uow,
    period: Bounds,
    *,
    viewer: UUID | None = None,
    household: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Disclosure]:
    """What others saw of the bound authority's records, newest first; `before` is the last entry of the page before."""
    given = {**_keys(period, before), "viewer": viewer, "offers": await _offers(uow, household), "limit": limit}
    rows = (await uow.execute(SHOWN, given)).mappings().all()
    homes = await _homes(uow, (one for row in rows for one in row["subjects"]))
    return [
        Disclosure(
            **{name: row[name] for name in _SHOWN}, records=len(row["subjects"]), homes=_named(row["subjects"], homes)
        )
        for row in rows
    ]


_SHOWN: Final = ("id", "at", "authority_id", "authority", "action", "purpose", "agreement_id", "agreement")


async def viewers(uow: Uow, period: Bounds, *, household: UUID | None = None) -> list[Viewer]:
    """Which authorities saw our records in a period, and how often."""
    given = {**_keys(period, None), "offers": await _offers(uow, household)}
    return [msgspec.convert(dict(row), Viewer) for row in (await uow.execute(VIEWERS, given)).mappings()]


async def owners(uow: Uow, period: Bounds) -> list[Viewer]:
    """Whose records our colleagues were shown in a period, and how often."""
    return [msgspec.convert(dict(row), Viewer) for row in (await uow.execute(OWNERS, _keys(period, None))).mappings()]


async def opened(
    uow: Uow, period: Bounds, *, household: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[Opening]:
    """Who inside opened confidential records, newest first."""
    given = {**_keys(period, before), "household": household, "limit": limit}
    rows = (await uow.execute(OPENED, given)).mappings().all()
    people = await names(uow, (row["actor_id"] for row in rows))
    ids = sorted({one for row in rows for one in row["subjects"]})
    references = {**await contact_references(uow, ids), **await fostering.references(uow, ids)}
    return [
        Opening(
            row["id"],
            row["at"],
            people.get(row["actor_id"]),
            row["action"],
            row["purpose"],
            [Home(one, references.get(one)) for one in row["subjects"]],
        )
        for row in rows
    ]


async def searches(uow: Uow, period: Bounds, *, before: UUID | None = None, limit: int = 50) -> list[OwnSearch]:
    """Our own searches and the notices opened in them, newest first."""
    rows = (await uow.execute(SEARCHES, {**_keys(period, before), "limit": limit})).mappings().all()
    people = await names(uow, (row["actor_id"] for row in rows))
    return [_search(row, people.get(row["actor_id"])) for row in rows]


def _search(row: RowMapping, person: str | None) -> OwnSearch:
    asked = placements.asked_of(row["criteria"])
    return OwnSearch(
        row["id"], row["at"], person, row["action"], row["purpose"], asked.reference, len(asked.points), row["records"]
    )


async def steps(
    uow: Uow, period: Bounds, *, kind: str | None = None, before: UUID | None = None, limit: int = 50
) -> list[Step]:
    """Steps that change who may see or do what, newest first; `kind` is one of KINDS, None all but those ASKED_FOR."""
    nouns = KINDS[kind] if kind else [noun for name, found in KINDS.items() if name not in ASKED_FOR for noun in found]
    asked = {**_keys(period, before), "nouns": list(nouns), "told": list(KINDS["emergency"]), "limit": limit}
    rows = (await uow.execute(STEPS, asked)).mappings().all()
    people = await names(uow, (one for row in rows if row["ours"] for one in (row["actor_id"], *row["subjects"])))
    return [_step(row, people) for row in rows]


def _step(row: RowMapping, people: Mapping[UUID, str]) -> Step:
    kept = {name: row[name] for name in _STEP}
    if not row["ours"]:
        return Step(**kept, person=None, about=[])
    about = [people[one] for one in row["subjects"] if one in people]
    return Step(**kept, person=people.get(row["actor_id"]), about=about)


_STEP: Final = ("id", "at", "authority_id", "authority", "action", "purpose", "agreement_id", "agreement", "reason")


async def probes(uow: Uow, period: Bounds, *, before: UUID | None = None, limit: int = 50) -> list[Probe]:
    """Searches that look like probing, of our records and by our people, newest first."""
    rows = (await uow.execute(PROBES, {**_keys(period, before), "limit": limit})).mappings().all()
    people = await names(uow, (row["actor_id"] for row in rows if row["ours"]))
    homes = await _homes(uow, (one for row in rows if not row["ours"] for one in row["subjects"]))
    return [
        Probe(
            **{name: row[name] for name in _PROBE},
            person=people.get(row["actor_id"]),
            homes=[] if row["ours"] else _named(row["subjects"], homes),
        )
        for row in rows
    ]


_PROBE: Final = (
    *("id", "ours", "authority_id", "authority", "owner_id", "owner"),
    *("first_at", "last_at", "searches", "points"),
)


async def verification(uow: Uow) -> Verification | None:
    """The last check of the chain; None while there was none."""
    row = (await uow.execute(VERIFICATION)).mappings().one_or_none()
    if row is None:
        return None
    return msgspec.convert({**row, "problems": msgspec.json.decode(row["problems"])}, Verification)


async def names(uow: Uow, people: Iterable[UUID]) -> dict[UUID, str]:
    """Names of colleagues and of who acts here for a time; nobody is asked for when there is nobody to name."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    return {row.person_id: row.name for row in await uow.execute(NAMES, {"people": wanted})}


async def others(uow: Uow) -> list[tuple[UUID, str]]:
    """Every other authority, ended ones too, by name."""
    return [(row.id, row.name) for row in await uow.execute(AUTHORITIES)]


def _keys(period: Bounds, before: UUID | None) -> dict[str, UUID]:
    return {"first": period[0], "last": min(period[1], before) if before else period[1]}


async def _offers(uow: Uow, household: UUID | None) -> list[UUID] | None:
    if household is None:
        return None
    return list((await uow.execute(OFFERS, {"household": household})).scalars())


async def _homes(uow: Uow, offers: Iterable[UUID]) -> dict[UUID, Home]:
    wanted = sorted(set(offers))
    if not wanted:
        return {}
    of = {row.offer_id: row.subject_id for row in await uow.execute(NOTICES, {"offers": wanted})}
    references = await fostering.references(uow, sorted(set(of.values())))
    return {offer: Home(subject, references.get(subject)) for offer, subject in of.items()}


def _named(subjects: Sequence[UUID], homes: dict[UUID, Home]) -> list[Home]:
    found = {home.id: home for one in subjects if (home := homes.get(one)) is not None}
    return sorted(found.values(), key=lambda home: home.reference or "")
