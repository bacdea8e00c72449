"""Telling those who may agree that something waits for them."""

from typing import Final

from sqlalchemy import text

from careshare.database import Uow

PATH: Final = "/administration/second-person"
SECONDS: Final = ("authority_administrator", "director")
"""Who may agree. An authority with one administrator has its director."""

WHO = text("""
    select person_id from tenants.staff_holding(cast(:roles as text[])) person_id where person_id <> careshare.actor()
""")


async def tell_seconds(uow: Uow) -> None:
    """An e-mail to each of them but whoever asks."""
    from careshare.messages import send_staff  # noqa: PLC0415  # messages lean on identity, not the other way

    for person_id in (await uow.execute(WHO, {"roles": list(SECONDS)})).scalars().all():
        await send_staff(uow, person_id, "second_person", {"link": PATH})
