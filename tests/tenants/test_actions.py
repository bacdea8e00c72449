"""Bringing authorities on, recoding, merging and splitting them; signing and leaving agreements."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.errors import Conflict, Invalid, NotFound
from tenants.actions import (
    Code,
    NewAgreement,
    NewAuthority,
    add_authority,
    add_member,
    add_person,
    as_owner,
    draft_agreement,
    leave_agreement,
    recode,
    replace_authorities,
    sign_agreement,
)
from tenants.queries import agreements, authorities, authority_with_code, standing
from tests.world import World, WorldAuthority

START = date(2015, 4, 1)
TURN = date(2023, 4, 1)
SHELVES = text("select careshare.shelves()")


def new(number: int, name: str) -> NewAuthority:
    return NewAuthority(f"{number}", name, name, "01632 960999", (Code(f"E06000{number}", START),))


def terms(title: str) -> NewAgreement:
    return NewAgreement(
        title=title,
        resource="foster_carers",
        detail="notice",
        purpose="Test",
        legal_gateway="Test",
        lawful_basis="Test",
        notice_days=28,
        starts=date(2024, 1, 1),
        ends=None,
        reviewed_by=date(2030, 1, 1),
    )


async def _shelves(world: World, database: Database, viewer: WorldAuthority) -> set[UUID]:
    async with database.bound(world.acting(viewer)) as uow:
        return set((await uow.execute(SHELVES)).scalar_one())


async def test_a_new_code_follows_the_old_one_on_its_day(world: World, database: Database) -> None:
    async with as_owner(world.settings) as owner:
        made = await add_authority(owner, world.region_id, new(801, "Recoded"))
        await recode(owner, made, "E06000811", TURN)
    async with database.bound(world.acting(world.a)) as uow:
        before = await authority_with_code(uow, "E06000801", TURN - timedelta(days=1))
        after = await authority_with_code(uow, "E06000811", TURN)
        assert before is not None
        assert after is not None
        assert before.id == after.id == made
        assert after.gss_code == "E06000811"
        assert await authority_with_code(uow, "E06000801", TURN) is None
        assert await authority_with_code(uow, "E06000811", TURN - timedelta(days=1)) is None


async def test_a_merger_leads_from_the_old_authorities_to_the_new_one(world: World, database: Database) -> None:
    async with as_owner(world.settings) as owner:
        north, south = [await add_authority(owner, world.region_id, new(at, f"Part {at}")) for at in (802, 803)]
        union = await add_authority(owner, world.region_id, new(804, "Union"))
        await replace_authorities(owner, [north, south], [union], TURN)
    async with database.bound(world.acting(world.a)) as uow:
        for old in (north, south):
            assert [one.id for one in await standing(uow, old, TURN - timedelta(days=1))] == [old]
            assert [one.id for one in await standing(uow, old, TURN)] == [union]
        today = {one.id for one in await authorities(uow, TURN)}
        assert union in today
        assert not {north, south} & today


async def test_a_split_and_then_a_merger_are_followed_to_who_stands_now(world: World, database: Database) -> None:
    later = TURN + timedelta(days=365)
    async with as_owner(world.settings) as owner:
        county = await add_authority(owner, world.region_id, new(805, "County"))
        east, west, whole = [await add_authority(owner, world.region_id, new(at, f"P{at}")) for at in (806, 807, 808)]
        await replace_authorities(owner, [county], [east, west], TURN)
        await replace_authorities(owner, [east], [whole], later)
    async with database.bound(world.acting(world.a)) as uow:
        assert {one.id for one in await standing(uow, county, TURN)} == {east, west}
        assert {one.id for one in await standing(uow, county, later)} == {whole, west}


async def test_nobody_acts_for_an_authority_that_has_ended(world: World, database: Database) -> None:
    async with as_owner(world.settings) as owner:
        old = await add_authority(owner, world.region_id, new(809, "Gone"))
        person = await add_person(owner, "Last One", "last.one@gone.example")
        await add_member(owner, old, person, ["director"], starts=START)
        heir = await add_authority(owner, world.region_id, new(810, "Heir"))
        token = await owner.fetchval("select identity.issue_token($1, $2, '{own:act}', '1 hour')", person, old)
        await replace_authorities(owner, [old], [heir], TURN)
    async with database.unbound() as uow:
        entered = await uow.execute(
            text("select * from identity.enter('token', :token, 'test')"), {"token": str(token)}
        )
        assert entered.one_or_none() is None


@pytest.mark.parametrize("case", ["again", "itself", "before it began", "nobody"])
async def test_what_cannot_be_succeeded_is_refused(world: World, case: str) -> None:
    number = 820 + 2 * ["again", "itself", "before it began", "nobody"].index(case)
    with pytest.raises((Conflict, Invalid)):
        async with as_owner(world.settings) as owner:
            old = await add_authority(owner, world.region_id, new(number, f"Old {case}"))
            heir = await add_authority(owner, world.region_id, new(number + 1, f"Heir {case}"))
            if case == "again":
                await replace_authorities(owner, [old], [heir], TURN)
            heirs = {"itself": [old], "nobody": list[UUID]()}.get(case, [heir])
            await replace_authorities(owner, [old], heirs, START if case == "before it began" else TURN)


async def test_an_agreement_opens_nothing_before_everybody_signed_and_closes_when_one_leaves(
    world: World, database: Database
) -> None:
    a, _, c = world.authorities
    async with as_owner(world.settings) as owner:
        agreement = await draft_agreement(owner, world.region_id, terms("A and C"), [a.id, c.id])
    async with database.bound(world.acting(a, "director")) as uow:
        await sign_agreement(uow, agreement, "A Director", "Director")
    assert c.shelves["foster_carers"] not in await _shelves(world, database, a)
    async with database.bound(world.acting(c, "director")) as uow:
        await sign_agreement(uow, agreement, "C Director", "Director")
    assert c.shelves["foster_carers"] in await _shelves(world, database, a)
    assert a.shelves["foster_carers"] in await _shelves(world, database, c)
    assert not {a.shelves["foster_carers:own"], world.b.shelves["foster_carers"]} & await _shelves(world, database, c)
    with pytest.raises(Conflict):
        async with database.bound(world.acting(c, "director")) as uow:
            await sign_agreement(uow, agreement, "C Director", "Director")
    async with database.bound(world.acting(c, "director")) as uow:
        await leave_agreement(uow, agreement, "Budget")
    assert c.shelves["foster_carers"] not in await _shelves(world, database, a)
    assert a.shelves["foster_carers"] not in await _shelves(world, database, c)
    async with database.bound(world.acting(c, "director")) as uow:
        entries = await uow.execute(
            text("select action from audit.entry where :id = any(subjects) and owner_id is null order by id"),
            {"id": agreement},
        )
        steps = ["signed", "signed_by_all", "in_force", "left", "ended"]
        assert entries.scalars().all() == [f"agreement.{step}" for step in steps]


async def test_an_agreement_is_seen_and_signed_by_its_parties_alone(world: World, database: Database) -> None:
    async with database.bound(world.acting(world.a)) as uow:
        shown = {one.id: one for one in await agreements(uow)}[world.agreement_id]
        assert shown.state == "in_force"
        assert shown.running
        assert [party.name for party in shown.parties] == ["Ashmoor", "Birkdale"]
        assert all(party.signed_at for party in shown.parties)
    async with database.bound(world.acting(world.c)) as uow:
        assert world.agreement_id not in {one.id for one in await agreements(uow)}
        with pytest.raises(NotFound):
            await sign_agreement(uow, world.agreement_id, "C", "Director")
        with pytest.raises(NotFound):
            await leave_agreement(uow, world.agreement_id, "We want out")


async def test_the_application_cannot_bring_anybody_on(world: World, database: Database) -> None:
    for statement in (
        "insert into tenants.region (gss_code, name) values ('E12000098', 'Mine')",
        "insert into identity.person (name, email) values ('Me', 'me@mine.example')",
        "insert into careshare.sharing_grant select owner_id, id, id, '(,)' from careshare.shelf",
        "update tenants.agreement set state = 'in_force'",
    ):
        async with database.session(world.acting(world.c)) as uow:
            with pytest.raises(Exception, match="permission denied"):
                await uow.execute(text(statement))


async def test_a_role_that_does_not_exist_is_refused(world: World) -> None:
    async with as_owner(world.settings) as owner:
        with pytest.raises(Invalid):
            await add_member(owner, world.a.id, world.b.people["director"], ["king"])
        with pytest.raises(Invalid):
            await draft_agreement(owner, world.region_id, terms("Alone"), [world.a.id])


async def test_a_current_code_belongs_to_one_authority(world: World) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with as_owner(world.settings) as owner:
            await add_authority(owner, world.region_id, new(991, "Second Ashmoor"))
