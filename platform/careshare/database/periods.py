"""Tables of effective periods (`WITHOUT OVERLAPS`): changed here only, so that no day is covered twice or lost.

A change locks the parent row first, then cuts what it covers and inserts; two changes of one parent queue there.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text

from careshare.database import Uow

LOCK: Final = "select 1 from {parent} where authority_id = (select careshare.authority()) and id = :parent for update"
# What reaches beyond both ends is split: its first part is cut, its last part stands again behind the new period.
SPLIT: Final = """
    with cut as (
      update {table} set during = daterange(lower(during), cast(:since as date))
      where authority_id = (select careshare.authority()) and {link} = :parent and during @> cast(:since as date)
        and lower(during) < cast(:since as date) and (upper(during) is null or upper(during) > cast(:until as date))
      returning old.during as was, authority_id, {link}, {columns})
    insert into {table} (authority_id, {link}, during, {columns})
    select authority_id, {link}, daterange(cast(:until as date), upper(was)), {columns} from cut
    where cast(:until as date) is not null
"""
INSIDE: Final = """
    delete from {table} where authority_id = (select careshare.authority()) and {link} = :parent
      and during <@ daterange(cast(:since as date), cast(:until as date))
"""
BEFORE: Final = """
    update {table} set during = daterange(lower(during), cast(:since as date))
    where authority_id = (select careshare.authority()) and {link} = :parent
      and lower(during) < cast(:since as date) and during @> cast(:since as date)
"""
BEHIND: Final = """
    update {table} set during = daterange(cast(:until as date), upper(during))
    where authority_id = (select careshare.authority()) and {link} = :parent
      and lower(during) >= cast(:since as date) and during @> cast(:until as date)
"""
INSERT: Final = """
    insert into {table} (authority_id, {link}, during, {columns})
    values ((select careshare.authority()), :parent, daterange(cast(:since as date), cast(:until as date)), {values})
    returning id
"""


class PeriodTable:
    """A table `(authority_id, <link>, during daterange, id, <columns>…)` whose `link` is the id of a row of `parent`.

    Table and column names are constants of our own code, never what somebody typed.
    """

    def __init__(self, table: str, *, parent: str, link: str, columns: Sequence[str]) -> None:
        self._columns = tuple(columns)
        parts = {
            "{table}": table,
            "{parent}": parent,
            "{link}": link,
            "{columns}": ", ".join(columns),
            "{values}": ", ".join(f":{column}" for column in columns),
        }

        def statement(template: str) -> TextClause:
            for name, part in parts.items():
                template = template.replace(name, part)
            return text(template)

        self._lock, self._split, self._inside = statement(LOCK), statement(SPLIT), statement(INSIDE)
        self._before, self._behind, self._insert = statement(BEFORE), statement(BEHIND), statement(INSERT)

    async def set(self, uow: Uow, parent: UUID, since: date, until: date | None, values: Mapping[str, Any]) -> UUID:
        """Let `values` hold from `since` up to `until` (for good where None), whatever stood there; the new row's id.

        `until` must lie after `since`.
        """
        await self._clear(uow, parent, since, until)
        given = {column: values[column] for column in self._columns}
        made: UUID = (
            await uow.execute(self._insert, {"parent": parent, "since": since, "until": until, **given})
        ).scalar_one()
        return made

    async def end(self, uow: Uow, parent: UUID, at: date) -> None:
        """Let nothing hold from `at` on."""
        await self._clear(uow, parent, at, None)

    async def _clear(self, uow: Uow, parent: UUID, since: date, until: date | None) -> None:
        whole = {"parent": parent, "since": since, "until": until}
        await uow.execute(self._lock, {"parent": parent})
        if until is not None:
            await uow.execute(self._split, whole)
        await uow.execute(self._inside, whole)
        await uow.execute(self._before, {"parent": parent, "since": since})
        if until is not None:
            await uow.execute(self._behind, {"parent": parent, "until": until, "since": since})
