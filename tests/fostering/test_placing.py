"""A child is placed within terms and limit, in a place that is free, once; and leaves."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from careshare.errors import Conflict, DomainError, Invalid, NotAvailable, NotFound, Unprocessable
from careshare.http.problems import domain_error
from services.fostering import actions
from services.fostering.model import Closure, Exemption, Left, Member, Places, Resignation, Withdrawal
from services.fostering.queries import household
from tests.fostering.register import TODAY, Desk, a_child, days, must_offer, offer, terms

YOUNG = date(TODAY.year - 8, 1, 1)


async def states(desk: Desk, home: Any) -> list[str]:
    async with desk.uow() as uow:
        return [place.state for place in (await household(uow, home)).places]


async def test_a_child_is_placed_and_leaves(a: Desk) -> None:
    home = await a.make(places=2)
    async with a.uow() as uow:
        stay, version = await actions.place_child(uow, home, None, a_child(starts=days(-30), place=2))
        record = await household(uow, home)
    assert record.version == version
    assert [place.state for place in record.places] == ["vacant", "filled"]
    assert record.places[1].child_reference == record.placed[0].child_reference
    assert (record.placed[0].id, record.placed[0].responsible) == (stay, "Ashmoor")
    async with a.uow() as uow:
        await actions.end_stay(uow, home, version, stay, Left(ends=TODAY))
        record = await household(uow, home)
        left = await uow.execute(text("select claim_id, ends from fostering.placed_child where id = :id"), {"id": stay})
    assert left.one() == (None, TODAY)
    assert [place.state for place in record.places] == ["vacant", "vacant"]
    assert record.placed_on(TODAY) == []


async def test_a_child_who_left_on_the_day_of_placement_held_nothing(a: Desk) -> None:
    home = await a.make(places=1)
    async with a.uow() as uow:
        stay, _ = await actions.place_child(uow, home, None, a_child())
        await actions.end_stay(uow, home, None, stay, Left(ends=TODAY))
        again, _ = await actions.place_child(uow, home, None, a_child())
    assert again != stay


async def test_a_stay_that_is_to_end_frees_the_place_from_that_day(a: Desk) -> None:
    home = await a.make(places=1)
    async with a.uow() as uow:
        stay, _ = await actions.place_child(uow, home, None, a_child())
        assert await offer(uow, home) is None
        await actions.end_stay(uow, home, None, stay, Left(ends=days(7)))
        assert (await must_offer(uow, home))["starts"] == days(7)
        await actions.place_child(uow, home, None, a_child(starts=days(7)))
        await actions.end_stay(uow, home, None, stay, Left(ends=days(5)))
        with pytest.raises(Invalid, match="See errors"):
            await actions.end_stay(uow, home, None, stay, Left(ends=days(6)))


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"born": date(TODAY.year - 13, 1, 1)}, ["age"]),
        ({"sex": "F"}, ["sex"]),
        ({"care_type": "remand"}, ["care_type"]),
        ({"starts": date(2019, 1, 1), "born": date(2010, 1, 1)}, ["starts"]),
        ({"born": date(TODAY.year - 19, 1, 1)}, ["born"]),
    ],
)
async def test_the_terms_forbid_each_by_its_name(a: Desk, changed: dict[str, Any], fields: list[str]) -> None:
    home = await a.make(approval=terms(age_max=12, sex="M"))
    with pytest.raises(Unprocessable) as refused:
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child(**changed))
    assert [error.field for error in refused.value.errors] == fields
    assert await states(a, home) == ["vacant", "vacant"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"care_type": "unheard_of"}, "care_type"),
        ({"responsible_gss": "E99999999"}, "responsible_gss"),
        ({"starts": days(400)}, "starts"),
        ({"ends": days(-1)}, "ends"),
        ({"born": days(1)}, "born"),
        ({"child_reference": "  "}, "child_reference"),
    ],
)
async def test_what_cannot_be_right_names_its_field(a: Desk, changed: dict[str, Any], field: str) -> None:
    home = await a.make()
    with pytest.raises(Invalid) as refused:
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child(**changed))
    assert field in [error.field for error in refused.value.errors]


async def test_more_than_the_terms_allow(a: Desk) -> None:
    home = await a.make(places=3, approval=terms(places=3))
    async with a.uow() as uow:
        for _ in range(2):
            await actions.place_child(uow, home, None, a_child())
        await actions.set_places(uow, home, None, Places(number=2))
        await actions.set_terms(uow, home, None, terms(since=TODAY, places=2))
    with pytest.raises(Unprocessable) as refused:
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child())
    assert [error.field for error in refused.value.errors] == ["places"]


async def test_the_limit_forbids_a_fourth_unless_all_are_siblings_or_exempted(a: Desk) -> None:
    home = await a.make(places=5, approval=terms(places=5))
    there = [a_child(sibling_group="Hill") for _ in range(3)]
    async with a.uow() as uow:
        for child in there:
            await actions.place_child(uow, home, None, child)
    stranger = a_child()
    with pytest.raises(Unprocessable, match="usual fostering limit") as refused:
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, stranger)
    assert [error.field for error in refused.value.errors] == ["usual_limit"]

    sibling = a_child(sibling_group="Hill")
    async with a.uow() as uow:
        await actions.place_child(uow, home, None, sibling)

    names = [child.child_reference for child in [*there, sibling]]
    five = [*names, stranger.child_reference]
    for changed, field in (
        ({"granted_by_gss": "E06000902"}, "granted_by_gss"),
        ({"children": [*names[1:], stranger.child_reference]}, "children"),
    ):
        with pytest.raises(Unprocessable) as refused:
            async with a.uow() as uow:
                await actions.record_exemption(uow, home, None, exemption(five, **changed))
        assert [error.field for error in refused.value.errors] == [field]
    async with a.uow() as uow:
        await actions.record_exemption(uow, home, None, exemption(five))
        await actions.place_child(uow, home, None, stranger)
        assert len((await household(uow, home)).placed_on(TODAY)) == 5


async def test_an_exemption_that_is_withdrawn_lets_nobody_else_come_and_sends_nobody_away(a: Desk) -> None:
    home = await a.make(places=5, approval=terms(places=5))
    there = [a_child() for _ in range(3)]
    fourth, fifth = a_child(), a_child()
    names = [child.child_reference for child in [*there, fourth, fifth]]
    async with a.uow() as uow:
        for child in there:
            await actions.place_child(uow, home, None, child)
        made, _ = await actions.record_exemption(uow, home, None, exemption(names))
        await actions.place_child(uow, home, None, fourth)
    early = Withdrawal(exemption_id=made, notice_on=TODAY, ends=TODAY - timedelta(days=1))
    with pytest.raises(Invalid) as wrong:
        async with a.uow() as uow:
            await actions.withdraw_exemption(uow, home, None, early)
    assert [error.field for error in wrong.value.errors] == ["ends"]
    tomorrow = Withdrawal(exemption_id=made, notice_on=TODAY, ends=TODAY + timedelta(days=1))
    async with a.uow() as uow:
        await actions.withdraw_exemption(uow, home, None, tomorrow)
        assert len((await household(uow, home)).placed_on(TODAY)) == 4
    with pytest.raises(Unprocessable, match="usual fostering limit"):
        async with a.uow() as uow:
            later = a_child(child_reference=fifth.child_reference, starts=TODAY + timedelta(days=1))
            await actions.place_child(uow, home, None, later)
    again = Withdrawal(exemption_id=made, notice_on=TODAY, ends=TODAY + timedelta(days=9))
    with pytest.raises(Unprocessable, match="over by then"):
        async with a.uow() as uow:
            await actions.withdraw_exemption(uow, home, None, again)


def exemption(children: list[str], /, **changed: Any) -> Exemption:
    given = {"granted_by_gss": "E06000901", "children": children, "notice_on": TODAY, "since": TODAY}
    return Exemption(**{**given, **changed})


async def test_a_privately_fostered_child_counts_towards_the_limit(a: Desk) -> None:
    home = await a.make(places=3)
    async with a.uow() as uow:
        await actions.set_members(
            uow, home, None, [Member(name="Kim Vale", relationship="privately_fostered", born=YOUNG)]
        )
        for _ in range(2):
            await actions.place_child(uow, home, None, a_child())
    with pytest.raises(Unprocessable, match="usual fostering limit"):
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child())


async def test_a_solo_placement_takes_the_other_places_out_and_gives_them_back(a: Desk) -> None:
    home = await a.make(places=3)
    async with a.uow() as uow:
        closure = Closure(reason="health", since=TODAY, note="Recovering")
        await actions.close_place(uow, home, None, 3, closure)
        stay, _ = await actions.place_child(uow, home, None, a_child(solo=True))
        record = await household(uow, home)
        assert [place.closed_reason for place in record.places] == [None, "solo_placement", "health"]
        assert [place.state for place in record.places] == ["filled", "not_available", "not_available"]
        assert await offer(uow, home) is None
        with pytest.raises(Unprocessable, match="solo placement closes"):
            await actions.open_place(uow, home, None, 2)
    with pytest.raises(Unprocessable, match="solo one"):
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child())
    async with a.uow() as uow:
        await actions.end_stay(uow, home, None, stay, Left(ends=days(4)))
        record = await household(uow, home)
        assert [place.closed_until for place in record.places] == [None, days(4), None]
        assert (await must_offer(uow, home))["starts"] == days(4)
        await actions.end_stay(uow, home, None, stay, Left(ends=TODAY))
        record = await household(uow, home)
        assert [place.closed_reason for place in record.places] == [None, None, "health"]


async def test_no_solo_placement_beside_others(a: Desk) -> None:
    home = await a.make(places=2)
    async with a.uow() as uow:
        await actions.place_child(uow, home, None, a_child())
    with pytest.raises(Unprocessable, match="Other children"):
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child(solo=True))


async def test_a_child_is_in_one_place_at_a_time(a: Desk) -> None:
    first, second = await a.make(), await a.make()
    child = a_child(starts=days(-5))
    async with a.uow() as uow:
        await actions.place_child(uow, first, None, child)
    with pytest.raises(Conflict, match="already"):
        async with a.uow() as uow:
            await actions.place_child(uow, second, None, a_child(child_reference=child.child_reference))


async def test_a_place_is_given_once(a: Desk, b: Desk) -> None:
    home = await a.make(places=1, publish=True)
    async with b.uow() as uow:
        held = await uow.execute(
            text("select capacity.claim_any(:home, 1, tstzrange(now(), null), interval '5 min')"), {"home": home}
        )
        assert held.scalar_one() is not None
    assert await states(a, home) == ["held"]
    with pytest.raises(NotAvailable, match="held"):
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child())


async def test_two_at_once_cannot_get_past_the_limit(a: Desk) -> None:
    home = await a.make(places=4, approval=terms(places=4))
    async with a.uow() as uow:
        for _ in range(2):
            await actions.place_child(uow, home, None, a_child())

    async def one() -> str:
        try:
            async with a.uow() as uow:
                await actions.place_child(uow, home, None, a_child())
        except DomainError as error:
            return error.slug
        return "placed"

    assert sorted(await asyncio.gather(*(one() for _ in range(3)))) == ["placed", "rule-forbids", "rule-forbids"]
    assert (await states(a, home)).count("filled") == 3


@pytest.mark.parametrize("attempt", range(5))
async def test_one_child_gets_one_home_of_two_asked_for_at_once(a: Desk, attempt: int) -> None:
    homes = [await a.make(places=1) for _ in range(2)]
    spellings = [f"RC-{attempt}", f"rc-{attempt} "]

    async def one(home: Any, reference: str) -> str:
        try:
            async with a.uow() as uow:
                await actions.place_child(uow, home, None, a_child(child_reference=reference))
        except Conflict as error:
            return error.errors[0].field
        return "placed"

    done = await asyncio.gather(*(one(home, name) for home, name in zip(homes, spellings, strict=True)))
    assert sorted(done) == ["child_reference", "placed"]
    assert sorted([*await states(a, homes[0]), *await states(a, homes[1])]) == ["filled", "vacant"]


async def test_the_database_itself_keeps_a_child_in_one_home(a: Desk) -> None:
    first, second = [await a.make(places=1) for _ in range(2)]
    async with a.uow() as uow:
        await actions.place_child(uow, first, None, a_child(child_reference="RC-77"))
    copied = text("""
        insert into fostering.placed_child (authority_id, household_id, child_reference, born, sex, responsible_gss,
          care_type, starts, ends)
        select authority_id, :home, ' rc-77', born, sex, responsible_gss, care_type, starts + 1, starts + 2
        from fostering.placed_child where child_reference = 'RC-77'
    """)
    with pytest.raises(IntegrityError) as refused:
        async with a.uow() as uow:
            await uow.execute(copied, {"home": second})
    meant = domain_error(refused.value)
    assert isinstance(meant, Conflict)
    assert [error.field for error in meant.errors] == ["child_reference"]


async def test_no_placement_after_a_resignation_took_effect(a: Desk) -> None:
    home = await a.make()
    async with a.uow() as uow:
        await actions.record_resignation(uow, home, None, Resignation(received_on=days(-1)))
        await actions.place_child(uow, home, None, a_child(ends=days(20)))
    with pytest.raises(Unprocessable, match="no approval"):
        async with a.uow() as uow:
            await actions.place_child(uow, home, None, a_child(starts=days(27)))


async def test_what_is_not_there_or_over_cannot_be_ended(a: Desk, b: Desk) -> None:
    home, other = await a.make(), await a.make()
    async with a.uow() as uow:
        stay, _ = await actions.place_child(uow, home, None, a_child(starts=days(-9)))
    for desk, where in ((a, other), (b, home)):
        with pytest.raises(NotFound):
            async with desk.uow() as uow:
                await actions.end_stay(uow, where, None, stay, Left(ends=TODAY))
    async with a.uow() as uow:
        with pytest.raises(Invalid):
            await actions.end_stay(uow, home, None, stay, Left(ends=days(-10)))
        await actions.end_stay(uow, home, None, stay, Left(ends=days(-1)))
        with pytest.raises(Conflict, match="over already"):
            await actions.end_stay(uow, home, None, stay, Left(ends=TODAY))
