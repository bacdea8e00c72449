"""A form sent after its session ended is not lost: kept for its person, offered again, and for nobody else."""

import re
from pathlib import Path
from uuid import UUID

import httpx
from sqlalchemy import text

from careshare.database import Database
from careshare.identity import SESSION_COOKIE, session_hash
from careshare.identity.kept_forms import SECRET, kept_form
from careshare.settings import Settings
from careshare.web.forms import CSRF_FIELD
from tenants.actions import as_owner
from tests.web.html import one, parsed, words
from tests.world import World, submit

NEW = "/foster-carers/new"
HOME = {
    "reference": "KEPT-1",
    "name": "The <Kept>",
    "address": "1 Invented Street",
    "postcode": "ZA1 1AA",
    "supervising_worker": "Somebody",
    "duty_number": "01632 960000",
}


async def sent_too_late(client: httpx.AsyncClient, settings: Settings, page: str = NEW) -> httpx.Response:
    """Fill the form in, lose the session, send it."""
    opened = await client.get(page)
    assert opened.status_code == 200
    token = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', opened.text)
    assert token
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        await owner.execute(
            "update identity.session set ended_at = now() where id = $1", session_hash(client.cookies[SESSION_COOKIE])
        )
    return await client.post(page, data={CSRF_FIELD: token[1], **HOME})


async def test_what_was_typed_is_offered_after_signing_in_again(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    await world.sign_in(client, world.a, "fostering_officer")
    answer = await sent_too_late(client, settings)
    assert answer.status_code == 303
    found = re.fullmatch(r"/sign-in\?next=(/kept-form/[0-9a-f-]{36})", answer.headers["location"])
    assert found
    person = f"{world.a.id}/{world.a.people['fostering_officer']}"
    page = f"{answer.headers['location']}&authority={world.a.id}"
    again = await submit(client, page, {"person": person, "next": found[1]}, to="/sign-in")
    assert again.headers["location"] == found[1]
    offered = await client.get(found[1])
    assert "What you had typed is still here" in words(one(parsed(offered), "main"))
    assert "The <Kept>" in words(one(parsed(offered), "main"))
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', offered.text))
    assert fields["reference"] == "KEPT-1"
    refused = await client.post(NEW, data=HOME)
    assert refused.status_code == 403, "the offer holds a token of its own"
    sent = await submit(client, found[1], HOME, to=NEW)
    assert sent.status_code == 303, sent.text
    assert "KEPT-1" in (await client.get("/foster-carers")).text


async def test_nobody_else_is_offered_it_and_it_can_be_discarded(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    await world.sign_in(client, world.a, "fostering_officer")
    answer = await sent_too_late(client, settings)
    path = answer.headers["location"].partition("next=")[2]
    await world.sign_in(client, world.a, "team_manager")
    assert (await client.get(path)).status_code == 404
    await submit(client, "/", {}, to=path)
    await world.sign_in(client, world.a, "fostering_officer")
    assert (await client.get(path)).status_code == 200
    await submit(client, path, {})
    assert (await client.get(path)).status_code == 404


async def test_it_is_kept_encrypted_and_for_an_hour(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    await world.sign_in(client, world.a, "supervising_social_worker")
    path = (await sent_too_late(client, settings)).headers["location"].partition("next=")[2]
    await world.sign_in(client, world.a, "supervising_social_worker")
    assert (await client.get(path)).status_code == 200
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        rows = await owner.fetch("select content from identity.kept_form")
        assert rows
        assert not any("Invented" in row["content"] or "KEPT" in row["content"] for row in rows)
        await owner.execute("update identity.kept_form set kept_at = kept_at - interval '61 minutes'")
    assert (await client.get(path)).status_code == 404


async def test_it_is_not_sent_for_another_authority_than_it_was_typed_for(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    person = world.a.people["team_manager"]
    async with as_owner(settings) as owner:
        await owner.execute(
            "insert into tenants.member (authority_id, person_id, roles) values ($1, $2, '{team_manager}')",
            world.b.id,
            person,
        )
    await world.sign_in(client, world.a, "fostering_officer")
    async with as_owner(settings) as owner:
        await owner.execute(
            "insert into tenants.member (authority_id, person_id, roles) values ($1, $2, '{fostering_officer}')",
            world.b.id,
            world.a.people["fostering_officer"],
        )
    path = (await sent_too_late(client, settings)).headers["location"].partition("next=")[2]
    await world.sign_in(client, world.a, "fostering_officer")
    await submit(client, "/acting", {"authority": str(world.b.id)})
    offered = await client.get(path)
    assert "You typed it for Ashmoor and now act for Birkdale" in words(one(parsed(offered), "main"))
    assert "Send it now" not in offered.text


async def test_a_cookie_of_nobody_keeps_nothing(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    count = text("select count(*) from tenants.member")
    await world.sign_in(client, world.b, "fostering_officer")
    opened = await client.get(NEW)
    token = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', opened.text)
    assert token
    client.cookies.set(SESSION_COOKIE, "nobody's", domain="careshare.test")
    assert (await client.post(NEW, data={CSRF_FIELD: token[1], **HOME})).status_code == 403
    async with database.bound(world.acting(world.b)) as uow:
        assert (await uow.execute(count)).scalar_one()


async def test_a_form_that_needs_step_up_is_kept_too(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "fostering_officer")
    household = "00000000-0000-4000-8000-000000000000"
    answer = await submit(client, NEW, {"reason": "visit"}, to=f"/foster-carers/{household}/open")
    assert answer.headers["location"].startswith("/step-up?next=/kept-form/")
    path = answer.headers["location"].partition("next=")[2]
    confirmed = await submit(client, answer.headers["location"], {"next": path}, to="/step-up")
    assert confirmed.headers["location"] == path
    assert f'action="/foster-carers/{household}/open"' in (await client.get(path)).text


PROVIDER = {"title": "Ours", "issuer": "https://login.example", "client_id": "app-4", "client_secret": "s3cret-of-ours"}
PASSWORD = re.compile(r'field\.text\(form, "([^"]+)"[^}]*type="password"')


async def test_a_secret_is_not_kept_and_is_asked_for_again(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    await world.sign_in(client, world.a, "authority_administrator")
    new = "/administration/sign-in/new"
    answer = await submit(client, "/sessions", PROVIDER, to=new)
    assert answer.headers["location"].startswith("/step-up?next=/kept-form/")
    path = answer.headers["location"].partition("next=")[2]
    offered = await client.get(path)
    assert "s3cret-of-ours" not in offered.text
    assert "https://login.example" in offered.text
    assert 'name="client_secret" type="password" value=""' in offered.text
    assert "Secrets are never kept" in words(one(parsed(offered), "main"))
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        kept = await kept_form(uow, settings.secret_key, UUID(path.removeprefix("/kept-form/")))
    assert kept is not None
    assert (set(kept.answers), kept.again) == ({"title", "issuer", "client_id"}, ["client_secret"]), "not even sealed"


def test_every_password_field_of_our_pages_is_known_as_one() -> None:
    root = Path(__file__).parents[2]
    found = {
        name
        for folder in ("platform", "services", "tenants")
        for file in (root / folder).rglob("*.html")
        for name in PASSWORD.findall(file.read_text())
    }
    assert "client_secret" in found, "the walk finds what is there"
    assert [name for name in found if not SECRET.fullmatch(name)] == []
    for harmless in ("token_minutes", "postcode", "reference", "pin_board", "secretary"):
        assert not SECRET.fullmatch(harmless)
