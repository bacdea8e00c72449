"""The authority in whose area a home stands is told of children who came or left without a placement made here."""

from typing import Any

import pytest

from careshare.errors import Invalid, NotFound
from services.residential import actions
from services.residential.model import HostTold, Left
from services.residential.queries import home as read
from tests.residential.homes import TODAY, Desk, a_child, days


def told(notices: Any) -> list[tuple[str, bool]]:
    return sorted((one.occasion, one.sent_on is not None) for one in notices)


async def test_what_is_owed_is_told_once_and_of_the_host_s_own_child_nothing_is(a: Desk, b: Desk) -> None:
    home = await a.make()  # in Ashmoor's own area, E06000901
    async with a.uow() as uow:
        ours, _ = await actions.admit(uow, home, None, a_child(responsible_gss=a.authority.gss_code))
        theirs, _ = await actions.admit(uow, home, None, a_child(responsible_gss=b.authority.gss_code))
        long_ago = a_child(responsible_gss=b.authority.gss_code, starts=days(-90))
        await actions.admit(uow, home, None, long_ago)
        (owed,) = (await read(uow, home)).host_notices
        assert (owed.resident_id, owed.occasion, owed.sent_on) == (theirs, "admission", None)
        with pytest.raises(Invalid):
            wrong = HostTold(resident_id=theirs, occasion="discharge", sent_on=TODAY, how="email")
            await actions.host_told(uow, home, None, wrong)
        with pytest.raises(Invalid):
            early = HostTold(resident_id=theirs, occasion="admission", sent_on=days(1), how="email")
            await actions.host_told(uow, home, None, early)
        await actions.host_told(
            uow, home, None, HostTold(resident_id=theirs, occasion="admission", sent_on=TODAY, how="email")
        )
        for stay in (ours, theirs):
            await actions.leave(uow, home, None, stay, Left(ends=TODAY))
        found = (await read(uow, home)).host_notices
        assert told(found) == [("admission", True), ("discharge", False)]
        assert {one.resident_id for one in found} == {theirs}
    async with b.uow() as uow:
        with pytest.raises(NotFound):
            mine = HostTold(resident_id=theirs, occasion="discharge", sent_on=TODAY, how="letter")
            await actions.host_told(uow, home, None, mine)
