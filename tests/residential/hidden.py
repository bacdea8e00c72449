"""One row in each of the homes' tables, for tests of isolation and of every page."""

from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tests.world import WorldAuthority, postcodes_of

if TYPE_CHECKING:
    from tenants.actions import Owner

_numbers = count(1)

HANGING = [
    f"insert into residential.{row}"
    for row in (
        "judgement (authority_id, home_id, judged_on, grade, source) values ($1, $2, '2024-01-15', 'good', 'entered')",
    )
]
"""What hangs on a home, by its authority and id."""


async def add_home(owner: "Owner", authority: WorldAuthority, *, confidential: bool = False) -> dict[str, UUID]:
    """A home with a place that a child lives in, prices, a plan and an assessment; the identifiers of the three."""
    outward = {"Ashmoor": "ZA1", "Birkdale": "ZB1"}.get(authority.name, "ZC1")
    postcode, easting, northing = postcodes_of(outward)[0]
    who = authority.people["residential_manager"]
    home: UUID = await owner.fetchval(
        """insert into residential.home (authority_id, urn, name, sector, kind, address, postcode, easting, northing,
             outward, area_gss, registered_places, age_min, age_max, purpose, care_types, need_levels, confidential,
             judgement, judged_on, staffed_places, staffed_until, staffed_at, staffed_by)
           values ($1, $2, 'Hidden', 'local_authority', 'childrens_home', '1 Hidden Street', $3, $4, $5, $6, $7, 2, 8,
             17, 'Hidden', '{long_term}', '{standard}', $8, 'good', '2024-01-15', 2, now() + interval '5 days', now(),
             $9) returning id""",
        authority.id,
        f"SC{900_000 + next(_numbers)}",
        postcode,
        easting,
        northing,
        outward,
        authority.gss_code,
        confidential,
        who,
    )
    for row in HANGING:
        await owner.execute(row, authority.id, home)
    prices = await owner.fetchval(
        """insert into residential.price_list (authority_id, home_id, during, purchase, notice_nights, void_percent,
             social_percent, education_percent, health_percent)
           values ($1, $2, '[2024-01-01,)', 'spot', 28, 80, 100, 0, 0) returning id""",
        authority.id,
        home,
    )
    await owner.execute(
        "insert into residential.price (authority_id, list_id, need_level, weekly) values ($1, $2, 'standard', 4321)",
        authority.id,
        prices,
    )
    await owner.execute(
        """insert into residential.supplement (authority_id, list_id, code, per, amount)
           values ($1, $2, 'waking_night', 'night', 180)""",
        authority.id,
        prices,
    )
    assessment: UUID = await owner.fetchval(
        """insert into residential.assessment (authority_id, home_id, enquiry_id, incoming, residents, opened_by)
           values ($1, $2, $3, '[]', '[]', $4) returning id""",
        authority.id,
        home,
        uuid4(),
        who,
    )
    resident = await _add_resident(owner, authority, home)
    return {"home": home, "resident": resident, "assessment": assessment}


async def _add_resident(owner: "Owner", authority: WorldAuthority, home: UUID) -> UUID:
    unit = await owner.fetchval(
        "insert into capacity.unit (owner_id, pool_id, shelf_id) values ($1, $2, $3) returning id",
        authority.id,
        home,
        authority.shelves["residential_places:own"],
    )
    await owner.execute(
        "insert into residential.place (authority_id, unit_id, home_id, number) values ($1, $2, $3, 1)",
        authority.id,
        unit,
        home,
    )
    claim = uuid4()
    await owner.execute("insert into capacity.claim (claimant_id, id, firm) values ($1, $2, true)", authority.id, claim)
    await owner.execute(
        "insert into capacity.occupancy (owner_id, unit_id, during, claimant_id, claim_id)"
        " values ($1, $2, tstzrange(now() - interval '1 day', null), $1, $3)",
        authority.id,
        unit,
        claim,
    )
    resident: UUID = await owner.fetchval(
        """insert into residential.resident (authority_id, home_id, unit_id, claim_id, claimant_id, child_reference,
             born, sex, responsible_gss, starts)
           values ($1, $2, $3, $4, $1, $5, current_date - 5000, 'F', $6, current_date - 30) returning id""",
        authority.id,
        home,
        unit,
        claim,
        f"R-{next(_numbers)}",
        authority.gss_code,
    )
    await owner.execute(
        "insert into residential.host_notice (authority_id, resident_id, occasion, gss, owed_on)"
        " values ($1, $2, 'admission', 'E06000999', current_date)",
        authority.id,
        resident,
    )
    return resident
