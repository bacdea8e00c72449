"""One row in each of the record's tables, for tests of isolation and of every page."""

from typing import TYPE_CHECKING
from uuid import UUID

from tests.world import WorldAuthority

if TYPE_CHECKING:
    from tenants.actions import Owner


async def add_record(owner: "Owner", authority: WorldAuthority, household: UUID, stay: UUID) -> dict[str, UUID]:
    """A hold, a disposal, a breach with a step, a request with a decision, an opening."""
    who = authority.people["data_protection_officer"]
    hold = await owner.fetchval(
        "insert into record.hold (authority_id, class, subject_id, reference, reason, placed_by)"
        " values ($1, 'household', $2, 'HIDDEN', 'Hidden', $3) returning id",
        authority.id,
        household,
        who,
    )
    await owner.execute(
        "insert into record.disposal (authority_id, class, subject_id, due_on, confirmed_by)"
        " values ($1, 'household', $2, current_date, $3)",
        authority.id,
        household,
        who,
    )
    breach = await owner.fetchval(
        "insert into record.breach (authority_id, title, what, found_at, reported_by)"
        " values ($1, 'Hidden', 'Hidden', now() - interval '80 hours', $2) returning id",
        authority.id,
        who,
    )
    await owner.execute(
        "insert into record.breach_step (authority_id, breach_id, kind, reason, made_by)"
        " values ($1, $2, 'note', 'Hidden', $3)",
        authority.id,
        breach,
        who,
    )
    request = await owner.fetchval(
        "insert into record.subject_request (authority_id, reference, kind, subject_id, received_on, opened_by)"
        " values ($1, 'HIDDEN', 'child', $2, current_date, $3) returning id",
        authority.id,
        stay,
        who,
    )
    await owner.execute(
        "insert into record.subject_decision (authority_id, request_id, item, keep, decided_by)"
        " values ($1, $2, $3, true, $4)",
        authority.id,
        request,
        f"stay:{stay}:carers",
        who,
    )
    await owner.execute(
        "insert into audit.entry (event_id, authority_id, actor_id, action, purpose, subjects)"
        " values (uuidv7(), $1, $2, 'household.opened', 'visit', array[$3::uuid])",
        authority.id,
        who,
        household,
    )
    return {"hold": hold, "breach": breach, "request": request}
