"""Imports over the API: one walk from the file to the undo, and every way to send something wrong."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from services.fostering.imports.read import MOST_BYTES
from services.fostering.imports.uploads import MOST_IN_REQUEST
from services.fostering.imports.work import Work, do
from tests.fostering_imports.files import Inline, as_csv, as_xlsx, household, placement
from tests.world import World

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest_asyncio.fixture
async def officer(world: World, client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers.update(await world.bearer(world.a, "fostering_officer"))
    return client


async def send(
    client: httpx.AsyncClient, content: Any, *, kind: str = "households", media: str = "text/csv"
) -> httpx.Response:
    return await client.post("/api/v1/imports", params={"kind": kind}, content=content, headers={"Content-Type": media})


async def finish(inline: Inline, client: httpx.AsyncClient, run: str) -> dict[str, Any]:
    """Let the worker's part be done, and read the import."""
    await do(inline, Work(run))  # type: ignore[arg-type]  # PostgreSQL takes the text
    found: dict[str, Any] = (await client.get(f"/api/v1/imports/{run}")).json()
    return found


async def match(client: httpx.AsyncClient, run: str) -> dict[str, str]:
    return {"If-Match": (await client.get(f"/api/v1/imports/{run}")).headers["ETag"]}


async def test_from_file_to_undo(officer: httpx.AsyncClient, inline: Inline) -> None:
    rows = [household("API-1"), household("API-2", postcode="nowhere", places="40"), household("API-3")]
    answer = await send(officer, as_csv(rows))
    assert answer.status_code == 201
    run = answer.json()
    assert answer.headers["Location"] == f"/api/v1/imports/{run['id']}"
    assert (run["state"], run["rows"], run["created_by"]) == ("checking", 3, "Ashmoor Fostering officer")
    path = f"/api/v1/imports/{run['id']}"

    checked = await finish(inline, officer, run["id"])
    assert (checked["state"], checked["counts"]) == (
        "checked",
        {"new": 2, "changed": 0, "unchanged": 0, "bad": 1, "warned": 0},
    )
    errors = (await officer.get(f"{path}/errors")).json()
    assert [(error["line"], error["field"]) for error in errors["items"]] == [(3, "postcode"), (3, "places")]
    page = (await officer.get(f"{path}/rows", params={"limit": 1})).json()
    assert page["items"][0]["line"] == 2
    assert {"field": "reference", "before": None, "after": "API-1"} in page["items"][0]["changes"]
    page = (await officer.get(f"{path}/rows", params={"cursor": page["next_cursor"], "limit": 5})).json()
    assert [(row["line"], row["outcome"]) for row in page["items"]] == [(3, "bad"), (4, "new")]

    assert (await officer.post(f"{path}/confirm")).status_code == 428
    assert (await officer.post(f"{path}/confirm", headers={"If-Match": '"99"'})).status_code == 412
    confirmed = await officer.post(f"{path}/confirm", headers=await match(officer, run["id"]))
    assert (confirmed.status_code, confirmed.json()["state"]) == (202, "importing")
    assert (await officer.post(f"{path}/confirm", headers=await match(officer, run["id"]))).status_code == 409
    assert (await finish(inline, officer, run["id"]))["state"] == "done"

    listed = (await officer.get("/api/v1/imports", params={"limit": 1})).json()
    assert listed["items"][0]["id"] == run["id"]

    undone = await officer.post(f"{path}/undo", json={}, headers=await match(officer, run["id"]))
    assert undone.status_code == 202
    assert (await finish(inline, officer, run["id"]))["state"] == "undone"


async def test_undo_that_is_held_up_names_the_lines(officer: httpx.AsyncClient, inline: Inline) -> None:
    first = await inline.take_in(as_csv([household("HELD-1"), household("HELD-2")]))
    await inline.take_in(as_csv([placement("HE-C1", household_reference="HELD-2")]), "placements")
    path = f"/api/v1/imports/{first.id}"
    answer = await officer.post(f"{path}/undo", json={}, headers=await match(officer, str(first.id)))
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [(error["line"], error["message"]) for error in answer.json()["errors"]] == [
        (3, "Children have been placed with household HELD-2 since.")
    ]
    rest = await officer.post(f"{path}/undo", json={"rest": True}, headers=await match(officer, str(first.id)))
    assert rest.status_code == 202


async def test_columns_are_asked_for_and_remembered(officer: httpx.AsyncClient, inline: Inline) -> None:
    content = b"Their key,Nm,Rang mal an\nCOL-1,Ann,01632 960 001\n"
    run = (await send(officer, content)).json()
    assert (run["state"], run["columns"]) == ("mapping", ["", "", ""])
    path = f"/api/v1/imports/{run['id']}/columns"
    headers = {"If-Match": '"1"'}
    for columns, field in (
        (["", "", ""], "columns"),
        (["reference", "no such", ""], "columns-2"),
        (["reference", "places", "places"], "columns-3"),
        (["reference"], "columns"),
    ):
        refused = await officer.put(path, json={"columns": columns}, headers=headers)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    named = {"columns": ["reference", "carer1_name", "carer1_telephone"]}
    assert (await officer.put(path, json=named, headers=headers)).json()["state"] == "checking"
    again = (await send(officer, content.replace(b"Ann", b"Bea"))).json()
    assert (again["state"], again["columns"]) == ("checking", named["columns"])


async def test_multipart_and_spreadsheet(officer: httpx.AsyncClient, inline: Inline) -> None:
    row = household("MP-1")
    book = as_xlsx([list(row), list(row.values())])
    answer = await officer.post(
        "/api/v1/imports", params={"kind": "households"}, files={"file": ("my register.xlsx", book, XLSX)}
    )
    assert (answer.status_code, answer.json()["file_name"]) == (201, "my register.xlsx")
    assert (await finish(inline, officer, answer.json()["id"]))["counts"]["new"] == 1
    assert (await send(officer, book, media=XLSX)).status_code == 201
    empty = await officer.post("/api/v1/imports", params={"kind": "households"}, files={"other": b"x"})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (400, "file")
    broken = await officer.post(
        "/api/v1/imports",
        params={"kind": "households"},
        content=b"--nothing",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert broken.status_code == 400


async def test_sent_twice_with_one_key_is_one_import(officer: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once", "Content-Type": "text/csv"}
    content = as_csv([household("KEY-1")])
    answers = [
        await officer.post("/api/v1/imports", params={"kind": "households"}, content=content, headers=headers)
        for _ in range(2)
    ]
    assert answers[0].json()["id"] == answers[1].json()["id"]


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"", "text/csv", 400),
        (b"%PDF-1.7", "text/csv", 415),
        (b"Household reference,Carer 1 name\nH,\x00\n", "text/csv", 400),
        (b"Household reference,Carer 1 name\nH,\x81\n", "text/csv", 400),
        (b"PK\x03\x04 nothing", XLSX, 415),
        (as_csv([household()]), "application/json", 415),
        (as_csv([household()]), "text/html", 415),
    ],
)
async def test_what_cannot_be_read(officer: httpx.AsyncClient, content: bytes, media: str, status: int) -> None:
    answer = await send(officer, content, media=media)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] in {"file", "Content-Type"}
    assert "Traceback" not in answer.text


async def test_two_hundred_megabytes_are_refused_unread(officer: httpx.AsyncClient) -> None:
    asked = 0

    async def megabytes() -> AsyncIterator[bytes]:
        nonlocal asked
        for _ in range(200):
            asked += 1
            yield b"x" * 1024 * 1024

    said = {"Content-Type": "text/csv", "Content-Length": str(200 * 1024 * 1024)}
    answer = await officer.post("/api/v1/imports", params={"kind": "households"}, content=megabytes(), headers=said)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (413, "file")
    assert asked <= 1

    asked = 0
    answer = await officer.post(
        "/api/v1/imports", params={"kind": "households"}, content=megabytes(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 413
    assert asked <= MOST_IN_REQUEST // 1024**2 + 3
    assert (await send(officer, b"x" * (MOST_BYTES + 1))).status_code == 413


async def test_nothing_is_kept_of_what_was_refused(officer: httpx.AsyncClient, inline: Inline) -> None:
    count = text("select count(*) from fostering.import_run")
    async with inline.step() as uow:
        before = await uow.scalar(count)
    await send(officer, b"Household reference,Carer 1 name\nH,\x00\n")
    await send(officer, b"%PDF")
    async with inline.step() as uow:
        assert await uow.scalar(count) == before


async def test_who_may(client: httpx.AsyncClient, world: World, inline: Inline) -> None:
    run = await inline.upload(as_csv([household("WHO-1")]))
    path = f"/api/v1/imports/{run}"
    assert (await client.get(path)).status_code == 401
    for role in ("supervising_social_worker", "placement_finder", "authority_administrator"):
        assert (await client.get(path, headers=await world.bearer(world.a, role))).status_code == 403
    other = await world.bearer(world.b, "fostering_officer")
    for method, address in (
        ("GET", path),
        ("GET", f"{path}/rows"),
        ("GET", f"{path}/errors"),
        ("POST", f"{path}/confirm"),
    ):
        answer = await client.request(method, address, headers={**other, "If-Match": '"1"'})
        assert answer.status_code == 404
    assert (await client.get("/api/v1/imports", headers=other)).json()["items"] == []
    assert (await client.get(path, headers=await world.bearer(world.a, "team_manager"))).status_code == 200


async def test_templates(officer: httpx.AsyncClient, inline: Inline) -> None:
    for kind in ("households", "placements"):
        for form, media in (("csv", "text/csv"), ("xlsx", XLSX)):
            answer = await officer.get("/api/v1/imports/template", params={"kind": kind, "format": form})
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith(media)
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{kind}.{form}"'
            refused = await send(officer, answer.content, kind=kind, media=media)
            assert "no rows below the header" in refused.json()["detail"]


async def test_a_confidential_address_is_not_told_by_an_import(officer: httpx.AsyncClient, client: httpx.AsyncClient,
                                                               world: World, inline: Inline) -> None:  # fmt: skip
    await inline.take_in(as_csv([household("SEC-1", confidential_address="yes", address="9 Hidden Lane")]))
    rows = [household("SEC-1", confidential_address="yes", address="7 Secret Street", postcode="ZA1 2BB"),
            household("SEC-2", confidential_address="yes", address="8 Quiet Close", postcode="ZZ9 9ZZ")]  # fmt: skip
    run = await inline.upload(as_csv(rows))
    api_client = await world.bearer(world.a, "api_client")
    for address in ("rows", "errors"):
        seen = (await client.get(f"/api/v1/imports/{run}/{address}", headers=api_client)).text
        for hidden in ("9 Hidden Lane", "7 Secret Street", "ZA1 2BB", "ZZ9 9ZZ", "ZA1 1AA"):
            assert hidden not in seen
    own = (await officer.get(f"/api/v1/imports/{run}/rows")).text
    assert "7 Secret Street" in own
    assert "9 Hidden Lane" not in own
