"""Whose work an enquiry is: each side's own, by page and API; the desk, the notices and hand-over follow it."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from careshare.errors import Unprocessable
from careshare.notifications import queries as notifications
from services.placements.holdings import hand_over_enquiries, holdings
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.test_pages import Desks
from tests.world import WorldAuthority


async def assign(
    between: Between, who: WorldAuthority, role: str, enquiry: UUID, to: UUID | None, side: str
) -> httpx.Response:
    body = {"person_id": None if to is None else str(to), "side": side}
    return await between.call(who, role, "PUT", f"/enquiries/{enquiry}/assignee", body)


async def on_desk(between: Between, who: WorldAuthority, role: str, enquiry: UUID, *, mine: bool) -> bool:
    found = await between.call(who, role, "GET", f"/desk?mine={str(mine).lower()}")
    return any(one["id"] == str(enquiry) for one in found.json()["waiting"])


async def test_each_side_has_its_own_and_the_desk_follows_it(between: Between) -> None:
    a, b = between.world.a, between.world.b
    enquiry = await between.sent()
    assert await on_desk(between, b, "fostering_officer", enquiry, mine=False)
    assert not await on_desk(between, b, "fostering_officer", enquiry, mine=True)
    given = await assign(between, b, "team_manager", enquiry, b.people["fostering_officer"], "providing")
    assert given.status_code == 200, given.text
    assert given.json()["assigned_to"] == b.names["fostering_officer"]
    assert await on_desk(between, b, "fostering_officer", enquiry, mine=True)
    assert not await on_desk(between, b, "team_manager", enquiry, mine=True)
    ours = (await between.finder("GET", f"/enquiries/{enquiry}")).json()
    assert ours["assigned_to"] == a.names["placement_finder"], "the request's holder, where nobody is named"
    assert await on_desk(between, a, "placement_finder", enquiry, mine=True)
    given = await assign(between, a, "placement_finder", enquiry, a.people["out_of_hours"], "placing")
    assert given.json()["assigned_to_id"] == str(a.people["out_of_hours"])
    assert await on_desk(between, a, "out_of_hours", enquiry, mine=True)
    assert not await on_desk(between, a, "placement_finder", enquiry, mine=True)
    theirs = (await between.officer("GET", f"/enquiries/{enquiry}")).json()
    assert theirs["assigned_to_id"] == str(b.people["fostering_officer"]), "the other side's is not theirs to see"
    assert (await assign(between, a, "placement_finder", enquiry, None, "placing")).json()["assigned_to"] == ours[
        "assigned_to"
    ]


async def test_the_colleague_is_told_and_alone_hears_what_is_new(between: Between) -> None:
    a = between.world.a
    enquiry = await between.sent()
    await assign(between, a, "placement_finder", enquiry, a.people["team_manager"], "placing")
    async with between.database.bound(between.world.acting(a, "team_manager")) as uow:
        (told,) = [one for one in await notifications.listed(uow) if str(enquiry) in one.path]
    assert told.kind == "assigned"
    await assign(between, a, "team_manager", enquiry, a.people["team_manager"], "placing")
    async with between.database.bound(between.world.acting(a, "team_manager")) as uow:
        assert len([one for one in await notifications.listed(uow) if str(enquiry) in one.path]) == 1


async def test_who_may_not_do_such_work_is_refused(between: Between) -> None:
    a, b, c = between.world.authorities
    enquiry = await between.sent()
    for who in (a.people["payments"], b.people["placement_finder"], a.people["api_client"], uuid4()):
        refused = await assign(between, a, "placement_finder", enquiry, who, "placing")
        assert refused.status_code == 400, who
        assert [error["field"] for error in refused.json()["errors"]] == ["person_id"]
    assert (await assign(between, a, "placement_finder", enquiry, None, "providing")).status_code == 404, "not its side"
    assert (await assign(between, c, "team_manager", enquiry, None, "placing")).status_code == 404
    finder_of_b = await assign(between, b, "placement_finder", enquiry, None, "providing")
    assert finder_of_b.status_code == 403, "a finder does not answer for the home"
    async with as_owner(between.world.settings) as owner:
        await owner.execute(
            """insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)
               select a.authority_id, a.request_id, $2, 'A relative', $3 from placements.asked a
               where a.enquiry_id = $1""",
            enquiry,
            a.people["out_of_hours"],
            a.people["team_manager"],
        )
    locked = await assign(between, a, "placement_finder", enquiry, a.people["out_of_hours"], "placing")
    assert locked.status_code == 400


async def test_it_is_on_the_record_of_ones_own_authority_alone(between: Between) -> None:
    a, b = between.world.a, between.world.b
    enquiry = await between.sent()
    await assign(between, a, "placement_finder", enquiry, a.people["team_manager"], "placing")
    async with as_owner(between.world.settings) as owner:
        rows = await owner.fetch(
            "select authority_id from audit.entry where action = 'enquiry.assigned' and subjects @> array[$1::uuid]",
            enquiry,
        )
    assert [row["authority_id"] for row in rows] == [a.id]
    assert b.id != a.id


@pytest.mark.parametrize("side", ["placing", "providing"])
async def test_on_the_page(between: Between, side: str) -> None:
    desks = Desks(between)
    enquiry = await between.sent()
    who = between.world.a if side == "placing" else between.world.b
    at = f"/placements/{'enquiries' if side == 'placing' else 'to-answer'}/{enquiry}"
    await desks.sit(who, "team_manager")
    assert f'{at}/assign"' in await desks.get(at)
    page = await desks.get(f"{at}/assign")
    assert who.names["out_of_hours"] in page
    assert who.names["payments"] not in page
    for wrong in ({}, {"person_id": "x"}, {"person_id": str(who.people["payments"])}):
        assert "Select" in (await desks.send(f"{at}/assign", 400, **wrong)).text
    await desks.send(f"{at}/assign", person_id=str(who.people["out_of_hours"]))
    assert f"The work of {who.names['out_of_hours']}" in await desks.get(at)
    await desks.send(f"{at}/take")
    assert "Your work" in await desks.get(at)
    await desks.send(f"{at}/assign", person_id="nobody")
    shown = await desks.get(at)
    assert ("Nobody has taken it on" in shown) == (side == "providing"), (
        "at the placing side the request's holder has it"
    )


async def test_it_is_handed_over_with_what_somebody_leaves(between: Between) -> None:
    a = between.world.a
    enquiry = await between.sent()
    await assign(between, a, "placement_finder", enquiry, a.people["out_of_hours"], "placing")

    async def held(role: str) -> list[UUID]:
        async with between.database.bound(between.world.acting(a, "team_manager")) as uow:
            found: Any = next(
                one for one in await holdings(uow, a.people[role], "") if one.kind == "placements.enquiry"
            )
            return [one.id for one in found.items]

    assert await held("out_of_hours") == [enquiry]
    async with between.database.bound(between.world.acting(a, "team_manager")) as uow:
        with pytest.raises(Unprocessable):
            await hand_over_enquiries(uow, [enquiry], a.people["payments"])
    async with between.database.bound(between.world.acting(a, "team_manager")) as uow:
        await hand_over_enquiries(uow, [enquiry], a.people["placement_finder"])
    assert await held("out_of_hours") == []
    assert await held("placement_finder") == [enquiry]
