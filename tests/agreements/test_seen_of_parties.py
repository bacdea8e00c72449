"""What a party sees of the others: the office to contact from signing on, a cause of leaving if it was a party then."""

import re
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database
from tenants.agreements import actions, queries
from tenants.agreements.model import Contact, Leaving
from tests.agreements.terms import CONTACT, draft, drafted, signed
from tests.agreements.test_taking_back import propose
from tests.world import World, WorldAuthority

REASON = "A laptop with names on it was lost"


async def offices(world: World, database: Database, made: UUID, *authorities: WorldAuthority) -> None:
    """Each gives its office, before or after signing."""
    for one in authorities:
        async with database.bound(world.acting(one, "director", "agreement:draft")) as uow:
            office = Contact(**{**CONTACT, "contact_role": f"Office of {one.name}"})
            await actions.change_contact(uow, made, office)


async def seen(world: World, database: Database, viewer: WorldAuthority, made: UUID) -> dict[str, tuple[str, str]]:
    """The office and the cause of each other party, as the viewer reads them."""
    async with database.bound(world.acting(viewer, "director")) as uow:
        found = await queries.agreement(uow, made)
    others = [one for one in found.parties if one.authority_id != viewer.id]
    for one in others:
        assert bool(one.contact_role) is bool(one.contact_telephone) is bool(one.contact_email)
    return {one.name: (one.contact_role, one.leaves_for) for one in others}


async def reasons(world: World, database: Database, viewer: WorldAuthority, made: UUID) -> set[str]:
    """Every cause the database itself gives the viewer, of parties that no page shows it too."""
    async with database.bound(world.acting(viewer, "director")) as uow:
        rows = await uow.execute(text("select leaves_for from tenants.agreement_parties(:made)"), {"made": made})
        return set(rows.scalars())


async def leave(world: World, database: Database, who: WorldAuthority, made: UUID) -> None:
    async with database.bound(world.acting(who, "director", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=True, cause="breach", reason=REASON))


async def test_the_office_is_read_once_both_have_signed_on_every_side(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    await offices(world, database, made, a, b, c)
    assert await seen(world, database, c, made) == {a.name: ("", ""), b.name: ("", "")}
    await signed(world, database, made, [a, b])
    assert await seen(world, database, a, made) == {b.name: (f"Office of {b.name}", ""), c.name: ("", "")}
    nothing = await seen(world, database, c, made)
    assert nothing == {a.name: ("", ""), b.name: ("", "")}, "named in a proposal, and not signed"
    await world.sign_in(client, c, "director")
    headers = await world.bearer(c, "director")
    everywhere = [
        (await client.get(f"/agreements/{made}")).text,
        (await client.get(f"/agreements/{made}/sign")).text,
        (await client.get(f"/agreements/{made}/versions/1")).text,
        (await client.get(f"/agreements/{made}/versions/1/agreement.json")).text,
        (await client.get(f"/api/v1/agreements/{made}", headers=headers)).text,
        (await client.get(f"/api/v1/agreements/{made}/versions/1", headers=headers)).text,
    ]
    for answer in everywhere:
        assert not re.search(rf"Office of (?:{a.name}|{b.name})", answer)
    assert "Shown once both have signed" in everywhere[0]
    await signed(world, database, made, [c])
    assert await seen(world, database, c, made) == {
        a.name: (f"Office of {a.name}", ""),
        b.name: (f"Office of {b.name}", ""),
    }


async def test_a_signature_on_new_terms_opens_the_offices_and_a_mere_name_on_them_does_not(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b)
    await signed(world, database, made, [a, b])
    await offices(world, database, made, a, b)
    await propose(world, database, a, made, b, c)
    assert await seen(world, database, c, made) == {a.name: ("", ""), b.name: ("", "")}
    assert (await seen(world, database, a, made))[b.name] == (f"Office of {b.name}", ""), "what they signed stands"
    await signed(world, database, made, [c], 2)
    assert (await seen(world, database, c, made))[b.name] == (f"Office of {b.name}", "")


async def test_why_one_left_is_read_by_who_was_a_party_then_and_never_by_who_came_later(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    await signed(world, database, made, [a, b, c])
    await leave(world, database, b, made)
    for viewer in (a, c):
        assert (await seen(world, database, viewer, made))[b.name][1] == f"breach: {REASON}"
    async with database.bound(world.acting(b, "director")) as uow:
        mine = (await queries.agreement(uow, made)).party(b.id)
    assert mine is not None
    assert mine.leaves_for == f"breach: {REASON}", "its own words it reads always"

    later = await drafted(world, database, a, b, title="Later")
    await signed(world, database, later, [a, b])
    async with database.bound(world.acting(b, "director", "agreement:leave")) as uow:
        await actions.leave(uow, later, None, Leaving(at_once=False, reason=REASON))
    await propose(world, database, a, later, c)
    assert (await seen(world, database, a, later))[b.name][1] == REASON
    assert await reasons(world, database, c, later) == {""}, "named in a proposal"
    await signed(world, database, later, [a, c], 2)
    assert await reasons(world, database, c, later) == {""}, "a party now, and not when it was said"
    assert await reasons(world, database, a, later) == {"", REASON}


async def test_why_a_draft_was_declined_is_read_by_who_proposed_or_signed_it(world: World, database: Database) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c)
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=False, reason="Not for us"))
    assert (await seen(world, database, a, made))[c.name][1] == "Not for us"
    assert (await seen(world, database, b, made))[c.name][1] == ""
    await signed(world, database, made, [b])
    assert (await seen(world, database, b, made))[c.name][1] == "Not for us"


ROW = text("select title, version from tenants.agreement where id = :made")
NAMED = text("select authority_id from tenants.agreement_party where agreement_id = :made")


async def row(world: World, database: Database, viewer: WorldAuthority, made: UUID) -> tuple[str, int] | None:
    """The agreement's own row as the runtime role reads it for an authority."""
    async with database.bound(world.acting(viewer, "director")) as uow:
        found = (await uow.execute(ROW, {"made": made})).one_or_none()
    return None if found is None else (found.title, found.version)


async def named(world: World, database: Database, viewer: WorldAuthority, made: UUID) -> set[UUID]:
    """The parties as the runtime role reads them."""
    async with database.bound(world.acting(viewer, "director")) as uow:
        return set((await uow.execute(NAMED, {"made": made})).scalars())


async def test_the_database_shows_the_row_of_a_later_version_to_no_former_party(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c, title="While three")
    await signed(world, database, made, [a, b, c])
    await leave(world, database, c, made)
    assert await row(world, database, c, made) == ("While three", 1), "what it signed it keeps"
    await propose(world, database, a, made, a, b, title="Only the two of us")
    assert await row(world, database, c, made) == ("While three", 1), "proposed, and not in force"
    await signed(world, database, made, [a, b], 2)
    assert await row(world, database, a, made) == await row(world, database, b, made) == ("Only the two of us", 2)
    assert await row(world, database, c, made) is None
    async with database.bound(world.acting(c, "director")) as uow:
        kept = await queries.agreement(uow, made)
        assert [one.title for one in await queries.listed(uow) if one.id == made] == ["While three"]
    assert (kept.title, [one.version for one in kept.versions]) == ("While three", [1])


async def test_the_database_shows_whoever_is_asked_to_join_nothing_of_what_stood_before(
    world: World, database: Database
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, title="Before anybody asked C")
    await signed(world, database, made, [a, b])
    assert await row(world, database, c, made) is None
    await propose(world, database, a, made, b, c, title="With C too")
    assert await row(world, database, c, made) is None, "the version in force was never put to it"
    async with database.bound(world.acting(c, "director")) as uow:
        assert (await queries.agreement(uow, made)).title == "With C too"
    await signed(world, database, made, [a, b, c], 2)
    assert await row(world, database, c, made) == ("With C too", 2)


async def test_a_former_party_does_not_learn_who_joined_after_it(world: World, database: Database) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b)
    await signed(world, database, made, [a, b])
    async with database.bound(world.acting(b, "director", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=False, reason=REASON))
    await propose(world, database, a, made, c)
    await signed(world, database, made, [a, c], 2)
    assert await named(world, database, a, made) == {a.id, b.id, c.id}
    assert await named(world, database, b, made) == {a.id, b.id}
    assert await named(world, database, c, made) == {a.id, c.id}


async def test_the_columns_themselves_are_out_of_reach(world: World, database: Database) -> None:
    for column in ("contact_role", "contact_telephone", "contact_email", "leaves_for"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.bound(world.acting(world.a, "director")) as uow:
                await uow.execute(text(f"select {column} from tenants.agreement_party"))


async def test_an_office_that_is_given_keeps_nobody_from_amending(world: World, database: Database) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b)
    await signed(world, database, made, [a, b])
    await propose(world, database, a, made, b, c)
    async with database.bound(world.acting(a, "director")) as uow:
        read = await queries.agreement(uow, made)
    await offices(world, database, made, c, b)  # while A writes, one that was only asked, and a party
    async with database.bound(world.acting(a, "director", "agreement:draft")) as uow:
        version = await actions.amend(uow, made, read.revision, draft(a, b, c, title="Amended"), a.id)
    assert version == 2
