"""A person's own data: found, reviewed, others redacted until given, packaged, each step on the record."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from careshare.database import Database
from careshare.errors import Conflict
from careshare.settings import Settings
from services.record import subject_access
from services.record.package import REDACTED
from services.record.period import a_month_after, today
from tenants.actions import as_owner
from tests.isolation.hidden import add_household
from tests.world import World, submit

OFFICER = "data_protection_officer"
PATH = "/record/subject-access"


@pytest_asyncio.fixture(scope="module")
async def people(settings: Settings, world: World) -> Mapping[str, UUID]:
    """A carer, a member and a placed child of one household of A."""
    async with as_owner(settings) as owner:
        household = await add_household(owner, world.a, "ASK-1")
        await owner.execute("update fostering.carer set name = 'Ann Asker' where household_id = $1", household)
        await owner.execute("update fostering.member set name = 'Lodger Lee' where household_id = $1", household)
        found = {
            table: await owner.fetchval(f"select id from fostering.{table} where household_id = $1", household)
            for table in ("carer", "member", "placed_child")
        }
    return {"household": household, **found}


def asked_on(day: date) -> dict[str, str]:
    return {"received_on-day": str(day.day), "received_on-month": str(day.month), "received_on-year": str(day.year)}


async def open_for(database: Database, world: World, kind: str, subject: UUID, day: date) -> UUID:
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        return await subject_access.open_request(
            uow,
            reference="SAR-7",
            kind=kind,  # type: ignore[arg-type]  # one of the three
            subject_id=subject,
            received_on=day,
        )


async def test_a_request_from_the_name_to_the_package(
    client: httpx.AsyncClient, settings: Settings, world: World, people: Mapping[str, UUID]
) -> None:
    await world.sign_in(client, world.a, OFFICER, stepped_up=True)
    nobody = await submit(client, f"{PATH}/new", {"who": "Nobody At All"})
    assert "Nobody in your registers" in nobody.text
    found = await submit(client, f"{PATH}/new", {"who": "ann asker"})
    assert "Ann Asker, carer, household ASK-1" in found.text
    data = {"who": "ann asker", "subject": f"carer:{people['carer']}", "reference": "SAR-1", **asked_on(today())}
    opened = await submit(client, f"{PATH}/new", data, to=PATH)
    assert opened.status_code == 303, opened.text
    path = opened.headers["location"]
    page = (await client.get(path)).text
    assert "Lodger Lee" in page, "the officer sees what may be redacted"
    package = (await client.get(f"{path}/package.json")).text
    assert "Ann Asker" in package
    assert "Lodger Lee" not in package
    assert "C-ASK-1" not in package
    assert REDACTED in package
    member = f"person:{people['member']}:name"
    saved = await submit(client, path, {"keep": member, "item": member}, to=f"{path}/decide")
    assert saved.status_code == 303
    package = (await client.get(f"{path}/package.json")).text
    assert "Lodger Lee" in package
    assert "C-ASK-1" not in package
    pdf = await client.get(f"{path}/package.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["cache-control"] == "no-store"
    answered = await submit(client, path, {}, to=f"{path}/sent")
    assert answered.status_code == 303
    assert "Answered" in (await client.get(PATH)).text
    late = await submit(client, path, {"item": member}, to=f"{path}/decide")
    assert "This request was answered" in late.text
    async with as_owner(settings) as owner:
        actions = await owner.fetch("select distinct action from audit.entry where action like 'subject_access.%'")
    assert {row["action"].partition(".")[2] for row in actions} == {
        "looked_for",
        "opened",
        "reviewed",
        "decided",
        "exported",
        "sent",
    }


async def test_a_child_is_never_given_the_carers_address(
    database: Database, world: World, people: Mapping[str, UUID]
) -> None:
    made = await open_for(database, world, "child", people["placed_child"], today())
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        items = await subject_access.review(uow, await subject_access.request(uow, made))
    assert any(one.item.value == "C-ASK-1" and one.given for one in items)
    assert not any("Hidden Street" in one.item.value or "ZA1" in one.item.value for one in items)
    assert [one.given for one in items if one.item.name == "Foster carers"] == [None]


async def test_a_confidential_address_is_not_in_it(
    database: Database, settings: Settings, world: World, people: Mapping[str, UUID]
) -> None:
    made = await open_for(database, world, "carer", people["carer"], today())
    async with as_owner(settings) as owner:
        await owner.execute("update fostering.household set confidential = true where id = $1", people["household"])
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        items = await subject_access.review(uow, await subject_access.request(uow, made))
    assert not any("Hidden Street" in one.item.value for one in items)
    assert any("Confidential" in one.item.value for one in items)
    async with as_owner(settings) as owner:
        await owner.execute("update fostering.household set confidential = false where id = $1", people["household"])


async def test_the_month_and_its_extension(database: Database, world: World, people: Mapping[str, UUID]) -> None:
    assert a_month_after(date(2026, 1, 31)) == date(2026, 2, 28)
    assert a_month_after(date(2026, 12, 31)) == date(2027, 1, 31)
    assert a_month_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    made = await open_for(database, world, "member", people["member"], today())
    old = await open_for(database, world, "member", people["member"], today() - timedelta(days=60))
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        one = await subject_access.request(uow, made)
        assert one.due_on == a_month_after(today())
        await subject_access.extend(uow, one, "Many records")
        assert (await subject_access.request(uow, made)).due_on == a_month_after(today(), 3)
        late = await subject_access.request(uow, old)
        assert late.days_left < 0
        with pytest.raises(Conflict):
            await subject_access.extend(uow, late, "too late")


async def test_nothing_of_it_is_anothers(
    client: httpx.AsyncClient, database: Database, world: World, people: Mapping[str, UUID]
) -> None:
    made = await open_for(database, world, "carer", people["carer"], today())
    await world.sign_in(client, world.b, OFFICER, stepped_up=True)
    for path in (f"{PATH}/{made}", f"{PATH}/{made}/package.json", f"{PATH}/{made}/package.pdf"):
        assert (await client.get(path)).status_code == 404
    assert "SAR-7" not in (await client.get(PATH)).text
    looked = await submit(client, f"{PATH}/new", {"who": "Ann Asker"})
    assert "Nobody in your registers" in looked.text
    forged = {"reference": "X-1", "kind": "carer", "subject_id": str(people["carer"]), "received_on": str(today())}
    headers = await world.bearer(world.b, OFFICER, stepped_up=True)
    answer = await client.post("/api/v1/record/subject-requests", json=forged, headers=headers)
    assert answer.status_code == 400
