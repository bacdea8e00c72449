"""Telling the people of an agreement's parties, in the transaction of what they are told of."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow, acting_for
from careshare.errors import NotFound
from careshare.messages import send_staff

SIGNERS: Final = ("director", "nominated_officer")
PEOPLE = text("select tenants.staff_holding(cast(:roles as text[]))")


async def tell(uow: Uow, template: str, link: str) -> None:
    """Tell those who sign for the bound authority. Somebody whose account has ended is told nothing."""
    for person in list((await uow.execute(PEOPLE, {"roles": list(SIGNERS)})).scalars()):
        with suppress(NotFound):
            await send_staff(uow, person, template, {"link": link})


async def tell_others(uow: Uow, parties: Iterable[UUID], template: str, link: str) -> None:
    """Tell those who sign for each of these parties, which are others than the bound one."""
    for party in parties:
        async with acting_for(uow, party):
            await tell(uow, template, link)
