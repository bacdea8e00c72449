"""The demonstration's messages: invented people who may be written to in different ways, and a word to each of them."""

from datetime import time
from typing import Final

from sqlalchemy import text

from careshare.database import Uow
from careshare.messages.contacts import Settings, add_contact, add_place
from careshare.messages.sending import send

ANY: Final = text("select exists (select from messages.contact where authority_id = (select careshare.authority()))")
PHONE: Final = text("select duty_number from tenants.authority where id = (select careshare.authority())")

PLACES: Final = ("Elm House family centre", "Riverside library")
CONTACTS: Final = (
    Settings(
        name="Dana Marlowe",
        kind="parent",
        channel="sms",
        phone="+447700900201",
        days=[1, 2, 3, 4, 5, 6, 7],
        begins=time(8),
        ends=time(20),
        language="en",
        naming="council",
    ),
    Settings(
        name="Marek Zielony",
        kind="parent",
        channel="sms",
        phone="+447700900202",
        days=[1, 2, 3, 4, 5, 6, 7],
        begins=time(7),
        ends=time(21),
        language="pl",
        naming="office",
        shared_phone=True,
    ),
    Settings(
        name="Robin Thackray",
        kind="young_person",
        channel="email",
        email="robin@people.invalid",
        days=[1, 2, 3, 4, 5],
        begins=time(15, 30),
        ends=time(19),
        language="en",
        naming="worker",
        avoid="social worker",
    ),
    Settings(
        name="Jo Fairbairn",
        kind="parent",
        channel="sms",
        phone="+447700900203",
        days=[1, 2, 3, 4, 5],
        begins=time(9),
        ends=time(17),
        language="en",
        naming="nobody",
        unsafe=True,
        unsafe_reason="Somebody else in the household reads the telephone.",
    ),
)


async def load(uow: Uow) -> None:
    """Fill in the bound authority's part. Does nothing where there is any."""
    if await uow.scalar(ANY):
        return
    for name in PLACES:
        await add_place(uow, name)
    phone: str = (await uow.execute(PHONE)).scalar_one()
    for one in CONTACTS:
        await send(uow, await add_contact(uow, one), "please_ring", {"phone": phone})
