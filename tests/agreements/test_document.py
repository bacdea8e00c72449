"""A version to take away: the PDF's words and pages, and the JSON of the SharingPolicy standard."""

import time
from uuid import UUID

import httpx
import pytest_asyncio

from careshare.database import Database
from tests.agreements import pdf
from tests.agreements.terms import drafted, signed
from tests.world import World

TITLE = "Homes “at short notice” #1 [*not code*]"
STANDARD = {
    "URI",
    "Identifier",
    "Name",
    "Contact",
    "Party",
    "Data",
    "Purpose",
    "StartDate",
    "EndDate",
    "PermittedUse",
    "Restrictions",
    "DataRecipientResponsibilities",
    "SecurityMeasure",
    "LegalCompliance",
}
"""The fields of SharingPolicy (facts J2)."""


@pytest_asyncio.fixture(scope="module")
async def made(world: World, database: Database) -> UUID:
    made = await drafted(world, database, world.a, world.c, title=TITLE, tariff="£500 a week, “all in”.")
    await signed(world, database, made, [world.a])
    return made


async def test_the_pdf_has_title_version_date_words_and_numbered_pages(
    world: World, client: httpx.AsyncClient, made: UUID
) -> None:
    await world.sign_in(client, world.c, "director")
    began = time.perf_counter()
    answer = await client.get(f"/agreements/{made}/versions/1/agreement.pdf")
    assert answer.status_code == 200
    assert time.perf_counter() - began < 5
    assert answer.headers["content-type"] == "application/pdf"
    assert 'filename="homes-at-short-notice-1-not-code-version-1.pdf"' in answer.headers["content-disposition"]
    found = pdf.read(answer.content)
    assert found.title == TITLE
    assert len(found.pages) >= 2
    for number, page in enumerate(found.pages, 1):
        assert f"Page {number} of {len(found.pages)}" in page
        assert "Version 1" in page
    words = " ".join(found.pages)
    for part in (
        TITLE,
        "Ashmoor",
        "Caldergarth",
        "To find a child a foster home near home.",
        "Children Act 2004 section 10",
        "UK GDPR Article 6(1)(e): public task",
        "Schedule 1 paragraph 18",
        "£500 a week, “all in”.",
        "28 days’ notice",
        "Ashmoor Director of children’s services",
        "Not signed",
        "regulation 32(5)",
        "Religion of the home",
    ):
        assert part in words, part


async def test_the_json_is_a_sharing_policy_with_what_is_stated_beside_it(
    world: World, client: httpx.AsyncClient, made: UUID
) -> None:
    await world.sign_in(client, world.a, "data_protection_officer")
    file = await client.get(f"/agreements/{made}/versions/1/agreement.json")
    assert file.status_code == 200
    assert file.headers["content-disposition"].endswith('version-1.json"')
    policy = file.json()
    assert policy.keys() >= STANDARD
    assert policy["URI"] == f"urn:uuid:{made}"
    assert policy["Identifier"] == {"value": f"{made}/1", "System": "careshare"}
    assert [one["Name"] for one in policy["Party"]] == ["Ashmoor", "Caldergarth"]
    assert policy["SpecialCategoryData"] == ["Religion of the home", "Culture of the home"]
    assert policy["EndDate"] is None
    assert [one["Party"] for one in policy["Signature"]] == ["Ashmoor"]
    api = await client.get(
        f"/api/v1/agreements/{made}/versions/1", headers=await world.bearer(world.a, "data_protection_officer")
    )
    assert api.json() == policy


async def test_a_third_authority_downloads_nothing(world: World, client: httpx.AsyncClient, made: UUID) -> None:
    await world.sign_in(client, world.b, "director")
    for path in ("versions/1/agreement.pdf", "versions/1/agreement.json", "versions/1", ""):
        assert (await client.get(f"/agreements/{made}/{path}".rstrip("/"))).status_code == 404
    await world.sign_in(client, world.a, "director")
    assert (await client.get(f"/agreements/{made}/versions/2")).status_code == 404
