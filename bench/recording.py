r"""pgbench scripts of a way of several requests, whose values differ from one run to the next.

The way is gone twice on the application in this process, and every statement it sends is written down with its values
and its last row. An id that differs between the two is known beforehand (a column of the table that the runs are taken
from), or was answered by an earlier statement (kept with `\aset`), or was made up (and is made up anew). Any other
difference matters to nobody (the time of day, an entry's text): the first recording's value is sent each time.
"""

import logging
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import httpx
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.sql import PLACEHOLDER, as_text, plain
from careshare.app import create_app
from careshare.settings import Settings


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement, or where a transaction begins or is committed (then without values)."""

    statement: str
    values: tuple[Any, ...] = ()
    columns: tuple[str, ...] = ()
    row: tuple[Any, ...] = ()
    """The last row that was answered; empty where there was none."""


@dataclass
class Recorder:
    """What an engine sends while it is listened to."""

    sent: list[Sent] = field(default_factory=list[Sent])

    def listen(self, engine: AsyncEngine) -> None:
        """Write down from now on."""
        event.listen(engine.sync_engine, "begin", lambda _connection: self.sent.append(Sent("begin")))
        event.listen(engine.sync_engine, "commit", lambda _connection: self.sent.append(Sent("commit")))
        event.listen(engine.sync_engine, "after_cursor_execute", self._note)

    def _note(self, _connection: Any, cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if many:
            raise NotImplementedError("a statement run many times at once is not foreseen here")
        columns = tuple(str(one[0]) for one in cursor.description or ())
        rows = list(cursor._rows)  # noqa: SLF001  # looked at without taking them from whoever asked
        self.sent.append(Sent(statement, tuple(values), columns, tuple(rows[-1]) if rows else ()))


@asynccontextmanager
async def listening(settings: Settings) -> AsyncGenerator[tuple[httpx.AsyncClient, Recorder]]:
    """A client of the application in this process, and what it sends to the database."""
    app = create_app(settings)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with app.lifespan():
        recorder = Recorder()
        recorder.listen(app.state.database.engine)
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client, recorder


class Writer:
    """Writes a way down as a pgbench script. `known`: the columns of the row each of two recordings was taken from."""

    def __init__(self, known: tuple[Mapping[str, UUID | str], Mapping[str, UUID | str]]) -> None:
        self.values: dict[str, str] = {}
        """What does not differ, for pgbench's command line."""
        self._found: dict[tuple[Any, Any], str] = {(known[0][name], known[1][name]): f":{name}" for name in known[0]}
        """How each known pair of differing values is written."""
        self._lines: list[str] = []

    def script(self, one: Sequence[Sent], other: Sequence[Sent], choose: str) -> str:
        """The script. `choose` is the statement that takes the next row.

        Raises ValueError where the two recordings are not of the same statements, or pgbench could not run them.
        """
        if [each.statement for each in one] != [each.statement for each in other]:
            raise ValueError("the way is not the same twice")
        self._lines = [f"{choose} \\gset"]
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            written = self._statement(first, second)
            self._lines.append(f"{written} \\aset a{number}_" if self._keep(first, second, number) else f"{written};")
        return "\n".join(self._lines) + "\n"

    def _statement(self, first: Sent, second: Sent) -> str:
        def value(found: re.Match[str]) -> str:
            place = int(found[1]) - 1
            return self._value(first.values[place], second.values[place])

        return PLACEHOLDER.sub(value, plain(first.statement)).rstrip("; \n")

    def _value(self, here: Any, there: Any) -> str:
        if here is None or here == "":
            return "null" if here is None else "''"  # pgbench takes no empty value
        if isinstance(here, list) and here != there:
            pairs = zip(cast("list[Any]", here), cast("list[Any]", there), strict=True)
            return f"array[{', '.join(self._value(*pair) for pair in pairs)}]"
        if here != there and (here, there) in self._found:
            return self._found[here, there]
        name = f"c{len(self.values)}"
        if isinstance(here, UUID) and here != there:  # made up by the application, which does so for each run
            self._lines.append(f"select gen_random_uuid() as made{name} \\gset")
            self._found[here, there] = f":made{name}"
            return f":made{name}"
        self.values[name] = as_text(here)
        return f":{name}"

    def _keep(self, first: Sent, second: Sent, number: int) -> bool:
        """Whether an id was answered here that a later statement may send."""
        new: dict[tuple[Any, Any], str] = {}
        for column, here, there in zip(first.columns, first.row, second.row, strict=False):
            name = f":a{number}_{column}"
            if isinstance(here, list):
                pairs = zip(cast("list[Any]", here), cast("list[Any]", there), strict=False)
                new |= {pair: f"(cast({name} as uuid[]))[{at}]" for at, pair in enumerate(pairs, 1) if _differs(*pair)}
            elif _differs(here, there):
                new[here, there] = name
        new = {pair: name for pair, name in new.items() if pair not in self._found}
        self._found |= new
        return bool(new)


def _differs(here: Any, there: Any) -> bool:
    return isinstance(here, UUID) and here != there
