"""Logs of the process: one line an event, JSON unless somebody watches at a terminal. The audit record is elsewhere.

Log what happened and to which kind of thing, by its id; never names, addresses, search criteria or request bodies.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from careshare.settings import Settings


def configure(settings: Settings, output: TextIO | None = None) -> None:
    """Set up structlog, and write what libraries log through the standard library in the same form.

    In tests everything goes through the standard library, whose handlers are the runner's: it shows what was logged.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.environment == "test":
        structlog.configure(
            processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=False,
        )
        return
    stream = output or sys.stderr
    rendered = _rendered(watched=stream.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[*shared, *rendered],
        logger_factory=lambda *names: Line(str(names[0]) if names else "careshare", stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    foreign: list[Processor] = [*shared, structlog.stdlib.ExtraAdder(), _without_colours]
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=foreign, processors=processors))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)


class Line(structlog.WriteLogger):
    """Writes each event as one line, straight to the stream."""

    def __init__(self, name: str, stream: TextIO) -> None:
        super().__init__(stream)
        self.name = name


def _without_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)  # uvicorn says the same a second time, in colours.
    return event


def _rendered(*, watched: bool) -> list[Processor]:
    if watched:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
