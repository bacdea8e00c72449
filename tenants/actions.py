"""What is done between authorities: bringing one on, people's membership, mergers, sharing agreements.

Onboarding is the regional administrator's, done on the administrator's connection as the owner of the tables
(`as_owner`). Signing and leaving are an authority's own, done in its bound unit of work.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import msgspec

from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid
from careshare.settings import Settings
from tenants.agreements import actions
from tenants.agreements.model import Detail, StatedTerms

if TYPE_CHECKING:
    Owner = asyncpg.Connection[asyncpg.Record]

RESOURCES = ("foster_carers", "residential_places")
"""Resource classes an authority may share. Each has a shelf, and one more that is never granted: its own."""

REGION = """
    insert into tenants.region (gss_code, name, area_minimum, stale_after_days) values ($1, $2, $3, $4) returning id
"""
AUTHORITY = """
    insert into tenants.authority (region_id, dfe_code, gss_code, name, short_name, duty_number, starts)
    values ($1, $2, $3, $4, $5, $6, $7) returning id
"""
CODES = """
    insert into tenants.authority_code (authority_id, gss_code, valid)
    select $1, gss_code, daterange(since, until)
    from unnest($2::text[], $3::date[], $4::date[]) as given (gss_code, since, until)
"""
SHELVES = """
    insert into careshare.shelf (owner_id, resource)
    select $1, resource || own from unnest($2::text[]) resource, unnest(array['', ':own']) own
"""
RECODE = """
    with cut as (
      update tenants.authority_code set valid = daterange(lower(valid), $3)
      where authority_id = $1 and valid @> $3::date and lower(valid) < $3 returning authority_id)
    insert into tenants.authority_code (authority_id, gss_code, valid)
    select authority_id, $2, daterange($3, null) from cut returning authority_id
"""
PERSON = "insert into identity.person (name, email) values ($1, $2) returning id"
MEMBER = """
    insert into tenants.member (authority_id, person_id, roles, starts, ends)
    values ($1, $2, $3, coalesce($4, current_date), $5) returning id
"""
STANDING = "select id, starts, region_id from tenants.authority where id = any($1) and ends is null for update"
ENDED = "update tenants.authority set ends = $2 where id = any($1)"
CODES_END = """
    update tenants.authority_code set valid = daterange(lower(valid), $2)
    where authority_id = any($1) and valid @> $2::date and lower(valid) < $2
"""
SUCCESSORS = """
    insert into tenants.authority_successor (predecessor_id, successor_id, since)
    select predecessor, successor, $3 from unnest($1::uuid[]) predecessor, unnest($2::uuid[]) successor
"""
AGREEMENT = """
    insert into tenants.agreement (region_id, title, resource, detail, purpose, legal_gateway, lawful_basis,
      notice_days, in_force, reviewed_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, tstzrange($9, $10), $11) returning id
"""
PARTIES = "insert into tenants.agreement_party (agreement_id, authority_id) select $1, unnest($2::uuid[])"
VERSION = """
    insert into tenants.agreement_version (agreement_id, version, terms, parties, in_force, proposed_by)
    select a.id, 1, $2, $3, a.in_force, $4 from tenants.agreement a where a.id = $1
"""


@dataclass(frozen=True, slots=True)
class Code:
    """A GSS code of an authority from `since` up to `until`, which is the first day without it."""

    gss_code: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """An authority to bring on. `codes` are all it has had, the last today's; neighbours ring its `duty_number`."""

    dfe_code: str
    name: str
    short_name: str
    duty_number: str
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgreement:
    """A sharing agreement to draft (ICO data sharing code: what it is for, under which law, from when to when).

    `detail` is the most that may be seen without a case: a vacancy notice, a profile or an identity. `gateways`,
    `basis` and `condition` are codes of the agreements' lists, where the texts stand for some.
    """

    title: str
    resource: str
    detail: Detail
    purpose: str
    legal_gateway: str
    lawful_basis: str
    notice_days: int
    starts: date
    ends: date | None
    reviewed_by: date
    gateways: tuple[str, ...] = ()
    basis: str = ""
    condition: str = ""
    tariff: str = ""
    retention: str = ""


@asynccontextmanager
async def as_owner(settings: Settings) -> AsyncGenerator["Owner"]:
    """One transaction on the administrator's connection as `careshare_owner`."""
    address = settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    try:
        async with connection.transaction():
            await connection.execute("set local role careshare_owner")
            yield connection
    finally:
        await connection.close()


async def add_region(
    owner: "Owner", gss_code: str, name: str, *, area_minimum: int = 5, stale_after_days: int = 7
) -> UUID:
    """A region. Fewer than `area_minimum` of an owner's households in an area are not named to others by that area."""
    made: UUID = await owner.fetchval(REGION, gss_code, name, area_minimum, stale_after_days)
    return made


async def add_authority(owner: "Owner", region_id: UUID, new: NewAuthority) -> UUID:
    """An authority with its codes and an empty shelf, shared and own, for each resource class."""
    if not new.codes:
        raise Invalid(errors=[FieldError("codes", "Give the authority\u2019s GSS code and since when it has it")])
    codes = sorted(new.codes, key=lambda code: code.since)
    made: UUID = await owner.fetchval(
        AUTHORITY,
        region_id,
        new.dfe_code,
        codes[-1].gss_code,
        new.name,
        new.short_name,
        new.duty_number,
        codes[0].since,
    )
    await owner.execute(
        CODES, made, [code.gss_code for code in codes], [code.since for code in codes], [code.until for code in codes]
    )
    await owner.execute(SHELVES, made, list(RESOURCES))
    return made


async def recode(owner: "Owner", authority_id: UUID, gss_code: str, since: date) -> None:
    """Give an authority a new GSS code from a day on, as when its boundary changed; the DfE code stays."""
    if await owner.fetchval(RECODE, authority_id, gss_code, since) is None:
        raise Conflict("The authority has no code that a new one could follow on that day")
    await owner.execute("update tenants.authority set gss_code = $2 where id = $1", authority_id, gss_code)


async def replace_authorities(
    owner: "Owner", predecessors: Sequence[UUID], successors: Sequence[UUID], since: date
) -> None:
    """End authorities that merged or were split; `successors`, brought on before, took over on the day `since`.

    From that day nobody acts for the old ones: their records stay theirs until moved. Raises Conflict.
    """
    old, new = set(predecessors), set(successors)
    if not old or not new or old & new:
        raise Invalid(errors=[FieldError("successors", "Name who ends and who takes over; nobody can be both")])
    standing = {row["id"]: row for row in await owner.fetch(STANDING, [*old, *new])}
    if standing.keys() != old | new:
        raise Conflict("One of the authorities is not there, or ended before")
    if len({row["region_id"] for row in standing.values()}) > 1:
        raise Conflict("An authority is succeeded within its region")
    if any(standing[one]["starts"] >= since for one in old):
        raise Conflict("An authority cannot end before it began")
    await owner.execute(ENDED, list(old), since)
    await owner.execute(CODES_END, list(old), since)
    await owner.execute(SUCCESSORS, list(old), list(new), since)


async def add_person(owner: "Owner", name: str, email: str) -> UUID:
    """Somebody, or a machine, who may sign in once they are a member of an authority."""
    made: UUID = await owner.fetchval(PERSON, name, email.lower())
    return made


async def add_member(
    owner: "Owner",
    authority_id: UUID,
    person_id: UUID,
    roles: Sequence[str],
    *,
    starts: date | None = None,
    ends: date | None = None,
) -> UUID:
    """Let a person act for an authority in these roles from `starts` (today) up to `ends`."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise Invalid(errors=[FieldError("roles", f"Not a role: {', '.join(unknown)}" if unknown else "Choose a role")])
    made: UUID = await owner.fetchval(MEMBER, authority_id, person_id, list(roles), starts, ends)
    return made


async def draft_agreement(owner: "Owner", region_id: UUID, new: NewAgreement, parties: Sequence[UUID]) -> UUID:
    """A sharing agreement between `parties`. It opens nothing before each of them has signed."""
    if len(set(parties)) < 2:
        raise Invalid(errors=[FieldError("parties", "An agreement needs at least two authorities")])
    made: UUID = await owner.fetchval(
        AGREEMENT,
        region_id,
        new.title,
        new.resource,
        new.detail,
        new.purpose,
        new.legal_gateway,
        new.lawful_basis,
        new.notice_days,
        new.starts,
        new.ends,
        new.reviewed_by,
    )
    named = list(dict.fromkeys(parties))
    await owner.execute(PARTIES, made, named)
    await owner.execute(VERSION, made, msgspec.json.encode(_terms(new)).decode(), named, named[0])
    return made


def _terms(new: NewAgreement) -> StatedTerms:
    return StatedTerms(
        title=new.title,
        resource=new.resource,
        detail=new.detail,
        purpose=new.purpose,
        gateways=list(new.gateways),
        lawful_basis=new.basis,
        condition=new.condition,
        tariff=new.tariff,
        retention=new.retention,
        notice_days=new.notice_days,
        starts=new.starts,
        last_day=None if new.ends is None else new.ends - timedelta(days=1),
        review_on=new.reviewed_by,
        legal_gateway_text=new.legal_gateway,
        lawful_basis_text=new.lawful_basis,
    )


async def sign_agreement(uow: Uow, agreement_id: UUID, name: str, role: str) -> None:
    """Sign what is proposed for the bound authority. The last signature brings the agreement into force.

    Raises NotFound where the authority is no party, Conflict where it signed before or the agreement ended.
    """
    await actions.sign_for(uow, agreement_id, None, name, role)


async def leave_agreement(uow: Uow, agreement_id: UUID, reason: str) -> None:
    """Leave at once for the bound authority: what it saw and showed under the agreement ends with this transaction.

    Raises NotFound where the authority is no party, Conflict where it left before.
    """
    await actions.leave_for(uow, agreement_id, None, "at_once", reason)
