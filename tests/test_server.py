"""The web server process logs each request, without what was searched for."""

from typing import Any, cast

import pytest
from litestar.types import HTTPRequestEvent, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from careshare.server import logged


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise OSError("the connection was lost")


async def receive() -> HTTPRequestEvent:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Message) -> None:
    pass


def request(path: str) -> Scope:
    scope: Any = {"type": "http", "method": "GET", "path": path, "query_string": b"postcode=NE1+4LP"}
    return cast("Scope", scope)


async def test_a_request_is_one_line_without_its_query() -> None:
    with capture_logs() as lines:
        await logged(answering)(request("/search"), receive, send)
    assert len(lines) == 1
    assert lines[0].pop("ms") >= 0
    assert lines == [{"event": "request", "log_level": "info", "method": "GET", "path": "/search", "status": 404}]


async def test_a_request_that_fails_is_logged_too() -> None:
    with capture_logs() as lines, pytest.raises(OSError, match="lost"):
        await logged(failing)(request("/search"), receive, send)
    assert lines[0]["status"] == 0


async def test_health_checks_are_not_logged() -> None:
    with capture_logs() as lines:
        await logged(answering)(request("/health/live"), receive, send)
    assert lines == []


async def test_the_secret_of_a_one_time_link_is_not_logged() -> None:
    with capture_logs() as lines:
        await logged(answering)(request("/l/a-secret"), receive, send)
    assert lines[0]["path"] == "/l/"
