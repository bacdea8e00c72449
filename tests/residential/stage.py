"""Homes for the test that opens every page: one confidential, one with everything on it, Ofsted's list."""

from uuid import UUID, uuid4

from careshare.database import Database
from services.residential import actions
from services.residential.model import Closure, Concern, Decision, Incoming, Judged, Kept
from services.residential.ofsted.actions import take_list
from tenants.actions import as_owner
from tests.residential.hidden import add_home
from tests.residential.homes import TODAY, a_child, a_urn, days, make
from tests.residential.test_ofsted import a_list, line
from tests.world import World


async def stage_homes(world: World, database: Database) -> dict[str, UUID | str]:
    """The homes' identifiers by what is to be seen of each."""
    urn = a_urn()
    async with database.unbound() as uow:
        sent = a_list([line(urn), line("bad"), line("7111222", type_="Voluntary Adoption Agency")], "1 January 2026")
        await take_list(uow, sent, "list.csv", loaded_by="test")
    async with as_owner(world.settings) as owner:
        confidential = (await add_home(owner, world.a, confidential=True))["home"]
    async with database.bound(world.acting(world.a, "residential_manager")) as uow:
        offered = await make(uow, places=5, staffed=3, offered=1)
        await actions.close_place(uow, offered, None, 2, Closure(reason="works", since=TODAY, note="A new roof"))
        await actions.keep_empty(
            uow, offered, None, 3, Kept(reason="settling", since=TODAY, until=days(9), note="Soon")
        )
        await actions.admit(uow, offered, None, a_child(needs=["missing"], place=1))
        await actions.record_judgement(uow, offered, None, Judged(judgement="good", judged_on=days(-300)))
        await actions.record_judgement(uow, offered, None, Judged(judgement="inadequate", judged_on=days(-30)))
        await actions.open_assessment(uow, offered, uuid4(), [Incoming(age=12, needs=["missing"])])
        decided = await actions.open_assessment(uow, offered, uuid4(), [Incoming(age=12)])
        concern = Concern(code="missing", note="Both go missing", mitigation="Waking night staff")
        await actions.set_concerns(uow, decided, None, [concern])
        await actions.decide(uow, decided, None, Decision(outcome="with_mitigations", reason="With night staff"))
    return {"confidential_home": confidential, "offered_home": offered, "decided": decided, "urn": urn}
