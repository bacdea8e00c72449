"""Files beside an enquiry: when, how large, of which kind, who opens them, and that they close with the gate."""

import re
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from careshare.files import FileRef
from tests.files import samples
from tests.files.clamd import clamd
from tests.files.conftest import looked_at
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.test_pages import ANSWERS, ASKED, Desks

MB = 1024 * 1024


@pytest.fixture
def desks(between: Between) -> Desks:
    return Desks(between)


async def _send(desks: Desks, path: str, content: bytes, name: str, title: str = "Education plan") -> httpx.Response:
    home = (await desks.client.get("/")).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', home)
    assert token
    return await desks.client.post(
        f"{path}/attachments",
        data={"csrf_token": token[1], "title": title, "level": "3"},
        files={"file": (name, content, "application/pdf")},
    )


async def _files(between: Between) -> int:
    async with between.database.bound(between.world.acting(between.world.a, "placement_finder")) as uow:
        count: int = (await uow.execute(text("select count(*) from files.file"))).scalar_one()
    return count


async def _scanned(between: Between) -> None:
    """What the job does with every file of the placing authority that waits."""
    a = between.world.a
    async with between.database.bound(between.world.acting(a, "placement_finder")) as uow:
        waiting = list((await uow.execute(text("select id from files.file where state = 'received'"))).scalars())
    async with clamd() as scanner:
        for one in waiting:
            acting = between.world.acting(a, "placement_finder")
            await looked_at(between.database, acting, FileRef(a.id, one), scanner.address)


async def test_a_file_is_opened_by_the_other_side_until_the_enquiry_closes(between: Between, desks: Desks) -> None:
    enquiry = await between.sent()
    await desks.finder()
    path = f"{ASKED}/{enquiry}"
    early = await _send(desks, path, samples.pdf(), "plan.pdf")
    assert (early.status_code, "not open at this stage" in early.text) == (400, True)
    assert (await between.officer("POST", f"/enquiries/{enquiry}/accept")).status_code == 200
    named = await _send(desks, path, samples.pdf(), "plan.pdf", "Plan of Hidden")
    assert "Names open when all have agreed" in named.text
    assert (await _send(desks, path, samples.pdf(), "Hidden Person.pdf")).status_code == 303
    (one,) = (await between.officer("GET", f"/enquiries/{enquiry}")).json()["attachments"]
    assert (one["title"], one["ours"], one["state"]) == ("Education plan", False, "received")
    await desks.officer()
    at = f"/placements/attachments/{UUID(one['id'])}"
    assert (await desks.client.get(at)).status_code == 409
    await _scanned(between)
    assert at in await desks.get(f"{ANSWERS}/{enquiry}")
    saved = await desks.client.get(at)
    assert saved.status_code == 200, saved.text
    assert saved.content.startswith(b"%PDF")
    assert 'filename="Education plan.pdf"' in saved.headers["content-disposition"]
    assert "Hidden" not in saved.headers["content-disposition"]
    await desks.sit(between.world.c, "team_manager")
    assert (await desks.client.get(at)).status_code == 404
    await between.officer("POST", f"/enquiries/{enquiry}/decline", {"reason": "need"})
    await desks.officer()
    assert (await desks.client.get(at)).status_code == 404
    assert (await between.officer("GET", f"/enquiries/{enquiry}")).json()["attachments"] == []
    await desks.finder()
    assert (await desks.client.get(at)).status_code == 200


async def test_what_is_too_large_or_no_document_is_refused(between: Between, desks: Desks) -> None:
    enquiry = await between.sent()
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await desks.finder()
    path = f"{ASKED}/{enquiry}"
    before = await _files(between)
    large = await _send(desks, path, b"%PDF-1.7\n" + bytes(30 * MB), "plan.pdf")
    assert large.status_code == 413
    renamed = await _send(desks, path, b"MZ\x90\x00" + bytes(4000), "plan.pdf")
    assert (renamed.status_code, "must be a PDF" in renamed.text) == (400, True)
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["attachments"] == []
    assert await _files(between) == before
