"""Requests of staff, and of those who are written to: messages, contacts, memberships, sign-ins, clients, deeds."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from careshare.database import Database
from careshare.kept import SubjectKind
from careshare.messages import one_time_link
from careshare.messages.subjects import CONFIDENTIAL, UNSURE
from careshare.settings import Settings
from services.fostering import actions
from services.record import subject_access
from services.record.package import REDACTED, package
from services.record.period import today
from services.record.subject_access import Reviewed
from tenants.actions import as_owner
from tenants.members.subjects import NEUTRAL
from tests.fostering.register import a_home
from tests.isolation.hidden import add_household
from tests.record.test_messages_kept import add_message
from tests.world import World, submit

OFFICER = "data_protection_officer"
PATH = "/record/subject-access"
ROLE = "supervising_social_worker"


async def add_contact(settings: Settings, world: World, **given: object) -> UUID:
    """A contact of A; what is not said is plain."""
    values: Mapping[str, object] = {
        "name": "Pat Parent",
        "reference": "",
        "kind": "parent",
        "phone": "+447700900123",
        "address": None,
        "confidential": False,
        "unsafe_reason": None,
        **given,
    }
    async with as_owner(settings) as owner:
        made: UUID = await owner.fetchval(
            "insert into messages.contact (authority_id, name, reference, kind, channel, phone, address, confidential,"
            " unsafe_reason, changed_by) values ($1, $2, $3, $4, 'sms', $5, $6, $7, $8, $9) returning id",
            world.a.id,
            *values.values(),
            world.a.people["social_worker"],
        )
    return made


async def review(database: Database, world: World, kind: SubjectKind, subject: UUID) -> list[Reviewed]:
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        made = await subject_access.open_request(
            uow, reference="SAR-9", kind=kind, subject_id=subject, received_on=today()
        )
        return await subject_access.review(uow, await subject_access.request(uow, made))


def section(items: list[Reviewed], name: str) -> list[Reviewed]:
    return [one for one in items if one.item.section == name]


def given(items: list[Reviewed]) -> str:
    """Everything that is given without any decision."""
    return "\n".join(f"{one.item.name}: {one.item.value}" for one in items if one.given)


async def test_a_contact_asks_and_gets_settings_and_messages(
    client: httpx.AsyncClient, settings: Settings, world: World
) -> None:
    contact = await add_contact(
        settings,
        world,
        name="Mo Mother",
        reference="CH-77",
        address="1 Secret Street\nZA1 1AA",
        confidential=True,
        unsafe_reason="Her brother Karl reads it",
    )
    await add_message(settings, world, contact, 1)
    other = await add_contact(settings, world, name="Another Parent", reference="CH-78")
    await add_message(settings, world, other, 1)
    await world.sign_in(client, world.a, OFFICER, stepped_up=True)
    found = await submit(client, f"{PATH}/new", {"who": "mo mother"})
    assert "Mo Mother, parent who is written to, reference CH-77" in found.text
    day = {f"received_on-{part}": str(getattr(today(), part)) for part in ("day", "month", "year")}
    data = {"who": "mo mother", "subject": f"contact:{contact}", "reference": "SAR-8", **day}
    opened = await submit(client, f"{PATH}/new", data, to=PATH)
    assert opened.status_code == 303, opened.text
    text = (await client.get(f"{opened.headers['location']}/package.json")).text
    for said in ("Mo Mother", "+447700900123", "Appointment", "delivered", "time: 10am", "01632 960001", CONFIDENTIAL):
        assert said in text, said
    for never in ("Secret Street", "Karl", "Another Parent", "CH-78"):
        assert never not in text, never
    assert REDACTED in text, "why it is unsafe tells of somebody else"


@pytest_asyncio.fixture(scope="module")
async def carer(settings: Settings, world: World) -> Mapping[str, UUID]:
    async with as_owner(settings) as owner:
        household = await add_household(owner, world.a, "MSG-1")
        await owner.execute("update fostering.carer set name = 'Cara Carer' where household_id = $1", household)
        found = {
            table: await owner.fetchval(f"select id from fostering.{table} where household_id = $1", household)
            for table in ("carer", "placed_child")
        }
    return {"household": household, **found}


async def test_a_carer_gets_their_own_contact_and_the_officer_decides_about_others(
    database: Database, settings: Settings, world: World, carer: Mapping[str, UUID]
) -> None:
    theirs = await add_contact(
        settings, world, name="cara carer", reference="msg-1", kind="carer", phone="+447700900001"
    )
    namesake = await add_contact(settings, world, name="Cara Carer", reference="ELSE-1", phone="+447700900002")
    partner = await add_contact(settings, world, name="Paul Partner", reference="MSG-1", phone="+447700900003")
    for contact in (theirs, namesake, partner):
        await add_message(settings, world, contact, 1)
    async with database.bound(world.acting(world.a, ROLE)) as uow:
        await one_time_link(
            uow, "confirm_vacancy", carer["household"], timedelta(hours=1), person_id=world.a.people[ROLE]
        )
    items = await review(database, world, "carer", carer["carer"])
    text = given(items)
    assert "+447700900001" in text
    assert "+447700900002" not in text
    assert "Paul Partner" not in text
    abouts = {one.item.about_others for one in section(items, "Others who are written to")}
    assert abouts == {UNSURE, "Paul Partner"}
    assert len(section(items, "Messages to you")) == 1
    assert len(section(items, "Messages to others")) == 2
    (link,) = section(items, "Messages about your home")
    assert (link.item.about_others, link.given) == ("a member of staff", None)


async def test_a_childs_own_contact_is_theirs_and_a_parents_is_not(
    database: Database, settings: Settings, world: World, carer: Mapping[str, UUID]
) -> None:
    await add_contact(settings, world, name="Kit", reference="C-MSG-1", kind="young_person", phone="+447700900004")
    await add_contact(settings, world, name="Una Parent", reference="C-MSG-1", kind="parent", phone="+447700900005")
    items = await review(database, world, "child", carer["placed_child"])
    text = given(items)
    assert "+447700900004" in text
    assert "+447700900005" not in text
    assert "Una Parent" in {one.item.about_others for one in items}


async def test_staff_get_membership_sign_ins_clients_and_what_they_did(
    client: httpx.AsyncClient, database: Database, settings: Settings, world: World
) -> None:
    person, name = world.a.people[ROLE], world.a.names[ROLE]
    await world.sign_in(client, world.a, ROLE)
    await client.get("/")
    async with database.bound(world.acting(world.a, ROLE)) as uow:
        home, _ = await actions.register_household(uow, a_home(reference="STAFF-1", supervising_person_id=person))
    async with as_owner(settings) as owner:
        await owner.execute(
            "insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)"
            " values ($1, $2, 'delegation', '{out_of_hours}', tstzrange(now(), now() + interval '1 hour'),"
            " 'Nights in May', $3)",
            world.a.id,
            person,
            world.a.people["director"],
        )
        await owner.execute(
            "insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)"
            " values ($1, $2, $3, 'Their sister', $4)",
            world.a.id,
            home,
            person,
            world.a.people["team_manager"],
        )
        provider = await owner.fetchval(
            "insert into tenants.provider (owner_id, title, kind, issuer, client_id)"
            " values ($1, 'Ashmoor accounts', 'oidc', 'https://id.ashmoor.example', 'careshare') returning id",
            world.a.id,
        )
        await owner.execute(
            "insert into tenants.email_domain (authority_id, domain, during, source)"
            " values ($1, 'ashmoor.example', '[2024-01-01,)', 'operator')",
            world.a.id,
        )
        await owner.execute(
            "insert into tenants.provider_domain (provider_id, authority_id, domain, during, vouched_id)"
            " values ($1, $2, 'ashmoor.example', '[2024-01-01,)', $2)",
            provider,
            world.a.id,
        )
        await owner.execute(
            "insert into tenants.provider_identity (provider_id, subject, person_id) values ($1, 's-1', $2)",
            provider,
            person,
        )
        machine = await owner.fetchval(
            "insert into identity.person (name, email) values ('Feed', 'feed@clients.invalid') returning id"
        )
        await owner.execute(
            "insert into tenants.member (authority_id, person_id, roles) values ($1, $2, '{api_client}')",
            world.a.id,
            machine,
        )
        await owner.execute(
            "insert into identity.client (authority_id, person_id, name, purpose, contact, scopes, created_by)"
            " values ($1, $2, 'Nightly feed', 'Vacancies', 'Joan Public', '{household:read}', $3)",
            world.a.id,
            machine,
            person,
        )
        await owner.execute(
            "insert into messages.message (authority_id, channel, template, values, worded_on, person_id, state,"
            " send_after, asked_by) values ($1, 'email', 'vacancies_to_confirm', '{}', current_date, $2, 'sent', now(),"
            " $3)",
            world.a.id,
            person,
            world.a.people["fostering_officer"],
        )
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        (found,) = await subject_access.find(uow, name)
        assert found.kind == "colleague"
        (by_address,) = await subject_access.find(uow, f"{ROLE.replace('_', '-')}@ashmoor.example")
        assert by_address.id == person
    items = await review(database, world, "colleague", person)
    text = given(items)
    for said in (
        f"{ROLE.replace('_', '-')}@ashmoor.example",
        "Roles: Supervising social worker",
        "Signed in ",
        "Nights in May",
        "Nightly feed",
        "Account at Ashmoor accounts: Linked ",
        "Household: registered: 1 time",
        "You are the supervising social worker of: 1 foster household",
        "Vacancies to confirm",
    ):
        assert said in text, said
    for never in ("STAFF-1", "Their sister", "Joan Public", world.a.names["director"], str(home)):
        assert never not in text, never
    assert world.a.names["director"] in {one.item.value for one in items if one.given is None}
    made = package("Ashmoor", await _request(database, world), items, today())
    assert "locked" not in str(made), "that a record is locked from them is not told by a heading either"
    assert NEUTRAL[1] in str(made)


async def _request(database: Database, world: World) -> subject_access.Request:
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        return (await subject_access.requests(uow))[0]


async def test_whoever_left_or_helped_out_is_found_too_and_anothers_staff_are_not(
    database: Database, settings: Settings, world: World
) -> None:
    async with as_owner(settings) as owner:
        helper = await owner.fetchval(
            "insert into identity.person (name, email) values ('Helpful Hana', 'hana@elsewhere.example') returning id"
        )
        await owner.execute(
            "insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)"
            " values ($1, $2, 'delegation', '{out_of_hours}', tstzrange(now(), now() + interval '1 hour'), 'x', $3)",
            world.a.id,
            helper,
            world.a.people["director"],
        )
        await owner.execute(
            "update tenants.member set ends = current_date where person_id = $1", world.a.people["payments"]
        )
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        assert [one.id for one in await subject_access.find(uow, "helpful hana")] == [helper]
        (left,) = await subject_access.find(uow, world.a.names["payments"])
        assert ", left " in left.label
        assert await subject_access.find(uow, world.b.names["director"]) == []
    items = await review(database, world, "colleague", helper)
    assert section(items, "Roles held for a time")
    assert not section(items, "Your membership")
    async with database.bound(world.acting(world.b, OFFICER)) as uow:
        assert await subject_access.find(uow, world.a.names["director"]) == []


@pytest.mark.parametrize("kind", ["colleague", "contact"])
async def test_no_request_is_opened_for_anothers(
    client: httpx.AsyncClient, settings: Settings, world: World, kind: str
) -> None:
    contact = await add_contact(settings, world)
    subject = world.a.people["director"] if kind == "colleague" else contact
    headers = await world.bearer(world.b, OFFICER, stepped_up=True)
    forged = {"reference": "X-1", "kind": kind, "subject_id": str(subject), "received_on": str(today())}
    answer = await client.post("/api/v1/record/subject-requests", json=forged, headers=headers)
    assert answer.status_code == 400
