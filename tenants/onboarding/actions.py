"""The steps of bringing an authority on. Each is kept as it is answered; nothing exists before it is confirmed."""

import re
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow, acting_for
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from careshare.http.problems import ConstraintMeaning, constraint_meanings
from careshare.signin import domains
from careshare.signin.settings_model import read_domain
from careshare.web import asks
from tenants.actions import RESOURCES, NewAuthority
from tenants.members.actions import send_link
from tenants.members.model import INVITATION_LASTS, read_email
from tenants.reference import authorities_of

MOST_DOMAINS: Final = 20
HERE_ALREADY: Final = "This authority is here already"
constraint_meanings["authority_dfe"] = ConstraintMeaning("dfe_code", HERE_ALREADY)
constraint_meanings["authority_gss"] = ConstraintMeaning("dfe_code", HERE_ALREADY)

REGION = text("""
    select r.gss_code, r.name from tenants.authority a join tenants.region r on r.id = a.region_id
    where a.id = (select careshare.authority())
""")
STANDING = text("""
    select a.dfe_code, a.name, a.duty_number, a.starts from tenants.authority a
    where a.ends is null and a.region_id = (select region_id from tenants.authority
      where id = (select careshare.authority()))
    order by a.name
""")
BEGIN = text("""
    insert into tenants.onboarding (authority_id, dfe_code, name, short_name)
    values ((select careshare.authority()), :dfe_code, :name, :short_name) returning id
""")
DRAFT = """
    select id, dfe_code, name, short_name, duty_number, array_to_string(domains, chr(10)) as domains,
      administrator_name, administrator_email, idle_minutes, longest_hours, new_id, made_at
    from tenants.onboarding where authority_id = (select careshare.authority())
"""
ONE = text(f"{DRAFT} and id = :id")
LOCKED = text(f"{DRAFT} and id = :id for update")
OPEN = text(f"{DRAFT} and done_at is null order by made_at desc limit 20")
KEEP = text("""
    update tenants.onboarding set name = :name, short_name = :short_name, duty_number = :duty_number,
      domains = coalesce(string_to_array(nullif(:domains, ''), chr(10)), '{}'),
      administrator_name = :administrator_name, administrator_email = :administrator_email,
      idle_minutes = :idle_minutes, longest_hours = :longest_hours
    where authority_id = (select careshare.authority()) and id = :id and done_at is null
""")
DONE = text("""
    update tenants.onboarding set new_id = :new, done_at = now()
    where authority_id = (select careshare.authority()) and id = :id
""")
ONBOARD = text("""
    select authority_id, member_id, person_id, invitation_id from tenants.onboard(:dfe_code, :name, :short_name,
      :duty_number, :codes, :since, :until, :resources, :administrator_name, :administrator_email, :lasts, :idle,
      :longest)
""")


def read_domains(text_given: str) -> str:
    """E-mail domains, one on each line, each once. Raises ValueError."""
    found = dict.fromkeys(read_domain(one) for one in re.split(r"[\s,;]+", text_given) if one)
    if len(found) > MOST_DOMAINS:
        raise ValueError(f"Enter {MOST_DOMAINS} domains or fewer")
    return "\n".join(found)


def _one_of(email: str, domains_given: str) -> bool:
    return email.rpartition("@")[2] in domains_given.split("\n") if email else False


class Draft(msgspec.Struct, frozen=True):
    """An authority that is being brought on, as far as it is known. `new_id` once it is there."""

    id: UUID
    dfe_code: str
    name: str
    short_name: str
    duty_number: str
    domains: str
    administrator_name: str
    administrator_email: str
    idle_minutes: int
    longest_hours: int
    new_id: UUID | None

    @property
    def missing(self) -> str | None:
        """The first step that is not answered yet."""
        if not self.duty_number:
            return "details"
        if not self.domains:
            return "domains"
        return None if _one_of(self.administrator_email, self.domains) else "administrator"


class Choice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which authority."""

    dfe_code: Annotated[str, asks("the authority", missing="Select the authority", max_length=3)]


class Details(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What it is called, and whom a neighbour rings."""

    name: Annotated[str, asks("the authority’s name", max_length=120)]
    short_name: Annotated[str, asks("the short name", max_length=60)]
    duty_number: Annotated[
        str,
        asks(
            "the duty number",
            pattern=r"^(?=.*[0-9])[0-9 +()-]{6,30}$",
            invalid="Enter a telephone number, like 01632 960001",
        ),
    ]


class Domains(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which e-mail domains are its own, one on each line."""

    domains: Annotated[str, asks("the e-mail domains of its people", read=read_domains, max_length=2000)]


class Administrator(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who begins there."""

    administrator_name: Annotated[str, asks("the administrator’s name", max_length=120)]
    administrator_email: Annotated[str, asks("their e-mail address", read=read_email)]


class Sessions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How long its people stay signed in."""

    idle_minutes: Annotated[int, asks("the minutes", ge=5, le=1440)]
    longest_hours: Annotated[int, asks("the hours", ge=1, le=24)]


async def choices(uow: Uow) -> tuple[str, list[NewAuthority]]:
    """The name of the bound authority's region, and the authorities of the reference that are not here yet."""
    region = (await uow.execute(REGION)).mappings().one()
    there = {row["dfe_code"] for row in await standing(uow)}
    return region["name"], [one for one in authorities_of(region["gss_code"]) if one.dfe_code not in there]


async def standing(uow: Uow) -> list[dict[str, Any]]:
    """The authorities of the region today, by name."""
    return [dict(row) for row in (await uow.execute(STANDING)).mappings()]


async def drafts(uow: Uow) -> list[Draft]:
    """Those begun and not brought on, the latest first."""
    return [_draft(row) for row in (await uow.execute(OPEN)).mappings()]


async def draft(uow: Uow, draft_id: UUID) -> Draft:
    """One of them. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": draft_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _draft(row)


def _draft(row: Any) -> Draft:
    return Draft(**{name: row[name] for name in Draft.__struct_fields__})


async def begin(uow: Uow, dfe_code: str) -> UUID:
    """Begin with an authority of the reference. Raises Invalid where it is none of the region, or here already."""
    found = next((one for one in (await choices(uow))[1] if one.dfe_code == dfe_code), None)
    if found is None:
        raise Invalid(errors=[FieldError("dfe_code", "Select the authority")])
    made: UUID = (
        await uow.execute(BEGIN, {"dfe_code": dfe_code, "name": found.name, "short_name": found.short_name})
    ).scalar_one()
    return made


async def keep(uow: Uow, draft_id: UUID, answers: msgspec.Struct) -> None:
    """Keep the answers of one step. Raises NotFound, and Invalid for limits that do not go together."""
    there = await draft(uow, draft_id)
    values = {**msgspec.structs.asdict(there), **msgspec.structs.asdict(answers)}
    if values["idle_minutes"] > values["longest_hours"] * 60:
        message = "The time unused must not be longer than the time in all"
        raise Invalid(errors=[FieldError("idle_minutes", message)])
    if isinstance(answers, Administrator) and not _one_of(values["administrator_email"], values["domains"]):
        message = f"Their address must be of a domain of the authority: {', '.join(values['domains'].split())}"
        raise Invalid(errors=[FieldError("administrator_email", message)])
    await uow.execute(KEEP, {name: value for name, value in values.items() if name not in {"dfe_code", "new_id"}})


async def bring_on(uow: Uow, draft_id: UUID) -> Draft:
    """Make the authority, its first administrator and the invitation, all or nothing; done before, it stays as it is.

    Raises NotFound, Invalid while a step is open, and Conflict where the authority came meanwhile.
    """
    row = (await uow.execute(LOCKED, {"id": draft_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    there = _draft(row)
    if there.new_id is not None:
        return there
    if there.missing is not None:
        raise Invalid(errors=[FieldError("", "Answer every step first")])
    known = next((one for one in (await choices(uow))[1] if one.dfe_code == there.dfe_code), None)
    if known is None:
        raise Conflict(HERE_ALREADY, errors=[FieldError("", HERE_ALREADY)])
    codes = sorted(known.codes, key=lambda code: code.since)
    made = (
        (
            await uow.execute(
                ONBOARD,
                {
                    **msgspec.structs.asdict(there),
                    "codes": [code.gss_code for code in codes],
                    "since": [code.since for code in codes],
                    "until": [code.until for code in codes],
                    "resources": list(RESOURCES),
                    "lasts": INVITATION_LASTS,
                    "idle": timedelta(minutes=there.idle_minutes),
                    "longest": timedelta(hours=there.longest_hours),
                },
            )
        )
        .mappings()
        .one()
    )
    new: UUID = made["authority_id"]
    await uow.execute(DONE, {"id": draft_id, "new": new})
    after = msgspec.structs.asdict(there) | {"domains": there.domains.split("\n")}
    await audit.record(uow, "authority.onboarded", subjects=[new], owner_id=new, after=after)
    for domain in there.domains.split("\n"):
        await domains.approve(uow, domains.Approval(authority=new, domain=domain), tell=False)
    # The invitation is the new authority's own, so this part of the transaction is bound to it.
    async with acting_for(uow, new):
        await send_link(uow, made["person_id"], made["invitation_id"])
    return await draft(uow, draft_id)
