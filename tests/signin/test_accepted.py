"""Whose word an authority takes for who somebody is."""

from careshare.settings import Settings
from tenants.actions import as_owner
from tests.signin.conftest import accept, add_provider
from tests.world import World

ACCEPTED = "select tenants.provider_accepted($1, $2, $3)"


async def test_a_role_held_for_a_time_opens_nothing_on_another_councils_word(settings: Settings, world: World) -> None:
    """A claimed domain would otherwise let a council's administrator act as others' staff wherever these help out."""
    provider = await add_provider(settings, world.b, "http://127.0.0.1:9/theirs")
    person = world.b.people["out_of_hours"]
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        await owner.execute(
            """insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)
               values ($1, $2, 'delegation', '{out_of_hours}', tstzrange(now(), now() + '1 hour'), 'Cover', $3)""",
            world.a.id,
            person,
            world.a.people["authority_administrator"],
        )
        assert await owner.fetchval(ACCEPTED, provider, person, world.b.id), "their own council believes it"
        assert not await owner.fetchval(ACCEPTED, provider, person, world.a.id)
        await accept(owner, provider, world.a, "birkdale.example")
        assert await owner.fetchval(ACCEPTED, provider, person, world.a.id)
