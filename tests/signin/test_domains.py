"""An e-mail domain is believed once the regional administrator has approved it for a council, and not a day longer."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.app import create_app
from careshare.database import Database
from careshare.errors import Conflict, Invalid
from careshare.identity import SESSION_COOKIE, open_session
from careshare.settings import Settings
from careshare.signin import domains
from careshare.signin.domains import PAGE, Approval
from careshare.signin.settings_pages import ROOT
from tenants.actions import as_owner
from tests.fixtures.live import serving
from tests.signin.conftest import CLIENT, SECRET, agree, approve, director_agrees, sign_in
from tests.web import axe
from tests.web.html import one, parsed, words
from tests.world import World, WorldAuthority, submit

REGIONAL = "regional_administrator"
ADMIN = "authority_administrator"
TODAY = datetime.now(ZoneInfo("Europe/London")).date()
FINDER = "placement-finder@ashmoor.example"

Told = Callable[[str], Awaitable[set[tuple[UUID, UUID, str]]]]


@pytest.fixture
def told(settings: Settings) -> Told:
    async def look(template: str) -> set[tuple[UUID, UUID, str]]:
        """Whose people were sent this, who, and where it led them."""
        async with as_owner(settings) as owner:
            rows = await owner.fetch(
                """select authority_id, person_id, "values" ->> 'link' from messages.message where template = $1""",
                template,
            )
        return {tuple(row) for row in rows}

    return look


async def bare(settings: Settings, authority: WorldAuthority, issuer: str, *, shared: bool = False) -> UUID:
    """A provider that the authority keeps and believes for nothing yet."""
    async with as_owner(settings) as owner:
        made: UUID = await owner.fetchval(
            "insert into tenants.provider (owner_id, title, kind, issuer, client_id, shared)"
            " values ($1, 'Service', 'oidc', $2, $3, $4) returning id",
            *(authority.id, issuer, CLIENT, shared),
        )
    return made


async def forget_approvals(settings: Settings) -> None:
    async with as_owner(settings) as owner:
        await owner.execute("delete from tenants.provider_domain")
        await owner.execute("delete from tenants.domain_claim")
        await owner.execute("delete from tenants.email_domain")


async def ways(database: Database, domain: str) -> list[list[str]]:
    async with database.unbound() as uow:
        rows = await uow.execute(text("select authorities from tenants.ways_in(:domain)"), {"domain": domain})
        return [row.authorities for row in rows]


async def accepted(database: Database, provider: UUID, person: UUID, authority: WorldAuthority) -> bool:
    async with database.unbound() as uow:
        asked = {"provider": provider, "person": person, "authority": authority.id}
        found: bool = await uow.scalar(text("select tenants.provider_accepted(:provider, :person, :authority)"), asked)
        return found


async def claim(database: Database, world: World, who: WorldAuthority, provider: UUID, domain: str) -> str | None:
    """What comes of a domain that an administrator asks for and the director agrees to."""
    async with database.bound(world.acting(who, ADMIN)) as uow:
        asked = text("select tenants.ask_for_domain(:provider, :domain)")
        outcome: str | None = await uow.scalar(asked, {"provider": provider, "domain": domain})
    return await agree(database, world, who) if outcome == "asked" else outcome


async def allow(database: Database, world: World, council: WorldAuthority, domain: str, **days: date) -> None:
    """The regional administrator, who belongs to Caldergarth, approves."""
    async with database.bound(world.acting(world.c, REGIONAL)) as uow:
        await domains.approve(uow, Approval(authority=council.id, domain=domain, **days))


async def forbid(database: Database, world: World, council: WorldAuthority, domain: str) -> int | None:
    async with database.bound(world.acting(world.c, REGIONAL)) as uow:
        found: int | None = await uow.scalar(
            text("select tenants.end_domain(:council, :domain)"), {"council": council.id, "domain": domain}
        )
        return found


async def periods(settings: Settings, provider: UUID) -> list[tuple[str, Any, Any, UUID]]:
    async with as_owner(settings) as owner:
        rows = await owner.fetch(
            """select domain, lower(during), upper(during), vouched_id from tenants.provider_domain
               where provider_id = $1 order by domain, during""",
            provider,
        )
    return [tuple(row) for row in rows]


async def test_from_the_claim_to_the_approval_to_its_end(
    client: httpx.AsyncClient,
    outside: httpx.AsyncClient,
    world: World,
    settings: Settings,
    issuers: list[str],
    told: Told,
) -> None:
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    form = {
        "kind": "oidc",
        "title": "Council account",
        "tenant_id": "",
        "issuer": issuers[0],
        "client_id": CLIENT,
        "client_secret": SECRET,
        "domain": "ashmoor.example",
    }
    path = (await submit(client, f"{ROOT}/new", form)).headers["location"]
    assert "Waits for a second person" in (await client.get(path)).text
    assert await told("domain_to_approve") == set(), "nobody of the region is asked on one person's word"
    await director_agrees(client, world, world.a)
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    assert "Until then nobody signs in by it" in words(one(parsed(await client.get(path)), "main"))
    assert "Waits for approval" in (await client.get(ROOT)).text
    regional = {(each.id, each.people[REGIONAL], PAGE) for each in world.authorities}
    assert await told("domain_to_approve") == regional
    client.cookies.clear()
    refused = await submit(client, "/sign-in", {"email": FINDER}, to="/sign-in/email")
    assert refused.status_code == 400
    assert "No council signs in with that address" in refused.text, "a claim alone is not believed"

    await world.sign_in(client, world.c, REGIONAL)
    shown = words(one(parsed(await client.get(PAGE)), "main"))
    assert "Ashmoor ashmoor.example Council account" in shown
    assert issuers[0] in shown
    wanted = {"authority": str(world.a.id), "domain": "ashmoor.example"}
    asked = await submit(client, PAGE, wanted)
    assert asked.headers["location"].startswith("/step-up")
    await world.sign_in(client, world.c, REGIONAL, stepped_up=True)
    assert (await submit(client, PAGE, wanted)).status_code == 303
    after = words(one(parsed(await client.get(PAGE)), "main"))
    assert "Nothing waits" in after
    assert "Ashmoor ashmoor.example" in after
    assert world.c.names[REGIONAL] in after
    assert await told("domain_approved") == {(world.a.id, world.a.people[ADMIN], ROOT)}
    async with as_owner(settings) as owner:
        entry = await owner.fetchrow(
            "select authority_id, owner_id, actor_id, subjects from audit.entry"
            " where action = 'sign_in_domain.approved'"
        )
    assert entry is not None
    assert tuple(entry) == (world.c.id, world.a.id, world.c.people[REGIONAL], [world.a.id])

    mine = dict(client.cookies)
    client.cookies.clear()
    assert (await sign_in(client, outside, FINDER)).status_code == 303
    theirs = dict(client.cookies)
    assert (await client.get("/")).status_code == 200

    client.cookies.clear()
    client.cookies.update(mine)
    assert (await submit(client, PAGE, wanted, to=f"{PAGE}/end")).status_code == 303
    assert await told("domain_ended") == {(world.a.id, world.a.people[ADMIN], ROOT)}
    client.cookies.clear()
    client.cookies.update(theirs)
    assert (await client.get("/")).status_code == 303, "signed out at once"
    client.cookies.clear()
    again = await submit(client, "/sign-in", {"email": FINDER}, to="/sign-in/email")
    assert "No council signs in with that address" in again.text


async def test_the_first_to_claim_a_domain_is_not_believed_for_it(
    world: World, settings: Settings, database: Database
) -> None:
    """A council's administrator could run an issuer for another's domain and act as its staff who help out there."""
    await forget_approvals(settings)
    await allow(database, world, world.a, "ashmoor.example")
    theirs = await bare(settings, world.b, "https://impostor.example")
    helper = world.a.people["out_of_hours"]
    assert await claim(database, world, world.b, theirs, "ashmoor.example") == "waiting"
    assert not await accepted(database, theirs, helper, world.b)
    assert await ways(database, "ashmoor.example") == []
    own = await bare(settings, world.a, "https://own.example", shared=True)
    assert await claim(database, world, world.a, own, "ashmoor.example") == "accepted", "approved ahead of the claim"
    assert await claim(database, world, world.b, own, "ashmoor.example") == "accepted", "its keeper is approved for it"
    assert await accepted(database, own, helper, world.b)
    assert not await accepted(database, theirs, helper, world.b)


async def test_domains_providers_and_authorities_are_many_to_many(
    world: World, settings: Settings, database: Database
) -> None:
    await forget_approvals(settings)
    service = await bare(settings, world.b, "https://two-councils.example", shared=True)
    for council, domain in ((world.b, "birkdale.example"), (world.c, "trust.example"), (world.a, "trust.example")):
        assert await claim(database, world, council, service, domain) == "waiting"
    assert await claim(database, world, world.c, service, "trust.example") == "already"
    await allow(database, world, world.c, "trust.example")
    assert await ways(database, "trust.example") == [[world.c.name]]
    await allow(database, world, world.a, "trust.example")
    await allow(database, world, world.b, "birkdale.example")
    assert await ways(database, "trust.example") == [[world.a.name, world.c.name]]
    assert {(domain, vouched) for domain, _, _, vouched in await periods(settings, service)} == {
        ("birkdale.example", world.b.id),
        ("trust.example", world.c.id),
        ("trust.example", world.a.id),
    }
    assert await forbid(database, world, world.c, "trust.example") == 0
    assert await ways(database, "trust.example") == [[world.a.name]], "the other's approval stands"
    assert await forbid(database, world, world.c, "trust.example") is None


async def test_what_rests_on_the_keepers_approval_goes_on_with_ones_own(
    world: World, settings: Settings, database: Database
) -> None:
    await forget_approvals(settings)
    service = await bare(settings, world.b, "https://kept.example", shared=True)
    await allow(database, world, world.b, "both.example")
    assert await claim(database, world, world.c, service, "both.example") == "accepted"
    await allow(database, world, world.c, "both.example")
    await forbid(database, world, world.b, "both.example")
    assert await ways(database, "both.example") == [[world.c.name]]
    await forbid(database, world, world.c, "both.example")
    assert await ways(database, "both.example") == []


async def test_an_approval_has_its_days(world: World, settings: Settings, database: Database) -> None:
    await forget_approvals(settings)
    service = await bare(settings, world.b, "https://dated.example")
    soon, last = TODAY + timedelta(days=20), TODAY + timedelta(days=50)
    await allow(database, world, world.b, "dated.example", starts=soon, last_day=last)
    assert await claim(database, world, world.b, service, "dated.example") == "accepted"
    assert await ways(database, "dated.example") == [], "from that day on"
    over = last + timedelta(days=1)
    assert [tuple(row[1:3]) for row in await periods(settings, service)] == [(soon, over)]
    for wrong in (
        {"starts": TODAY - timedelta(days=2)},
        {"starts": soon, "last_day": TODAY},
        {"last_day": date(2100, 6, 1)},
    ):
        with pytest.raises(Invalid):
            await allow(database, world, world.b, "dated.example", **wrong)
    with pytest.raises(Conflict):
        await allow(database, world, world.b, "dated.example", starts=last)
    await allow(database, world, world.b, "dated.example", starts=over)
    assert [tuple(row[1:3]) for row in await periods(settings, service)] == [(soon, None)], "goes on where it ended"
    assert await forbid(database, world, world.b, "dated.example") == 0
    assert await periods(settings, service) == []
    async with as_owner(settings) as owner:
        assert await owner.fetchval("select count(*) from tenants.email_domain where domain = 'dated.example'") == 0


async def test_the_database_keeps_it_whoever_writes(world: World, settings: Settings, database: Database) -> None:
    await forget_approvals(settings)
    service = await bare(settings, world.a, "https://kept-by-the-database.example")
    row = "insert into tenants.provider_domain (provider_id, authority_id, domain, during, vouched_id)"
    async with as_owner(settings) as owner:
        await approve(owner, world.a, "a.example")
    assert await claim(database, world, world.a, service, "c.example") == "waiting"
    for domain, vouched in (("b.example", world.a), ("a.example", world.b)):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with as_owner(settings) as owner:
                await owner.execute(
                    f"{row} values ($1, $2, $3, daterange(current_date, null), $4)",
                    *(service, world.a.id, domain, vouched.id),
                )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with as_owner(settings) as owner:
            await owner.execute(f"{row} values ($1, $2, 'a.example', '[2019-12-31,)', $2)", *(service, world.a.id))
    for statement in (
        "insert into tenants.provider_domain select * from tenants.provider_domain",
        "update tenants.provider_domain set during = 'empty'",
        "insert into tenants.email_domain select * from tenants.email_domain",
        "insert into tenants.domain_claim select * from tenants.domain_claim",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.bound(world.acting(world.a, ADMIN)) as uow:
                await uow.execute(text(statement))
    for role in (ADMIN, "director"):
        for call in (
            f"tenants.approve_domain('{world.a.id}', 'x.example', null, null)",
            f"tenants.end_domain('{world.a.id}', 'a.example')",
            "tenants.domains_of_region()",
            "tenants.claims_of_region()",
        ):
            with pytest.raises(DBAPIError, match="only a regional administrator"):
                async with database.bound(world.acting(world.a, role)) as uow:
                    await uow.execute(text(f"select * from {call}"))


async def test_only_authorities_of_ones_region(world: World, settings: Settings, database: Database) -> None:
    async with as_owner(settings) as owner:
        region = await owner.fetchval(
            "insert into tenants.region (gss_code, name) values ('E12000098', 'Elsewhere') returning id"
        )
        await owner.execute("update tenants.authority set region_id = $1 where id = $2", region, world.b.id)
    try:
        with pytest.raises(Invalid):
            await allow(database, world, world.b, "birkdale.example")
        assert await forbid(database, world, world.b, "birkdale.example") is None
    finally:
        async with as_owner(settings) as owner:
            await owner.execute(
                "update tenants.authority set region_id = $1 where id = $2", world.region_id, world.b.id
            )


async def test_nobody_shuts_themselves_out(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    await forget_approvals(settings)
    service = await bare(settings, world.c, "https://regional.example")
    await allow(database, world, world.c, "caldergarth.example")
    assert await claim(database, world, world.c, service, "caldergarth.example") == "accepted"
    async with database.unbound() as uow:
        secret = await open_session(uow, world.c.people[REGIONAL], world.c.id, provider=service, stepped_up=True)
    assert secret is not None
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, secret)
    wanted = {"authority": str(world.c.id), "domain": "caldergarth.example"}
    assert (await client.get(PAGE)).status_code == 200
    refused = await submit(client, PAGE, wanted, to=f"{PAGE}/end")
    assert refused.status_code == 422
    assert "You are signed in with an address of this domain yourself" in refused.text
    assert (await client.get(PAGE)).status_code == 200
    assert await ways(database, "caldergarth.example") == [[world.c.name]]
    async with database.unbound() as uow:
        admin = await open_session(uow, world.c.people[ADMIN], world.c.id, provider=service, stepped_up=True)
    assert admin is not None
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, admin)
    path = f"{ROOT}/{service}"
    refused = await submit(client, path, {"domain": "caldergarth.example"}, to=f"{path}/domains/end")
    assert refused.status_code == 422, "nor does the council's own administrator"
    assert (await client.get(path)).status_code == 200


async def test_what_is_wrong_is_said_and_nobody_else_may(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    await forget_approvals(settings)
    await world.sign_in(client, world.c, REGIONAL, stepped_up=True)
    good = {"authority": str(world.a.id), "domain": "said.example"}
    past = {"starts-day": "1", "starts-month": "1", "starts-year": "2020"}
    for changed, said in (
        ({"domain": "ashmoor"}, "Enter an e-mail domain"),
        ({"authority": ""}, "Select the authority"),
        ({"authority": "01234567-89ab-cdef-0123-456789abcdef"}, "Select the authority"),
        (past, "The first day must be today or later"),
        ({name.replace("starts", "last_day"): day for name, day in past.items()}, "The last day must be on or after"),
    ):
        answer = await submit(client, PAGE, good | changed)
        assert answer.status_code == 400, changed
        assert said in answer.text
        parsed(answer)
    assert (await submit(client, PAGE, good)).status_code == 303
    twice = await submit(client, PAGE, good)
    assert "approved for that authority already" in twice.text
    nothing = {"authority": str(world.a.id), "domain": "nowhere.example"}
    assert (await submit(client, PAGE, nothing, to=f"{PAGE}/end")).status_code == 404
    for role in (ADMIN, "director", "data_protection_officer"):
        await world.sign_in(client, world.a, role, stepped_up=True)
        assert (await client.get(PAGE)).status_code == 403


async def test_a_claim_is_taken_away_by_who_made_it(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    service = await bare(settings, world.a, "https://taken.example")
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    path = f"{ROOT}/{service}"
    assert (await submit(client, path, {"domain": "away.example"}, to=f"{path}/domains")).status_code == 303
    await director_agrees(client, world, world.a)
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    assert (await submit(client, path, {"domain": "away.example"}, to=f"{path}/domains/end")).status_code == 303
    assert "away.example" not in (await client.get(path)).text
    await allow(database, world, world.a, "away.example")
    assert await periods(settings, service) == []


async def test_the_pages_are_accessible(browser: Browser, world: World, settings: Settings, database: Database) -> None:
    axe.require()
    service = await bare(settings, world.b, "https://accessible-domains.example", shared=True)
    await claim(database, world, world.b, service, "wait.example")
    await claim(database, world, world.a, service, "wait.example")
    await allow(database, world, world.b, "stands.example", last_day=TODAY + timedelta(days=3))
    async with serving(create_app(settings)) as served:
        for who, role, addresses in (
            (world.c, REGIONAL, [PAGE]),
            (world.b, ADMIN, [ROOT, f"{ROOT}/{service}"]),
            (world.a, ADMIN, [f"{ROOT}/{service}"]),
        ):
            context = await browser.new_context(bypass_csp=True, base_url=served)
            cookie = await world.session(who, role)
            await context.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookie.items()])
            page = await context.new_page()
            for address in addresses:
                answer = await page.goto(address)
                assert answer is not None
                assert answer.status == 200, address
                assert await axe.violations(page) == [], address
            await context.close()
