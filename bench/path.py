"""From a hold to a child in a home over HTTP, sixteen at once and three of them for each home, against pgbench with the
same SQL.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from datetime import date
from statistics import median
from typing import Any, Final, Protocol
from uuid import UUID

import httpx

from bench.callers import Caller
from bench.data import VAR, Bench, bearer, person
from bench.recording import Sent, Writer, listening
from bench.results import record
from bench.server import serving
from bench.sql import pgbench_so_often
from careshare.database import Acting, Database
from careshare.settings import Settings
from services.fostering import actions as register
from services.fostering.days import today
from services.fostering.model import Consent, Home, Places, Terms
from tenants.actions import as_owner

CALLERS: Final = 16
HOMES: Final = 54
PLACES: Final = 3
"""Of a home: so many callers take a place there at the same time, and wait for each other."""
LEARNT: Final = 3 * PLACES
"""Of the first three homes: they are learnt from, one way of each, and not measured."""
ROUNDS: Final = 3
WARM_UP: Final = 16
PLACING, PROVIDING = "391", "390"
"""Newcastle places, Gateshead provides: by DfE code."""

NOTHING: Final[Mapping[str, str]] = {}
CHOOSE = """
select p.enquiry, p.reference from bench.path p join (select nextval('bench.turn') as n offset 0) next using (n)
"""
TABLE = f"""
create schema bench;
create table bench.path (n bigint primary key, enquiry uuid not null, reference text not null);
create sequence bench.turn start {LEARNT + 1};
grant usage on schema bench to careshare_app, careshare_owner;
grant insert, select on bench.path to careshare_owner;
grant select on bench.path to careshare_app;
grant usage on sequence bench.turn to careshare_app, careshare_owner;
"""


class Post(Protocol):
    """Sends a body to a path of the API as one of `Tokens`, and gives the answer; anything but success is an error."""

    async def __call__(self, path: str, token: str, body: dict[str, Any]) -> Any: ...


class PostWith(Post, Protocol):
    """The same with more headers, if need be."""

    async def __call__(self, path: str, token: str, body: dict[str, Any], more: Mapping[str, str] = ...) -> Any: ...


class Tokens:
    """Who acts: a finder and a manager of the placing authority, an officer and a manager of the providing one."""

    finder: str
    placing_manager: str
    officer: str
    providing_manager: str

    @classmethod
    async def of(cls, settings: Settings) -> "Tokens":
        """Tokens of people of the demo region."""
        made = cls()
        made.finder = await bearer(settings, PLACING, "placement_finder")
        made.placing_manager = await bearer(settings, PLACING, "team_manager")
        made.officer = await bearer(settings, PROVIDING, "fostering_officer")
        made.providing_manager = await bearer(settings, PROVIDING, "team_manager")
        return made


async def go(post: Post, tokens: Tokens, enquiry: UUID) -> None:
    """One whole way in an emergency: hold, proposal, three consents, the match, and the child comes."""
    at = f"/enquiries/{enquiry}"
    await post(f"{at}/hold", tokens.finder, {"step": "take"})
    proposed = await post(f"{at}/proposal", tokens.finder, {})
    listed = await post(f"{at}/consents", tokens.officer, {})
    consents = {one["kind"]: one["id"] for one in [*proposed["consents"], *listed["consents"]]}
    given = {"answer": "given"}
    await post(f"/consents/{consents['placing_authority']}/answers", tokens.placing_manager, given)
    await post(f"/consents/{consents['providing_authority']}/answers", tokens.providing_manager, given)
    last = await post(f"/consents/{consents['carer']}/answers", tokens.officer, given)
    (placement,) = last["match"]["placements"]
    await post(f"/placements/{placement}/ready", tokens.finder, {})
    await post(f"/placements/{placement}/start", tokens.officer, {"day": today().isoformat(), "weekly": "450.00"})


def run(bench: Bench, rounds: int = ROUNDS) -> None:
    """Rounds of HTTP and pgbench in turn, each on a copy in which nobody has begun."""
    asked = asyncio.run(_asked(bench))
    ways = HOMES * PLACES - LEARNT - WARM_UP
    ratios: list[float] = []
    for _ in range(min(rounds, ROUNDS)):
        http = asyncio.run(bench.fresh("path_http", template=asked.var.name))
        asyncio.run(bench.settle(http))
        with serving(http) as server:
            over_http = asyncio.run(_over_http(http, server.port))
        sql = asyncio.run(bench.fresh("path_sql", template=asked.var.name))
        text, values, statements = asyncio.run(_written(sql))
        asyncio.run(bench.settle(sql))
        pgbench_so_often(sql, text, values, VAR, clients=CALLERS, each=WARM_UP // CALLERS)
        directly = pgbench_so_often(sql, text, values, VAR, clients=CALLERS, each=ways // CALLERS)
        ratios.append(over_http / directly)
        print(f"  {statements} statements: HTTP {over_http:.1f} ways a second, pgbench {directly:.1f}")
    record("placement_path.ratio_to_pgbench", median(ratios), ratios=[round(one, 3) for one in ratios], callers=CALLERS)


async def _over_http(settings: Settings, port: int) -> float:
    tokens = await Tokens.of(settings)
    async with as_owner(settings) as owner:
        waiting = deque(
            row["enquiry"]
            for row in await owner.fetch("select enquiry from bench.path where n > $1 order by n", LEARNT)
        )
    callers = [await Caller.connect(port) for _ in range(CALLERS)]

    async def work(caller: Caller, until: int) -> None:
        async def post(path: str, token: str, body: dict[str, Any]) -> Any:
            status, answer = await caller.post(f"/api/v1{path}", token, body)
            if status != 200:
                raise RuntimeError(f"{path}: {status} {answer}")
            return answer

        while len(waiting) > until:
            await go(post, tokens, waiting.popleft())

    await asyncio.gather(*(work(caller, len(waiting) - WARM_UP) for caller in callers))
    ways, began = len(waiting), time.monotonic()
    await asyncio.gather(*(work(caller, 0) for caller in callers))
    seconds = time.monotonic() - began
    for caller in callers:
        await caller.close()
    return ways / seconds


async def _written(settings: Settings) -> tuple[str, dict[str, str], int]:
    tokens = await Tokens.of(settings)
    async with as_owner(settings) as owner:
        first = await owner.fetch(
            "select enquiry, reference from bench.path where n = any($1) order by n", range(1, LEARNT, PLACES)
        )
    recordings: list[list[Sent]] = []
    async with listening(settings) as (client, recorder):
        post = _posting(client)
        for row in first:  # the first request of an application may ask the database for more: it is not used
            recorder.sent.clear()
            await go(post, tokens, row["enquiry"])
            recordings.append(list(recorder.sent))
    known = [{name: row[name] for name in ("enquiry", "reference")} for row in first]
    writer = Writer((known[1], known[2]))
    text = writer.script(recordings[1], recordings[2], CHOOSE)
    return text, writer.values, len(recordings[1])


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _posting(client: httpx.AsyncClient) -> PostWith:
    async def post(path: str, token: str, body: dict[str, Any], more: Mapping[str, str] = NOTHING) -> Any:
        answer = await client.post(f"/api/v1{path}", headers={**_headers(token), **more}, json=body)
        if not answer.is_success:
            raise RuntimeError(f"{path}: {answer.text}")
        return answer.json()

    return post


async def _asked(bench: Bench) -> Settings:
    """A region in which homes of three places were asked for, three children each, and said yes."""
    settings = await bench.fresh("path_asked", template=(await bench.region()).var.name)
    offers = await _homes(settings)
    tokens = await Tokens.of(settings)
    async with listening(settings) as (client, _):
        enquiries = [await _accepted(client, tokens, offer, number) for number, offer in enumerate(offers)]
    await bench.execute(TABLE, settings.var.name)
    async with as_owner(settings) as owner:
        await owner.executemany(
            "insert into bench.path values ($1, $2, $3)",
            [(number + 1, enquiry, reference(number)) for number, enquiry in enumerate(enquiries)],
        )
        await owner.execute("update placements.enquiry set sent_at = now() - interval '1 hour'")
    return settings


async def _homes(settings: Settings) -> list[UUID]:
    """New empty homes of the providing authority, offered to its neighbours; a notice for each of their places."""
    provider, officer = await person(settings, PROVIDING, "fostering_officer")
    async with as_owner(settings) as owner:
        postcode = await owner.fetchval(
            """select p.postcode from gazetteer.postcode p join tenants.authority a on a.gss_code = p.area_gss
               where a.dfe_code = $1 and p.ended is null order by p.postcode limit 1""",
            PROVIDING,
        )
        await owner.execute(
            """insert into placements.setting (authority_id, holds_by_itself) values ($1, true)
               on conflict (authority_id) do update set holds_by_itself = true""",
            provider,
        )
    long_ago = date(2020, 1, 6)
    terms = Terms(
        since=long_ago,
        kind="mainstream",
        places=PLACES,
        age_min=0,
        age_max=17,
        care_types=["short_term", "emergency"],
    )
    database = Database.open(settings, pool_size=1)
    homes: list[UUID] = []
    try:
        async with database.bound(Acting(provider, officer, "household:change")) as uow:
            for number in range(HOMES):
                name, where = f"Bench {number}", f"{number + 1} Bench Lane"
                home = Home(reference=name, name=name, address=where, postcode=postcode, duty_number="01632 960 111")
                made, _ = await register.register_household(uow, home)
                await register.set_terms(uow, made, None, terms)
                await register.set_places(uow, made, None, Places(number=PLACES))
                await register.confirm_vacancy(uow, made, None)
                await register.change_consent(uow, made, None, Consent(privacy_notice_on=long_ago))
                await register.publish(uow, made, None)
                homes.append(made)
    finally:
        await database.close()
    async with as_owner(settings) as owner:
        rows = await owner.fetch("select subject_id, offer_id from tenants.offer_own where subject_id = any($1)", homes)
    offers = {row["subject_id"]: row["offer_id"] for row in rows}
    return [offers[home] for home in homes for _ in range(PLACES)]


def reference(number: int) -> str:
    """A child's own, by the number of its way."""
    return f"P{number:05}"


async def _accepted(client: httpx.AsyncClient, tokens: Tokens, offer: UUID, number: int) -> UUID:
    """A child of its own request asked for in a home, which said yes."""
    post = _posting(client)
    born = today().replace(year=today().year - 7, month=1, day=1)
    identity = {"name": f"Invented Child {number}", "reference": reference(number), "born": born.isoformat()}
    child = {"age": today().year - born.year, "sex": "F", "identity": identity}
    request = {"kind": "emergency", "starts": today().isoformat(), "children": [child]}
    made = await post("/requests", tokens.finder, request)
    version = (await client.get(f"/api/v1/requests/{made['id']}", headers=_headers(tokens.finder))).headers["ETag"]
    await post(f"/requests/{made['id']}/steps", tokens.finder, {"step": "open"}, {"If-Match": version})
    sent = await post(f"/requests/{made['id']}/enquiries", tokens.finder, {"offer_ids": [str(offer)]})
    enquiry = UUID(sent["enquiry_ids"][0])
    await post(f"/enquiries/{enquiry}/accept", tokens.officer, {})
    return enquiry
