"""Who supervises a household: a colleague with an account, chosen on the form or by the API, or a name alone."""

import re
from datetime import date
from importlib.resources import files
from uuid import UUID

import httpx
import pytest

from careshare.errors import Invalid
from services.fostering import actions
from services.fostering.model import Home
from services.fostering.queries import household
from services.fostering.workers import MAY_NOT, Workers
from tenants.actions import add_member, add_person, as_owner
from tenants.colleagues import Colleague
from tests.fostering.register import Desk, a_home, make, version_of
from tests.web.html import one, parsed, words
from tests.world import World, submit

ROLE = "supervising_social_worker"


def test_a_text_means_a_colleague_by_address_or_by_a_name_that_is_theirs_alone() -> None:
    known = [
        Colleague(UUID(int=number), name, f"{number}@a.example", [ROLE])
        for number, name in enumerate(("Ann Lee", "Bo Day", "bo  day"))
    ]
    workers = Workers(known)
    assert workers.meant(" 1@A.example ".strip()).person_id == UUID(int=1)
    assert workers.meant("ANN  lee").person_id == UUID(int=0)
    assert workers.meant("Ann Lee").name == "Ann Lee"
    twin = workers.meant("Bo Day")
    assert (twin.person_id, twin.name) == (None, "Bo Day")
    assert twin.why.startswith("2 colleagues")
    assert workers.meant("Somebody").why
    assert not workers.meant("").why


async def save(desk: Desk, home: UUID, wanted: Home) -> None:
    async with desk.uow() as uow:
        await actions.change_home(uow, home, await version_of(uow, home), wanted, may_see=True)


async def held(desk: Desk, home: UUID) -> tuple[UUID | None, str]:
    async with desk.uow() as uow:
        found = await household(uow, home)
    return found.supervising_person_id, found.supervising_worker


async def test_the_name_follows_the_colleague_chosen_and_stays_for_somebody_without_an_account(
    a: Desk, world: World
) -> None:
    person, name = world.a.people[ROLE], world.a.names[ROLE]
    wanted = a_home(supervising_person_id=person, supervising_worker="Somebody else")
    async with a.uow() as uow:
        home = await make(uow, wanted)
    assert await held(a, home) == (person, name)
    by_name = a_home(reference=wanted.reference, supervising_worker="Agency Anne")
    await save(a, home, by_name)
    assert await held(a, home) == (None, "Agency Anne")


@pytest.mark.parametrize("who", ["another_council", "director", "left"])
async def test_nobody_is_chosen_who_does_not_supervise_here(a: Desk, world: World, who: str) -> None:
    async with as_owner(world.settings) as owner:
        gone = await add_person(owner, "Gone Gale", f"gone-{who}@ashmoor.example")
        if who == "left":
            await add_member(owner, world.a.id, gone, [ROLE], starts=date(2024, 1, 1))
            await owner.execute("update tenants.member set ends = current_date where person_id = $1", gone)
    person = {"another_council": world.b.people[ROLE], "director": world.a.people["director"], "left": gone}[who]
    with pytest.raises(Invalid) as refused:
        async with a.uow() as uow:
            await actions.register_household(uow, a_home(supervising_person_id=person))
    assert [one.field for one in refused.value.errors] == ["supervising_person_id"]


async def test_whoever_holds_it_stays_after_they_left_until_somebody_else_is_chosen(a: Desk, world: World) -> None:
    async with as_owner(world.settings) as owner:
        leaver = await add_person(owner, "Lea Leaver", "lea@ashmoor.example")
        await add_member(owner, world.a.id, leaver, [ROLE], starts=date(2024, 1, 1))
    wanted = a_home(supervising_person_id=leaver)
    async with a.uow() as uow:
        home = await make(uow, wanted)
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.member set ends = current_date where person_id = $1", leaver)
    await save(a, home, a_home(reference=wanted.reference, name="Renamed", supervising_person_id=leaver))
    assert await held(a, home) == (leaver, "Lea Leaver")


async def test_a_household_is_not_given_to_a_colleague_it_is_locked_from(a: Desk, world: World) -> None:
    person = world.a.people[ROLE]
    wanted = a_home()
    async with a.uow() as uow:
        home = await make(uow, wanted)
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)"
            " values ($1, $2, $3, 'Their sister', $4)",
            world.a.id,
            home,
            person,
            world.a.people["team_manager"],
        )
    with pytest.raises(Invalid) as refused:
        await save(a, home, a_home(reference=wanted.reference, supervising_person_id=person))
    assert [one.message for one in refused.value.errors] == [MAY_NOT]
    assert "sister" not in str(refused.value.errors)
    assert await held(a, home) == (None, "")


async def test_the_form_offers_colleagues_and_the_page_says_who_does_not_sign_in(
    client: httpx.AsyncClient, a: Desk, world: World
) -> None:
    await world.sign_in(client, world.a, "fostering_officer")
    wanted = a_home(supervising_worker="Agency Anne")
    async with a.uow() as uow:
        home = await make(uow, wanted)
    path = f"/foster-carers/{home}"
    assert "Agency Anne (does not sign in here)" in (await client.get(path)).text
    form = await client.get(f"{path}/home")
    offered = words(one(parsed(form), "select", id="supervising_person_id"))
    assert world.a.names[ROLE] in offered
    assert world.a.names["director"] not in offered
    assert world.b.names[ROLE] not in offered
    answers = {
        "version": "1",
        "reference": wanted.reference,
        "name": wanted.name,
        "address": wanted.address,
        "postcode": wanted.postcode,
        "supervising_worker": "Agency Anne",
        "supervising_person_id": str(world.a.people[ROLE]),
    }
    async with a.uow() as uow:
        answers["version"] = str(await version_of(uow, home))
    saved = await submit(client, f"{path}/home", answers)
    assert saved.status_code == 303, saved.text
    shown = (await client.get(path)).text
    assert world.a.names[ROLE] in shown
    assert "does not sign in here" not in shown


async def test_the_api_sets_a_colleague_and_a_name_alone_takes_them_away(
    client: httpx.AsyncClient, a: Desk, world: World
) -> None:
    person, name = world.a.people[ROLE], world.a.names[ROLE]
    async with a.uow() as uow:
        home = await make(uow, a_home())
    headers = await world.bearer(world.a, "fostering_officer")

    async def patch(**given: object) -> tuple[str | None, str]:
        path = f"/api/v1/households/{home}"
        tag = (await client.get(path, headers=headers)).headers["etag"]
        answer = await client.patch(path, json=given, headers={**headers, "If-Match": tag})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return found["supervising_person_id"], found["supervising_worker"]

    assert await patch(supervising_person_id=str(person)) == (str(person), name)
    assert await patch(name="The Renamed") == (str(person), name)
    assert await patch(supervising_worker=name) == (str(person), name), "what was read is sent back unchanged"
    assert await patch(supervising_worker="Agency Anne") == (None, "Agency Anne")
    assert await patch(supervising_person_id=str(person)) == (str(person), name)
    assert await patch(supervising_person_id=None) == (None, name)


async def test_the_migration_gave_each_name_that_is_one_members_alone_to_them(a: Desk, world: World) -> None:
    """The statement of the migration, run on a register that has names alone."""
    text = (files("migrations") / "sql" / "0020_hand_over.sql").read_text(encoding="utf-8")
    statement = re.search(r"update fostering\.household h set supervising_person_id = .*?;", text, re.DOTALL)
    assert statement is not None
    async with as_owner(world.settings) as owner:
        for number in (1, 2):
            twin = await add_person(owner, "Double Dee", f"dee{number}@ashmoor.example")
            await add_member(owner, world.a.id, twin, [ROLE], starts=date(2024, 1, 1))
    names = (f" {world.a.names[ROLE].upper()} ", "Double Dee", world.b.names[ROLE], "", "Agency Anne")
    async with a.uow() as uow:
        homes = [await make(uow, a_home(supervising_worker=name)) for name in names]
    async with as_owner(world.settings) as owner:
        await owner.execute(statement[0])
    people = [(await held(a, home))[0] for home in homes]
    assert people == [world.a.people[ROLE], None, None, None, None]
