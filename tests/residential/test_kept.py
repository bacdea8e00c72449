"""A child's stays are found for a request of theirs, kept until their time, and homes are handed over by name."""

from datetime import date
from uuid import uuid4

import pytest

from careshare.errors import Conflict, Unprocessable
from careshare.kept import Subject
from services.residential import actions
from services.residential.holdings import hand_over, holdings
from services.residential.kept import delete_residents, due_assessments, due_residents
from services.residential.model import Incoming, Left
from services.residential.subjects import SUBJECT_DATA
from tests.residential.homes import Desk, a_child, a_home, days


async def test_a_childs_stays_are_found_by_reference_however_it_is_written(a: Desk, b: Desk) -> None:
    home = await a.make(a_home(name="Rowan House"))
    async with a.uow() as uow:
        child = a_child(child_reference="CH-31415", needs=["missing"], sibling_group="FAM-1")
        await actions.admit(uow, home, None, child)
        (found,) = await SUBJECT_DATA.find(uow, " ch-31415 ")
        assert await SUBJECT_DATA.describe(uow, "child", found.id) == found
        items = {item.name: item for item in await SUBJECT_DATA.collect(uow, found)}
        assert any("Rowan House" in name for name in items)
        assert items["Needs and risks weighed there"].value == "Going missing"
        assert items["Sibling group"].about_others
        other = Subject("child", uuid4(), "Child", "", ("CH-31415",))
        assert len(await SUBJECT_DATA.collect(uow, other)) == len(items)
    async with b.uow() as uow:
        assert await SUBJECT_DATA.find(uow, "CH-31415") == []
        assert await SUBJECT_DATA.collect(uow, found) == []


async def test_a_confidential_home_is_not_named_to_the_child_by_the_package(a: Desk) -> None:
    home = await a.make(a_home(name="Hazel House"))
    async with a.uow() as uow:
        await actions.admit(uow, home, None, a_child(child_reference="CH-27182"))
        await actions.set_confidential(uow, home, None, confidential=True, may_see=False)
        (found,) = await SUBJECT_DATA.find(uow, "CH-27182")
        assert "Hazel House" not in str(await SUBJECT_DATA.collect(uow, found))


async def test_a_stay_is_due_by_birth_and_never_while_the_child_lives_there(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        stay, _ = await actions.admit(uow, home, None, a_child(starts=days(-20)))
        assert stay not in [one.id for one in await due_residents(uow, date(2199, 1, 1), 1000)]
        assert await delete_residents(uow, [stay]) == []
        await actions.leave(uow, home, None, stay, Left(ends=days(-2)))
        due = {one.id: one for one in await due_residents(uow, date(2199, 1, 1), 1000)}
        assert due[stay].began.year < days(0).year - 10
        assert await delete_residents(uow, [stay]) == [stay]
        made = await actions.open_assessment(uow, home, uuid4(), [Incoming(age=12)])
        assert made in [one.id for one in await due_assessments(uow, days(0), 1000)]
        assert made not in [one.id for one in await due_assessments(uow, days(-1), 1000)]


async def test_a_home_is_handed_to_another_manager(a: Desk) -> None:
    world, name = a.world, f"Robin {uuid4().hex[:8]}"
    home = await a.make(a_home(manager_name=name))
    manager = world.a.people["residential_manager"]
    async with a.uow("team_manager") as uow:
        (held,) = await holdings(uow, uuid4(), name.upper())
        assert [one.id for one in held.items] == [home]
        with pytest.raises(Unprocessable):
            await hand_over(uow, [home], world.a.people["placement_finder"])
        with pytest.raises(Conflict):
            await hand_over(uow, [uuid4()], manager)
        await hand_over(uow, [home], manager)
        (held,) = await holdings(uow, manager, world.a.names["residential_manager"])
        assert home in [one.id for one in held.items]
