"""Taking a file in, having it looked at, reading it back; whose it is; what stands in the record; when it goes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from careshare.database import Acting, Database
from careshare.errors import Conflict, Invalid, NotFound, TooLarge, Unsupported
from careshare.files import FileRef, attach, delete, describe, may_be_opened, open_stream, receive
from careshare.files.clamd import ScannerAway
from careshare.files.jobs import clear, judge, settle, take
from careshare.files.kept import KEPT_DAYS
from careshare.files.rules import PART
from careshare.jobs.registry import Nothing
from careshare.settings import Settings
from services.record import retention
from tenants.actions import as_owner
from tests.files import samples
from tests.files.clamd import EICAR, clamd
from tests.files.conftest import looked_at, send
from tests.world import World


@pytest.fixture
def acting(world: World) -> Acting:
    return world.acting(world.a, "social_worker")


async def content_of(database: Database, acting: Acting, ref: FileRef) -> bytes:
    async with database.bound(acting) as uow:
        file = await may_be_opened(uow, ref, unscanned=True)
        return b"".join([part async for part in open_stream(uow, file)])


async def parts_of(settings: Settings, ref: FileRef) -> list[int]:
    async with as_owner(settings) as owner:
        rows = await owner.fetch(
            "select octet_length(bytes) as n from files.part where file_id = $1 order by n", ref.id
        )
    return [row["n"] for row in rows]


async def actions_on(settings: Settings, ref: FileRef) -> list[str]:
    async with as_owner(settings) as owner:
        rows = await owner.fetch("select action from audit.entry where $1 = any(subjects) order by id", ref.id)
    return [row["action"] for row in rows]


async def nothing_kept(database: Database, acting: Acting) -> bool:
    async with database.bound(acting) as uow:
        files = await uow.scalar(text("select count(*) from files.file where name like 'unwanted%'"))
        left = "select count(*) from files.part p where not exists (select from files.file f where f.id = p.file_id)"
        return (files, await uow.scalar(text(left))) == (0, 0)


async def test_a_file_of_two_parts_comes_back_whole(database: Database, acting: Acting, settings: Settings) -> None:
    text_file = b"line of text\n" * 130_000
    assert PART < len(text_file) < 2 * PART
    ref = await send(database, acting, text_file, "Notes.txt")
    assert await parts_of(settings, ref) == [len(text_file) - PART, PART]
    async with clamd() as scanner:
        file = await looked_at(database, acting, ref, scanner.address)
        assert scanner.received == [text_file], "what is kept as it came is scanned once"
    assert (file.state, file.name, file.type, file.size) == ("clean", "Notes.txt", "txt", len(text_file))
    assert file.sha256 == hashlib.sha256(text_file).hexdigest()
    assert await content_of(database, acting, ref) == text_file
    assert await actions_on(settings, ref) == ["file.added", "file.clean"]


async def test_a_picture_loses_where_it_was_taken_and_is_scanned_before_and_after(
    database: Database, acting: Acting, settings: Settings
) -> None:
    before = samples.picture()
    ref = await send(database, acting, before, "IMG_1.jpg")
    async with clamd() as scanner:
        file = await looked_at(database, acting, ref, scanner.address)
        after = await content_of(database, acting, ref)
        assert scanner.received == [before, after]
    assert samples.PLACE.encode() not in after
    assert (file.size, file.sha256) == (len(after), hashlib.sha256(after).hexdigest())
    async with as_owner(settings) as owner:
        kept = await owner.fetchrow("select received_size, received_sha256 from files.file where id = $1", ref.id)
    assert kept is not None
    assert (kept["received_size"], kept["received_sha256"]) == (len(before), hashlib.sha256(before).digest())


async def test_the_ending_follows_the_content(database: Database, acting: Acting) -> None:
    ref = await send(database, acting, samples.picture("PNG"), "C:\\Scans\\plan.pdf")
    file = await looked_at(database, acting, ref)
    assert (file.name, file.type, file.label) == ("plan.png", "png", "PNG")


async def test_a_word_file_loses_its_author(database: Database, acting: Acting) -> None:
    ref = await send(database, acting, samples.docx(), "Referral.docx")
    assert (await looked_at(database, acting, ref)).type == "docx"
    content = await content_of(database, acting, ref)
    assert samples.AUTHOR.encode() not in content
    assert content.startswith(b"PK")


@pytest.mark.parametrize(
    "content",
    [
        samples.windows_program(),
        samples.linux_program() + bytes(2 * PART),
        samples.packed({"a.exe": b"MZ"}),
        b"#!/bin/sh",
    ],
)
async def test_a_renamed_program_is_refused_by_its_content(database: Database, acting: Acting, content: bytes) -> None:
    with pytest.raises(Unsupported) as refusal:
        await send(database, acting, content, "unwanted.pdf")
    (error,) = refusal.value.errors
    assert error.field == "file"
    assert error.message.startswith(
        "The selected file must be a PDF, Word, Excel, JPEG, PNG or text file, and it seems"
    )
    assert await nothing_kept(database, acting)


async def test_too_large_a_file_is_left_as_soon_as_it_is(database: Database, acting: Acting) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield b"%PDF-1.7\n"
        while True:
            read += PART
            yield bytes(PART)

    with pytest.raises(TooLarge, match="must be smaller than 3 MB"):
        async with database.bound(acting) as uow:
            await receive(uow, endless(), "unwanted.pdf", "application/pdf", most_bytes=3 * PART)
    assert read == 3 * PART
    assert await nothing_kept(database, acting)


async def test_an_empty_file_is_refused(database: Database, acting: Acting) -> None:
    with pytest.raises(Invalid) as refusal:
        await send(database, acting, b"", "unwanted.txt")
    assert [error.message for error in refusal.value.errors] == ["The selected file is empty"]


async def test_an_upload_that_breaks_off_leaves_nothing(database: Database, acting: Acting) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7\n" + bytes(2 * PART)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        async with database.bound(acting) as uow:
            await receive(uow, broken(), "unwanted.pdf", "application/pdf", most_bytes=20 * PART)
    assert await nothing_kept(database, acting)


async def test_half_a_picture_is_refused_and_its_bytes_go(
    database: Database, acting: Acting, settings: Settings
) -> None:
    ref = await send(database, acting, samples.noise()[:1_200_000], "scan.png")
    file = await looked_at(database, acting, ref)
    assert (file.state, file.reason) == ("refused", "damaged")
    assert file.why.startswith("It is damaged")
    assert await parts_of(settings, ref) == []
    with pytest.raises(Conflict, match="refused"):
        await content_of(database, acting, ref)


async def test_the_test_virus_is_found_and_its_bytes_go(database: Database, acting: Acting, settings: Settings) -> None:
    ref = await send(database, acting, EICAR, "notes.txt")
    async with clamd() as scanner:
        file = await looked_at(database, acting, ref, scanner.address)
    assert (file.state, file.reason) == ("refused", "malware")
    assert await parts_of(settings, ref) == []
    assert await actions_on(settings, ref) == ["file.added", "file.refused"]
    async with database.bound(acting) as uow:
        with pytest.raises(NotFound):
            await attach(uow, ref)


async def test_a_virus_is_found_before_anything_else_opens_the_file(database: Database, acting: Acting) -> None:
    ref = await send(database, acting, samples.docx(word__notes_xml=b"x") + EICAR, "unwanted no more.docx")
    async with clamd() as scanner:
        file = await looked_at(database, acting, ref, scanner.address)
        assert len(scanner.received) == 1
    assert file.reason == "malware"


async def test_without_a_scanner_it_is_marked_and_scanned_once_there_is_one(
    database: Database, acting: Acting, settings: Settings
) -> None:
    ref = await send(database, acting, samples.picture(), "IMG_2.jpg")
    file = await looked_at(database, acting, ref)
    assert (file.state, file.scanned_at) == ("not_scanned", None)
    assert file.may_open(unscanned=True)
    assert file.notice == "No virus scanner has seen this file."
    async with database.bound(acting) as uow:
        with pytest.raises(Conflict, match="No virus scanner has seen"):
            await may_be_opened(uow, ref, unscanned=False)
    kept = await content_of(database, acting, ref)
    still = await looked_at(database, acting, ref)
    assert still == file, "without one, nothing is done again"
    async with clamd() as scanner:
        file = await looked_at(database, acting, ref, scanner.address)
        assert scanner.received == [kept], "the cleaned one; it is not cleaned again"
    assert file.state == "clean"
    assert file.scanned_at is not None
    assert await content_of(database, acting, ref) == kept
    assert await actions_on(settings, ref) == ["file.added", "file.not_scanned", "file.clean"]


async def test_a_virus_found_later_shuts_the_file(database: Database, acting: Acting, settings: Settings) -> None:
    ref = await send(database, acting, EICAR, "notes.txt")
    assert (await looked_at(database, acting, ref)).state == "not_scanned"
    async with clamd() as scanner:
        assert (await looked_at(database, acting, ref, scanner.address)).reason == "malware"
    assert await parts_of(settings, ref) == []


async def test_while_it_is_looked_at_it_cannot_be_opened(database: Database, acting: Acting) -> None:
    ref = await send(database, acting, b"text", "notes.txt")
    with pytest.raises(Conflict, match="still being checked"):
        await content_of(database, acting, ref)
    async with database.bound(acting) as uow:
        await take(uow, ref.id)
    with pytest.raises(Conflict, match="still being checked"):
        await content_of(database, acting, ref)
    with pytest.raises(ScannerAway):
        await looked_at(database, acting, ref, "tcp://127.0.0.1:1")
    assert (await looked_at(database, acting, ref)).state == "not_scanned", "the next run goes on"


async def test_two_runs_at_once_settle_it_once(database: Database, acting: Acting, settings: Settings) -> None:
    ref = await send(database, acting, samples.picture(), "IMG_3.jpg")
    takes = []
    for _ in range(2):
        async with database.bound(acting) as uow:
            taken = await take(uow, ref.id)
            assert taken is not None
            takes.append(taken)
    verdicts = [await judge(taken, "") for taken in takes]

    async def end(which: int) -> None:
        async with database.bound(acting) as uow:
            await settle(uow, ref.id, takes[which], verdicts[which])

    await asyncio.gather(end(0), end(1))
    assert await actions_on(settings, ref) == ["file.added", "file.not_scanned"]
    content = await content_of(database, acting, ref)
    async with database.bound(acting) as uow:
        assert hashlib.sha256(content).hexdigest() == (await describe(uow, ref)).sha256


async def test_another_authoritys_file_is_not_there(database: Database, acting: Acting, world: World) -> None:
    ref = await send(database, acting, b"text", "notes.txt")
    await looked_at(database, acting, ref)
    theirs = world.acting(world.b, "social_worker")
    for asked in (ref, FileRef(world.b.id, ref.id), FileRef(ref.authority_id, uuid4())):
        async with database.bound(theirs) as uow:
            with pytest.raises(NotFound):
                await describe(uow, asked)
            with pytest.raises(NotFound):
                await delete(uow, asked)
            with pytest.raises(NotFound):
                await attach(uow, asked)
            assert await uow.scalar(text("select count(*) from files.part where file_id = :id"), {"id": asked.id}) == 0
    assert await content_of(database, acting, ref) == b"text"


async def test_nobody_puts_a_part_into_another_authoritys_file(
    database: Database, acting: Acting, world: World
) -> None:
    ref = await send(database, acting, b"text", "notes.txt")
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with database.bound(world.acting(world.b)) as uow:
            put = "insert into files.part (authority_id, file_id, n, bytes) values (:authority, :file, 7, 'x')"
            await uow.execute(text(put), {"authority": ref.authority_id, "file": ref.id})


@pytest.mark.parametrize(
    "statement",
    [
        "update files.file set state = 'scanning', settled_at = null where id = :id",
        "update files.file set state = 'received', settled_at = null where id = :id",
        "update files.file set size = 5 where id = :id",
        "update files.file set sha256 = sha256('other') where id = :id",
        "insert into files.part (authority_id, file_id, n, bytes) values (careshare.authority(), :id, 7, 'x')",
        "delete from files.part where file_id = :id",
    ],
)
async def test_the_database_keeps_a_settled_file_as_it_is(database: Database, acting: Acting, statement: str) -> None:
    ref = await send(database, acting, b"text", "notes.txt")
    await looked_at(database, acting, ref)
    with pytest.raises(IntegrityError):
        async with database.bound(acting) as uow:
            await uow.execute(text(statement), {"id": ref.id})
    assert await content_of(database, acting, ref) == b"text"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (now, then)
        for now in ("received", "scanning", "not_scanned", "clean", "refused")
        for then in ("received", "scanning", "not_scanned", "clean", "refused")
        if now != then
        and (now, then)
        not in {
            ("received", "scanning"),
            ("scanning", "clean"),
            ("scanning", "not_scanned"),
            ("scanning", "refused"),
            ("not_scanned", "clean"),
            ("not_scanned", "refused"),
        }
    ],
)
async def test_every_step_that_is_none_is_refused(
    database: Database, acting: Acting, settings: Settings, now: str, then: str
) -> None:
    ref = await send(database, acting, b"text", "notes.txt")
    set_to = """update files.file set state = :state, reason = case when :state = 'refused' then 'damaged' end,
        settled_at = case when :state in ('received', 'scanning') then null else now() end, scanned_at = now()
        where id = :id"""
    way = {"received": [], "scanning": ["scanning"]}.get(now, ["scanning", now])
    async with database.bound(acting) as uow:
        for state in way:
            await uow.execute(text(set_to), {"state": state, "id": ref.id})
    with pytest.raises(IntegrityError, match="does not become"):
        async with database.bound(acting) as uow:
            await uow.execute(text(set_to), {"state": then, "id": ref.id})


async def test_what_nothing_points_to_goes_after_its_time(
    database: Database, acting: Acting, settings: Settings
) -> None:
    kept, forgotten, new = [await send(database, acting, b"text", f"{n}.txt") for n in range(3)]
    async with database.bound(acting) as uow:
        await attach(uow, kept)
    async with as_owner(settings) as owner:
        old = "update files.file set created_at = now() - $2::interval where id = any($1)"
        await owner.execute(old, [kept.id, forgotten.id], timedelta(days=KEPT_DAYS + 2))
    async with database.bound(acting) as uow:
        await clear(uow, Nothing())
    assert await parts_of(settings, forgotten) == []
    async with database.bound(acting) as uow:
        with pytest.raises(NotFound):
            await describe(uow, forgotten)
        assert {(await describe(uow, ref)).state for ref in (kept, new)} == {"received"}
    assert (await actions_on(settings, forgotten))[-1] == "file.deleted"


def test_the_schedule_says_when() -> None:
    found = {one.name: one for one in retention.schedules()}["file"]
    assert (found.period, found.unit, found.deletion) == (KEPT_DAYS, "days", "nightly")


async def test_deleting_takes_the_bytes_along(database: Database, acting: Acting, settings: Settings) -> None:
    ref = await send(database, acting, b"text", "notes.txt")
    await looked_at(database, acting, ref)
    async with database.bound(acting) as uow:
        await delete(uow, ref)
    assert await parts_of(settings, ref) == []
    assert await actions_on(settings, ref) == ["file.added", "file.not_scanned", "file.deleted"]
    async with database.bound(acting) as uow:
        assert await take(uow, ref.id) is None, "the job finds nothing to do"


async def test_no_name_stands_in_the_record(database: Database, acting: Acting, settings: Settings) -> None:
    ref = await send(database, acting, b"text", "Jane Invented plan.txt")
    await looked_at(database, acting, ref)
    async with as_owner(settings) as owner:
        bodies = await owner.fetch(
            """select d.body::text as body from audit.detail d join audit.entry e on e.id = d.entry_id
               where $1 = any(e.subjects)""",
            ref.id,
        )
    assert bodies
    assert not any("Jane" in row["body"] for row in bodies)
