"""What stands between a home and its publication, and whom a published one is shown to."""

from datetime import date

import msgspec

from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import principal_of
from services.fostering.records import HouseholdRecord
from services.fostering.rules import Standing, publish_blocks
from tenants.queries import agreements

RESOURCE = "foster_carers"


class Audience(msgspec.Struct, frozen=True):
    """An agreement under which published vacancies are shown, to which authorities, and on what legal ground."""

    agreement: str
    legal_gateway: str
    authorities: list[str]


async def audience(uow: Uow) -> list[Audience]:
    """The agreements in force for foster carers and the other authorities that have signed each. In a request only."""
    mine = principal_of(uow).authority_id
    found = [
        Audience(
            one.title,
            one.legal_gateway,
            [p.name for p in one.parties if p.authority_id != mine and p.signed_at is not None and p.left_at is None],
        )
        for one in await agreements(uow)
        if one.resource == RESOURCE
        and one.state == "in_force"
        and one.running
        and any(p.authority_id == mine and p.signed_at is not None and p.left_at is None for p in one.parties)
    ]
    return [one for one in found if one.authorities]


def blocks(record: HouseholdRecord, day: date) -> list[FieldError]:
    """Everything that keeps a household from being published on a day, by field; empty: it may be."""
    approval = record.approval_on(day)
    standing = Standing(
        terms=approval.terms if approval else None,
        resigned=record.resignation_ends_on is not None and record.resignation_ends_on <= day,
        privacy_notice_on=record.privacy_notice_on,
        objection=record.objection,
        located=record.located,
    )
    return [FieldError(block.term, block.message) for block in publish_blocks(standing, day)]
