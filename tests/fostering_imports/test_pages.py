"""The pages of imports: the whole walk without scripts, what they say of errors, and that they are proper pages."""

import re
from typing import Any

import httpx
import pytest_asyncio
from sqlalchemy import text

from services.fostering.imports.uploads import MOST_IN_REQUEST
from services.fostering.imports.work import Work, do
from tests.fostering_imports.files import Inline, as_csv, household, placement
from tests.web.html import csrf_token, one, parsed, words
from tests.world import World, submit

START = "/foster-carers/import"


@pytest_asyncio.fixture
async def officer(world: World, client: httpx.AsyncClient) -> httpx.AsyncClient:
    await world.sign_in(client, world.a, "fostering_officer")
    return client


async def send(
    client: httpx.AsyncClient, content: bytes, kind: str = "households", name: str = "mine.csv"
) -> httpx.Response:
    token = csrf_token(await client.get(START))
    data = {"csrf_token": token, "kind": kind}
    return await client.post(START, data=data, files={"file": (name, content, "text/csv")})


def main(response: httpx.Response) -> str:
    return words(one(parsed(response), "main"))


async def finish(inline: Inline, path: str) -> None:
    await do(inline, Work(path.rpartition("/")[2]))  # type: ignore[arg-type]  # PostgreSQL takes the text


async def press(
    client: httpx.AsyncClient, page: str, action: str, data: dict[str, Any] | None = None
) -> httpx.Response:
    opened = await client.get(page)
    version = re.search(r'name="version" value="(\d+)"', opened.text)
    assert version
    return await submit(client, page, {"version": version[1], **(data or {})}, to=f"{page}/{action}")


async def test_from_file_to_undo_without_scripts(officer: httpx.AsyncClient, inline: Inline) -> None:
    await inline.take_in(as_csv([household("PG-0", pets="Dog")]))
    rows = [household("PG-1"), household("PG-0", pets="Cat"), household("PG-2", postcode="nowhere"),
            household("PG-3", carer_1_telephone="1632960001")]  # fmt: skip
    sent = await send(officer, as_csv(rows))
    assert sent.status_code == 303
    path = sent.headers["Location"]
    assert (await officer.get(path)).headers["Location"] == f"{path}/progress"
    going_on = await officer.get(f"{path}/progress")
    assert "0 of 4 rows done" in main(going_on)
    assert "Check again" in main(going_on)
    await finish(inline, path)
    assert (await officer.get(f"{path}/progress")).headers["Location"] == path

    preview = await officer.get(path)
    shown = main(preview)
    assert "3 rows would be taken; 1 row would be left out" in shown
    assert "Postcode: Enter a full UK postcode" in shown
    assert "a 0 was put before “1632960001”" in shown
    assert "Pets Dog Cat" in shown
    confirmed = await press(officer, path, "confirm")
    assert (confirmed.status_code, confirmed.headers["Location"]) == (303, path)
    await finish(inline, path)
    done = await officer.get(path)
    assert "The import is done" in main(done)

    bad = await officer.get(f"{path}/bad-rows")
    assert bad.headers["Content-Disposition"] == 'attachment; filename="households-not-taken.csv"'
    assert "What is wrong" in bad.text
    assert "PG-2" in bad.text
    assert "PG-1" not in bad.text
    mended = bad.content.replace(b"nowhere", b"ZA1 2AA")
    again = await send(officer, mended)
    await finish(inline, again.headers["Location"])
    assert "1 row would be taken" in main(await officer.get(again.headers["Location"]))

    assert (await press(officer, path, "undo")).status_code == 303
    await finish(inline, path)
    assert "The import was taken back" in main(await officer.get(path))
    listed = await officer.get(START)
    assert "Taken back" in main(listed)
    assert "To be confirmed" in main(listed)


async def test_columns_are_chosen_and_remembered(officer: httpx.AsyncClient, inline: Inline) -> None:
    content = b"Key,Date of birth,Date of Birth,Carer 1 name\nC-1,1,2,Ann\n"
    path = (await send(officer, content)).headers["Location"]
    assert (await officer.get(path)).headers["Location"] == f"{path}/columns"
    page = await officer.get(f"{path}/columns")
    assert "stands in columns B and C: say which is which" in main(page)
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    chosen = {
        "version": version[1],
        "columns-1": "",
        "columns-2": "carer1_born",
        "columns-3": "carer1_born",
        "columns-4": "",
    }
    refused = await submit(officer, f"{path}/columns", chosen)
    assert refused.status_code == 400
    assert "Carer 1 born is chosen for column 2 already" in main(refused)
    assert one(parsed(refused), "a", href="#columns-3") is not None
    assert "Say which column is Household reference" in main(refused)
    chosen |= {"columns-1": "reference", "columns-3": "carer2_born", "columns-4": "carer1_name"}
    assert (await submit(officer, f"{path}/columns", chosen)).status_code == 303
    await finish(inline, path)
    assert "No row of this file can be taken as it is" in main(await officer.get(path))
    again = await send(officer, content.replace(b"Ann", b"Bea"))
    assert "rows done" in main(await officer.get(f"{again.headers['Location']}/progress"))


async def test_a_file_that_cannot_be_read_leaves_the_person_on_the_form(officer: httpx.AsyncClient) -> None:
    for content, name, said in (
        (b"", "mine.csv", "The file is empty"),
        (b"%PDF-1.7", "mine.csv", "The file is a PDF"),
        (b"x", "mine.pdf", "The file is a PDF file"),
        (b"Household reference,Carer 1 name\nH,\x00\n", "mine.csv", "Line 2: Text must not hold the null character"),
    ):
        answer = await send(officer, content, name=name)
        assert answer.status_code in {400, 415}
        assert "There is a problem" in main(answer)
        assert said in main(answer), main(answer)
    none = await officer.post(START, data={"csrf_token": csrf_token(await officer.get(START))}, files={"x": b""})
    assert "Select what is in the file" in main(none)
    token = csrf_token(await officer.get(START))
    none = await officer.post(START, data={"csrf_token": token, "kind": "households"}, files={"file": ("", b"")})
    assert "Choose a file" in main(none)


async def test_a_file_that_is_too_large(officer: httpx.AsyncClient) -> None:
    answer = await send(officer, b"x" * MOST_IN_REQUEST)
    assert answer.status_code == 413
    assert "too large" in main(answer)


async def test_nothing_would_change(officer: httpx.AsyncClient, inline: Inline) -> None:
    content = as_csv([household("SAME-1")])
    await inline.take_in(content)
    path = (await send(officer, content)).headers["Location"]
    await finish(inline, path)
    shown = main(await officer.get(path))
    assert "Nothing would change" in shown
    assert "The register already has all that this file says" in shown
    assert "This same file was imported on" in shown


async def test_what_holds_an_undo_up_is_shown_and_the_rest_offered(officer: httpx.AsyncClient, inline: Inline) -> None:
    run = await inline.take_in(as_csv([household("HU-1"), household("HU-2")]))
    await inline.take_in(as_csv([placement("HU-C1", household_reference="HU-2")]), "placements")
    path = f"{START}/{run.id}"
    answer = await press(officer, path, "undo")
    assert answer.status_code == 409
    assert "Children have been placed with household HU-2 since" in main(answer)
    assert "Take the other rows back" in main(answer)
    rest = await press(officer, path, "undo", {"action": "rest"})
    assert rest.status_code == 303
    await do(inline, Work(run.id, rest=True))
    async with inline.step() as uow:
        left = (
            await uow.execute(text("select reference from fostering.household where reference like 'HU-%'"))
        ).scalars()
        assert list(left) == ["HU-2"]


async def test_an_old_page_changes_nothing(officer: httpx.AsyncClient, inline: Inline) -> None:
    run = await inline.upload(as_csv([household("OLD-1")]))
    answer = await submit(officer, f"{START}/{run}", {"version": "1"}, to=f"{START}/{run}/confirm")
    assert answer.status_code == 412
    answer = await submit(officer, f"{START}/{run}", {}, to=f"{START}/{run}/confirm")
    assert answer.status_code == 400


async def test_templates(officer: httpx.AsyncClient) -> None:
    sheet = await officer.get(f"{START}/template?kind=placements&format=xlsx")
    assert sheet.content.startswith(b"PK")
    plain = await officer.get(f"{START}/template?kind=households&format=csv")
    assert plain.text.startswith("\ufeffHousehold reference,Household name,")


async def test_who_sees_them(client: httpx.AsyncClient, world: World, inline: Inline) -> None:
    run = await inline.upload(as_csv([household("SEE-1")]))
    await world.sign_in(client, world.a, "placement_finder")
    assert (await client.get(START)).status_code == 403
    await world.sign_in(client, world.b, "fostering_officer")
    for page in ("", "/columns", "/bad-rows"):
        assert (await client.get(f"{START}/{run}{page}")).status_code == 404
