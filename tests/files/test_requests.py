"""Files over HTTP: too large ones before they are read, what a browser is told, and who gets a 404."""

import re
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from careshare.app import create_app
from careshare.database import Acting, Database
from careshare.files import FileRef
from careshare.settings import Settings
from careshare.web.forms import CSRF_FIELD
from tenants.actions import as_owner
from tests.files import samples
from tests.files.clamd import clamd
from tests.files.conftest import looked_at, sample
from tests.fixtures.live import serving
from tests.world import World

MB = 1024 * 1024


@pytest.fixture
def acting(world: World) -> Acting:
    return world.acting(world.a, "social_worker")


async def zeros(megabytes: int) -> AsyncIterator[bytes]:
    yield b"%PDF-1.7\n"
    for _ in range(megabytes):
        yield bytes(MB)


async def sent(client: httpx.AsyncClient, world: World, content: bytes, name: str = "Plan.pdf") -> httpx.Response:
    headers = await world.bearer(world.a, "social_worker", ["own:act"])
    return await client.post("/api/v1/files", files={"file": (name, content)}, headers=headers)


async def opened(
    client: httpx.AsyncClient, database: Database, acting: Acting, world: World, content: bytes, name: str
) -> tuple[FileRef, httpx.Response]:
    answer = await sent(client, world, content, name)
    assert answer.status_code == 201, answer.text
    ref = FileRef(UUID(answer.json()["authority_id"]), UUID(answer.json()["id"]))
    async with clamd() as scanner:
        await looked_at(database, acting, ref, scanner.address)
    headers = await world.bearer(world.a, "social_worker", ["own:act"])
    return ref, await client.get(f"/api/v1/files/{ref.authority_id}/{ref.id}", headers=headers)


async def test_a_file_is_saved_and_never_shown(
    client: httpx.AsyncClient, database: Database, acting: Acting, world: World, settings: Settings
) -> None:
    ref, answer = await opened(client, database, acting, world, samples.pdf(), "Café plan.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Cafe plan.pdf\"; filename*=UTF-8''Caf%C3%A9%20plan.pdf"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert int(answer.headers["content-length"]) == len(answer.content)
    async with as_owner(settings) as owner:
        rows = await owner.fetch("select action from audit.entry where $1 = any(subjects) order by id", ref.id)
    assert [row["action"] for row in rows] == ["file.added", "file.clean", "file.opened", "file.sent"]


async def test_the_body_itself_may_be_the_file(client: httpx.AsyncClient, world: World) -> None:
    headers = {**await world.bearer(world.a, "social_worker", ["own:act"]), "Content-Type": "image/png"}
    answer = await client.post("/api/v1/files", content=samples.picture("PNG"), headers=headers)
    assert answer.status_code == 201


async def test_another_authority_and_nobody_get_the_same_answer(
    client: httpx.AsyncClient, database: Database, acting: Acting, world: World
) -> None:
    ref, _ = await opened(client, database, acting, world, b"text", "notes.txt")
    headers = await world.bearer(world.b, "social_worker", ["own:act"])
    theirs = await client.get(f"/api/v1/files/{ref.authority_id}/{ref.id}", headers=headers)
    nobodys = await client.get(f"/api/v1/files/{ref.authority_id}/{uuid4()}", headers=headers)
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    drop = ("instance", "x-request-id")
    assert {k: v for k, v in theirs.json().items() if k not in drop} == {
        k: v for k, v in nobodys.json().items() if k not in drop
    }


async def test_what_is_not_looked_at_yet_is_a_conflict(client: httpx.AsyncClient, world: World) -> None:
    made = (await sent(client, world, b"text", "notes.txt")).json()
    headers = await world.bearer(world.a, "social_worker", ["own:act"])
    answer = await client.get(f"/api/v1/files/{made['authority_id']}/{made['id']}", headers=headers)
    assert answer.status_code == 409
    assert answer.json()["detail"] == "The file is still being checked. Try again in a minute."


async def test_a_renamed_program_names_the_field(client: httpx.AsyncClient, world: World) -> None:
    answer = await sent(client, world, samples.windows_program(), "Plan.pdf")
    assert answer.status_code == 415
    (error,) = answer.json()["errors"]
    assert error["field"] == "file"
    assert error["message"].endswith("and it seems to be a program")


async def test_thirty_megabytes_are_refused_by_what_they_announce(settings: Settings, world: World) -> None:
    headers = {**await world.bearer(world.a, "social_worker", ["own:act"]), "Content-Type": "application/pdf"}
    async with (
        serving(create_app(settings, found=[sample()])) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as caller,
    ):
        content = b"%PDF-1.7\n" + bytes(30 * MB)
        answer = await caller.post("/api/v1/files", content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["detail"] == "The selected file must be smaller than 20 MB."
        again = await caller.post("/api/v1/files", content=samples.pdf(), headers=headers)
        assert again.status_code == 201, "the connection is still good"


async def test_thirty_megabytes_are_refused_where_nothing_was_announced(settings: Settings, world: World) -> None:
    headers = {**await world.bearer(world.a, "social_worker", ["own:act"]), "Content-Type": "application/pdf"}
    async with (
        serving(create_app(settings, found=[sample()])) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as caller,
    ):
        answer = await caller.post("/api/v1/files", content=zeros(30), headers=headers)
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["message"] == "The selected file must be smaller than 20 MB"


async def form_of(client: httpx.AsyncClient) -> str:
    found = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', (await client.get("/sample-form")).text)
    assert found
    return found[1]


async def test_a_form_takes_a_file_and_refuses_thirty_megabytes(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "social_worker")
    token = await form_of(client)
    good = await client.post("/sample-files", data={CSRF_FIELD: token}, files={"file": ("a.png", samples.noise())})
    assert good.status_code == 201
    none = await client.post("/sample-files", data={CSRF_FIELD: token}, files={"other": ("a.png", b"x")})
    assert none.status_code == 400
    assert "There is a problem with the file" in none.text
    large = await client.post("/sample-files", data={CSRF_FIELD: token}, files={"file": ("a.png", bytes(30 * MB))})
    assert large.status_code == 413
    assert "The selected file must be smaller than 20 MB" in large.text
    assert (await client.post("/sample-files", files={"file": ("a.png", b"x")})).status_code == 403


async def test_a_route_that_takes_no_file_keeps_its_own_limit(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "social_worker")
    answer = await client.post("/sample-form", data={"x": "y" * 100})
    assert answer.status_code == 405
