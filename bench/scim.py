"""How long a council's directory takes to provision 500 members by SCIM over HTTP.

As Microsoft Entra ID does it: for each person first a question whether they are there, then the user; one connection,
one request after another.
"""

import asyncio
import http.client
import json
import time
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench.data import TOKEN_LASTS, Bench
from bench.results import record
from bench.server import serving
from careshare.identity import sign_token
from careshare.settings import Settings
from tenants.actions import add_member, add_person, as_owner

MEMBERS = 500
ROUNDS = 3
COUNCIL = "390"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"


def run(bench: Bench, rounds: int = ROUNDS) -> None:
    """Provision a new council's worth of members in an authority that has its own staff already."""
    taken = [_provision(bench, f"scim_{number}") for number in range(min(rounds, ROUNDS))]
    record("scim.seconds_per_500", median(taken), seconds=[round(one, 2) for one in taken])


def _provision(bench: Bench, database: str) -> float:
    settings = asyncio.run(bench.unfilled(database))
    headers = {
        "Authorization": f"Bearer {asyncio.run(_token(settings))}",
        "Content-Type": "application/scim+json",
    }
    with serving(settings) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        _ask(connection, "GET", "/scim/v2/ServiceProviderConfig", headers)
        began = time.monotonic()
        for number in range(MEMBERS):
            user = _user(number)
            there = urlencode({"filter": f'userName eq "{user["userName"]}"'})
            if _ask(connection, "GET", f"/scim/v2/Users?{there}", headers)["totalResults"]:
                raise RuntimeError(f"{user['userName']} was there before")
            _ask(connection, "POST", "/scim/v2/Users", headers, user)
        taken = time.monotonic() - began
        wanted = urlencode({"filter": 'externalId sw "bench-"', "count": 0})
        made = _ask(connection, "GET", f"/scim/v2/Users?{wanted}", headers)["totalResults"]
        connection.close()
    print(f"  {taken:.1f} s for {made} members")
    if made != MEMBERS:
        raise RuntimeError(f"{made} members were provisioned")
    asyncio.run(bench.execute(f"drop database {database} with (force)"))
    return taken


def _user(number: int) -> dict[str, Any]:
    name = f"member{number:03}"
    return {
        "schemas": [SCHEMA],
        "userName": f"{name}@gateshead.example",
        "externalId": f"bench-{name}",
        "name": {"givenName": "Member", "familyName": f"Number {number}"},
        "emails": [{"value": f"{name}@gateshead.example", "type": "work", "primary": True}],
        "roles": [{"value": "social_worker"}],
        "active": True,
    }


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: dict[str, str],
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status not in {http.client.OK, http.client.CREATED}:
        raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")
    found: dict[str, Any] = json.loads(content)
    return found


async def _token(settings: Settings) -> str:
    """A token for provisioning of a machine of the council's."""
    async with as_owner(settings) as owner:
        authority = await owner.fetchval("select id from tenants.authority where dfe_code = $1", COUNCIL)
        machine = await add_person(owner, "The council’s directory", "client-bench@clients.invalid")
        await add_member(owner, authority, machine, ["api_client"])
        token = await owner.fetchval(
            "select identity.issue_token($1, $2, $3, $4)", machine, authority, ["scim:provision"], TOKEN_LASTS
        )
    return sign_token(settings.secret_key, token, TOKEN_LASTS)
