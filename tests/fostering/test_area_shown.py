"""The area a notice shows: never finer than the owner has homes enough to hide among."""

from uuid import UUID

from services.fostering import actions
from services.fostering.model import Resignation
from services.fostering.offers import refresh_offers
from tests.fostering.register import Desk, a_home, days, must_offer, terms


async def areas(desk: Desk, *homes: UUID) -> list[str]:
    async with desk.uow() as uow:
        return [(await must_offer(uow, home))["area_code"] for home in homes]


async def test_the_ladder(a: Desk, b: Desk) -> None:
    towns = [await a.make(a_home("ZA1 1AA")) for _ in range(4)]
    assert await areas(a, *towns) == ["region:E12000099"] * 4

    towns.append(await a.make(a_home("ZA1 2BB")))  # the fifth names the town, for its neighbours as well
    assert await areas(a, *towns) == ["outward:ZA1"] * 5

    other = await a.make(a_home("ZA2 1AA"))  # one home in a town of an authority in which there are six
    assert await areas(a, other) == ["authority:E06000901"]

    await a.make(approval=terms(kind="connected"), home=a_home("ZA2 1AA"))  # carers of particular children hide nobody
    assert await areas(a, other) == ["authority:E06000901"]

    beyond = await a.make(a_home("ZB1 1AA"))  # over the border, where this owner has one
    assert await areas(a, beyond) == ["region:E12000099"]
    theirs = [await b.make(a_home("ZB1 1AA")) for _ in range(5)]  # another owner's homes hide none of ours
    assert await areas(a, beyond) == ["region:E12000099"]
    assert await areas(b, *theirs) == ["outward:ZB1"] * 5

    async with a.uow() as uow:
        assert (await must_offer(uow, beyond))["area_gss"] == "E06000902"
        await actions.set_confidential(uow, towns[0], None, confidential=True, may_see=True)
    assert await areas(a, *towns) == ["authority:E06000901", *["outward:ZA1"] * 4]


async def test_when_one_leaves_its_neighbours_become_coarser(c: Desk) -> None:
    homes = [await c.make(a_home("ZC1 1AA")) for _ in range(5)]
    assert await areas(c, *homes) == ["outward:ZC1"] * 5
    async with c.uow() as uow:
        await actions.record_resignation(uow, homes[0], None, Resignation(received_on=days(-27)))
        await refresh_offers(uow, [homes[0]], on=days(1))
    assert await areas(c, *homes[1:]) == ["region:E12000099"] * 4
