"""Short ways to a register in the invented world."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import text

from careshare.database import Database, Uow
from services.fostering import actions
from services.fostering.days import today
from services.fostering.model import Consent, Home, Placed, Places, Terms
from tests.world import World, WorldAuthority

TODAY = today()
LONG_AGO = date(2020, 1, 6)
_numbers = count(1)


def days(number: int) -> date:
    """So many days from today."""
    return TODAY + timedelta(days=number)


def a_home(postcode: str = "ZA1 1AA", **changed: Any) -> Home:
    """A household as it is sent."""
    number = next(_numbers)
    given = {
        "reference": f"H{number}",
        "name": f"The Household {number}",
        "address": f"{number} Hidden Lane",
        "postcode": postcode,
        "duty_number": "01632 960 111",
    }
    return Home(**{**given, **changed})


def terms(**changed: Any) -> Terms:
    """Mainstream terms for three children of any age."""
    given: dict[str, Any] = {
        "since": LONG_AGO,
        "kind": "mainstream",
        "places": 3,
        "age_min": 0,
        "age_max": 17,
        "care_types": ["short_term", "emergency"],
    }
    return Terms(**{**given, **changed})


def a_child(**changed: Any) -> Placed:
    """A boy of eight, placed today."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "child_reference": f"C{number}",
        "born": date(TODAY.year - 8, 1, 1),
        "sex": "M",
        "care_type": "short_term",
        "starts": TODAY,
        "responsible_gss": "E06000901",
    }
    return Placed(**{**given, **changed})


async def make(
    uow: Uow, home: Home | None = None, *, places: int = 2, publish: bool = False, approval: Terms | None = None
) -> UUID:
    """A household approved with places, and published if asked; its id."""
    made, _ = await actions.register_household(uow, home or a_home())
    await actions.set_terms(uow, made, None, approval or terms())
    await actions.set_places(uow, made, None, Places(number=places))
    await actions.confirm_vacancy(uow, made, None)
    if publish:
        await actions.change_consent(uow, made, None, Consent(privacy_notice_on=LONG_AGO))
        await actions.publish(uow, made, None)
    return made


async def version_of(uow: Uow, household: UUID) -> int:
    """The household's version now."""
    found: int = (
        await uow.execute(text("select version from fostering.household where id = :id"), {"id": household})
    ).scalar_one()
    return found


async def offer(uow: Uow, household: UUID) -> dict[str, Any] | None:
    """The home's offer with its private side and its shelf, or None."""
    rows = await uow.execute(
        text("""
            select o.*, n.label, n.easting as exact_easting, n.northing as exact_northing, s.resource
            from tenants.offer_own n join tenants.offer o on o.owner_id = n.owner_id and o.id = n.offer_id
            join careshare.shelf s on s.id = o.shelf_id where n.subject_id = :household
        """),
        {"household": household},
    )
    row = rows.mappings().one_or_none()
    return None if row is None else dict(row)


async def must_offer(uow: Uow, household: UUID) -> dict[str, Any]:
    """As `offer`, where there must be one."""
    found = await offer(uow, household)
    assert found is not None
    return found


@dataclass(frozen=True)
class Desk:
    """A fostering officer's desk in one authority."""

    world: World
    database: Database
    authority: WorldAuthority

    def uow(self, role: str = "fostering_officer") -> Any:
        """A unit of work bound to the authority; commits."""
        return self.database.bound(self.world.acting(self.authority, role))

    async def make(self, home: Home | None = None, **given: Any) -> UUID:
        """A household in a transaction of its own."""
        async with self.uow() as uow:
            return await make(uow, home, **given)

    async def seen(self) -> list[UUID]:
        """The ids of all offers this authority sees."""
        async with self.uow() as uow:
            return list((await uow.execute(text("select id from tenants.offer order by id"))).scalars())
