"""Steps that change who may see or do what: every kind of them is on the officer's pages, with whom it is about."""

import ast
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx

from careshare import audit
from careshare.database import Acting, Database
from careshare.identity import temporary
from services.record.pages.words import action
from services.record.queries import KINDS
from tests.world import World

ROOT = Path(__file__).parents[2]
OFFICER = "data_protection_officer"
ACTION = re.compile(r"([a-z][a-z_]*)\.[a-z_]+")
RECORDING = {"audit.record", "audit.record_shown", "record_step", "_record", "_recorded"}

NO_STEPS = {
    "charge": "money, which has pages of its own",
    "tariff": "money, which has pages of its own",
    "file": "casework, shown with what the file belongs to",
    "link": "casework, done by whoever was sent the link",
    "message": "has pages of its own",
    "message_place": "a list of buildings",
    "notification": "how one person wants to be told what waits for them",
    "price": "money, which has pages of its own",
    "safe_contact": "casework",
    "statement": "money, which has pages of its own",
}
"""What is recorded and is no step, with the reason."""


def recorded() -> set[str]:
    """Every action that stands in a function which writes to the audit record, outside casework."""
    found: set[str] = set()
    for folder in ("platform", "tenants", "services/record"):  # other services record casework
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.AsyncFunctionDef):
                    continue
                inside = list(ast.walk(node))
                if RECORDING & {ast.unparse(one.func) for one in inside if isinstance(one, ast.Call)}:
                    words = {
                        one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    }
                    found |= {word for word in words if ACTION.fullmatch(word)}
    return found


def test_whatever_is_recorded_is_a_step_or_said_to_be_none() -> None:
    nouns = {one.partition(".")[0] for one in recorded()}
    steps = {noun for kind in KINDS.values() for noun in kind}
    assert {"temporary_role", "break_glass", "sign_in_domain"} <= nouns, "the walk finds what is there"
    assert nouns - steps - set(NO_STEPS) == set(), "shown to the officer, or a reason here"
    assert steps - nouns == {"erased", "register"}, "a kind that nothing is recorded under shows nothing"


def test_a_step_reads_as_english() -> None:
    assert action("temporary_role.given") == "Role for a time given"
    assert action("client.secret_added") == "API client secret added"
    assert action("agreement.signed_by_all") == "Agreement signed by all"
    assert action("erased") == "Detail of the audit record erased"


async def steps(client: httpx.AsyncClient, world: World, kind: str) -> list[dict[str, object]]:
    headers = await world.bearer(world.a, OFFICER)
    answer = await client.get("/api/v1/record/steps", params={"kind": kind}, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def invited(database: Database, world: World) -> UUID:
    """A support engineer who is no member anywhere, let in by A's administrator."""
    async with database.bound(world.acting(world.a, "authority_administrator", "temporary_role:manage")) as uow:
        made = await temporary.invite_support(uow, "sam@support.example", "Sam Ashby", timedelta(hours=2), "A fault")
        rows = await temporary.listed(uow, "support")
    return next(row.person_id for row in rows if row.id == made)


async def test_roles_held_for_a_time_are_shown_with_whom_and_why(
    client: httpx.AsyncClient, database: Database, world: World
) -> None:
    await invited(database, world)
    last = (await steps(client, world, "emergency"))[0]
    assert last["action"] == "temporary_role.given"
    assert last["person"] == world.a.names["authority_administrator"]
    assert (last["about"], last["reason"]) == (["Sam Ashby"], "A fault")


async def test_whoever_acts_here_for_a_time_is_named_in_what_they_did(
    client: httpx.AsyncClient, database: Database, world: World
) -> None:
    person = await invited(database, world)
    async with database.bound(Acting(world.a.id, person, "placement:search")) as uow:
        need = {"children": [{"age": 6, "sex": "F"}]}
        await audit.record_shown(uow, "placements.search", criteria={"search": None, "need": need}, shown=[])
    headers = await world.bearer(world.a, OFFICER)
    found = (await client.get("/api/v1/record/searches", headers=headers)).json()["items"]
    assert found[0]["person"] == "Sam Ashby"


async def test_coming_and_going_is_shown_where_asked_for_without_addresses(
    client: httpx.AsyncClient, database: Database, world: World
) -> None:
    finder = world.a.people["placement_finder"]
    for authority, person in ((world.a, finder), (world.b, world.b.people["placement_finder"])):
        async with database.bound(Acting(authority.id, person, "sign-in")) as uow:
            kept = {"provider": "a provider", "address": "192.0.2.77", "email": "kept@out.example"}
            await audit.record(uow, "session.begun", subjects=[person], after=kept)
    mine = [one for one in await steps(client, world, "sessions") if one["action"] == "session.begun"]
    assert mine[0]["person"] == world.a.names["placement_finder"]
    assert world.b.name not in {one["authority"] for one in mine}, "another council's people come and go unseen"
    headers = await world.bearer(world.a, OFFICER)
    everything = (await client.get("/api/v1/record/steps", headers=headers)).json()["items"]
    assert not [one for one in everything if str(one["action"]).startswith("session.")], "not among all steps"
    await world.sign_in(client, world.a, OFFICER)
    page = (await client.get("/record/steps?kind=sessions")).text
    assert "Coming and going" in page
    assert "Came to work here" in page
    for address in ("192.0.2.77", "kept@out.example"):
        assert address not in page
        assert address not in str(mine)
