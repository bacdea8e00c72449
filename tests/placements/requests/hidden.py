"""A request that one authority has and no other may notice, with a row in each of its tables."""

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tests.world import WorldAuthority

if TYPE_CHECKING:
    from tenants.actions import Owner


async def add_request(owner: "Owner", authority: WorldAuthority, search: UUID) -> dict[str, UUID]:
    """An open request for a child, joined to a search, with a step and a decision on a finding."""
    who = authority.people["placement_finder"]
    request: UUID = await owner.fetchval(
        """insert into placements.request (authority_id, number, kind, starts, need, made_by, held_by)
           values ($1, $2, 'planned', current_date + 3, '{"background": "Hidden"}', $3, $3) returning id""",
        authority.id,
        f"R-{uuid4().int % 1_000_000:06}",
        who,
    )
    child: UUID = await owner.fetchval(
        """insert into placements.request_child (authority_id, request_id, position, age, sex, reference, name,
             postcode, school, address, on_file, need)
           values ($1, $2, 1, 7, 'F', $3, 'Hidden Child', 'ZA1 1AA', 'Hidden School', '1 Hidden Street', '{Hidden}',
             '{"wishes": "Hidden"}') returning id""",
        authority.id,
        request,
        f"CH-{uuid4().hex[:6]}",
    )
    await owner.execute(
        """insert into placements.request_step (authority_id, request_id, step, made_by) values ($1, $2, 'open', $3)""",
        authority.id,
        request,
        who,
    )
    await owner.execute(
        """insert into placements.request_ruling
             (authority_id, request_id, child_id, field, digest, first, last, kind, why, made_by)
           values ($1, $2, $3, 'wishes', repeat('0', 64), 0, 6, 'name', 'Hidden', $4)""",
        authority.id,
        request,
        child,
        who,
    )
    await owner.execute(
        "insert into placements.request_search (authority_id, request_id, search_id) values ($1, $2, $3)",
        authority.id,
        request,
        search,
    )
    return {"placement_request": request, "request_child": child}
