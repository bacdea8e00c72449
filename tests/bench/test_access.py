"""The benchmark of the permission check: both doors let the same request through, and the gate is put back."""

import pytest

from bench import access
from careshare import app as assembly
from careshare.access.gate import gate
from careshare.settings import Settings
from tests.world import World

NEED = {"children": [{"age": 6, "sex": "F"}], "starts": "2027-01-10"}


async def test_requests_with_and_without_the_check_are_paired(settings: Settings, world: World) -> None:
    headers = {**await world.bearer(world.a), "Content-Type": "application/json"}
    asked = [{"method": "POST", "path": "/api/v1/searches", "headers": headers, "body": NEED}]
    found = await access.measure(settings, asked, 4)
    assert 0 < found["bind_ms"] < found["unchecked_ms"]
    assert 0 < found["gate_ms"] < found["checked_ms"]
    assert found["adds"] < 1
    assert vars(assembly)["gate"] is gate


async def test_a_refused_request_is_not_measured(settings: Settings, world: World) -> None:
    asked = [{"method": "POST", "path": "/api/v1/searches", "headers": {"Authorization": "Bearer x"}, "body": NEED}]
    with pytest.RaisesGroup(pytest.RaisesExc(RuntimeError, match="answered")):
        await access.measure(settings, asked, 1)
