"""Break-glass lets a duty worker in when the provider is down: two people, a few hours, and loud."""

import re
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from careshare.database import Database
from careshare.identity import temporary
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.web.html import one, parsed, words
from tests.world import World, submit

PATH = "/break-glass/colleagues"
ACTIONS = text("select action, actor_id from audit.entry where action like 'break_glass.%' order by id")


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often data protection officers were told; the sending itself is the room of messages'."""
    times: list[str] = []

    async def tell(_uow: object) -> None:
        times.append("told")

    monkeypatch.setattr(temporary, "tell_officers", tell)
    return times


async def begin(client: httpx.AsyncClient, world: World, by: str, worker: str = "out_of_hours") -> httpx.Response:
    await world.sign_in(client, world.a, by)
    answers = {"person": str(world.a.people[worker]), "hours": "2", "reason": "Sign-in is down"}
    return await submit(client, PATH, answers)


def code_of(answer: httpx.Response) -> str:
    found = re.search(r'govuk-panel__title">([A-Z2-9]{5} [A-Z2-9]{5})<', answer.text)
    assert found, answer.text
    return found[1]


async def come_in(client: httpx.AsyncClient, email: str, code: str) -> httpx.Response:
    client.cookies.clear()
    return await submit(client, "/break-glass", {"email": email, "code": code})


async def roles_waiting(database: Database, world: World) -> list[UUID]:
    async with database.bound(world.acting(world.a)) as uow:
        waiting = text("select id from tenants.temporary_role where kind = 'break_glass' and second_by is null")
        return list((await uow.execute(waiting)).scalars())


async def test_a_director_and_the_worker_are_two(
    client: httpx.AsyncClient, world: World, database: Database, told: list[str]
) -> None:
    code = code_of(await begin(client, world, "director"))
    assert told == ["told"]
    email = "out-of-hours@ashmoor.example"
    assert (await come_in(client, "director@ashmoor.example", code)).status_code == 400
    assert (await come_in(client, email, "AAAAA AAAAA")).status_code == 400
    entered = await come_in(client, email.upper(), code.lower().replace(" ", ""))
    assert entered.status_code == 303, entered.text
    assert told == ["told", "told"]
    home = await client.get("/")
    banner = words(one(parsed(home), "section", class_="careshare-break-glass"))
    assert banner.startswith("Break-glass until")
    assert (await client.get("/foster-carers/tonight")).status_code == 200
    assert (await client.get("/step-up")).status_code == 403
    refused = await submit(client, "/acting", {"authority": str(world.a.id)})
    assert refused.status_code == 400, "a break-glass session goes nowhere else"
    assert (await come_in(client, email, code)).status_code == 400, "a code lets in once"
    async with database.bound(world.acting(world.a)) as uow:
        rows = (await uow.execute(ACTIONS)).all()
    worker, director = world.a.people["out_of_hours"], world.a.people["director"]
    expected = [("break_glass.begun", director), ("break_glass.entered", worker)]
    assert [(row.action, row.actor_id) for row in rows] == expected


async def test_otherwise_a_second_colleague_must_agree(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    begun = await begin(client, world, "team_manager", "placement_finder")
    assert begun.headers["location"] == PATH
    (role,) = await roles_waiting(database, world)
    assert ">Agree<" not in (await client.get(PATH)).text, "who began it is not the second"
    assert (await submit(client, PATH, {}, to=f"{PATH}/{role}/second")).status_code == 409
    await world.sign_in(client, world.b, "nominated_officer")
    assert (await submit(client, PATH, {}, to=f"{PATH}/{role}/second")).status_code == 409
    await world.sign_in(client, world.a, "nominated_officer")
    code = code_of(await submit(client, PATH, {}, to=f"{PATH}/{role}/second"))
    assert (await submit(client, PATH, {}, to=f"{PATH}/{role}/second")).status_code == 409
    assert (await come_in(client, "placement-finder@ashmoor.example", code)).status_code == 303
    assert (await client.get("/")).status_code == 200
    assert (await client.get("/placements/searches")).status_code == 200
    inside = dict(client.cookies)
    await world.sign_in(client, world.a, "nominated_officer")
    await submit(client, PATH, {}, to=f"{PATH}/{role}/end")
    client.cookies.clear()
    for name, value in inside.items():
        client.cookies.set(name, value, domain="careshare.test")
    assert (await client.get("/")).status_code == 303, "ended at once"


async def test_it_ends_by_itself_and_holds_the_duty_role_alone(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    code = code_of(await begin(client, world, "authority_administrator", "fostering_officer"))
    assert (await come_in(client, "fostering-officer@ashmoor.example", code)).status_code == 303
    assert (await client.get("/foster-carers")).status_code == 403, "no more than the duty role"
    async with as_owner(settings) as owner:
        await owner.execute("update tenants.temporary_role set during = tstzrange(lower(during), now())")
    assert (await client.get("/")).status_code == 303


async def test_the_database_itself_refuses_one_person_and_long_hours(world: World, database: Database) -> None:
    give = text("""
        insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by, second_by)
        values (:authority, :person, 'break_glass', '{out_of_hours}',
          tstzrange(now(), now() + make_interval(hours => :hours)), 'why', :first, :second)
    """)
    people = world.a.people
    worker, first, second = people["out_of_hours"], people["director"], people["team_manager"]
    for who, one_, two, hours in ((worker, first, first, 2), (worker, worker, second, 2), (worker, first, second, 5)):
        with pytest.raises(IntegrityError):
            async with database.bound(world.acting(world.a)) as uow:
                shown = {"authority": world.a.id, "person": who, "first": one_, "second": two, "hours": hours}
                await uow.execute(give, shown)


async def test_guessing_codes_is_slowed_down(client: httpx.AsyncClient, world: World) -> None:
    email = "payments@ashmoor.example"
    answers = [(await come_in(client, email, f"WRONG {n}")).status_code for n in range(11)]
    assert answers == [400] * 10 + [429]


async def test_only_some_roles_let_anybody_in(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "placement_finder")
    assert (await client.get(PATH)).status_code == 403
