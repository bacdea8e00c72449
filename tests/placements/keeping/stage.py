"""An enquiry that closed, a placement that ended, with files and messages of both sides; and what is left of them."""

import json
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.files import attach, receive
from careshare.settings import Settings
from services.placements.enquiries import kept
from tenants.actions import as_owner
from tests.files.conftest import in_pieces
from tests.placements.homes import days
from tests.placements.path.way import Home, Way
from tests.world import WorldAuthority

LONG_AGO = date(2009, 5, 17)
ATTACH = text("""
insert into placements.attachment (authority_id, enquiry_id, file_id, level, title)
values (careshare.authority(), :enquiry, :file, 3, :title)
""")
TABLES = """
select c.oid::regclass::text as name,
  (select a.attname from pg_attribute a
    where a.attrelid = c.oid and a.attname in ('enquiry_id', 'placement_id', 'consent_id')
    order by a.attname = 'enquiry_id' desc, a.attname = 'placement_id' desc limit 1) as by_column
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'placements' and c.relkind = 'r' and exists (
  select from pg_attribute a where a.attrelid = c.oid and a.attname in ('enquiry_id', 'placement_id', 'consent_id'))
"""


async def write(way: Way, who: WorldAuthority, enquiry: UUID, said: str) -> None:
    """A message and a file that a scanner has seen, of one side."""
    async with way.of(who) as uow:
        await uow.execute(
            text(
                "insert into placements.message (authority_id, enquiry_id, body) values (careshare.authority(), :e, :b)"
            ),
            {"e": enquiry, "b": said},
        )
        ref = await receive(uow, in_pieces(said.encode()), "notes.txt", "text/plain", most_bytes=1024)
        await uow.execute(ATTACH, {"enquiry": enquiry, "file": ref.id, "title": "Notes"})
        await attach(uow, ref)
    async with as_owner(way.world.settings) as owner:
        for state in ("scanning", "clean"):
            settled = "null" if state == "scanning" else "now()"
            await owner.execute(
                f"update files.file set state = $2, settled_at = {settled}, scanned_at = {settled} where id = $1",
                ref.id,
                state,
            )


async def declined(way: Way, *, home: Home | None = None) -> UUID:
    """An enquiry of A about a home of B that was accepted, talked about, and declined long ago."""
    a, b = way.world.a, way.world.b
    enquiry = await way.send(a, home or await way.home(b), await way.request(a))
    await way.accept(b, enquiry)
    await write(way, a, enquiry, "What A wrote")
    await write(way, b, enquiry, "What B wrote")
    await way.take(b, enquiry, "decline", code="no_longer_free")
    return await long_ago(way, enquiry)


async def ended(
    way: Way, *, owner_of_home: WorldAuthority | None = None, request: tuple[UUID, list[UUID]] | None = None
) -> UUID:
    """The enquiry of a placement that ended long ago, with plan and notice."""
    a, b = way.world.a, owner_of_home or way.world.b
    enquiry = await way.matched(a, await way.home(b), request or await way.request(a))
    await write(way, a, enquiry, "What A wrote")
    if b is not a:
        await write(way, b, enquiry, "What B wrote")
    return await end(way, enquiry, b)


async def end(way: Way, enquiry: UUID, b: WorldAuthority) -> UUID:
    """The placement of a match of A in a home of B: planned, begun, and ended long ago."""
    a = way.world.a
    placement = await way.scalar(a, "select id from placements.placement where enquiry_id = :id", id=enquiry)
    async with way.of(a) as uow:
        for row in (
            "plan (authority_id, placement_id, agreed_on) values (careshare.authority(), :id, current_date)",
            """notice (authority_id, placement_id, occasion, recipient, due_at)
               values (careshare.authority(), :id, 'start', 'child', now())""",
        ):
            await uow.execute(text(f"insert into placements.{row}"), {"id": placement})
    await way.take(a, enquiry, "make_ready", placement_id=placement)
    await way.take(b, enquiry, "start", placement_id=placement, body={"day": days(3).isoformat()})
    await way.take(a, enquiry, "review_to_end", placement_id=placement)
    await way.take(b, enquiry, "end", placement_id=placement, code="CARPL", body={"ends": days(30).isoformat()})
    return await long_ago(way, enquiry)


async def long_ago(way: Way, enquiry: UUID) -> UUID:
    """The same, closed long ago."""
    async with as_owner(way.world.settings) as owner:
        await owner.execute("update placements.enquiry set moved_at = $2 where id = $1", enquiry, LONG_AGO)
    return enquiry


async def forget(way: Way, who: WorldAuthority, *ids: UUID) -> list[UUID]:
    """What the officer's confirmation does at night."""
    async with way.of(who, "data_protection_officer") as uow:
        return await kept.forget(uow, ids)


async def left(settings: Settings, enquiry: UUID, *, whose: WorldAuthority | None = None) -> Mapping[str, int]:
    """How many rows of an enquiry each table has, as whoever may read all; with `whose`, of its own half alone."""
    found: dict[str, int] = {}
    async with as_owner(settings) as owner:
        homes = await owner.fetch("select id from placements.placement where enquiry_id = $1", enquiry)
        consents = await owner.fetch("select id from placements.consent where enquiry_id = $1", enquiry)
        ids = {
            "enquiry_id": [enquiry],
            "placement_id": [row["id"] for row in homes],
            "consent_id": [row["id"] for row in consents],
        }
        for table in await owner.fetch(TABLES):
            rows = await owner.fetch(
                f"select to_jsonb(t)::text as row from {table['name']} t where {table['by_column']} = any($1)",
                ids[table["by_column"]],
            )
            read = [json.loads(row["row"]) for row in rows]
            of_it = [
                row for row in read if whose is None or str(whose.id) in {row.get("authority_id"), row.get("by_id")}
            ]
            if whose is not None:
                of_it = [row for row in of_it if "placing_id" not in row]
            if of_it:
                found[table["name"].removeprefix("placements.")] = len(of_it)
        count = await owner.fetchval("select count(*) from placements.enquiry where id = $1", enquiry)
        if count and whose is None:
            found["enquiry"] = count
    return found


async def bytes_of(settings: Settings, who: WorldAuthority, said: str) -> int:
    """How many rows of bytes one authority has with this content."""
    async with as_owner(settings) as owner:
        found: int = await owner.fetchval(
            "select count(*) from files.part where authority_id = $1 and bytes = convert_to($2, 'UTF8')", who.id, said
        )
    return found


async def reads(uow: Uow, enquiry: UUID) -> dict[str, int]:
    """How many rows of what two share the bound authority reads."""
    found: dict[str, int] = {}
    for table, column in (
        *(("enquiry", "id"), ("step", "enquiry_id"), ("hold", "enquiry_id"), ("consent", "enquiry_id")),
        ("placement", "enquiry_id"),
    ):
        statement = text(f"select count(*) from placements.{table} where {column} = :id")
        found[table] = (await uow.execute(statement, {"id": enquiry})).scalar_one()
    return found
