"""The forms of who lives in a household: carers, others, and the bedrooms for fostered children."""

from typing import TypeVar
from uuid import UUID

import msgspec

from careshare.database import Uow
from careshare.web import Form
from services.fostering import actions
from services.fostering.model import Bedroom, Bedrooms, Carer, Carers, Member, Members
from services.fostering.pages.home import SAVED
from services.fostering.pages.questions import Questions, pages
from services.fostering.records import HouseholdRecord

M = TypeVar("M", bound=msgspec.Struct)


def _same(wanted: type[M], record: msgspec.Struct) -> M:
    return wanted(**{name: getattr(record, name) for name in wanted.__struct_fields__})


def _carers(record: HouseholdRecord) -> Form:
    return Form.filled(Carers(carer=[_same(Carer, one) for one in record.carers]))


def _members(record: HouseholdRecord) -> Form:
    return Form.filled(Members(person=[_same(Member, one) for one in record.members]))


def _bedrooms(record: HouseholdRecord) -> Form:
    return Form.filled(Bedrooms(bedroom=[_same(Bedroom, one) for one in record.bedrooms]))


async def _set_carers(uow: Uow, household_id: UUID, version: int, wanted: Carers) -> None:
    await actions.set_carers(uow, household_id, version, wanted.carer)


async def _set_members(uow: Uow, household_id: UUID, version: int, wanted: Members) -> None:
    await actions.set_members(uow, household_id, version, wanted.person)


async def _set_bedrooms(uow: Uow, household_id: UUID, version: int, wanted: Bedrooms) -> None:
    await actions.set_bedrooms(uow, household_id, version, wanted.bedroom)


CARERS = Questions(
    name="carers",
    permission="household:change",
    wanted=Carers,
    filled=_carers,
    change=_set_carers,
    saved=SAVED,
    section="carers",
    group=("carer", 4),
)
MEMBERS = Questions(
    name="members",
    permission="household:change",
    wanted=Members,
    filled=_members,
    change=_set_members,
    saved=SAVED,
    section="members",
    group=("person", 20),
)
BEDROOMS = Questions(
    name="bedrooms",
    permission="household:change",
    wanted=Bedrooms,
    filled=_bedrooms,
    change=_set_bedrooms,
    saved=SAVED,
    section="bedrooms",
    group=("bedroom", 12),
)

handlers = [*pages(CARERS), *pages(MEMBERS), *pages(BEDROOMS)]
