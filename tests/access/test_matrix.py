"""Every role on every route, for records of its own authority, shared ones, others' and confidential ones."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from careshare.service import services
from careshare.settings import Settings
from careshare.web.forms import CSRF_FIELD
from careshare.web.notices import COOKIE as NOTICE_COOKIE
from tenants.actions import as_owner
from tests.access.matrix import NOTICE, PARAMETER, WITHHELD, Row, document, rows
from tests.isolation.hidden import add_everything, add_household, add_offer
from tests.residential.hidden import add_home
from tests.world import OWN_ROLES, World, WorldAuthority

TABLE: Final = Path(__file__).parents[2] / "docs" / "access-matrix.md"
WRITE: Final = "CARESHARE_WRITE_MATRIX"
SECRET_STREET: Final = "1 Hidden Street"  # a street
OTHER_SESSIONS: Final = {"/sign-in/again"}
"""What only a session that a council's provider opened may do; these were opened on the demo's page."""
OTHERS: Final = {
    "number": "1",
    "kind": "dbs",
    "form": "csv",
    "lender_step": "credit",
    "borrower_step": "note",
    "year": "2026",
    "holding": "tenants.role_held",
    "str": "0",
    "int": "1",
}

Ids = Mapping[str, str]


@dataclass(frozen=True)
class Records:
    """The identifiers to put into addresses, by kind of record."""

    own: Ids
    shared: Ids
    foreign: Ids
    confidential: Ids


@pytest.fixture(scope="module")
def matrix(app: Litestar) -> list[Row]:
    return rows(app, services())


@pytest_asyncio.fixture(scope="module")
async def records(settings: Settings, world: World) -> Records:
    async with as_owner(settings) as owner:

        async def of(authority: WorldAuthority) -> dict[str, str]:
            return {f"{name}_id": str(one) for name, one in (await add_everything(owner, world, authority)).items()}

        own, shared, foreign = await of(world.a), await of(world.b), await of(world.c)
        household = await add_household(owner, world.b, "M-1", "ZB1")
        shared["offer_id"] = str(
            await add_offer(owner, world.b, "foster_carers", household, point=(412_000, 560_000), outward="ZB1")
        )
        confidential = await add_household(owner, world.a, "M-2")
        await owner.execute("update fostering.household set confidential = true where id = $1", confidential)
        home = (await add_home(owner, world.a, confidential=True))["home"]
    return Records(own, shared, foreign, own | {"household_id": str(confidential), "home_id": str(home)})


def address(path: str, ids: Ids) -> str:
    """The address with identifiers filled in; what is not among them leads to nothing."""

    def fill(found: re.Match[str]) -> str:
        name, type_ = found.groups()
        return ids.get(name) or OTHERS.get(name) or OTHERS.get(type_) or str(uuid4())

    return PARAMETER.sub(fill, path)


class Caller:
    """Somebody in one role of Ashmoor, with a token for the API and a session for pages; stepped up or not."""

    def __init__(self, client: httpx.AsyncClient, bearer: Mapping[str, str]) -> None:
        self._client = client
        self._bearer = bearer
        self._csrf = ""

    async def begin(self) -> None:
        """Fetch the token that forms carry."""
        opened = await self._client.get("/")
        found = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', opened.text)
        assert found, opened.text
        self._csrf = found[1]

    async def ask(self, row: Row, ids: Ids) -> httpx.Response:
        """Send the request of this row about these records, with nothing in it; no word is left from one before."""
        self._client.cookies.delete(NOTICE_COOKIE)
        if row.api:
            body = None if row.method in {"GET", "DELETE"} else b"{}"
            headers = {**self._bearer, "Content-Type": "application/json"}
            self._client.cookies, kept = httpx.Cookies(), self._client.cookies
            answer = await self._client.request(row.method, address(row.path, ids), headers=headers, content=body)
            self._client.cookies = kept
            return answer
        data = {CSRF_FIELD: self._csrf} if row.method != "GET" else None
        return await self._client.request(row.method, address(row.path, ids), data=data)


def refused(answer: httpx.Response) -> bool:
    """Whether the route refused the role."""
    return answer.status_code == httpx.codes.FORBIDDEN


def told(answer: httpx.Response, ids: Ids) -> tuple[int, str]:
    """What an answer says, without the identifiers that were asked for and what differs in every page."""
    text = answer.text
    for one in ids.values():
        text = text.replace(one, "…")
    return answer.status_code, re.sub(r'(value|nonce|content)="[^"]*"', "", text)


@pytest.mark.parametrize("role", OWN_ROLES)
async def test_the_matrix_holds(
    app: Litestar, client: httpx.AsyncClient, world: World, matrix: list[Row], records: Records, role: str
) -> None:
    """What asks for step-up is tried twice: without it, and then like everything else."""
    await world.sign_in(client, world.a, role)
    plain = Caller(client, await world.bearer(world.a, role))
    await plain.begin()
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # Litestar is an ASGI application
    async with httpx.AsyncClient(transport=transport, base_url=client.base_url) as other:
        await world.sign_in(other, world.a, role, stepped_up=True)
        confirmed = Caller(other, await world.bearer(world.a, role, stepped_up=True))
        await confirmed.begin()
        assert await _wrong(plain, confirmed, matrix, records, role) == []


async def _wrong(plain: Caller, confirmed: Caller, matrix: list[Row], records: Records, role: str) -> list[str]:
    """Where the answers are not as the matrix says."""
    wrong: list[str] = []
    for row in sorted(matrix, key=lambda row: row.method != "GET"):
        where = f"{role}: {row.method} {row.path}"
        if row.step_up:
            unconfirmed = await plain.ask(row, records.own)
            if asks_to_step_up(unconfirmed) != (role in row.roles):
                wrong.append(f"{where}, without step-up: {unconfirmed.status_code}")
        caller = confirmed if row.step_up else plain
        answer = await caller.ask(row, records.own)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or (
            refused(answer) == (role in row.roles) and row.path not in OTHER_SESSIONS
        ):
            wrong.append(f"{where}: {answer.status_code}")
        elif role in row.roles:
            wrong += await _others(caller, row, records, where, answer)
    return wrong


def asks_to_step_up(answer: httpx.Response) -> bool:
    """Whether the answer sends the caller to sign in again."""
    to = answer.headers.get("location", "")
    return answer.status_code == httpx.codes.UNAUTHORIZED or to.startswith("/step-up")


async def _others(caller: Caller, row: Row, records: Records, where: str, own: httpx.Response) -> list[str]:
    """What is wrong with how the route answers about records that are not plainly one's own."""
    if row.kind is None:
        return []
    wrong: list[str] = []
    if row.method == "GET" and not (own.is_success or own.is_redirect):
        wrong.append(f"{where}: {own.status_code} for one's own")
    nothing = {name: str(uuid4()) for name in records.own}
    absent = told(await caller.ask(row, nothing), nothing)
    if row.method == "GET" and absent[0] != httpx.codes.NOT_FOUND:
        wrong.append(f"{where}: {absent[0]} for what is not there")
    foreign = await caller.ask(row, records.foreign)
    if told(foreign, records.foreign) != absent:
        wrong.append(f"{where}: {foreign.status_code} for another authority's, {absent[0]} for what is not there")
    shared = await caller.ask(row, records.shared)
    if row.kind.shared == NOTICE:
        if row.method == "GET" and not shared.is_success:
            wrong.append(f"{where}: {shared.status_code} for a shared one")
    elif told(shared, records.shared) != absent:
        wrong.append(f"{where}: {shared.status_code} for a shared one, {absent[0]} for what is not there")
    if row.kind.confidential == WITHHELD:
        confidential = await caller.ask(row, records.confidential)
        if SECRET_STREET in confidential.text:
            wrong.append(f"{where}: shows a confidential address without a reason")
    return wrong


def test_the_table_is_what_the_code_declares(matrix: list[Row]) -> None:
    made = document(matrix, services())
    if os.environ.get(WRITE):
        TABLE.write_text(made)
    assert TABLE.read_text() == made, f"docs/access-matrix.md is behind: run this again with {WRITE}=1"


def test_every_record_an_address_names_was_really_tried(matrix: list[Row], records: Records) -> None:
    named = {name for row in matrix for name, type_ in PARAMETER.findall(row.path) if type_ == "uuid"}
    assert named <= set(records.own), "add one of these to tests/isolation/hidden.py"


async def test_an_address_that_is_not_confidential_is_shown(
    client: httpx.AsyncClient, world: World, records: Records
) -> None:
    """Else the matrix would prove nothing by not finding one."""
    await world.sign_in(client, world.a, "fostering_officer")
    shown = await client.get(f"/foster-carers/{records.own['household_id']}")
    assert SECRET_STREET in shown.text
