"""Accounts at a provider are its keeper's to see and to forget, whoever's people they are."""

from uuid import UUID

import httpx

from careshare.database import Database
from careshare.identity import SESSION_COOKIE, open_session
from careshare.settings import Settings
from careshare.signin.settings_pages import ROOT
from tenants.actions import as_owner
from tests.signin.conftest import accept, add_provider
from tests.world import World, WorldAuthority, submit

ADMIN = "authority_administrator"


async def link(settings: Settings, provider: UUID, person: UUID, subject: str) -> None:
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        await owner.execute(
            "insert into tenants.provider_identity (provider_id, subject, person_id) values ($1, $2, $3)",
            *(provider, subject, person),
        )


async def signed_in(database: Database, provider: UUID, person: UUID, authority: WorldAuthority) -> str:
    async with database.unbound() as uow:
        secret = await open_session(uow, person, authority.id, provider=provider)
    assert secret is not None
    return secret


async def test_the_keeper_alone_sees_and_forgets_accounts(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    provider = await add_provider(settings, world.b, "https://accounts.example")
    own, others = world.b.people["social_worker"], world.a.people["social_worker"]
    async with as_owner(settings) as owner:
        await owner.execute("update tenants.provider set shared = true where id = $1", provider)
        await accept(owner, provider, world.a, "ashmoor.example")
        await owner.execute("update tenants.member set known_as = 'Own Name' where person_id = $1", own)
        await owner.execute("update tenants.member set known_as = 'Name at Ashmoor' where person_id = $1", others)
    for person, subject in ((own, "b-1"), (others, "a-1")):
        await link(settings, provider, person, subject)
    secret = await signed_in(database, provider, others, world.a)

    path = f"{ROOT}/{provider}"
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    shown = await client.get(path)
    assert shown.status_code == 200
    assert "Accounts" not in shown.text
    assert "Name at Ashmoor" not in shown.text
    for person in (own, others):
        refused = await submit(client, path, {"person": str(person)}, to=f"{path}/accounts/forget")
        assert refused.status_code == 404, "not even that of one's own person: others sign in with it too"

    await world.sign_in(client, world.b, ADMIN, stepped_up=True)
    shown = await client.get(path)
    assert "Own Name" in shown.text
    assert "social-worker@ashmoor.example" in shown.text
    assert "Name at Ashmoor" not in shown.text
    assert world.a.names["social_worker"] not in shown.text, "nor what others entered them with"
    done = await submit(client, path, {"person": str(others)}, to=f"{path}/accounts/forget")
    assert done.status_code == 303
    assert "social-worker@ashmoor.example" not in (await client.get(path)).text
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, secret)
    assert (await client.get("/")).status_code == 303, "whoever had come by it is signed out everywhere"
