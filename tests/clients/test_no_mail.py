"""A system has no mailbox: whatever its roles, nobody writes to it."""

import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.errors import NotFound
from careshare.identity.break_glass import tell_officers
from careshare.messages import send_staff
from careshare.second_person.telling import tell_seconds
from careshare.settings import Settings
from services.fostering.reminders import MEMBERS
from tenants.actions import as_owner
from tenants.agreements.telling import tell
from tests.clients.conftest import AddMachine
from tests.world import World

ROLES = ["director", "data_protection_officer", "fostering_officer", "nominated_officer"]
TO = text("select template, person_id from messages.message where person_id is not null")


async def test_no_system_is_among_those_who_are_told(
    database: Database, world: World, add_machine: AddMachine, settings: Settings
) -> None:
    machine = await add_machine(name="A system with people’s roles", roles=ROLES, scopes=["agreement:read"])
    async with as_owner(settings) as owner:
        itself = await owner.fetchval("select person_id from identity.client where id = $1", machine.id)
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await tell_seconds(uow)
        await tell_officers(uow)
        await tell(uow, "agreement_to_sign", "/agreements")
        officers = set((await uow.execute(MEMBERS, {"roles": ["fostering_officer"]})).scalars())
        told = [(row.template, row.person_id) for row in await uow.execute(TO)]
    people = world.a.people
    assert ("second_person", people["director"]) in told
    assert ("break_glass", people["data_protection_officer"]) in told
    assert ("agreement_to_sign", people["nominated_officer"]) in told
    assert people["fostering_officer"] in officers
    assert itself not in {person for _, person in told} | officers


async def test_a_message_to_a_system_is_refused(
    database: Database, world: World, add_machine: AddMachine, settings: Settings
) -> None:
    machine = await add_machine(roles=ROLES, scopes=["agreement:read"])
    async with as_owner(settings) as owner:
        itself = await owner.fetchval("select person_id from identity.client where id = $1", machine.id)
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        with pytest.raises(NotFound):
            await send_staff(uow, itself, "break_glass", {"link": "/record"})
