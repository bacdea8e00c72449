"""Break-glass lets a duty worker in when the provider is down: two people always, a few hours, and loud."""

import re
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from careshare.database import Database
from careshare.identity import break_glass
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.web.html import one, parsed, words
from tests.world import World, submit

PATH = "/break-glass/colleagues"
SAID = {"down": "yes"}
ACTIONS = text("select action, actor_id from audit.entry where action like 'break_glass.%' order by id")
EMAIL = "out-of-hours@ashmoor.example"


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often data protection officers were told; the sending itself is the room of messages'."""
    times: list[str] = []

    async def tell(_uow: object) -> None:
        times.append("told")

    monkeypatch.setattr(break_glass, "tell_officers", tell)
    return times


@pytest_asyncio.fixture
async def elsewhere(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at another address of the network."""
    transport = httpx.ASGITransport(app=app, client=("192.0.2.9", 1))  # type: ignore[arg-type]  # Litestar is one
    async with httpx.AsyncClient(transport=transport, base_url="http://careshare.test") as caller:
        yield caller


async def begin(
    client: httpx.AsyncClient, world: World, by: str, worker: str = "out_of_hours", **changed: str
) -> httpx.Response:
    await world.sign_in(client, world.a, by)
    answers = {"person": str(world.a.people[worker]), "hours": "2", "reason": "Sign-in is down", **SAID, **changed}
    return await submit(client, PATH, answers)


async def agree(
    client: httpx.AsyncClient, world: World, by: str, role: UUID, said: Mapping[str, object] = SAID
) -> httpx.Response:
    await world.sign_in(client, world.a, by)
    return await submit(client, PATH, said, to=f"{PATH}/{role}/second")


def half_of(answer: httpx.Response) -> str:
    found = re.search(r'govuk-panel__title">([A-Z2-9]{5})<', answer.text)
    assert found, answer.text
    return found[1]


async def come_in(client: httpx.AsyncClient, email: str, first: str, second: str) -> httpx.Response:
    client.cookies.clear()
    return await submit(client, "/break-glass", {"email": email, "first": first, "second": second})


async def newest(database: Database, world: World) -> UUID:
    async with database.bound(world.acting(world.a)) as uow:
        waiting = text("select id from tenants.temporary_role where kind = 'break_glass' order by id desc limit 1")
        found: UUID = (await uow.execute(waiting)).scalar_one()
        return found


async def let_in(
    client: httpx.AsyncClient, world: World, database: Database, worker: str = "out_of_hours"
) -> tuple[str, str]:
    """Both halves for the worker, from a team manager and a director."""
    first = half_of(await begin(client, world, "team_manager", worker))
    return first, half_of(await agree(client, world, "director", await newest(database, world)))


async def test_it_takes_two_and_each_knows_one_half(
    client: httpx.AsyncClient, world: World, database: Database, told: list[str]
) -> None:
    first = half_of(await begin(client, world, "director"))
    role = await newest(database, world)
    assert told == ["told"]
    assert (await come_in(client, EMAIL, first, first)).status_code == 400, "a director alone lets nobody in"
    await world.sign_in(client, world.a, "director")
    assert "Read and agree" not in (await client.get(PATH)).text, "who began it is not the second"
    assert (await client.get(f"{PATH}/{role}/second")).headers["location"] == PATH
    assert (await agree(client, world, "director", role)).status_code == 409
    assert (await agree(client, world, "out_of_hours", role)).status_code == 409, "nor is whoever is let in"
    await world.sign_in(client, world.b, "nominated_officer")
    assert (await submit(client, PATH, SAID, to=f"{PATH}/{role}/second")).status_code == 404
    await world.sign_in(client, world.a, "nominated_officer")
    assert "Sign-in is down" in (await client.get(f"{PATH}/{role}/second")).text
    second = half_of(await agree(client, world, "nominated_officer", role))
    assert (await agree(client, world, "team_manager", role)).status_code == 409, "once"
    assert (await come_in(client, "director@ashmoor.example", first, second)).status_code == 400
    assert (await come_in(client, EMAIL, second, second)).status_code == 400
    entered = await come_in(client, EMAIL.upper(), second.lower(), f" {first[:2]} {first[2:]}")
    assert entered.status_code == 303, entered.text
    assert told == ["told", "told"]
    home = await client.get("/")
    banner = words(one(parsed(home), "section", class_="careshare-break-glass"))
    assert banner.startswith("Break-glass until")
    assert (await client.get("/foster-carers/tonight")).status_code == 200
    assert (await client.get("/step-up")).status_code == 403
    assert (await submit(client, "/acting", {"authority": str(world.a.id)})).status_code == 400, "goes nowhere else"
    assert (await come_in(client, EMAIL, first, second)).status_code == 400, "a code lets in once"
    async with database.bound(world.acting(world.a)) as uow:
        rows = (await uow.execute(ACTIONS)).all()
    people = world.a.people
    assert [(row.action, row.actor_id) for row in rows] == [
        ("break_glass.begun", people["director"]),
        ("break_glass.seconded", people["nominated_officer"]),
        ("break_glass.entered", people["out_of_hours"]),
    ]


async def test_whoever_cannot_confirm_who_they_are_says_so_on_the_record(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    unsaid = await begin(client, world, "director", down="")
    assert unsaid.status_code == 400
    assert 'href="#down"' in unsaid.text
    await begin(client, world, "director")
    role = await newest(database, world)
    unsaid = await agree(client, world, "nominated_officer", role, {})
    assert (unsaid.status_code, 'href="#down"' in unsaid.text) == (400, True)
    await world.sign_in(client, world.a, "nominated_officer", stepped_up=True)
    half_of(await submit(client, PATH, {}, to=f"{PATH}/{role}/second"))
    said = text(
        "select e.action, d.body -> 'after' ->> 'confirmed' from audit.entry e join audit.detail d on d.entry_id = e.id"
        " where :role = any(e.subjects) order by e.id"
    )
    async with database.bound(world.acting(world.a)) as uow:
        rows = (await uow.execute(said, {"role": role})).all()
    assert [tuple(row) for row in rows] == [("break_glass.begun", "false"), ("break_glass.seconded", "true")]


async def test_it_holds_the_duty_role_alone_and_lets_nobody_else_in(
    client: httpx.AsyncClient, world: World, database: Database, settings: Settings
) -> None:
    halves = await let_in(client, world, database, "fostering_officer")
    assert (await come_in(client, "fostering-officer@ashmoor.example", *halves)).status_code == 303
    assert (await client.get("/foster-carers")).status_code == 403, "no more than the duty role"
    assert (await client.get(PATH)).status_code == 403, "and not what the duty role gives to members: to let in others"
    inside = dict(client.cookies)
    await world.sign_in(client, world.a, "nominated_officer")
    await submit(client, PATH, {}, to=f"{PATH}/{await newest(database, world)}/end")
    client.cookies.clear()
    for name, value in inside.items():
        client.cookies.set(name, value, domain="careshare.test")
    assert (await client.get("/")).status_code == 303, "ended at once"
    halves = await let_in(client, world, database, "fostering_officer")
    assert (await come_in(client, "fostering-officer@ashmoor.example", *halves)).status_code == 303
    async with as_owner(settings) as owner:
        await owner.execute("update tenants.temporary_role set during = tstzrange(lower(during), now())")
    assert (await client.get("/")).status_code == 303, "ended by itself"


async def test_what_is_lent_is_not_lent_on(client: httpx.AsyncClient, world: World, settings: Settings) -> None:
    """An out-of-hours worker of the authority may let others in; somebody else's, who helps out for a time, may not."""
    await world.sign_in(client, world.a, "out_of_hours")
    assert (await client.get(PATH)).status_code == 200
    async with as_owner(settings) as owner:
        await owner.execute(
            """insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)
               values ($1, $2, 'delegation', '{out_of_hours}', tstzrange(now(), now() + interval '1 day'), 'x', $3)""",
            world.a.id,
            world.b.people["out_of_hours"],
            world.a.people["authority_administrator"],
        )
    await world.sign_in(client, world.b, "out_of_hours")
    assert (await client.get(PATH)).status_code == 200, "at home"
    assert (await submit(client, "/acting", {"authority": str(world.a.id)})).status_code == 303
    assert (await client.get("/foster-carers/tonight")).status_code == 200
    assert (await client.get(PATH)).status_code == 403


async def test_the_database_itself_refuses_one_person_and_long_hours(world: World, database: Database) -> None:
    give = text("""
        insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason)
        values (:authority, :person, 'break_glass', '{out_of_hours}',
          tstzrange(now(), now() + make_interval(hours => :hours)), 'why')
    """)
    worker, director = world.a.people["out_of_hours"], world.a.people["director"]
    for who, hours in ((director, 2), (worker, 5)):
        with pytest.raises(IntegrityError):
            async with database.bound(world.acting(world.a, "director")) as uow:
                await uow.execute(give, {"authority": world.a.id, "person": who, "hours": hours})
    async with database.bound(world.acting(world.a, "director")) as uow:
        await uow.execute(give, {"authority": world.a.id, "person": worker, "hours": 2})
    for column in ("second_by", "granted_by"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.bound(world.acting(world.a, "team_manager")) as uow:
                await uow.execute(text(f"update tenants.temporary_role set {column} = careshare.actor()"))


async def test_whoever_is_let_in_can_never_be_counted_as_the_second(world: World, settings: Settings) -> None:
    people = world.a.people
    async with as_owner(settings) as owner:
        with pytest.raises(Exception, match="temporary_role_second_is_another"):
            await owner.execute(
                """insert into tenants.temporary_role
                     (authority_id, person_id, kind, roles, during, reason, granted_by, second_by)
                   values ($1, $2, 'break_glass', '{out_of_hours}',
                     tstzrange(now(), now() + interval '1 hour'), 'x', $3, $2)""",
                world.a.id,
                people["out_of_hours"],
                people["director"],
            )


async def test_guessing_is_slowed_down_and_never_shuts_the_worker_out(
    client: httpx.AsyncClient, elsewhere: httpx.AsyncClient, world: World, database: Database
) -> None:
    email = "payments@ashmoor.example"
    halves = await let_in(client, world, database, "payments")
    answers = [(await come_in(elsewhere, email, "WRONG", f"WRO{n}X")).status_code for n in range(11)]
    assert answers == [400] * 10 + [429]
    assert (await come_in(client, email, *halves)).status_code == 303, "somebody else's guesses are not the worker's"
    halves = await let_in(client, world, database, "payments")
    assert (await come_in(elsewhere, email, *halves)).status_code == 303, "a new code begins at nought"


async def test_whoever_knows_one_half_cannot_try_for_the_other(
    client: httpx.AsyncClient, world: World, database: Database, settings: Settings
) -> None:
    email = "social-worker@ashmoor.example"
    first, second = await let_in(client, world, database, "social_worker")
    for n in range(20):
        tried = (first, f"AAAA{break_glass.ALPHABET[n]}")
        assert await break_glass.enter(database, settings.secret_key, email, tried, "") is None
    assert (await come_in(client, email, first, second)).status_code == 400, "spent: begin again"
    halves = await let_in(client, world, database, "social_worker")
    assert (await come_in(client, email, *halves)).status_code == 303


async def test_only_some_roles_let_anybody_in(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "placement_finder")
    assert (await client.get(PATH)).status_code == 403
