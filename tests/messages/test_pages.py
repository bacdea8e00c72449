"""The pages: messages and why they were not sent, safe-contact settings, one-time links, and the provider's report."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from careshare.database import Database, Uow
from careshare.messages import Link, Used, one_time_link, purpose, send
from careshare.settings import Post, Settings
from tenants.actions import as_owner
from tests.messages.conftest import Look, NewContact, Work
from tests.web.html import one, parsed, words
from tests.world import World, submit

RING = {"phone": "01632 960901"}
DONE: list[Link] = []
TOKEN = "a token of at least thirty-two letters"

SETTINGS: dict[str, object] = {
    "name": "Siobhán O’Hara-Quill",
    "reference": "P-17",
    "kind": "parent",
    "channel": "sms",
    "phone": "07700 900 982",
    "email": "",
    "address": "",
    "days": ["1", "3"],
    "begins": "9am",
    "ends": "5:30pm",
    "language": "en",
    "naming": "office",
    "avoid": "council\nsocial worker",
    "shared_phone": "yes",
    "unsafe_reason": "",
}


@purpose("tests_page", title="Shall it be done?", button="Do it")
async def do_it(uow: Uow, link: Link) -> Used:
    DONE.append(link)
    return Used("It is done")


@pytest.fixture(scope="module")
async def settings(settings: Settings) -> Settings:
    return replace(settings, post=Post(callback_token=TOKEN))


async def make_link(database: Database, world: World, name: str = "tests_page", person: UUID | None = None) -> str:
    async with database.bound(world.acting(world.a)) as uow:
        return await one_time_link(uow, name, uuid4(), timedelta(hours=1), person_id=person)


async def test_opening_a_link_uses_nothing_up_and_the_button_does(
    client: httpx.AsyncClient, database: Database, world: World
) -> None:
    path = await make_link(database, world)
    for method in ("HEAD", "GET", "HEAD", "GET"):
        assert (await client.request(method, path)).status_code == 200
    DONE.clear()
    answer = await submit(client, path, {})
    assert answer.status_code == 200
    assert "It is done" in words(parsed(answer).find(".//h1"))
    assert [(one.authority_id, one.person_id) for one in DONE] == [(world.a.id, None)]


async def test_a_link_used_twice_says_so_kindly(client: httpx.AsyncClient, database: Database, world: World) -> None:
    path = await make_link(database, world)
    first = await client.get(path)
    await submit(client, path, {})
    again = await client.get(path)
    assert (first.status_code, again.status_code) == (200, 410)
    assert "has been used" in words(parsed(again).find(".//h1"))
    assert "nothing more you need to do" in again.text
    DONE.clear()
    token = first.text.split('name="csrf_token" value="')[1].split('"')[0]
    twice = await client.post(path, data={"csrf_token": token})
    assert twice.status_code == 410
    assert not DONE


async def test_a_link_cannot_be_pressed_from_another_site(
    client: httpx.AsyncClient, database: Database, world: World
) -> None:
    path = await make_link(database, world)
    for headers in ({}, {"sec-fetch-site": "cross-site"}):
        assert (await client.post(path, data={"csrf_token": "x"}, headers=headers)).status_code == 403
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/l/x", f"/l/{'a' * 43}", "/l/%00"])
async def test_what_is_no_link_leads_nowhere(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_safe_contact_settings_are_added_shown_and_changed(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    await world.sign_in(client, world.a, "contact_coordinator")
    assert (await submit(client, "/messages/contacts/new", SETTINGS)).status_code == 303
    listed = await submit(client, "/messages/contacts", {"q": "hara-q"})
    assert listed.status_code == 200
    assert "Neutral words" in words(parsed(listed).find(".//table"))
    async with as_owner(settings) as owner:
        row = await owner.fetchrow("select * from messages.contact where reference = 'P-17'")
    assert row is not None
    assert (row["phone"], row["days"], row["avoid"]) == ("+447700900982", [1, 3], ["council", "social worker"])
    assert (str(row["begins"]), str(row["ends"]), row["shared_phone"]) == ("09:00:00", "17:30:00", True)
    path = f"/messages/contacts/{row['id']}"
    changed = SETTINGS | {"version": "1", "unsafe": "yes", "unsafe_reason": "He reads her telephone."}
    assert (await submit(client, path, changed)).status_code == 303
    assert "Do not write" in (await client.get("/messages/contacts")).text
    late = await submit(client, path, changed)
    assert late.status_code == 412, "somebody else changed it first"
    async with as_owner(settings) as owner:
        actions = await owner.fetch("select action from audit.entry where subjects[1] = $1 order by id", row["id"])
    assert [one["action"] for one in actions] == ["safe_contact.added", "safe_contact.changed"]


async def test_a_name_is_looked_for_in_the_body_and_never_stands_in_an_address(
    client: httpx.AsyncClient, world: World, contact: NewContact
) -> None:
    for number in range(51):
        await contact(name=f"Quorn-Vale {number:02}")
    await contact(name="Somebody Else")
    await world.sign_in(client, world.a, "social_worker")
    told = await client.get("/messages/contacts?q=Quorn-Vale")
    assert (told.status_code, told.headers["location"]) == (303, "/messages/contacts"), "an address holds no name"
    found = await submit(client, "/messages/contacts", {"q": "quorn-vale"})
    page = parsed(found)
    assert "Quorn-Vale 49" in words(page.find(".//table"))
    assert "Quorn-Vale 50" not in found.text
    assert "Somebody Else" not in found.text
    assert all("uorn" not in (link.get("href") or "") for link in page.iter("a"))
    after = one(page, "input", name="after").get("value")
    rest = await submit(client, "/messages/contacts", {"q": "quorn-vale", "after": after})
    assert "Quorn-Vale 50" in rest.text
    assert "Quorn-Vale 49" not in rest.text
    assert "Next page" not in rest.text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"phone": ""}, "Enter the mobile number, or choose another way"),
        ({"phone": "01632 960 901"}, "text messages do not reach a landline"),
        ({"phone": "ring me"}, "Enter a telephone number, like 07700 900 982"),
        ({"channel": "email"}, "Enter the email address, or choose another way"),
        ({"channel": "letter", "address": "1 Moor Lane\nAshmoor"}, "the last of them the postcode"),
        ({"ends": "8am"}, "must be after the first"),
        ({"unsafe": "yes"}, "Enter why it is unsafe"),
        ({"days": []}, "Select the days"),
        ({"begins": "morning"}, "must be a time"),
        ({"avoid": "\n".join("abcdefghijklm")}, "no more than 10"),
        ({"kind": "ghost"}, "Select who the person is"),
    ],
)
async def test_settings_that_cannot_be_are_told_beside_their_field(
    client: httpx.AsyncClient, world: World, given: dict[str, object], told: str
) -> None:
    await world.sign_in(client, world.a, "social_worker")
    answer = await submit(client, "/messages/contacts/new", SETTINGS | given)
    assert answer.status_code == 400
    assert told in words(parsed(answer).find(".//main"))
    assert "Siobhán O’Hara-Quill" in answer.text, "what was typed is kept"


async def test_a_confidential_address_is_not_shown_and_not_lost(
    client: httpx.AsyncClient, world: World, settings: Settings, contact: NewContact
) -> None:
    address = "Mx Doe\n1 Hidden Lane\nZA1 1AA"
    person = await contact(channel="letter", address=address, confidential=True)
    path = f"/messages/contacts/{person}"
    for role in ("social_worker", "contact_coordinator", "fostering_officer"):
        await world.sign_in(client, world.a, role)
        opened = await client.get(path)
        assert opened.status_code == 200
        assert "Hidden Lane" not in opened.text
    given = SETTINGS | {"channel": "letter", "version": "1", "name": "Changed"}
    del given["address"]
    assert (await submit(client, path, given)).status_code == 303
    async with as_owner(settings) as owner:
        row = await owner.fetchrow("select name, address, confidential from messages.contact where id = $1", person)
    assert row is not None
    assert tuple(row) == ("Changed", address, True)


async def test_whoever_is_shown_a_confidential_address_is_on_the_officers_list(
    client: httpx.AsyncClient, world: World, contact: NewContact
) -> None:
    person = await contact(channel="letter", address="Mx Doe\n2 Hidden Lane\nZA1 1AA", confidential=True)
    await world.sign_in(client, world.a, "fostering_officer", stepped_up=True)
    assert "2 Hidden Lane" in (await client.get(f"/messages/contacts/{person}")).text
    await world.sign_in(client, world.a, "data_protection_officer")
    listed = words(parsed(await client.get("/record/opened")).find(".//main"))
    assert world.a.names["fostering_officer"] in listed
    assert "Address of somebody to write to" in listed
    assert "Hidden Lane" not in listed


@pytest.mark.parametrize("role", ["placement_finder", "authority_administrator", "data_protection_officer"])
async def test_who_does_not_work_with_them_sees_nothing(client: httpx.AsyncClient, world: World, role: str) -> None:
    await world.sign_in(client, world.a, role)
    for path in ("/messages", "/messages/contacts", "/messages/contacts/new", "/messages/places"):
        assert (await client.get(path)).status_code == 403


async def test_another_authority_finds_neither_message_nor_person(
    client: httpx.AsyncClient, database: Database, world: World, contact: NewContact
) -> None:
    person = await contact()
    async with database.bound(world.acting(world.a, "social_worker")) as uow:
        message = await send(uow, person, "please_ring", RING)
    await world.sign_in(client, world.b, "social_worker")
    for path in (f"/messages/{message}", f"/messages/contacts/{person}"):
        assert (await client.get(path)).status_code == 404
    assert str(message) not in (await client.get("/messages")).text


async def test_a_message_not_sent_says_why_and_is_sent_again_when_it_may_be(
    client: httpx.AsyncClient, database: Database, world: World, contact: NewContact, settings: Settings, look: Look
) -> None:
    person = await contact(unsafe_reason="Lost telephone")
    async with database.bound(world.acting(world.a, "social_worker")) as uow:
        assert await send(uow, person, "please_ring", RING) is None
    async with as_owner(settings) as owner:
        message = await owner.fetchval("select id from messages.message where contact_id = $1", person)
    await world.sign_in(client, world.a, "social_worker")
    listed = await client.get("/messages?show=not_sent")
    assert "It is not safe to write to this person" in words(parsed(listed).find(".//table"))
    page, again = f"/messages/{message}", f"/messages/{message}/again"
    refused = await submit(client, page, {}, to=again)
    assert refused.status_code == 303
    assert "may still not be sent" in (await client.get("/messages")).text
    async with as_owner(settings) as owner:
        await owner.execute("update messages.contact set unsafe_reason = null where id = $1", person)
    assert (await submit(client, page, {}, to=again)).status_code == 303
    async with as_owner(settings) as owner:
        rows = await owner.fetch("select state from messages.message where contact_id = $1 order by id", person)
    assert [row["state"] for row in rows] == ["not_sent", "not_sent", "queued"]


async def test_places_are_buildings(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "contact_coordinator")
    assert (await submit(client, "/messages/places", {"name": "Elm House family centre"})).status_code == 303
    for wrong in ("Elm House NE1 4LP", "x", "<b>Elm</b>", "Elm House family centre"):
        answer = await submit(client, "/messages/places", {"name": wrong})
        assert answer.status_code == 400, wrong
    listed = await client.get("/messages/places")
    end = listed.text.split('action="/messages/places/')[1].split('"')[0]
    assert (await submit(client, "/messages/places", {}, to=f"/messages/places/{end}")).status_code == 303
    assert "There are none yet" in (await client.get("/messages/places")).text


async def test_the_demonstrations_post_can_be_read(
    client: httpx.AsyncClient, database: Database, world: World, contact: NewContact, work: Work
) -> None:
    person = await contact(channel="letter", address="Mx Doe\n1 Moor Lane\nZA1 1AA")
    async with database.bound(world.acting(world.a)) as uow:
        assert await send(uow, person, "please_ring", RING)
    await work()
    shown = await client.get("/messages/outbox")
    assert shown.status_code == 200
    text = words(parsed(shown).find(".//main"))
    assert "Letter to Mx Doe, 1 Moor Lane, ZA1 1AA" in text
    assert "Please ring us on 01632 960901" in text


async def test_there_is_no_such_page_in_production(app: Litestar, client: httpx.AsyncClient) -> None:
    was = app.state["settings"]
    app.state["settings"] = replace(was, environment="production")
    try:
        assert (await client.get("/messages/outbox")).status_code == 404
    finally:
        app.state["settings"] = was


def report(message: object, status: str) -> dict[str, object]:
    """What GOV.UK Notify sends when the state of a message is final."""
    return {
        "id": str(uuid4()),
        "reference": str(message),
        "to": "+447700900123",
        "status": status,
        "created_at": "2026-11-20T12:15:30.000000Z",
        "completed_at": "2026-11-20T12:16:30.000000Z",
        "sent_at": "2026-11-20T12:15:30.000000Z",
        "notification_type": "sms",
        "template_id": str(uuid4()),
        "template_version": 1,
    }


async def report_it(client: httpx.AsyncClient, message: object, status: str, token: str = TOKEN) -> int:
    answer = await client.post(
        "/api/v1/messages/notify", json=report(message, status), headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status_code


async def test_the_provider_reports_what_became_of_a_message(
    client: httpx.AsyncClient, database: Database, world: World, contact: NewContact, settings: Settings, look: Look
) -> None:
    person = await contact()
    async with database.bound(world.acting(world.a)) as uow:
        message = await send(uow, person, "please_ring", RING)
    assert message is not None
    assert await report_it(client, message, "delivered") == 204
    assert (await look.message(message))["state"] == "queued", "it has not been sent: somebody else's report"
    async with as_owner(settings) as owner:
        await owner.execute(
            "update messages.message set state = 'sent', provider = 'notify', sent_at = now() where id = $1", message
        )
    for token in ("", "wrong", TOKEN + "x"):
        assert await report_it(client, message, "delivered", token) == 401
    assert await report_it(client, message, "sending") == 204
    assert (await look.message(message))["state"] == "sent"
    assert await report_it(client, message, "temporary-failure") == 204
    row = await look.message(message)
    assert row["state"] == "failed"
    assert "mailbox full" in str(row["reason"])
    assert await report_it(client, message, "delivered") == 204
    assert (await look.message(message))["state"] == "failed", "what has settled stays"
    for nobody in (uuid4(), "no reference of ours", ""):
        assert await report_it(client, nobody, "delivered") == 204


async def test_without_a_token_set_up_nothing_can_be_reported(app: Litestar, client: httpx.AsyncClient) -> None:
    was = app.state["settings"]
    app.state["settings"] = replace(was, post=Post())
    try:
        assert await report_it(client, uuid4(), "delivered", "") == 404
    finally:
        app.state["settings"] = was
