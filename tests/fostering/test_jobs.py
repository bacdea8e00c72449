"""What the clock does with the register, and what other services may ask of it."""

from careshare import jobs
from services.fostering import actions
from services.fostering.jobs import REFRESH, Households, refresh
from services.fostering.model import Carer
from services.fostering.public import homes, renew_later, renew_offers
from tests.fostering.register import Desk, a_home, must_offer, offer


async def test_offers_are_renewed_by_the_clock_for_each_authority(a: Desk) -> None:
    names = [one for one in jobs.REGISTRY.schedules.values() if one.task == REFRESH]
    assert [one.per_authority for one in names] == [True, True]
    assert jobs.REGISTRY.handlers[REFRESH].run is refresh
    home = await a.make()
    async with a.uow() as uow:
        before = await must_offer(uow, home)
        for households in (Households(), Households([home])):
            await refresh(uow, households)
            assert await must_offer(uow, home) == before


async def test_who_is_behind_ones_own_offers(a: Desk, b: Desk) -> None:
    ours = await a.make(a_home(name="The Vales"), publish=True)
    theirs = await b.make(publish=True)
    async with b.uow() as uow:
        others = (await must_offer(uow, theirs))["id"]
    async with a.uow() as uow:
        await actions.set_carers(uow, ours, None, [Carer(name="Ann Vale", telephone="01632 960 001")])
        mine = (await must_offer(uow, ours))["id"]
        found = await homes(uow, [mine, others])
        assert list(found) == [mine]
        assert (found[mine].household_id, found[mine].carers) == (ours, ["Ann Vale 01632 960 001"])
        assert found[mine].path == f"/foster-carers/{ours}"
        assert await renew_offers(uow, [ours]) == 1
        assert await renew_offers(uow, [theirs]) == 0
        await renew_later(uow, [ours])
    async with b.uow() as uow:
        assert await offer(uow, theirs) is not None
