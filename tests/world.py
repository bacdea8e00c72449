"""A small invented region for tests: three authorities, people in every role, an agreement between two of them.

Ashmoor (A) and Birkdale (B) adjoin and share foster carers; Caldergarth (C) lies farther off and is no party. Their
postcodes, outward codes and areas are invented too, and laid out so that distances are easy to work out (`OUTWARDS`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import httpx

from careshare.access.permissions import ROLES, Permissions
from careshare.database import Acting, Database
from careshare.gazetteer.load import AREAS
from careshare.identity import SESSION_COOKIE, open_session, sign_token
from careshare.service import services
from careshare.settings import Settings
from careshare.web.forms import CSRF_FIELD
from tenants.actions import (
    Code,
    NewAgreement,
    NewAuthority,
    add_authority,
    add_member,
    add_person,
    add_region,
    as_owner,
    draft_agreement,
    sign_agreement,
)

if TYPE_CHECKING:
    from tenants.actions import Owner

REGION = ("E12000099", "Invented Dales")
AUTHORITIES = (
    ("E06000901", "991", "Ashmoor", "01632 960901"),
    ("E06000902", "992", "Birkdale", "01632 960902"),
    ("E06000903", "993", "Caldergarth", "01632 960903"),
)
OUTWARDS: Mapping[str, tuple[str, int, int]] = {
    "ZA1": ("E06000901", 400_000, 560_000),
    "ZA2": ("E06000901", 406_000, 560_000),
    "ZB1": ("E06000902", 412_000, 560_000),
    "ZB2": ("E06000902", 418_000, 560_000),
    "ZC1": ("E06000903", 460_000, 560_000),
    "ZC2": ("E06000903", 466_000, 560_000),
}
"""Authority and centre of each outward code (National Grid, metres): six kilometres between towns of one authority."""

LETTERS = "ABDEF"
SPACING = 400
"""Metres between the postcodes of a town, which make a square of five by five around its centre: ZA1 1AA … ZA1 5FF."""

LASTS = timedelta(hours=1)
OWN_ROLES = tuple(role for role in ROLES if role != "support_engineer")


@dataclass(frozen=True, eq=False)
class WorldAuthority:
    """One authority of the world, with a person in each role and the postcodes in its area."""

    id: UUID
    name: str
    gss_code: str
    duty_number: str
    people: Mapping[str, UUID]
    names: Mapping[str, str]
    shelves: Mapping[str, UUID]
    postcodes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class World:
    """Three authorities: `a` and `b` share foster carers under `agreement_id`; `c` is outside it."""

    settings: Settings
    region_id: UUID
    a: WorldAuthority
    b: WorldAuthority
    c: WorldAuthority
    agreement_id: UUID
    tokens: dict[tuple[UUID, str, frozenset[str] | None, bool], str] = field(default_factory=dict)

    @property
    def authorities(self) -> tuple[WorldAuthority, WorldAuthority, WorldAuthority]:
        return self.a, self.b, self.c

    def acting(self, authority: WorldAuthority, role: str = "placement_finder", purpose: str = "test") -> Acting:
        """To bind a unit of work: `database.bound(world.acting(world.a, "fostering_officer"))`."""
        return Acting(authority.id, authority.people[role], purpose)

    async def token(
        self,
        authority: WorldAuthority,
        role: str = "placement_finder",
        scopes: Iterable[str] | None = None,
        *,
        stepped_up: bool = False,
    ) -> str:
        """A bearer token of the authority's person in that role, with all its permissions or `scopes` alone."""
        wanted = None if scopes is None else frozenset(scopes)
        key = (authority.id, role, wanted, stepped_up)
        if key not in self.tokens:
            granted = Permissions(one.permissions for one in services()).of([role]) if wanted is None else wanted
            async with as_owner(self.settings) as owner:
                issued = await owner.fetchval(
                    "select identity.issue_token($1, $2, $3, $4, $5)",
                    authority.people[role],
                    authority.id,
                    sorted(granted),
                    LASTS,
                    stepped_up,
                )
            self.tokens[key] = sign_token(self.settings.secret_key, issued, LASTS)
        return self.tokens[key]

    async def bearer(
        self,
        authority: WorldAuthority,
        role: str = "placement_finder",
        scopes: Iterable[str] | None = None,
        *,
        stepped_up: bool = False,
    ) -> dict[str, str]:
        """Headers for the API: `await client.get("/api/v1/…", headers=await world.bearer(world.a))`."""
        return {"Authorization": f"Bearer {await self.token(authority, role, scopes, stepped_up=stepped_up)}"}

    async def session(
        self, authority: WorldAuthority, role: str = "placement_finder", *, stepped_up: bool = False
    ) -> dict[str, str]:
        """The cookie of a new browser session; `stepped_up` where the person has confirmed that it is them."""
        database = Database.open(self.settings, pool_size=1)
        try:
            async with database.unbound() as uow:
                secret = await open_session(uow, authority.people[role], authority.id, stepped_up=stepped_up)
        finally:
            await database.close()
        assert secret is not None
        return {SESSION_COOKIE: secret}

    async def sign_in(
        self,
        client: httpx.AsyncClient,
        authority: WorldAuthority,
        role: str = "placement_finder",
        *,
        stepped_up: bool = False,
    ) -> None:
        """Let this client read pages as the authority's person in that role."""
        client.cookies.clear()
        for name, value in (await self.session(authority, role, stepped_up=stepped_up)).items():
            client.cookies.set(name, value, domain=client.base_url.host)


async def submit(
    client: httpx.AsyncClient, page: str, data: Mapping[str, object], *, to: str | None = None
) -> httpx.Response:
    """Open `page`, then send its form with `data` as a browser would (to `to`, where that is another address)."""
    opened = await client.get(page)
    assert opened.status_code == 200, opened.text
    found = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', opened.text)
    assert found, f"{page} holds no form"
    return await client.post(to or page, data={CSRF_FIELD: found[1], **data})


def postcodes_of(outward: str) -> list[tuple[str, int, int]]:
    """The twenty-five postcodes of one invented town with their points."""
    _gss, easting, northing = OUTWARDS[outward]
    return [
        (f"{outward} {row + 1}{letter}{letter}", easting + (column - 2) * SPACING, northing + (row - 2) * SPACING)
        for row in range(5)
        for column, letter in enumerate(LETTERS)
    ]


async def make_world(settings: Settings) -> World:
    """Make the world in an empty, migrated database."""
    async with as_owner(settings) as owner:
        await _make_gazetteer(owner)
        region_id = await add_region(owner, *REGION)
        made = [await _make_authority(owner, region_id, given) for given in AUTHORITIES]
        a, b, c = made
        agreement = NewAgreement(
            title="Ashmoor and Birkdale foster carers",
            resource="foster_carers",
            detail="notice",
            purpose="To find a child a foster home.",
            legal_gateway="Children Act 2004 section 10",
            lawful_basis="UK GDPR Article 6(1)(e)",
            notice_days=28,
            starts=date(2024, 1, 1),
            ends=None,
            reviewed_by=date(2027, 1, 1),
        )
        agreement_id = await draft_agreement(owner, region_id, agreement, [a.id, b.id])
    world = World(settings, region_id, a, b, c, agreement_id)
    database = Database.open(settings, pool_size=1)
    try:
        for party in (a, b):
            async with database.bound(world.acting(party, "director", "agreement:sign")) as uow:
                await sign_agreement(uow, agreement_id, party.names["director"], "Director")
    finally:
        await database.close()
    return world


async def _make_authority(owner: "Owner", region_id: UUID, given: tuple[str, str, str, str]) -> WorldAuthority:
    gss, dfe, name, duty = given
    new = NewAuthority(dfe, name, name, duty, (Code(gss, date(2009, 4, 1)),))
    authority_id = await add_authority(owner, region_id, new)
    people: dict[str, UUID] = {}
    names: dict[str, str] = {}
    for role in OWN_ROLES:
        names[role] = f"{name} {ROLES[role]}"
        people[role] = await add_person(owner, names[role], f"{role.replace('_', '-')}@{name.lower()}.example")
        await add_member(owner, authority_id, people[role], [role], starts=date(2024, 1, 1))
    rows = await owner.fetch("select resource, id from careshare.shelf where owner_id = $1", authority_id)
    postcodes = tuple(
        postcode for outward, (area, *_) in OUTWARDS.items() if area == gss for postcode, *_ in postcodes_of(outward)
    )
    shelves = {row["resource"]: row["id"] for row in rows}
    return WorldAuthority(authority_id, name, gss, duty, people, names, shelves, postcodes)


async def _make_gazetteer(owner: "Owner") -> None:
    given = [
        (postcode, easting, northing, gss, outward)
        for outward, (gss, *_) in OUTWARDS.items()
        for postcode, easting, northing in postcodes_of(outward)
    ]
    await owner.executemany(
        "insert into gazetteer.local_authority values ($1, $2, $3, $4, $5, '[2009-04-01,)')",
        [(gss, dfe, name, *REGION) for gss, dfe, name, _ in AUTHORITIES],
    )
    await owner.execute(
        """insert into gazetteer.postcode (postcode, easting, northing, area_gss, outward)
           select * from unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::text[])""",
        *(list(column) for column in zip(*given, strict=True)),
    )
    await owner.execute(AREAS)
    a, b, c = (gss for gss, *_ in AUTHORITIES)
    await owner.executemany(
        "insert into gazetteer.adjoining values ($1, $2, 'land', true, '[2009-04-01,)')", [(a, b), (b, a)]
    )
    await owner.executemany("insert into gazetteer.neighbours_known values ($1, '[2009-04-01,)')", [(a,), (b,), (c,)])
    await owner.executemany(
        "insert into gazetteer.source (kind, name, version, rows) values ($1, 'invented for tests', '1', $2)",
        [("authorities", 3), ("postcodes", len(given)), ("adjoining", 1)],
    )
