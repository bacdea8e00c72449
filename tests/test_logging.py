"""Logs are one JSON object a line, whoever logs."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from careshare.logging import configure
from careshare.settings import Settings

DEMO = Settings(environment="demo", var=Path("var"), secret_key="-" * 32)


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure(DEMO, stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    configure(replace(DEMO, environment="test"))


def test_our_events_are_json(output: io.StringIO) -> None:
    structlog.get_logger("careshare.jobs").info("job.done", job="018f", took=0.2)
    line = json.loads(output.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "job.done", "job": "018f", "took": 0.2, "level": "info", "logger": "careshare.jobs"}


def test_libraries_log_the_same_way(output: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Started %s", "slowly")
    line = json.loads(output.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("Started slowly", "warning", "uvicorn.error")


def test_an_exception_has_its_trace_without_local_values(output: io.StringIO) -> None:
    try:
        child = "a name that must not be logged"
        raise ValueError(len(child))
    except ValueError:
        structlog.get_logger().exception("job.failed")
    line = json.loads(output.getvalue())
    assert "ValueError: 30" in line["exception"]
    assert "must not be logged" not in line["exception"].replace('child = "a name that must not be logged"', "")


def test_what_is_below_the_level_is_left_out(output: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")
    logging.getLogger("asyncio").debug("quiet too")
    assert output.getvalue() == ""
