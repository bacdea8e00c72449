"""An enquiry about a children's home of one's own that was accepted, for the test that opens every page."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from tests.placements.enquiries.hidden import SNAPSHOT, profiles
from tests.placements.terms.bodies import ASKED, OFFERED
from tests.world import WorldAuthority

if TYPE_CHECKING:
    from tenants.actions import Owner


async def stage_spare(
    owner: "Owner", authority: WorldAuthority, *, request: UUID, child_id: UUID, home: UUID
) -> dict[str, UUID | str]:
    """The enquiry's id."""
    starts: date = await owner.fetchval("select current_date + 3")
    brief, fuller = profiles(starts)
    await owner.execute(
        "select set_config('careshare.authority', $1, false), set_config('careshare.actor', $2, false)",
        str(authority.id),
        str(authority.people["residential_manager"]),
    )
    async with owner.transaction():
        made: UUID = await owner.fetchval(
            """insert into placements.enquiry (placing_id, providing_id, kind, offer_id, shelf_id, children, emergency,
                 starts, respond_by)
               select $1, $1, 'residential_home', n.offer_id, o.shelf_id, 1, true, $3, now() + interval '1 day'
               from tenants.offer_own n join tenants.offer o on o.owner_id = n.owner_id and o.id = n.offer_id
               where n.owner_id = $1 and n.subject_id = $2 returning id""",
            authority.id,
            home,
            starts,
        )
        for table, body in (
            ("child_profile", brief),
            ("child_fuller", fuller),
            ("child_identity", b'{"children": [{"name": "Hidden Child", "born": "2019-02-03"}]}'),
            ("home_fuller", b'{"kind": "childrens_home", "residents": []}'),
            ("terms_asked", msgspec.json.encode(ASKED)),
        ):
            await owner.execute(SNAPSHOT.format(table=table), authority.id, made, body.decode())
        await owner.execute(
            """insert into placements.asked (authority_id, enquiry_id, request_id, children, asked_by)
               values ($1, $2, $3, $4, $5)""",
            authority.id,
            made,
            request,
            [child_id],
            authority.people["placement_finder"],
        )
        await owner.execute(
            "insert into placements.answering (authority_id, enquiry_id, subject_id) values ($1, $2, $3)",
            authority.id,
            made,
            home,
        )
        await owner.execute(
            SNAPSHOT.format(table="terms_offered"), authority.id, made, msgspec.json.encode(OFFERED).decode()
        )
        await owner.execute(
            """insert into residential.assessment (authority_id, home_id, enquiry_id, incoming, residents)
               values ($1, $2, $3, '[]', '[]')""",
            authority.id,
            home,
            made,
        )
    await owner.execute(
        "insert into placements.step (enquiry_id, step, by_id) values ($1, 'accept', $2)", made, authority.id
    )
    await owner.execute("select set_config('careshare.authority', '', false), set_config('careshare.actor', '', false)")
    return {"spare": made}
