"""Writing the audit record: each function is one statement in the caller's own transaction."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow

RECORD = """
with event as materialized (
  select uuidv7() as id, uuid_send(gen_random_uuid()) as salt, cast(:body as jsonb) as body),
entry as (
  insert into audit.entry (id, event_id, owner_id, action, purpose, agreement_id, subjects, detail_hash)
  select id, uuidv7(), nullif(cast(:owner_id as uuid), careshare.authority()), cast(:action as text),
    coalesce(cast(:purpose as text), careshare.purpose()), cast(:agreement_id as uuid), cast(:subjects as uuid[]),
    audit.detail_hash(salt, body)
  from event)
insert into audit.detail (entry_id, salt, body) select id, salt, body from event where body is not null
"""

RECORD_SHOWN = """
with event as materialized (
  select uuidv7() as id, uuidv7() as event_id, uuid_send(gen_random_uuid()) as salt, cast(:body as jsonb) as body,
    careshare.authority() as authority_id, coalesce(cast(:purpose as text), careshare.purpose()) as purpose),
shown as (
  select owner_id, agreement_id, array_agg(subject) as subjects
  from unnest(cast(:owners as uuid[]), cast(:agreements as uuid[]), cast(:subjects as uuid[]))
    as s (owner_id, agreement_id, subject)
  group by owner_id, agreement_id),
entry as (
  insert into audit.entry (id, event_id, owner_id, action, purpose, agreement_id, subjects, detail_hash)
  select id, event_id, null, cast(:action as text), purpose, null, cast(:subjects as uuid[]),
    audit.detail_hash(salt, body)
  from event
  union all
  select uuidv7(), e.event_id, s.owner_id, cast(:action as text), e.purpose, s.agreement_id, s.subjects, null
  from shown s, event e where s.owner_id <> e.authority_id)
insert into audit.detail (entry_id, salt, body) select id, salt, body from event where body is not null
"""
"""One round trip for a whole result page. Benchmarks run this same text."""

ERASE = """
with gone as (
  delete from audit.detail where entry_id = any(cast(:entries as uuid[])) returning entry_id)
select coalesce(array_agg(entry_id order by entry_id), '{}') from gone
"""

_record = text(RECORD)
_record_shown = text(RECORD_SHOWN)
_erase = text(ERASE)


class Shown(msgspec.Struct, frozen=True):
    """Records of one owner that were shown together, and the agreement that let them be seen (None for one's own)."""

    owner_id: UUID
    agreement_id: UUID | None
    ids: Sequence[UUID]


async def record(
    uow: Uow,
    action: str,
    *,
    subjects: Sequence[UUID] = (),
    owner_id: UUID | None = None,
    agreement_id: UUID | None = None,
    before: object = None,
    after: object = None,
    criteria: object = None,
    purpose: str | None = None,
) -> None:
    """Add one entry: a change, or the opening of one record.

    `action` is `noun.verb` in lower case. `owner_id` names the authority whose record it is when that is another one;
    its officers then see the entry, but never `before`, `after` or `criteria`, which are the actor's and may be erased
    later. The purpose is the one bound in the transaction unless given.
    """
    body = {
        name: value
        for name, value in (("criteria", criteria), ("before", before), ("after", after))
        if value is not None
    }
    await uow.execute(
        _record,
        {
            "action": action,
            "subjects": list(subjects),
            "owner_id": owner_id,
            "agreement_id": agreement_id,
            "purpose": purpose,
            "body": _json(body) if body else None,
        },
    )


async def record_shown(
    uow: Uow, action: str, *, criteria: object, shown: Sequence[Shown], purpose: str | None = None
) -> None:
    """Add the entries of one list that was shown: one for the actor with the criteria and every identifier in the order
    given, and one for each other owner with that owner's identifiers only and without the criteria.
    """
    owners: list[UUID] = []
    agreements: list[UUID | None] = []
    subjects: list[UUID] = []
    for group in shown:
        count = len(group.ids)
        owners += [group.owner_id] * count
        agreements += [group.agreement_id] * count
        subjects += group.ids
    await uow.execute(
        _record_shown,
        {
            "action": action,
            "purpose": purpose,
            "owners": owners,
            "agreements": agreements,
            "subjects": subjects,
            "body": _json({"criteria": criteria}),
        },
    )


async def erase(uow: Uow, entries: Sequence[UUID], *, reason: str) -> int:
    """Erase the criteria and before/after of the bound authority's entries, at the end of their retention.

    The entries themselves stay, and an entry `erased` says which lost their detail and why. Returns how many did.
    """
    gone: list[UUID] = (await uow.execute(_erase, {"entries": list(entries)})).scalar_one()
    if gone:
        await record(uow, "erased", subjects=gone, criteria={"reason": reason})
    return len(gone)


def _json(body: object) -> str:
    return msgspec.json.encode(body).decode()
