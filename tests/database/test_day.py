"""A day of the database is a day in London, where whoever leaves on it must be out from its first minute."""

import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.settings import Settings

DAY = text("select cast(cast(:moment as text)::timestamptz as date)::text")


@pytest.mark.parametrize("role", ["careshare_app", "careshare_dispatch", "careshare_sealer"])
async def test_every_connection_counts_days_as_people_do(settings: Settings, role: str) -> None:
    database = Database.open(settings, role, pool_size=1)
    try:
        async with database.unbound() as uow:
            assert await uow.scalar(DAY, {"moment": "2026-07-01 23:30:00Z"}) == "2026-07-02", "half past midnight"
            assert await uow.scalar(DAY, {"moment": "2026-12-01 23:30:00Z"}) == "2026-12-01"
            today = text("select current_date = (now() at time zone 'Europe/London')::date")
            assert await uow.scalar(today) is True
    finally:
        await database.close()
