"""Registering a household and changing who it is, where it is, what it agreed to and what it can do."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Forbidden, Invalid
from careshare.gazetteer import Place, find
from services.fostering.actions.change import (
    Change,
    changing,
    known_codes,
    need_day,
    need_text,
    plain_text,
    refuse_invalid,
)
from services.fostering.apart import refuse_home
from services.fostering.days import today
from services.fostering.model import Abilities, Consent, Home
from services.fostering.offers import refresh_offers
from services.fostering.workers import chosen

INSERT = text("""
    insert into fostering.household (authority_id, reference, name, address, postcode, easting, northing, outward,
      area_gss, supervising_person_id, supervising_worker, duty_number)
    values ((select careshare.authority()), :reference, :name, :address, :postcode, :easting, :northing, :outward,
      :area_gss, :supervising_person_id, :supervising_worker, :duty_number)
    returning id, version
""")
CURRENT = text("""
    select reference, name, address, postcode, supervising_person_id, supervising_worker, duty_number,
      privacy_notice_on, objection, beliefs_shared, pets, skills, communication, adaptations, solo
    from fostering.household where authority_id = (select careshare.authority()) and id = :id
""")
SET_HOME = text("""
    update fostering.household set reference = :reference, name = :name, address = :address, postcode = :postcode,
      easting = :easting, northing = :northing, outward = :outward, area_gss = :area_gss,
      supervising_person_id = :supervising_person_id, supervising_worker = :supervising_worker,
      duty_number = :duty_number
    where authority_id = (select careshare.authority()) and id = :id
""")
SET_CONSENT = text("""
    update fostering.household set privacy_notice_on = :privacy_notice_on, objection = :objection,
      beliefs_shared = :beliefs_shared,
      published_at = case when :may_stay then published_at end, published_by = case when :may_stay then published_by end
    where authority_id = (select careshare.authority()) and id = :id
""")
SET_ABILITIES = text("""
    update fostering.household set pets = :pets, skills = :skills, communication = :communication,
      adaptations = :adaptations, solo = :solo
    where authority_id = (select careshare.authority()) and id = :id
""")
SET_CONFIDENTIAL = text("""
    update fostering.household set confidential = :confidential
    where authority_id = (select careshare.authority()) and id = :id
""")
# Earlier addresses stand in these entries alone, so that they can be taken out of the record's detail.
ADDRESS_ENTRIES = text("""
    select e.id from audit.entry e join audit.detail d on d.entry_id = e.id
    where e.authority_id = (select careshare.authority()) and d.authority_id = e.authority_id
      and e.action = 'household.moved' and e.subjects @> array[cast(:id as uuid)]
""")

WHERE = ("address", "postcode")
Values = dict[str, Any]


async def current(uow: Uow, household_id: UUID) -> Values:
    """The household's own columns as they stand; for changes of a part."""
    return dict((await uow.execute(CURRENT, {"id": household_id})).mappings().one())


async def register_household(uow: Uow, home: Home) -> tuple[UUID, int]:
    """Enter a new household in the register; its id and version. Raises Invalid (unknown postcode, nothing in a field).

    It has no approval and no places yet, so it can be no offer.
    """
    values, place = await _home(uow, home)
    await refuse_home(uow, values["reference"])
    row = (await uow.execute(INSERT, {**values, **_point(place)})).one()
    made: tuple[UUID, int] = (row.id, row.version)
    said = {name: value for name, value in values.items() if name not in WHERE}
    await audit.record(uow, "household.registered", subjects=[row.id], after=said)
    await _moved(uow, row.id, {}, values, confidential=False)
    await refresh_offers(uow, [row.id])
    return made


async def change_home(uow: Uow, household_id: UUID, version: int | None, home: Home, *, may_see: bool) -> int:
    """Change who and where the household is; the new version. `may_see`: the caller may see a confidential address.

    Raises NotFound, PreconditionFailed, Invalid, and Forbidden where the address is confidential and may not be seen.
    """
    async with changing(uow, household_id, version, "household.changed") as change:
        if change.household.confidential and not may_see:
            raise Forbidden("The address is confidential, so only those who may see it may change it.")
        before = await current(uow, household_id)
        values, place = await _home(uow, home, household_id, before)
        await refuse_home(uow, values["reference"])
        await uow.execute(SET_HOME, {**values, **_point(place), "id": household_id})
        change.note(_but(before), _but(values))
        await _moved(uow, household_id, before, values, confidential=change.household.confidential)
    return change.version


async def change_contacts(uow: Uow, household_id: UUID, version: int | None, home: Home, *, may_see: bool) -> int:
    """As `change_home`, for whoever may not see the address: it stays as it is whatever `home` says of it."""
    if may_see:
        return await change_home(uow, household_id, version, home, may_see=True)
    async with changing(uow, household_id, version, "household.changed") as change:
        before = await current(uow, household_id)
        kept = msgspec.structs.replace(home, address=before["address"], postcode=before["postcode"])
        values, place = await _home(uow, kept, household_id, before)
        await refuse_home(uow, values["reference"])
        await uow.execute(SET_HOME, {**values, **_point(place), "id": household_id})
        change.note(_but(before), _but(values))
    return change.version


async def change_consent(uow: Uow, household_id: UUID, version: int | None, consent: Consent) -> int:
    """Record what the carers were told and agreed to. An objection, or no notice, withdraws the home at once."""
    errors: list[FieldError] = []
    late = "The privacy notice must have been given today or earlier"
    need_day(errors, "privacy_notice_on", consent.privacy_notice_on, latest=today(), late=late)
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.changed") as change:
        before = await current(uow, household_id)
        values = msgspec.structs.asdict(consent)
        may_stay = not consent.objection and consent.privacy_notice_on is not None
        await uow.execute(SET_CONSENT, {**values, "may_stay": may_stay, "id": household_id})
        change.note(before, values)
        _withdrawn(change, may_stay=may_stay)
    return change.version


def _withdrawn(change: Change, *, may_stay: bool) -> None:
    if change.household.published_at is not None and not may_stay:
        change.note({"published": True}, {"published": False})


async def change_abilities(uow: Uow, household_id: UUID, version: int | None, abilities: Abilities) -> int:
    """Record what the home can do. Raises NotFound, PreconditionFailed, and Invalid for a code that is on no list."""
    errors: list[FieldError] = []
    values: Values = {
        "pets": None if abilities.pets is None else known_codes(errors, "pet", "pets", abilities.pets),
        "skills": known_codes(errors, "skill", "skills", abilities.skills),
        "communication": known_codes(errors, "communication", "communication", abilities.communication),
        "adaptations": known_codes(errors, "adaptation", "adaptations", abilities.adaptations),
        "solo": abilities.solo,
    }
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.changed") as change:
        before = await current(uow, household_id)
        await uow.execute(SET_ABILITIES, {**values, "id": household_id})
        change.note(before, values)
    return change.version


async def set_confidential(
    uow: Uow, household_id: UUID, version: int | None, *, confidential: bool, may_see: bool
) -> int:
    """Mark the household's address confidential, or no longer; only who may see it may lift that.

    From then on its notice shows no area finer than the authority, and the record's details lose earlier addresses.
    """
    async with changing(uow, household_id, version, "household.confidential") as change:
        if change.household.confidential and not confidential and not may_see:
            raise Forbidden("Only those who may see confidential addresses may lift the confidentiality of one.")
        await uow.execute(SET_CONFIDENTIAL, {"confidential": confidential, "id": household_id})
        change.note({"confidential": change.household.confidential}, {"confidential": confidential})
        if confidential:
            entries = list((await uow.execute(ADDRESS_ENTRIES, {"id": household_id})).scalars())
            if entries:
                await audit.erase(uow, entries, reason="the household’s address became confidential")
    return change.version


async def _home(
    uow: Uow, home: Home, household_id: UUID | None = None, before: Values | None = None
) -> tuple[Values, Place]:
    errors: list[FieldError] = []
    values: Values = {
        "reference": need_text(errors, "reference", home.reference, "Enter the household’s reference"),
        "name": need_text(errors, "name", home.name, "Enter the household’s name"),
        "address": need_text(errors, "address", home.address, "Enter the address", lines=True),
        "supervising_worker": plain_text(errors, "supervising_worker", home.supervising_worker),
        "supervising_person_id": home.supervising_person_id,
        "duty_number": plain_text(errors, "duty_number", home.duty_number),
    }
    if home.supervising_person_id is not None:
        was = before or {}
        held = was.get("supervising_person_id")
        name = await chosen(uow, errors, home.supervising_person_id, before=held, household_id=household_id)
        values["supervising_worker"] = name or was.get("supervising_worker", "")
    place: Place | None = None
    try:
        place = await find(uow, home.postcode)
        values["postcode"] = place.postcode
    except ValueError as error:
        errors.append(FieldError("postcode", str(error)))
    refuse_invalid(errors)
    if place is None:
        raise Invalid
    return values, place


def _point(place: Place) -> Values:
    return {
        "easting": place.easting,
        "northing": place.northing,
        "outward": place.outward,
        "area_gss": place.area_gss,
    }


def _but(values: Values) -> Values:
    return {name: value for name, value in values.items() if name not in WHERE}


async def _moved(uow: Uow, household_id: UUID, before: Values, after: Values, *, confidential: bool) -> None:
    was, now = ({name: values.get(name) for name in WHERE} for values in (before, after))
    if was == now:
        return
    if confidential:
        await audit.record(uow, "household.moved", subjects=[household_id])
        return
    await audit.record(uow, "household.moved", subjects=[household_id], before=was if before else None, after=now)
