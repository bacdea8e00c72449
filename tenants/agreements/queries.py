"""Reads of the bound authority's agreements. Whose they are not gets what is not there: nothing."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from tenants.agreements.model import Agreement, Listed, Party, Signature, StatedTerms, Version
from tenants.agreements.rules import LONDON, state_at

# How an agreement stands is told every party, former ones too; what it says is read from its versions, of which row
# security shows those that are the bound authority's to read: who left, or is only asked to join, is told nothing of
# terms and parties that were never put to them.
READABLE: Final = """
    join lateral (
      select v.version, v.terms ->> 'title' as title, (v.terms ->> 'notice_days')::int as notice_days,
        (v.terms ->> 'review_on')::date as reviewed_by, lower(v.in_force) as since, upper(v.in_force) as until,
        v.parties
      from tenants.agreement_version v where v.agreement_id = a.id
      order by v.version = a.version desc, v.version desc limit 1) r on true
"""
LIST = text(f"""
    select a.id, r.title, a.resource, a.state, r.version, r.notice_days, r.reviewed_by, r.since, r.until,
      me.leaves_at, me.left_at,
      (select v.version from tenants.agreement_version v
        where v.agreement_id = a.id and v.state = 'proposed') as proposed,
      exists (select from tenants.agreement_version v where v.agreement_id = a.id and v.state = 'proposed'
        and me.authority_id = any(v.parties) and me.leaves_at is null
        and not exists (select from tenants.agreement_signature s
          where s.version_id = v.id and s.authority_id = me.authority_id)) as to_sign,
      array(select t.name from tenants.agreement_party p join tenants.authority t on t.id = p.authority_id
        where p.agreement_id = a.id and p.authority_id <> me.authority_id and p.authority_id = any(r.parties)
          and (p.leaves_at is null or p.leaves_at > now()) order by t.name) as parties
    from tenants.agreements_standing() a join tenants.agreement_party me
      on me.agreement_id = a.id and me.authority_id = (select careshare.authority())
    {READABLE}
    where cast(:after_title as text) is null or (r.title, a.id) > (cast(:after_title as text), cast(:after_id as uuid))
    order by r.title, a.id limit :limit
""")  # noqa: S608  # our own text
ONE = text(f"""
    select a.id, r.title, a.resource, a.state, a.revision, r.version, r.since, r.until, now() as now
    from tenants.agreements_standing() a {READABLE} where a.id = :agreement
""")  # noqa: S608  # our own text
PARTIES = text("""
    select p.authority_id, t.name, s.contact_role, s.contact_telephone, s.contact_email, p.joined_at, p.notice_at,
      p.leaves_at, s.leaves_for
    from tenants.agreement_parties(:agreement) s
    join tenants.agreement_party p on p.agreement_id = :agreement and p.authority_id = s.authority_id
    join tenants.authority t on t.id = p.authority_id
    order by t.name
""")
VERSIONS = text("""
    select v.id, v.version, v.state, v.terms, v.parties, t.name as proposed_by, t.id as proposer_id, v.proposed_at,
      v.amended_at, v.signed_at, v.ended_at
    from tenants.agreement_version v join tenants.authority t on t.id = v.proposed_by
    where v.agreement_id = :agreement order by v.version desc
""")
SIGNATURES = text("""
    select s.version_id, s.authority_id, t.name as authority, s.name, s.role, s.signed_at
    from tenants.agreement_signature s join tenants.agreement_version v on v.id = s.version_id
    join tenants.authority t on t.id = s.authority_id
    where v.agreement_id = :agreement order by s.signed_at, t.name
""")
NEIGHBOURS = text("""
    select a.id, a.name from tenants.authority a join tenants.authority me on me.region_id = a.region_id
    where me.id = (select careshare.authority()) and a.id <> me.id and (a.ends is null or a.ends > current_date)
    order by a.name
""")

_VERSION: Final = tuple(name for name in Version.__struct_fields__ if name not in {"terms", "signatures"})


async def listed(uow: Uow, *, after: tuple[str, UUID] | None = None, limit: int = 500) -> list[Listed]:
    """The agreements the bound authority is or was a party of, by title."""
    title, last = after or (None, None)
    rows = await uow.execute(LIST, {"after_title": title, "after_id": last, "limit": limit})
    now = datetime.now(LONDON)
    return [_listed(row, now) for row in rows.mappings()]


def _listed(row: Mapping[Any, Any], now: datetime) -> Listed:
    state = state_at(row["state"], row["since"], row["until"], now)
    gone = row["leaves_at"] is not None and row["leaves_at"] <= now
    last = None if row["until"] is None else date.fromordinal(row["until"].astimezone(LONDON).date().toordinal() - 1)
    return Listed(
        id=row["id"],
        title=row["title"],
        resource=row["resource"],
        state="ended" if gone else state,
        version=row["version"],
        proposed_version=row["proposed"],
        to_sign=row["to_sign"] and state != "ended",
        starts=row["since"].astimezone(LONDON).date(),
        last_day=last,
        review_on=row["reviewed_by"],
        notice_days=row["notice_days"],
        leaves_at=row["leaves_at"],
        parties=row["parties"],
    )


async def agreement(uow: Uow, agreement_id: UUID) -> Agreement:
    """One agreement with its versions, the newest first. Raises NotFound where the bound authority is no party."""
    given = {"agreement": agreement_id}
    row = (await uow.execute(ONE, given)).mappings().one_or_none()
    if row is None:
        raise NotFound
    parties = [msgspec.convert(dict(one), Party) for one in (await uow.execute(PARTIES, given)).mappings()]
    signatures: dict[UUID, list[Signature]] = {}
    for one in (await uow.execute(SIGNATURES, given)).mappings():
        values = {name: one[name] for name in Signature.__struct_fields__}
        signatures.setdefault(one["version_id"], []).append(Signature(**values))
    versions = [
        Version(
            **{name: one[name] for name in _VERSION},
            terms=_terms(one["terms"]),
            signatures=signatures.get(one["id"], []),
        )
        for one in (await uow.execute(VERSIONS, given)).mappings()
    ]
    named = {party for one in versions for party in one.parties}
    return Agreement(
        **{name: row[name] for name in ("id", "title", "resource", "revision", "version")},
        state=state_at(row["state"], row["since"], row["until"], row["now"]),
        in_force_from=row["since"],
        in_force_until=row["until"],
        parties=[one for one in parties if one.authority_id in named],
        versions=versions,
    )


def _terms(stored: Any) -> StatedTerms:
    """Terms as they were kept. The driver hands jsonb over decoded or as text."""
    if isinstance(stored, str | bytes):
        return msgspec.json.decode(stored, type=StatedTerms)
    return msgspec.convert(stored, StatedTerms)


def version_of(found: Agreement, number: int) -> Version:
    """One version of an agreement. Raises NotFound."""
    for one in found.versions:
        if one.version == number:
            return one
    raise NotFound


async def neighbours(uow: Uow) -> list[tuple[UUID, str]]:
    """The other authorities of the region, by name: whom one may share with."""
    return [(row.id, row.name) for row in await uow.execute(NEIGHBOURS)]
