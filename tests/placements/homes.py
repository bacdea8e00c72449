"""Homes for tests: vacancy notices put straight into `tenants.offer`, as their owner's register would have."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tenants.actions import as_owner
from tests.world import OUTWARDS, World, WorldAuthority

USUAL: Mapping[str, Any] = {
    "kind": "foster_home",
    "care_types": ["emergency", "short_term"],
    "age_min": 0,
    "age_max": 17,
    "sex": "any",
    "places": 1,
    "starts": None,
    "ends": None,
    "within_limit": 3,
    "empty": True,
    "bedrooms": 2,
    "sharing": "no",
    "solo": True,
    "children_there": "none",
    "others_low": None,
    "others_high": None,
    "pets": [],
    "skills": [],
    "communication": [],
    "adaptations": [],
    "languages": ["en"],
    "religions": None,
    "cultures": None,
    "radius_m": 1200,
    "confirmed_on": None,
}

OFFER = """
    insert into tenants.offer (owner_id, shelf_id, id, area_code, area_name, area_gss, easting, northing, {names})
    values ($1, $2, $3, $4, $5, $6, $7, $8, {places})
"""


def today() -> date:
    """The date in London."""
    return datetime.now(ZoneInfo("Europe/London")).date()


def days(number: int) -> date:
    """So many days from today."""
    return today() + timedelta(days=number)


async def add_home(
    world: World,
    owner: WorldAuthority,
    outward: str,
    *,
    shared: bool = True,
    exact: tuple[int, int] | None = None,
    offer_id: UUID | None = None,
    **notice: Any,
) -> UUID:
    """A home of `owner` shown as `outward`, on its shared or its own shelf. `exact` is its point."""
    offer = offer_id or uuid4()
    gss, easting, northing = OUTWARDS[outward]
    columns = {**USUAL, "starts": today(), "confirmed_on": today(), **notice}
    names = ", ".join(columns)
    places = ", ".join(f"${number}" for number in range(9, 9 + len(columns)))
    async with as_owner(world.settings) as connection:
        await connection.execute(
            OFFER.format(names=names, places=places),
            owner.id,
            owner.shelves["foster_carers" if shared else "foster_carers:own"],
            offer,
            f"outward:{outward}",
            outward,
            gss,
            easting,
            northing,
            *columns.values(),
        )
        await connection.execute(
            "insert into tenants.offer_own values ($1, $2, gen_random_uuid(), $3, $4, $5)",
            owner.id,
            offer,
            f"Home {offer.hex[:4]}",
            *(exact or (None, None)),
        )
    return offer


async def remove_home(world: World, offer_id: UUID) -> None:
    """Withdraw a notice."""
    async with as_owner(world.settings) as connection:
        await connection.execute("delete from tenants.offer where id = $1", offer_id)


async def remove_all(world: World) -> None:
    """Withdraw every notice."""
    async with as_owner(world.settings) as connection:
        await connection.execute("delete from tenants.offer")
