"""The agreements' pages: what each role and each party is shown, forms with their errors, and the live preview."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

from careshare.database import Database
from careshare.web.filters import long_date
from tenants.actions import as_owner
from tests.agreements.terms import CONTACT, drafted, given, signed, today
from tests.placements.homes import add_home
from tests.world import World, submit

OPENED = "select count(*) from audit.entry where action = 'agreement.previewed' and authority_id = $1"


def typed(world: World, **other: Any) -> dict[str, Any]:
    """A draft with C as somebody would type it."""
    values = given(world.c, **other)
    for name in ("starts", "last_day", "review_on"):
        day = values.pop(name)
        if day:
            year, month, number = str(day).split("-")
            values |= {f"{name}-day": number, f"{name}-month": month, f"{name}-year": year}
    return values


def words(answer: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def hidden(answer: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', answer.text)
    assert found, name
    return found[1]


@pytest_asyncio.fixture(scope="module")
async def made(world: World, database: Database) -> UUID:
    """In force between A and C for sixty more days."""
    last = today() + timedelta(days=40)
    made = await drafted(
        world, database, world.a, world.c, title="A and C", last_day=last, review_on=today() + timedelta(days=300)
    )
    await signed(world, database, made, [world.a, world.c])
    return made


async def test_a_draft_is_typed_corrected_amended_signed_and_declined(world: World, client: httpx.AsyncClient) -> None:
    await world.sign_in(client, world.a, "team_manager")
    wrong = await submit(client, "/agreements/new", typed(world, title="", notice_days="soon", parties=[]))
    assert wrong.status_code == 400
    for message in ("Enter the title", "Select the authorities to share with", "The notice period in days must be"):
        assert message in words(wrong), message
    done = await submit(client, "/agreements/new", typed(world))
    assert done.status_code == 303, words(done)
    path = done.headers["location"]
    page = await client.get(path)
    assert "waits for Ashmoor and Caldergarth" in words(page)
    assert "director of children’s services or nominated officer may sign" in words(page)
    assert (await client.get(f"{path}/sign")).status_code == 403

    amend = await client.get(f"{path}/amend")
    stale = {"revision": hidden(amend, "revision")}
    changed = await submit(client, f"{path}/amend", typed(world, notice_days=7) | stale)
    assert changed.status_code == 303, words(changed)
    assert (await submit(client, f"{path}/amend", typed(world, notice_days=9) | stale)).status_code == 412

    await world.sign_in(client, world.a, "director", stepped_up=True)
    sign = await client.get(f"{path}/sign")
    assert "7 days" in words(sign)
    keys = {"revision": hidden(sign, "revision"), "version": "1", "role": "Director", **CONTACT}
    undeclared = await submit(client, f"{path}/sign", keys)
    assert undeclared.status_code == 400
    assert "Confirm that you may sign for your authority" in words(undeclared)
    assert (await submit(client, f"{path}/sign", keys | {"declared": "yes"})).status_code == 303
    assert (await client.get(f"{path}/sign")).status_code == 303, "signed already"

    await world.sign_in(client, world.c, "director", stepped_up=True)
    leave = await client.get(f"{path}/leave")
    assert "Decline this draft" in words(leave)
    answers = {"revision": hidden(leave, "revision"), "at_once": "no", "reason": "Not now"}
    assert (await submit(client, f"{path}/leave", answers)).status_code == 303
    assert "Ended" in words(await client.get(path))


async def test_one_agreement_says_in_plain_words_what_others_see_and_warns_of_its_end(
    world: World, client: httpx.AsyncClient, made: UUID
) -> None:
    await world.sign_in(client, world.c, "placement_finder")
    page = words(await client.get(f"/agreements/{made}"))
    assert "It ends on" in page
    assert f"Its terms run from {long_date(today())} to" in page
    assert "The area, no finer than the outward part of the postcode" in page
    assert "Under this agreement they do not see" in page
    assert "The carers’ names, address and telephone number" in page.split("they do not see")[1]
    for step in ("drafted the agreement", "signed", "came into force"):
        assert step in page.split("What was done")[1], step
    assert "Leave this agreement" not in page, "a finder does not leave it"
    assert "It ends on" in words(await client.get("/agreements"))


async def test_somebody_of_another_authority_is_not_named_in_the_steps(
    world: World, client: httpx.AsyncClient, made: UUID
) -> None:
    await world.sign_in(client, world.c, "director", stepped_up=True)
    steps = words(await client.get(f"/agreements/{made}")).split("What was done")[1]
    assert f"Caldergarth: {world.c.names['director']}" in steps
    assert world.a.names["director"] not in steps


async def test_a_third_authority_finds_none_of_the_pages(world: World, client: httpx.AsyncClient, made: UUID) -> None:
    await world.sign_in(client, world.b, "director", stepped_up=True)
    assert "A and C" not in (await client.get("/agreements")).text
    for page in ("", "/amend", "/sign", "/leave", "/contact", "/preview", "/versions/1"):
        assert (await client.get(f"/agreements/{made}{page}")).status_code == 404, page


async def test_the_leave_page_states_what_follows_and_asks_for_the_cause(
    world: World, client: httpx.AsyncClient, made: UUID
) -> None:
    await world.sign_in(client, world.c, "nominated_officer", stepped_up=True)
    page = await client.get(f"/agreements/{made}/leave")
    for part in (
        "searches show none",
        "enquiries that were not answered end",
        "agreed matches and live placements stand",
    ):
        assert part in words(page), part
    assert "the agreement ends, because fewer than two parties are left" in words(page)
    assert f"The last day is {long_date(today() + timedelta(days=28))}" in words(page)
    answers = {"revision": hidden(page, "revision"), "at_once": "yes"}
    refused = await submit(client, f"/agreements/{made}/leave", answers)
    assert refused.status_code == 400
    assert "Select the cause for leaving at once" in words(refused)


async def test_the_preview_is_what_the_other_partys_own_search_shows(
    world: World, client: httpx.AsyncClient, made: UUID
) -> None:
    home = await add_home(world, world.a, "ZA1", exact=(400_123, 560_321), places=2, religions=["christian"])
    hidden_home = await add_home(world, world.a, "ZA2", shared=False)
    await world.sign_in(client, world.c, "placement_finder")
    theirs = words(await client.get(f"/placements/offers/{home}"))
    await world.sign_in(client, world.a, "fostering_officer")
    query = f"?notice={home}&viewer={world.c.id}"
    answer = await client.get(f"/agreements/{made}/preview{query}")
    page = words(answer)
    assert answer.status_code == 200
    assert "What Caldergarth sees now" in page
    shown = re.search(r"Notice Heading(.*?)What they do not see", page)
    assert shown
    for line in ("Ashmoor · ZA1 area", "2 places", "Christian", "Vacancy confirmed"):
        assert line in shown[1], line
        assert line in theirs, line
    assert "Home " not in shown[1], "the owner's own name for it"
    mine = await client.get(f"/placements/offers/{home}")
    assert mine.status_code == 200, "still one's own, and still bound to oneself"
    assert "Ours" in words(mine)

    assert (await client.get(f"/agreements/{made}/preview?notice={hidden_home}")).status_code == 404
    assert (await client.get(f"/agreements/{made}/preview?viewer={world.b.id}")).status_code == 404
    theirs_home = await add_home(world, world.c, "ZC1")
    assert (await client.get(f"/agreements/{made}/preview?notice={theirs_home}")).status_code == 404
    async with as_owner(world.settings) as owner:
        assert await owner.fetchval(OPENED, world.a.id) == 1
        assert await owner.fetchval(OPENED, world.c.id) == 0, "nothing is written in the other party's name"
        seen = "select count(*) from placements.search where authority_id = $1"
        assert await owner.fetchval(seen, world.c.id) == 0


async def test_the_preview_of_a_draft_shows_nothing(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    await add_home(world, world.b, "ZB1")
    made = await drafted(world, database, world.b, world.c, title="B and C")
    await world.sign_in(client, world.b, "director", stepped_up=True)
    page = words(await client.get(f"/agreements/{made}/preview"))
    assert "Caldergarth sees nothing of this notice now" in page
    assert "The agreement is not in force" in page


async def test_the_office_to_contact_changes_without_signing_anew(
    world: World, client: httpx.AsyncClient, made: UUID
) -> None:
    await world.sign_in(client, world.a, "team_manager")
    page = f"/agreements/{made}/contact"
    wrong = await submit(client, page, CONTACT | {"contact_email": "nobody", "contact_telephone": "ring us"})
    assert wrong.status_code == 400
    assert (await submit(client, page, CONTACT | {"contact_role": "Sharing desk"})).status_code == 303
    await world.sign_in(client, world.c, "director", stepped_up=True)
    assert "Sharing desk, 01632 960111" in words(await client.get(f"/agreements/{made}"))
