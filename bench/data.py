"""The servers and databases that benchmarks run on, kept in var/bench between runs while what they are made from stays.

PostgreSQL runs with the settings that `careshare demo` gives it, for everything measured alike: a commit waits for the
disk.
"""

import hashlib
import json
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg

from bench.results import ROOT
from careshare.access.permissions import Permissions
from careshare.database.migrate import migrations_folder, upgrade_async
from careshare.embedded import PostgresServer, RedisServer
from careshare.gazetteer.load import ensure_loaded
from careshare.identity import sign_token
from careshare.service import services
from careshare.settings import Settings
from services.fostering.days import today
from services.fostering.demo import fill
from services.fostering.demo import load_demo as load_registers
from services.fostering.generate import Places, england, published
from services.residential.demo import load_demo as load_homes
from tenants import demo as tenants
from tenants.actions import as_owner
from tenants.reference import authorities_of, english_regions

VAR = ROOT / "var" / "bench"
MADE_FROM = ("platform/careshare/gazetteer", "services/fostering/generate", "tenants")
AND = ("services/fostering/demo.py", "services/fostering/offers.py", "services/residential/demo.py")
TOKEN_LASTS = timedelta(hours=12)


class Bench:
    """Running servers, and how to reach databases on them."""

    def __init__(self, postgres: PostgresServer, redis: RedisServer) -> None:
        self.postgres = postgres
        self.redis = redis

    def settings(self, database: str) -> Settings:
        """How a process of ours is run on one database."""
        return Settings(
            environment="demo",
            var=VAR / "runs" / database,
            secret_key="the benchmarks' secret is no secret at all",  # noqa: S106
            database_url=self.postgres.url(database),
            redis_url=self.redis.url,
            assets_dir=ROOT / "var" / "assets",
            postcode_areas=() if database == "england" else Settings.postcode_areas,
        )

    async def execute(self, statement: str, database: str = "postgres") -> None:
        """Run a statement outside a transaction."""
        connection = await asyncpg.connect(self.postgres.url(database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def fresh(self, name: str, template: str | None = None) -> Settings:
        """A new database: migrated, or a copy of another."""
        await self.execute(f"drop database if exists {name} with (force)")
        if template is None:
            await self.execute(f"create database {name}")
            await upgrade_async(self.settings(name))
        else:
            await self.execute(f"create database {name} template {template} strategy file_copy")
            await self.execute(f"alter database {name} set careshare.demo = 'on'")
        return self.settings(name)

    async def region(self) -> Settings:
        """The demo region, as `careshare demo` makes it."""
        return await self._kept("region", self._fill_region)

    async def england(self) -> Settings:
        """All of England by the same generator: the North East has the demo's agreements, other regions their own."""
        return await self._kept("england", self._fill_england)

    async def many(self) -> Settings:
        """The region with eight times as many foster carers, to take ten thousand households from."""
        return await self._kept("many", self._fill_many)

    async def copy(self, settings: Settings) -> Settings:
        """A copy of a kept database to write in, so that what one run leaves weighs on no other."""
        name = settings.var.name
        return await self.fresh(f"{name}_copy", template=name)

    async def settle(self, settings: Settings) -> None:
        """Do now what PostgreSQL would do in the background about what was written, so that it is not measured."""
        await self.execute("vacuum analyze", settings.var.name)
        await self.execute("checkpoint")

    async def unfilled(self, name: str) -> Settings:
        """A new database with postcodes, authorities and staff, and empty registers."""
        await self._kept("unfilled", self._fill_authorities)
        return await self.fresh(name, template="unfilled")

    async def _kept(self, name: str, make: Callable[[Settings], Awaitable[None]]) -> Settings:
        note = VAR / f"{name}.json"
        wanted = {"made_from": made_from(), "on": str(today())}
        settings = self.settings(name)
        if not note.exists() or json.loads(note.read_text()) != wanted:
            print(f"• Making the database {name}", flush=True)
            note.unlink(missing_ok=True)
            await make(await self.fresh(name))
            await self.execute("vacuum analyze", name)
            await self.execute("checkpoint")
            note.write_text(json.dumps(wanted))
        return settings

    async def _fill_authorities(self, settings: Settings) -> None:
        await ensure_loaded(settings, told)
        await tenants.load_demo(settings, told)

    async def _fill_region(self, settings: Settings) -> None:
        await self._fill_authorities(settings)
        await load_registers(settings, told)
        await load_homes(settings, told)

    async def _fill_many(self, settings: Settings) -> None:
        await self._fill_authorities(settings)
        places = {code: Places(8 * one.approved, 8 * one.filled) for code, one in published().items() if code}
        await fill(settings, places, told)

    async def _fill_england(self, settings: Settings) -> None:
        await ensure_loaded(settings, told)
        for code in english_regions():
            async with as_owner(settings) as owner:
                region = await tenants.bring_on(owner, code, authorities_of(code))
                await tenants.draft_agreements(owner, region, code)
        titles = [tenants.region_wide(code) for code in english_regions()]
        await tenants.sign_all(settings, [*titles, tenants.BORDERS])
        await fill(settings, england(authorities_of()), told)


def told(what: str, share: float | None = None) -> None:
    """Progress as one line that is written over."""
    percent = "" if share is None else f" {share:.0%}"
    print(f"\r  {what}{percent}\x1b[K", end="" if sys.stdout.isatty() else "\n", flush=True)


def made_from() -> str:
    """Changes whenever the code or the migrations that make the databases do."""
    files = [*sorted(migrations_folder().rglob("*.sql")), *(ROOT / name for name in AND)]
    for folder in MADE_FROM:
        files += sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".csv"})
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@contextmanager
def servers() -> Generator[Bench]:
    """PostgreSQL and Redis in var/bench."""
    VAR.mkdir(parents=True, exist_ok=True)
    with PostgresServer(VAR / "postgres") as postgres, RedisServer(VAR / "redis") as redis:
        yield Bench(postgres, redis)


async def person(settings: Settings, dfe_code: str, role: str) -> tuple[UUID, UUID]:
    """An authority's id, and somebody there in a role."""
    async with as_owner(settings) as owner:
        row = await owner.fetchrow(
            """select m.authority_id, m.person_id
               from tenants.member m join tenants.authority a on a.id = m.authority_id
               where a.dfe_code = $1 and m.roles @> array[$2] order by m.id limit 1""",
            dfe_code,
            role,
        )
    if row is None:
        raise LookupError(f"nobody at {dfe_code} is a {role}")
    return row["authority_id"], row["person_id"]


async def bearer(settings: Settings, dfe_code: str, role: str) -> str:
    """A bearer token of somebody of an authority in a role, with all of the role's permissions."""
    authority_id, person_id = await person(settings, dfe_code, role)
    scopes = sorted(Permissions(service.permissions for service in services()).of([role]))
    async with as_owner(settings) as owner:
        token = await owner.fetchval(
            "select identity.issue_token($1, $2, $3, $4)", person_id, authority_id, scopes, TOKEN_LASTS
        )
    return sign_token(settings.secret_key, token, TOKEN_LASTS)
