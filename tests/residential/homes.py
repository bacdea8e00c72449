"""Short ways to homes in the invented world."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import text

from careshare.database import Database, Uow
from services.residential import actions
from services.residential.model import Home, Offering, Places, Price, PriceList, Resident, Staffing, Supplement
from tenants.days import today
from tests.world import World, WorldAuthority

TODAY = today()
_numbers = count(1)


def days(number: int) -> date:
    """So many days from today."""
    return TODAY + timedelta(days=number)


def a_urn() -> str:
    """A number of Ofsted's that nothing else in this run has."""
    return f"{7_000_000 + next(_numbers)}"


def a_home(postcode: str = "ZA1 1AA", **changed: Any) -> Home:
    """A children's home as it is sent."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "urn": a_urn(),
        "name": f"House {number}",
        "owner_organisation": "Ashmoor Council",
        "sector": "local_authority",
        "kind": "childrens_home",
        "address": f"{number} Hidden Lane",
        "postcode": postcode,
        "registered_places": 4,
        "age_min": 11,
        "age_max": 17,
        "purpose": "Care for young people who have lived through trauma.",
        "purposes": ["trauma"],
        "care_types": ["long_term", "short_term"],
        "need_levels": ["standard", "complex"],
        "manager_name": "Robin Vale",
        "contact_number": "01632 960 222",
    }
    return Home(**{**given, **changed})


def supported(**changed: Any) -> Home:
    """Supported accommodation as it is sent."""
    return a_home(**{"kind": "supported_accommodation", "category": 2, "age_min": 16, "age_max": 17, **changed})


def prices(since: date | None = None, **changed: Any) -> PriceList:
    """A price list as it is sent, from a while ago."""
    given: dict[str, Any] = {
        "since": since or days(-100),
        "purchase": "spot",
        "notice_nights": 28,
        "void_percent": Decimal(80),
        "price": [
            Price(need_level="standard", weekly=Decimal("4850.00")),
            Price(need_level="complex", weekly=Decimal("7345.50")),
        ],
        "supplement": [
            Supplement(code="waking_night", per="night", amount=Decimal("182.35")),
            Supplement(code="two_to_one", per="hour", amount=Decimal("24.10")),
        ],
    }
    return PriceList(**{**given, **changed})


def a_child(**changed: Any) -> Resident:
    """A boy of fourteen who came today."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "child_reference": f"C{number}",
        "born": date(TODAY.year - 15, 12, 31),
        "sex": "M",
        "starts": TODAY,
        "responsible_gss": "E06000901",
    }
    return Resident(**{**given, **changed})


async def make(
    uow: Uow, home: Home | None = None, *, places: int = 4, staffed: int | None = None, offered: int | None = None
) -> UUID:
    """A home with places, staffed (all of them unless said), priced, and offered where asked; its id."""
    made, _ = await actions.register_home(uow, home or a_home())
    await actions.set_places(uow, made, None, Places(number=places))
    await actions.state_staffing(
        uow, made, None, Staffing(places=places if staffed is None else staffed, until=days(7))
    )
    await actions.set_prices(uow, made, None, prices())
    if offered is not None:
        await actions.offer(uow, made, None, Offering(since=TODAY, places=offered))
    return made


async def offer(uow: Uow, home: UUID) -> dict[str, Any] | None:
    """The home's notice with its private side and its shelf, or None."""
    rows = await uow.execute(
        text("""
            select o.*, n.label, n.easting as exact_easting, n.northing as exact_northing, s.resource
            from tenants.offer_own n join tenants.offer o on o.owner_id = n.owner_id and o.id = n.offer_id
            join careshare.shelf s on s.id = o.shelf_id where n.subject_id = :home
        """),
        {"home": home},
    )
    row = rows.mappings().one_or_none()
    return None if row is None else dict(row)


async def must_offer(uow: Uow, home: UUID) -> dict[str, Any]:
    """As `offer`, where there must be one."""
    found = await offer(uow, home)
    assert found is not None
    return found


@dataclass(frozen=True)
class Desk:
    """A residential manager's desk in one authority."""

    world: World
    database: Database
    authority: WorldAuthority

    def uow(self, role: str = "residential_manager") -> Any:
        """A unit of work bound to the authority; commits."""
        return self.database.bound(self.world.acting(self.authority, role))

    async def make(self, home: Home | None = None, **given: Any) -> UUID:
        """A home in a transaction of its own."""
        async with self.uow() as uow:
            return await make(uow, home, **given)

    async def seen(self) -> list[UUID]:
        """The ids of all notices this authority sees."""
        async with self.uow() as uow:
            return list((await uow.execute(text("select id from tenants.offer order by id"))).scalars())
