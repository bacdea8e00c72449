"""Files beside an enquiry over the API: by type and size, opened as far as the gate is, each reading on the record."""

import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from careshare.files import FileRef
from tenants.actions import as_owner
from tests.files import samples
from tests.files.clamd import EICAR, clamd
from tests.files.conftest import looked_at
from tests.placements.enquiries.conftest import Between
from tests.world import WorldAuthority

MB = 1024 * 1024
ROOT = "/api/v1/enquiry-attachments"


async def send(
    between: Between,
    enquiry: UUID,
    content: bytes,
    name: str = "plan.pdf",
    *,
    who: WorldAuthority | None = None,
    role: str = "placement_finder",
    key: str | None = None,
    **about: str,
) -> httpx.Response:
    """Send a file as a part of a form, as one of the sides."""
    headers = await between.world.bearer(who or between.world.a, role)
    if key is not None:
        headers["Idempotency-Key"] = key
    return await between.client.post(
        f"/api/v1/enquiries/{enquiry}/attachments",
        data={"title": "Education plan", **about},
        files={"file": (name, content, "application/pdf")},
        headers=headers,
    )


async def scanned(between: Between) -> None:
    """What the job does with every file of the placing authority that waits."""
    acting = between.world.acting(between.world.a, "placement_finder")
    async with between.database.bound(acting) as uow:
        waiting = list((await uow.execute(text("select id from files.file where state = 'received'"))).scalars())
    async with clamd() as scanner:
        for one in waiting:
            await looked_at(between.database, acting, FileRef(between.world.a.id, one), scanner.address)


async def accepted(between: Between) -> UUID:
    enquiry = await between.sent()
    assert (await between.officer("POST", f"/enquiries/{enquiry}/accept")).status_code == 200
    return enquiry


async def listed(between: Between, enquiry: UUID) -> list[dict[str, Any]]:
    """The files as the providing side lists them."""
    answer = await between.officer("GET", f"/enquiries/{enquiry}/attachments")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def rows(between: Between, table: str) -> int:
    async with as_owner(between.world.settings) as owner:
        count: int = await owner.fetchval(f"select count(*) from {table}")
    return count


async def test_a_file_is_sent_listed_fetched_and_closed_with_the_enquiry(between: Between) -> None:
    enquiry = await between.sent()
    early = await send(between, enquiry, samples.pdf())
    assert early.status_code == 409, "nothing is open yet"
    assert (await between.officer("POST", f"/enquiries/{enquiry}/accept")).status_code == 200
    made = await send(between, enquiry, samples.picture("JPEG"), "holiday.jpg", level="3")
    assert made.status_code == 201, made.text
    one = made.json()
    assert made.headers["location"] == f"{ROOT}/{one['id']}"
    assert (one["title"], one["level"], one["type"], one["ours"]) == ("Education plan", 3, "jpeg", True)
    (there,) = await listed(between, enquiry)
    assert (there["id"], there["ours"], there["state"]) == (one["id"], False, "received")
    content = f"/enquiry-attachments/{one['id']}/content"
    waiting = await between.officer("GET", content)
    assert (waiting.status_code, waiting.json()["detail"]) == (
        409,
        "The file is still being checked. Try again in a minute.",
    )
    await scanned(between)
    saved = await between.officer("GET", content)
    assert saved.status_code == 200
    assert saved.headers["content-type"] == "image/jpeg"
    assert saved.headers["content-disposition"].startswith('attachment; filename="Education plan.jpg"')
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert saved.headers["cache-control"] == "no-store"
    with Image.open(io.BytesIO(samples.picture("JPEG"))) as before, Image.open(io.BytesIO(saved.content)) as after:
        assert before.getexif(), "it said where it was taken"
        assert not after.getexif()
    for path in (content, f"/enquiry-attachments/{one['id']}", f"/enquiries/{enquiry}/attachments"):
        assert (await between.outsider("GET", path)).status_code == 404
    await between.officer("POST", f"/enquiries/{enquiry}/decline", {"reason": "need"})
    assert (await between.officer("GET", content)).status_code == 404
    assert (await between.officer("GET", f"/enquiry-attachments/{one['id']}")).status_code == 404
    assert await listed(between, enquiry) == []
    assert (await between.finder("GET", content)).status_code == 200, "one's own stays one's own"


async def test_each_reading_of_the_bytes_is_on_the_record_of_both(between: Between) -> None:
    enquiry = await accepted(between)
    one = (await send(between, enquiry, samples.pdf())).json()
    await scanned(between)
    for _ in range(2):
        assert (await between.officer("GET", f"/enquiry-attachments/{one['id']}/content")).status_code == 200
    async with as_owner(between.world.settings) as owner:
        file = await owner.fetchval("select file_id from placements.attachment where id = $1", UUID(one["id"]))
        found = await owner.fetch(
            "select action, authority_id, owner_id from audit.entry where $1 = any(subjects) order by id", file
        )
    a, b = between.world.a.id, between.world.b.id
    assert [row["action"] for row in found if row["authority_id"] == b] == ["file.opened", "file.sent"] * 2
    assert {row["owner_id"] for row in found if row["authority_id"] == b} == {a}


async def test_the_same_form_sent_twice_with_one_key_makes_one_file(between: Between) -> None:
    """A form's bytes differ each time, by what stands between its parts: it is the same form all the same."""
    enquiry = await accepted(between)
    before = await rows(between, "files.file")
    first = await send(between, enquiry, samples.pdf(), key="attach-1")
    again = await send(between, enquiry, samples.pdf(), key="attach-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]
    other = await send(between, enquiry, samples.pdf("Another plan"), key="attach-1")
    assert other.status_code == 409
    assert "different request" in other.json()["detail"]
    assert await rows(between, "files.file") == before + 1
    assert len(await listed(between, enquiry)) == 1


async def test_the_body_may_be_the_file_itself(between: Between) -> None:
    enquiry = await accepted(between)
    plain = {**await between.world.bearer(between.world.a), "Content-Type": "application/octet-stream"}
    plan = samples.pdf()  # made once: the same key is for the same bytes, and a PDF holds when it was made
    for key in (None, "raw-1", "raw-1"):
        headers = plain if key is None else {**plain, "Idempotency-Key": key}
        made = await between.client.post(
            f"/api/v1/enquiries/{enquiry}/attachments",
            params={"title": "Health plan"},
            content=plan,
            headers=headers,
        )
        assert made.status_code == 201, made.text
    assert [one["title"] for one in await listed(between, enquiry)] == ["Health plan"] * 2
    untitled = await between.client.post(
        f"/api/v1/enquiries/{enquiry}/attachments", content=samples.pdf(), headers=plain
    )
    assert untitled.status_code in {400, 422}


@pytest.mark.parametrize("providing", [False, True])
async def test_thirty_megabytes_are_refused_by_what_they_announce_and_nothing_stays(
    between: Between, *, providing: bool
) -> None:
    enquiry = await accepted(between)
    before = [await rows(between, table) for table in ("files.file", "files.part", "placements.attachment")]
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(30):
            read += MB
            yield bytes(MB)

    who, role = (between.world.b, "fostering_officer") if providing else (between.world.a, "placement_finder")
    answer = await between.client.post(
        f"/api/v1/enquiries/{enquiry}/attachments",
        params={"title": "All of it"},
        content=body(),
        headers={
            **await between.world.bearer(who, role),
            "Content-Type": "application/pdf",
            "Content-Length": str(30 * MB),
        },
    )
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The selected file must be smaller than 20 MB."
    assert read == 0, "not a byte was read"
    after = [await rows(between, table) for table in ("files.file", "files.part", "placements.attachment")]
    assert after == before


async def test_a_renamed_program_and_a_name_in_the_title_are_refused(between: Between) -> None:
    enquiry = await accepted(between)
    before = [await rows(between, table) for table in ("files.file", "files.part")]
    program = await send(between, enquiry, samples.windows_program(), "plan.pdf")
    assert program.status_code == 415
    assert program.json()["errors"][0]["message"].endswith("and it seems to be a program")
    named = await send(between, enquiry, samples.pdf(), title="Plan of Hidden")
    assert named.status_code in {400, 422}
    assert "Names open when all have agreed" in named.text
    early = await send(between, enquiry, samples.pdf(), level="4")
    assert early.status_code == 409, "with names in it only once matched"
    assert [await rows(between, table) for table in ("files.file", "files.part")] == before


async def test_what_the_scanner_finds_loses_its_bytes_and_is_opened_by_nobody(between: Between) -> None:
    enquiry = await accepted(between)
    one = (await send(between, enquiry, b"Notes\n" + EICAR, "notes.txt")).json()
    await scanned(between)
    for ask in (between.finder, between.officer):
        answer = await ask("GET", f"/enquiry-attachments/{one['id']}/content")
        assert (answer.status_code, "was refused" in answer.json()["detail"]) == (409, True)
    (there,) = await listed(between, enquiry)
    assert there["state"] == "refused"
    async with as_owner(between.world.settings) as owner:
        left = await owner.fetchval(
            """select count(*) from files.part p join placements.attachment a
               on a.authority_id = p.authority_id and a.file_id = p.file_id where a.id = $1""",
            UUID(one["id"]),
        )
    assert left == 0


async def test_somebody_else_adds_nothing(between: Between) -> None:
    enquiry = await accepted(between)
    theirs = await send(between, enquiry, samples.pdf(), who=between.world.c, role="team_manager")
    assert theirs.status_code == 404
    assert await listed(between, enquiry) == []
