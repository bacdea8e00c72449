"""The export: the whole register, in the columns of the import, and nothing that the reader may not see."""

import csv
import io
from datetime import date

import httpx
from sqlalchemy import text

from careshare.database import Database
from careshare.identity import Principal
from services.fostering import actions
from services.fostering.exports import stream_register
from services.fostering.model import Carer, Extension, Home
from tests.fostering_imports.files import Inline, as_csv, household, placement
from tests.world import World

ROWS = [
    household(
        "X-1", carer_1_name="Ann Smith", carer_1_ethnicity="WBRI", carer_1_languages="English; Polish",
        carer_1_telephone="+44 1632 960 001", carer_2_name="Bob Smith", bedrooms="1 no; 2 siblings", pets="none",
        skills="Autism; Babies", can_be_solo="no", dbs_check_done="01/03/2025", privacy_notice_given="01/02/2026",
        others_in_the_household="Tom Smith, own child, 12/03/2014, M; Ada Hall, adult", objects_to_sharing="no",
    ),
    household("X-2", kind_of_approval="Connected person", named_children="C-2; C-1",
              resignation_received="01/10/2026"),
    household("X-3", confidential_address="yes", address="9 Hidden Lane", postcode="ZA2 3BB"),
    household("X-4", kind_of_approval="Temporary", terms_from="01/09/2026", terms_until="22/12/2026",
              named_children="C-3"),
]  # fmt: skip


async def export(client: httpx.AsyncClient) -> httpx.Response:
    return await client.get("/api/v1/households/export")


async def test_what_goes_out_comes_in_again_unchanged(
    inline: Inline, client: httpx.AsyncClient, world: World, database: Database
) -> None:
    await inline.take_in(as_csv(ROWS))
    await inline.take_in(as_csv([placement("C-9", household_reference="X-1")]), "placements")
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        made, _ = await actions.register_household(
            uow,
            Home(
                reference="X-5",
                name="=Typed, “by hand”; Hall",
                address="Flat 1\nMill Lane\n Ashmoor",
                postcode="ZA1 1AA",
                supervising_worker="@Sam",
                duty_number="+44 1632 960 900",
            ),
        )
        await actions.set_carers(uow, made, None, [Carer(name="Ann  O'Hara | Hall", born=date(1970, 1, 1))])
        temporary = await uow.scalar(text("select id from fostering.household where reference = 'X-4'"))
        extension = Extension(decided_on=date(2026, 11, 1), ground="irm")
        await actions.extend_temporary(uow, temporary, None, extension)
    client.headers.update(await world.bearer(world.a, "fostering_officer"))
    answer = await export(client)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="foster-carers.csv"'
    run = await inline.run(await inline.upload(answer.content))
    assert run.state == "checked"
    assert (run.counts.new, run.counts.changed, run.counts.bad, run.counts.unchanged) == (0, 0, 0, 5)


async def test_no_cell_is_a_formula(client: httpx.AsyncClient, world: World) -> None:
    client.headers.update(await world.bearer(world.a, "fostering_officer"))
    rows = list(csv.reader(io.StringIO((await export(client)).text.removeprefix("\ufeff"))))
    cells = [cell for row in rows for cell in row]
    assert "'=Typed, “by hand”; Hall" in cells
    assert "'+44 1632 960 001" in cells
    assert not any(cell[:1] in {"=", "+", "-", "@"} for cell in cells)


async def test_confidential_addresses_are_for_those_who_may_read_them(
    client: httpx.AsyncClient, world: World, inline: Inline
) -> None:
    unconfirmed = await client.get(
        "/api/v1/households/export", headers=await world.bearer(world.a, "fostering_officer")
    )
    assert "9 Hidden Lane" not in unconfirmed.text
    confirmed = await world.bearer(world.a, "fostering_officer", stepped_up=True)
    may = (await client.get("/api/v1/households/export", headers=confirmed)).text
    assert "9 Hidden Lane" in may
    assert "ZA2 3BB" in may
    may_not = await client.get("/api/v1/households/export", headers=await world.bearer(world.a, "api_client"))
    assert "9 Hidden Lane" not in may_not.text
    assert "ZA2 3BB" not in may_not.text
    assert "confidential,confidential,yes" in may_not.text
    run = await inline.run(await inline.upload(may_not.content))
    assert (run.counts.changed, run.counts.bad) == (0, 0)


async def test_another_authority_gets_its_own(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get("/api/v1/households/export", headers=await world.bearer(world.b, "fostering_officer"))
    assert answer.text.count("\r\n") == 1
    assert (await export(client)).status_code == 401
    social_worker = await world.bearer(world.a, "social_worker")
    assert (await client.get("/api/v1/households/export", headers=social_worker)).status_code == 403


async def test_it_stands_on_the_record_also_when_the_reader_goes_away(
    client: httpx.AsyncClient, world: World, database: Database, inline: Inline
) -> None:
    await client.get("/api/v1/households/export", headers=await world.bearer(world.a, "team_manager", stepped_up=True))
    statement = text("""
        select e.action, cardinality(e.subjects) as subjects, d.body -> 'criteria' as criteria
        from audit.entry e join audit.detail d on d.entry_id = e.id
        where e.action like 'register.export%' order by e.id desc limit 2
    """)
    async with inline.step() as uow:
        done, begun = (await uow.execute(statement)).all()
    assert (begun.action, begun.criteria) == ("register.export_begun", {"confidential_addresses": True})
    assert (done.action, done.subjects, done.criteria) == ("register.exported", 5, {"households": 5, "complete": True})

    officer = Principal(
        person_id=world.a.people["fostering_officer"],
        person_name="",
        authority_id=world.a.id,
        authority_name="",
        authority_gss="",
        roles=(),
        permissions=frozenset(),
        purpose="test",
    )
    stream = stream_register(database, officer)
    await anext(stream)
    await anext(stream)
    await stream.aclose()
    async with inline.step() as uow:
        broken = (await uow.execute(statement)).first()
    assert broken is not None
    assert (broken.subjects, broken.criteria) == (1, {"households": 1, "complete": False})


async def test_the_page_links_to_it(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "fostering_officer")
    answer = await client.get("/foster-carers/export")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbfHousehold reference,")
    assert 'href="/foster-carers/export"' in (await client.get("/foster-carers")).text
