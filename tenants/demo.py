"""The demo region between authorities: the twelve of the North East, invented staff in every role, two agreements.

Everything but the signatures is made in one transaction, or not at all; signatures that are missing are added at the
next start. Seeded: two runs give the same people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from careshare.access.permissions import ROLES as ROLE_NAMES
from careshare.database import Acting, Database
from careshare.messages import demo as messages_demo
from careshare.service import Progress
from careshare.settings import Settings
from tenants.actions import (
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
from tenants.agreements.codes import resources
from tenants.names import staff
from tenants.recharges import demo as recharges
from tenants.reference import NORTH_EAST, authorities_of, domain, english_regions

if TYPE_CHECKING:
    from tenants.actions import Owner

SEED = 2026
DIRECTOR = ROLE_NAMES["director"]

ROLES = (
    *("placement_finder", "social_worker", "out_of_hours", "fostering_officer", "supervising_social_worker"),
    *("supervising_social_worker", "exemptions_officer", "residential_manager", "contact_coordinator"),
    *("contact_supervisor", "allowances_officer", "budget_holder", "payments", "team_manager", "nominated_officer"),
    *("director", "reviewing_officer", "data_protection_officer", "authority_administrator", "regional_board_member"),
)
"""One invented person in each for every council."""

REGIONAL = ("regional_placement_officer", "regional_administrator")
"""One person each for the whole region, by delegation of every council."""

SHARED_STAFF = (
    ("placement_finder", ("391", "392")),  # Newcastle and North Tyneside
    ("exemptions_officer", ("806", "807")),  # Middlesbrough, Redcar and Cleveland
    ("out_of_hours", ("805", "806", "807", "808")),  # the Tees Valley's joint duty team, as there is one
)
"""People who work for several councils: role, and the councils by DfE code."""

BORDERS = "Tyne and Northumberland short notice"
BORDERS_PARTIES = ("390", "391", "929")  # Gateshead, Newcastle, Northumberland

GATEWAY = (
    "Children Act 2004 section 10 and Children Act 1989 sections 22G and 27: co-operation and help between "
    "authorities. Vacancy notices only: the register itself is confidential (SI 2011/581 reg 32)."
)
BASIS = (
    "UK GDPR Article 6(1)(e), public task; Article 9(2)(g) with the Data Protection Act 2018 Schedule 1 paragraph 18"
)

TARIFF = (
    "The placing authority pays the carer’s allowance and fee on the providing authority’s scheme, and no charge "
    "beside them. Statements follow each month and are settled within 30 days."
)

PEOPLE = """
    select m.person_id, p.name, a.id as authority_id from tenants.member m
    join identity.person p on p.id = m.person_id join tenants.authority a on a.id = m.authority_id
    where m.roles @> array['director'] and p.ended_at is null
"""
COORDINATORS = """
    select distinct on (m.authority_id) m.authority_id, m.person_id from tenants.member m
    where m.roles @> array['contact_coordinator'] order by m.authority_id, m.id
"""
UNSIGNED = """
    select p.agreement_id, p.authority_id from tenants.agreement_party p
    join tenants.agreement a on a.id = p.agreement_id
    where p.signed_at is null and p.left_at is null and a.state = 'draft' and a.title = any($1)
    order by p.agreement_id, p.authority_id
"""


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Bring on the demo region. Does nothing where it stands."""
    async with as_owner(settings) as owner:
        await owner.execute("select pg_advisory_xact_lock(hashtext('tenants.demo'))")
        if await owner.fetchval("select id from tenants.region where gss_code = $1", NORTH_EAST) is None:
            progress("Bringing on twelve authorities and their staff")
            made = await bring_on(owner, NORTH_EAST, authorities_of(NORTH_EAST))
            await draft_agreements(owner, made, NORTH_EAST)
    await sign_all(settings, (region_wide(NORTH_EAST), BORDERS))
    await write_to_people(settings)
    await recharges.load(settings, region_wide(NORTH_EAST), progress)


def region_wide(region_code: str) -> str:
    """The title of the agreement of all a region's authorities."""
    return f"{english_regions()[region_code]} foster carer vacancies"


@dataclass(frozen=True, slots=True)
class Region:
    """A region that was brought on: its id, and its authorities' ids by DfE code."""

    id: UUID
    authorities: dict[str, UUID]


async def bring_on(owner: "Owner", region_code: str, authorities: Sequence[NewAuthority]) -> Region:
    """A region with these authorities and invented staff in every role. `region_code` seeds their names."""
    rng = Random(f"{SEED} {region_code}")  # noqa: S311  # invented people need no secrecy, and two runs are alike
    region_id = await add_region(owner, region_code, english_regions()[region_code])
    ids = {new.dfe_code: await add_authority(owner, region_id, new) for new in authorities}
    taken: set[str] = set()
    for new in authorities:
        for role in ROLES:
            await _hire(owner, rng, taken, new, councils=[ids[new.dfe_code]], role=role)
        machine = await add_person(owner, f"{new.short_name} case system", f"case-system@{domain(new.short_name)}")
        await add_member(owner, ids[new.dfe_code], machine, ["api_client"])
    for role in REGIONAL:
        await _hire(owner, rng, taken, authorities[0], councils=ids.values(), role=role)
    by_code = {new.dfe_code: new for new in authorities}
    for role, councils in SHARED_STAFF:
        if all(code in by_code for code in councils):
            await _hire(owner, rng, taken, by_code[councils[0]], councils=[ids[code] for code in councils], role=role)
    return Region(region_id, ids)


async def _hire(
    owner: "Owner", rng: Random, taken: set[str], employer: NewAuthority, *, councils: Iterable[UUID], role: str
) -> None:
    name = staff(rng, taken)
    email = f"{name.lower().replace(' ', '.')}@{domain(employer.short_name)}"
    person = await add_person(owner, name, email)
    for council in councils:
        await add_member(owner, council, person, [role], starts=date(2024, 4, 1))


async def draft_agreements(owner: "Owner", region: Region, region_code: str) -> None:
    """Agreements about foster carers: one of all the authorities, and where they are, one of three at short notice."""
    today = date.today()  # noqa: DTZ011  # a period of days, not a moment
    wide = NewAgreement(
        title=region_wide(region_code),
        resource="foster_carers",
        detail="notice",
        purpose="To find a child a foster home with a carer of another authority of the region, near home and school.",
        legal_gateway=GATEWAY,
        lawful_basis=BASIS,
        gateways=("ca2004_s10", "ca1989_s22g", "ca1989_s27"),
        basis="public_task",
        condition="safeguarding",
        tariff=TARIFF,
        retention=resources()["foster_carers"].retention,
        notice_days=90,
        starts=today.replace(month=1, day=1),
        ends=None,
        reviewed_by=today + timedelta(days=365),
    )
    await draft_agreement(owner, region.id, wide, list(region.authorities.values()))
    near = NewAgreement(
        title=BORDERS,
        resource="foster_carers",
        detail="profile",
        purpose="To find a foster home across our shared borders the same night, with a de-identified profile at once.",
        legal_gateway=GATEWAY,
        lawful_basis=BASIS,
        gateways=("ca2004_s10", "ca1989_s22g", "ca1989_s27"),
        basis="public_task",
        condition="safeguarding",
        tariff=TARIFF,
        retention=resources()["foster_carers"].retention,
        notice_days=28,
        starts=today.replace(month=1, day=1),
        ends=None,
        reviewed_by=today + timedelta(days=182),
    )
    if set(BORDERS_PARTIES) <= region.authorities.keys():
        await draft_agreement(owner, region.id, near, [region.authorities[code] for code in BORDERS_PARTIES])


async def write_to_people(settings: Settings) -> None:
    """Give each authority invented people without an account, and a message to each."""
    async with as_owner(settings) as owner:
        coordinators = await owner.fetch(COORDINATORS)
    database = Database.open(settings, pool_size=1)
    try:
        for row in coordinators:
            async with database.bound(Acting(row["authority_id"], row["person_id"], "safe_contact:change")) as uow:
                await messages_demo.load(uow)
    finally:
        await database.close()


async def sign_all(settings: Settings, titles: Sequence[str]) -> None:
    """Let each party's director sign what has not been signed of the agreements of these titles."""
    async with as_owner(settings) as owner:
        unsigned = await owner.fetch(UNSIGNED, list(titles))
        if not unsigned:
            return
        directors = {row["authority_id"]: row for row in await owner.fetch(PEOPLE)}
    database = Database.open(settings, pool_size=1)
    try:
        for row in unsigned:
            director = directors[row["authority_id"]]
            acting = Acting(row["authority_id"], director["person_id"], "agreement:sign")
            async with database.bound(acting) as uow:
                await sign_agreement(uow, row["agreement_id"], director["name"], DIRECTOR)
    finally:
        await database.close()
