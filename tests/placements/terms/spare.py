"""A spare bed in a children's home of Birkdale's, and the way of one of Ashmoor's children into it, over the API."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from careshare.database import Uow
from services.residential import actions
from services.residential.model import Home, Offering, Places, PlannedIncome, Price, Staffing, Supplement
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.homes import today
from tests.placements.matches.test_way import LAW, consents, say
from tests.placements.placed.test_way import tell_everybody
from tests.residential import homes
from tests.residential.test_offers import agree

_numbers = count(1)
_shared: set[UUID] = set()
PRICES: dict[str, Any] = {
    "since": date(2026, 1, 1),
    "notice_nights": 28,
    "void_percent": Decimal(80),
    "social_percent": Decimal(60),
    "education_percent": Decimal(25),
    "health_percent": Decimal(15),
    "price": [
        Price(need_level="standard", weekly=Decimal("4850.00")),
        Price(need_level="complex", weekly=Decimal("7345.50")),
    ],
    "supplement": [
        Supplement(code="one_to_one", per="hour", amount=Decimal("19.40")),
        Supplement(code="two_to_one", per="hour", amount=Decimal("24.10")),
        Supplement(code="waking_night", per="night", amount=Decimal("182.35")),
    ],
}


@dataclass(frozen=True)
class Spare:
    """One home with one place, offered to others."""

    between: Between
    home: UUID
    offer: UUID

    async def manager(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """A call as the home's manager."""
        return await self.between.call(self.between.world.b, "residential_manager", method, path, body, **more)

    async def ask(self, *, age: int = 14, born: date | None = None, **terms: Any) -> UUID:
        """An enquiry for one boy."""
        born = born or date(today().year - age, 1, 1)
        identity = {"name": "Hidden Person", "reference": f"S{next(_numbers):06}", "born": born.isoformat()}
        child: dict[str, Any] = {
            "age": age,
            "sex": "M",
            "identity": identity,
            "need": {"risks": [{"risk": "missing", "level": "high"}, {"risk": "fire_setting", "level": "none"}]},
        }
        request = await self.between.request(starts=today().isoformat(), children=[child])
        sent = await self.between.finder(
            "POST", f"/requests/{request}/enquiries", {"offer_ids": [str(self.offer)], **terms}
        )
        assert sent.status_code == 201, sent.text
        return UUID(sent.json()["enquiry_ids"][0])

    async def propose(self, enquiry: UUID) -> None:
        """Accepted, proposed, held, its consents listed."""
        for who, method, path, body in (
            (self.manager, "POST", "accept", None),
            (self.between.finder, "POST", "proposal", {}),
            (self.manager, "POST", "grant-hold", {"step": "grant"}),
            (self.manager, "POST", "consents", None),
        ):
            answer = await who(method, f"/enquiries/{enquiry}/{path}", body)
            assert answer.status_code == 200, (path, answer.text)

    async def assess(self, enquiry: UUID, outcome: str = "can_live_together") -> UUID:
        """The impact assessment of an enquiry, decided by the manager."""
        begun = await self.manager("POST", f"/enquiries/{enquiry}/assessment")
        assert begun.status_code == 200, begun.text
        assessment = UUID(begun.json()["assessment_id"])
        tag = (await self.manager("GET", f"/assessments/{assessment}")).headers["etag"]
        decided = await self.manager(
            "POST",
            f"/assessments/{assessment}/decision",
            {"outcome": outcome, "reason": "Two live there now, and staff are enough"},
            headers={"If-Match": tag},
        )
        assert decided.status_code == 200, decided.text
        return assessment

    async def agree(self, enquiry: UUID, *, but: str = "") -> None:
        """Everybody's yes in the order of the law, but one where it is named."""
        known, world = await consents(self.between, enquiry), self.between.world
        for who, role, kind, more in (
            (world.a, "team_manager", "placing_authority", {}),
            (world.a, "team_manager", "area_notified", {}),
            (world.a, "nominated_officer", "nominated_officer", {"stepped_up": True, **LAW}),
            (world.b, "team_manager", "providing_authority", {}),
            (world.b, "residential_manager", "manager", {}),
        ):
            if kind != but:
                answered = await say(self.between, who, role, known[kind]["id"], **more)
                assert answered.status_code == 200, (kind, answered.text)

    async def match(self, enquiry: UUID) -> UUID:
        """The whole way to a match; the placement."""
        await self.propose(enquiry)
        await self.assess(enquiry)
        await self.agree(enquiry)
        return await self.placement(enquiry)

    async def placement(self, enquiry: UUID) -> UUID:
        """The placement that an enquiry led to."""
        listed = await self.between.finder("GET", "/placements")
        return UUID(next(one["id"] for one in listed.json()["items"] if one["enquiry_id"] == str(enquiry)))

    async def start(self, placement: UUID, day: date, **more: str) -> Any:
        """Plan signed, everybody told, the child has come; on an earlier day than was agreed, by other days first."""
        found = (await self.between.finder("GET", f"/placements/{placement}")).json()
        if day.isoformat() < found["starts"]:
            moved = await self.between.finder("POST", f"/placements/{placement}/days", {"starts": day.isoformat()})
            assert moved.status_code == 200, moved.text
        if found["stage"] == "planned":
            await tell_everybody(self.between, placement)
            ready = await self.between.finder("POST", f"/placements/{placement}/ready")
            assert ready.status_code == 200, ready.text
        return await self.manager("POST", f"/placements/{placement}/start", {"day": day.isoformat(), **more})

    async def again(self) -> "Spare":
        """The home with the notice that stands for it now. Fails where none does."""
        async with self.between.database.bound(self.between.world.acting(self.between.world.b)) as uow:
            return replace(self, offer=(await homes.must_offer(uow, self.home))["id"])

    async def owed(self, placement: UUID) -> list[dict[str, Any]]:
        """What the home owes its host authority of a placement."""
        found = await self.manager("GET", f"/placements/{placement}?side=providing")
        notices: list[dict[str, Any]] = found.json()["home_notices"]
        return notices

    async def dearer(self, uow: Uow) -> None:
        """From today the home's list asks more for complex need."""
        dear = Price(need_level="complex", weekly=Decimal("9000.00"))
        prices = [dear if one.need_level == "complex" else one for one in PRICES["price"]]
        await actions.set_prices(uow, self.home, None, homes.prices(**{**PRICES, "since": today(), "price": prices}))

    async def plan(self, uow: Uow, month: str, planned: Decimal) -> None:
        """What the home is planned to bring in during a month."""
        await actions.set_plan(uow, self.home, None, PlannedIncome(month=month, planned=planned))

    async def end(self, placement: UUID, *, reviewed: date, left: date) -> None:
        """A review decided on the end on a day gone by, and the child left on another."""
        review = await self.between.finder("POST", f"/placements/{placement}/steps", {"step": "review_to_end"})
        assert review.status_code == 200, review.text
        async with as_owner(self.between.world.settings) as owner:
            await owner.execute(
                "update placements.step set at = $2::date + interval '12 hours'"
                " where placement_id = $1 and step = 'review_to_end'",
                placement,
                reviewed,
            )
        body = {"ends": left.isoformat(), "reason": "CARPL"}
        ended = await self.manager("POST", f"/placements/{placement}/end", body)
        assert ended.status_code == 200, ended.text


async def shared(between: Between) -> None:
    """An agreement about places in homes between the two councils, once a world."""
    world, database = between.world, between.database
    if world.region_id not in _shared:
        _shared.add(world.region_id)
        a, b = (homes.Desk(world, database, one) for one in (world.a, world.b))
        await agree(world.settings, world, a, b, "profile")


async def spare_bed(between: Between, home: Home | None = None, *, places: int = 1, **prices: Any) -> Spare:
    """A home in its own authority's area with so many places, all offered, at PRICES."""
    await shared(between)
    async with between.database.bound(between.world.acting(between.world.b, "residential_manager")) as uow:
        made, _ = await actions.register_home(uow, home or homes.a_home("ZB1 1AA"))
        await actions.set_places(uow, made, None, Places(number=places))
        await actions.state_staffing(uow, made, None, Staffing(places=places, until=homes.days(7)))
        await actions.set_prices(uow, made, None, homes.prices(**{**PRICES, **prices}))
        await actions.offer(uow, made, None, Offering(since=homes.TODAY, places=places))
        offer = (await homes.must_offer(uow, made))["id"]
    return Spare(between, made, offer)
