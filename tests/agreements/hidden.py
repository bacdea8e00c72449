"""An agreement that no other authority of the world is a party of."""

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec

from tenants.agreements.rules import stated
from tests.agreements.terms import draft
from tests.world import World, WorldAuthority

if TYPE_CHECKING:
    from tenants.actions import Owner


async def add_agreement(owner: "Owner", world: World, authority: WorldAuthority) -> UUID:
    """A signed draft of the authority with nobody of this world, and what its people were told of it."""
    terms = msgspec.json.encode(stated(draft(title="Hidden").terms())).decode()
    made: UUID = await owner.fetchval(
        """insert into tenants.agreement (region_id, title, resource, detail, purpose, legal_gateway, lawful_basis,
             notice_days, in_force, reviewed_by)
           values ($1, 'Hidden', 'foster_carers', 'notice', 'Hidden', 'Hidden', 'Hidden', 28,
             tstzrange(now() + interval '1 day', null), current_date + 365) returning id""",
        world.region_id,
    )
    await owner.execute(
        "insert into tenants.agreement_party (agreement_id, authority_id) values ($1, $2)", made, authority.id
    )
    version = await owner.fetchval(
        """insert into tenants.agreement_version (agreement_id, version, terms, parties, in_force, proposed_by)
           values ($1, 1, $2, $3, tstzrange(now() + interval '1 day', null), $4) returning id""",
        made,
        terms,
        [authority.id, uuid4()],
        authority.id,
    )
    await owner.execute(
        """insert into tenants.agreement_signature (version_id, authority_id, person_id, name, role)
           values ($1, $2, $3, 'Hidden', 'Hidden')""",
        version,
        authority.id,
        authority.people["director"],
    )
    await owner.execute(
        "insert into tenants.agreement_told (authority_id, version_id, kind, day) values ($1, $2, 'to_sign', $3)",
        authority.id,
        version,
        draft().starts,
    )
    return made
