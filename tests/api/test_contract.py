"""The whole API against its own description: whatever is sent, no fault of ours and no answer it does not describe.

Schemathesis makes the requests from the OpenAPI document and sends them to a real server.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, strategies
from hypothesis import settings as runs
from openapi_spec_validator import validate
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from careshare.app import create_app
from careshare.http.openapi import description
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.fixtures.live import serving
from tests.isolation.hidden import add_everything
from tests.world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 25
VERSIONED = {"household_id": "households", "placement_request_id": "requests"}
"""Records that a change names the version of, by their parameter, and where they are read."""
ROLE = "api_client"

DOCUMENT = description()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {
    f"{found.ok().method.upper()} {found.ok().path}": found.ok()
    for found in SCHEMA.get_all_operations()
    if isinstance(found, Ok)
}


@pytest_asyncio.fixture(scope="module")
async def address(settings: Settings, world: World) -> AsyncIterator[str]:
    async with serving(create_app(settings)) as served:
        yield served


def test_the_description_is_valid_openapi() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")
    assert len(OPERATIONS) > 20


def test_every_operation_is_named_described_and_refuses_in_its_own_words() -> None:
    names: set[str] = set()
    for path, methods in DOCUMENT["paths"].items():
        assert path.startswith("/api/v1/"), path
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["operationId"] not in names, where
            names.add(operation["operationId"])
            assert operation["summary"], where
            assert operation["tags"], where
            for status in ("400", "401", "403"):
                assert "application/problem+json" in operation["responses"][status]["content"], where


@pytest_asyncio.fixture(scope="module")
async def known(settings: Settings, world: World) -> dict[str, str]:
    """Things that are there: put into part of the requests, so that not every answer is 404."""
    async with as_owner(settings) as owner:
        made = await add_everything(owner, world, world.a)
    return {f"{name}_id": str(one) for name, one in made.items()} | {"number": "1", "kind": "dbs"}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_no_request_finds_a_fault_or_a_mismatch(
    name: str, address: str, world: World, known: dict[str, str]
) -> None:
    headers = await world.bearer(world.a, ROLE)
    operation = OPERATIONS[name]
    statuses = set[int]()

    @runs(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy(), real=strategies.booleans())
    def run(case: Case[Any], *, real: bool) -> None:
        sent = dict(headers)
        if real:
            case.path_parameters = {key: known.get(key, value) for key, value in case.path_parameters.items()}
            for key, path in VERSIONED.items():
                if key in case.path_parameters:
                    there = httpx.get(f"{address}/api/v1/{path}/{known[key]}", headers=headers)
                    sent["If-Match"] = there.headers["ETag"]
        answer = case.call(base_url=address, headers=sent)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    await asyncio.to_thread(run)
    if known.keys() >= set(re.findall(r"{(\w+)}", name)):
        assert statuses != {404}, "nothing but 404: the request was never tried on what is there"
