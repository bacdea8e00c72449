"""Registering a home and changing what it is, where it is and what Ofsted judged; keeping one by proxy."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Forbidden, Invalid
from careshare.gazetteer import Place, find
from services.residential.actions.change import changing
from services.residential.model import Home, Judged
from services.residential.offers import refresh_offers
from services.residential.rules import SUPPORTED_AGES
from tenants.checking import known_codes, need_day, need_text, plain_text, refuse_invalid
from tenants.days import today

COLUMNS = (
    "urn",
    "name",
    "owner_organisation",
    "sector",
    "kept_as",
    "proxy_ground",
    "kind",
    "category",
    "registration",
    "registered_places",
    "age_min",
    "age_max",
    "sex",
    "purpose",
    "purposes",
    "care_types",
    "need_levels",
    "skills",
    "communication",
    "adaptations",
    "education_on_site",
    "multi_building",
    "short_break_only",
    "manager_name",
    "contact_number",
    "address",
    "postcode",
)
POINT = ("easting", "northing", "outward", "area_gss")
_all = (*COLUMNS, *POINT)
INSERT = text(f"""
    insert into residential.home (authority_id, {", ".join(_all)})
    values ((select careshare.authority()), {", ".join(f":{name}" for name in _all)}) returning id, version
""")  # noqa: S608  # the names are this file's own
UPDATE = text(f"""
    update residential.home set {", ".join(f"{name} = :{name}" for name in _all)}
    where authority_id = (select careshare.authority()) and id = :id
""")  # noqa: S608  # the names are this file's own
CURRENT = text(f"""
    select {", ".join(COLUMNS)} from residential.home where authority_id = (select careshare.authority()) and id = :id
""")  # noqa: S608  # the names are this file's own
SET_CONFIDENTIAL = text("""
    update residential.home set confidential = :confidential
    where authority_id = (select careshare.authority()) and id = :id
""")
# Earlier addresses stand in these entries alone, so that they can be taken out of the record's detail.
ADDRESS_ENTRIES = text("""
    select e.id from audit.entry e join audit.detail d on d.entry_id = e.id
    where e.authority_id = (select careshare.authority()) and d.authority_id = e.authority_id
      and e.action = 'home.moved' and e.subjects @> array[cast(:id as uuid)]
""")
KEEP = text("select residential.keep(:urn, :kept_as)")
KEEP_NO_LONGER = text("select residential.keep_no_longer(:urn)")
KEEPER_NAME = text("select name from tenants.authority where id = :id")
ME = text("select gss_code from tenants.authority where id = (select careshare.authority())")
JUDGE = text("""
    insert into residential.judgement (authority_id, home_id, judged_on, grade, source)
    values ((select careshare.authority()), :home, :judged_on, :judgement, :source)
    on conflict (authority_id, home_id, judged_on) do update set grade = excluded.grade, source = excluded.source
    where judgement.grade <> excluded.grade
""")
# The newest judgement is the home's.
LATEST = text("""
    update residential.home h set judgement = j.grade, judged_on = j.judged_on
    from (select grade, judged_on from residential.judgement
      where authority_id = (select careshare.authority()) and home_id = :home order by judged_on desc limit 1) j
    where h.authority_id = (select careshare.authority()) and h.id = :home
""")

# What Ofsted's list says of the home, where it is on it: its judgement and the one before.
FROM_LIST = text("""
    insert into residential.judgement (authority_id, home_id, judged_on, grade, source)
    select (select careshare.authority()), cast(:home as uuid), j.judged_on, j.grade, 'ofsted_list'
    from residential.ofsted_provider p
    cross join lateral (values (p.judged_on, p.judgement), (p.previous_judged_on, p.previous_judgement))
      as j (judged_on, grade)
    where p.urn = :urn and j.grade is not null
    on conflict do nothing
""")

WHERE = ("address", "postcode")
Values = dict[str, Any]


async def current(uow: Uow, home_id: UUID) -> Values:
    """The home's own columns as they stand; for changes of a part."""
    return dict((await uow.execute(CURRENT, {"id": home_id})).mappings().one())


async def register_home(uow: Uow, home: Home) -> tuple[UUID, int]:
    """Enter a home; its id and version. It has no places yet, so it can be no notice.

    Where Ofsted's list has the home, its judgement comes from there.

    Raises Invalid, and Conflict where another authority, or the caller's own, keeps the home with this number already.
    """
    values = await _checked(uow, home)
    await _keep(uow, values)
    row = (await uow.execute(INSERT, values)).one()
    made: tuple[UUID, int] = (row.id, row.version)
    await uow.execute(FROM_LIST, {"home": row.id, "urn": values["urn"]})
    await uow.execute(LATEST, {"home": row.id})
    await audit.record(uow, "home.registered", subjects=[row.id], after=_but(values))
    await _moved(uow, row.id, {}, values, confidential=False)
    await refresh_offers(uow, [row.id])
    return made


async def change_home(uow: Uow, home_id: UUID, version: int | None, home: Home, *, may_see: bool) -> int:
    """Change what the home is; the new version. `may_see`: the caller may see a confidential address.

    Raises NotFound, PreconditionFailed, Invalid, Conflict, and Forbidden where the address is confidential and may not
    be seen.
    """
    async with changing(uow, home_id, version, "home.changed") as change:
        if change.home.confidential and not may_see:
            raise Forbidden("The address is confidential, so only those who may see it may change the home.")
        before = await current(uow, home_id)
        values = await _checked(uow, home)
        if values["urn"] != before["urn"]:
            await uow.execute(KEEP_NO_LONGER, {"urn": before["urn"]})
        await _keep(uow, values)
        await uow.execute(UPDATE, {**values, "id": home_id})
        change.note(_but(before), _but(values))
        await _moved(uow, home_id, before, values, confidential=change.home.confidential)
    return change.version


async def set_confidential(uow: Uow, home_id: UUID, version: int | None, *, confidential: bool, may_see: bool) -> int:
    """Mark the home's address confidential, or no longer; only who may see it may lift that. The new version."""
    async with changing(uow, home_id, version, "home.confidential") as change:
        if change.home.confidential and not confidential and not may_see:
            raise Forbidden("Only those who may see confidential addresses may lift the confidentiality of one.")
        await uow.execute(SET_CONFIDENTIAL, {"confidential": confidential, "id": home_id})
        change.note({"confidential": change.home.confidential}, {"confidential": confidential})
        if confidential:
            entries = list((await uow.execute(ADDRESS_ENTRIES, {"id": home_id})).scalars())
            if entries:
                await audit.erase(uow, entries, reason="the home’s address became confidential")
    return change.version


async def record_judgement(
    uow: Uow, home_id: UUID, version: int | None, judged: Judged, *, source: str = "entered"
) -> int:
    """Record what Ofsted judged; the new version. The newest judgement is the home's, earlier ones stay."""
    errors: list[FieldError] = []
    late = "The inspection must have been today or earlier"
    need_day(errors, "judged_on", judged.judged_on, latest=today(), late=late)
    refuse_invalid(errors)
    async with changing(uow, home_id, version, "home.judged") as change:
        await uow.execute(JUDGE, {"home": home_id, **msgspec.structs.asdict(judged), "source": source})
        await uow.execute(LATEST, {"home": home_id})
        before = {"judgement": change.home.judgement, "judged_on": change.home.judged_on}
        change.note(before, msgspec.structs.asdict(judged))
    return change.version


async def _checked(uow: Uow, home: Home) -> Values:
    errors: list[FieldError] = []
    values: Values = {
        **msgspec.structs.asdict(home),
        "urn": home.urn.strip().upper(),
        "name": need_text(errors, "name", home.name, "Enter the home’s name"),
        "owner_organisation": plain_text(errors, "owner_organisation", home.owner_organisation),
        "address": need_text(errors, "address", home.address, "Enter the address", lines=True),
        "purpose": need_text(errors, "purpose", home.purpose, "Enter what the home is for", lines=True),
        "manager_name": plain_text(errors, "manager_name", home.manager_name),
        "contact_number": plain_text(errors, "contact_number", home.contact_number),
        "purposes": known_codes(errors, "home_purpose", "purposes", home.purposes),
        "care_types": known_codes(errors, "residential_care_type", "care_types", home.care_types),
        "need_levels": known_codes(errors, "need_level", "need_levels", home.need_levels),
        "skills": known_codes(errors, "skill", "skills", home.skills),
        "communication": known_codes(errors, "communication", "communication", home.communication),
        "adaptations": known_codes(errors, "adaptation", "adaptations", home.adaptations),
    }
    _check_kind(errors, home)
    place: Place | None = None
    try:
        place = await find(uow, home.postcode)
        values["postcode"] = place.postcode
    except ValueError as error:
        errors.append(FieldError("postcode", str(error)))
    if place is not None and home.proxy_ground == "stands_here" and home.kept_as == "proxy":
        codes = (await uow.execute(ME)).scalar_one()
        if place.area_gss != codes:
            message = "The home does not stand in your area. Say instead that you commission its places"
            errors.append(FieldError("proxy_ground", message))
    refuse_invalid(errors)
    if place is None:
        raise Invalid
    point = {name: getattr(place, name) for name in POINT}
    return {**values, **point}


def _check_kind(errors: list[FieldError], home: Home) -> None:
    if home.age_max < home.age_min:
        errors.append(FieldError("age_max", "The oldest age must be the youngest age or more"))
    if home.kind == "supported_accommodation":
        if home.category is None:
            errors.append(FieldError("category", "Select the category of supported accommodation"))
        if (home.age_min, home.age_max) != (min(SUPPORTED_AGES), max(SUPPORTED_AGES)):
            errors.append(FieldError("age_min", "Supported accommodation is for ages 16 to 17"))
    elif home.category is not None:
        errors.append(FieldError("category", "Only supported accommodation has a category"))
    if home.kept_as == "proxy":
        if home.proxy_ground is None:
            errors.append(FieldError("proxy_ground", "Select why you keep the home"))
        if not home.owner_organisation.strip():
            errors.append(FieldError("owner_organisation", "Enter the organisation that owns the home"))
    elif home.proxy_ground is not None:
        errors.append(FieldError("proxy_ground", "Only a home that is not your own is kept for a reason"))


async def _keep(uow: Uow, values: Values) -> None:
    """Say that the bound authority keeps the home. Raises Conflict, naming who does already: that is public."""
    given = {"urn": values["urn"], "kept_as": values["kept_as"]}
    other: UUID | None = (await uow.execute(KEEP, given)).scalar_one()
    if other is not None:
        name = (await uow.execute(KEEPER_NAME, {"id": other})).scalar_one()
        message = f"{name} keeps the home with this number on Careshare already"
        raise Conflict(message, errors=[FieldError("urn", message)])


def _but(values: Values) -> Values:
    left_out = {*WHERE, *POINT}
    return {name: value for name, value in values.items() if name not in left_out}


async def _moved(uow: Uow, home_id: UUID, before: Values, after: Values, *, confidential: bool) -> None:
    was, now = ({name: values.get(name) for name in WHERE} for values in (before, after))
    if was == now:
        return
    if confidential:
        await audit.record(uow, "home.moved", subjects=[home_id])
        return
    await audit.record(uow, "home.moved", subjects=[home_id], before=was if before else None, after=now)
