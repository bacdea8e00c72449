"""What the register answers when a child is placed through an enquiry: checks, what is shown by level, the stay."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range

from careshare.errors import Conflict
from services.fostering import actions
from services.fostering.days import midnight
from services.fostering.model import Left, Member
from services.fostering.public import placing
from tenants.places import ChildToPlace, responsible
from tests.fostering.register import TODAY, Desk, a_child, days, terms

HOLD = text("select capacity.claim_any(:home, 1, :during, interval '1 hour')").bindparams(
    bindparam("during", type_=TSTZRANGE())
)
OCCUPY = text("select capacity.occupy(:units, :during)").bindparams(
    bindparam("units", type_=ARRAY(Uuid())), bindparam("during", type_=ARRAY(TSTZRANGE()))
)


def coming(**changed: Any) -> ChildToPlace:
    given: dict[str, Any] = {
        "reference": "C-COMING",
        "born": date(TODAY.year - 8, 1, 1),
        "sex": "M",
        "sibling_group": None,
        "responsible_gss": "E06000901",
    }
    return ChildToPlace(**{**given, **changed})


async def problems(desk: Desk, home: UUID, *children: ChildToPlace, care_type: str = "short_term") -> dict[str, bool]:
    async with desk.uow() as uow:
        found = await placing.checks(uow, home, children, starts=days(3), ends=None, care_type=care_type)
    return {one.code: one.overridable for one in found}


async def test_a_child_within_terms_and_limit_has_no_problem(a: Desk) -> None:
    assert await problems(a, await a.make(places=1), coming()) == {}


async def test_terms_may_be_set_aside_in_an_emergency_and_the_limit_never(a: Desk) -> None:
    home = await a.make(places=3, approval=terms(age_max=7))
    assert await problems(a, home, coming()) == {"terms_age": True}
    assert await problems(a, await a.make(places=3), coming(), care_type="remand") == {"terms_care_type": True}
    async with a.uow() as uow:
        for _ in range(3):
            await actions.place_child(uow, home, None, a_child(born=date(TODAY.year - 5, 1, 1)))
    found = await problems(a, home, coming(born=date(TODAY.year - 5, 1, 1)))
    assert found == {"terms_places": True, "usual_limit": False}


async def test_a_child_too_old_on_the_day_is_refused(a: Desk) -> None:
    home = await a.make(places=1)
    birthday = days(2).replace(year=days(2).year - 18)
    assert (await problems(a, home, coming(born=birthday)))["adult"] is False


async def test_whose_consent_is_needed_follows_from_who_lives_there(a: Desk) -> None:
    home = await a.make(places=2)
    async with a.uow() as uow:
        await actions.place_child(uow, home, None, a_child(responsible_gss="E06000903"))
        others = await placing.others_there(uow, home, days(3), None)
    assert responsible(others, "E06000901", "E06000902") == ["E06000903"]
    assert responsible(others, "E06000903") == []


async def test_what_opens_at_acceptance_names_nobody(a: Desk) -> None:
    home = await a.make(places=2)
    async with a.uow() as uow:
        await actions.set_members(
            uow, home, None, [Member(name="Hidden Member", relationship="own_child", born=date(TODAY.year - 6, 1, 1))]
        )
        shown = await placing.fuller(uow, home, TODAY)
        named = await placing.identity(uow, home)
    assert shown["members"] == [{"relationship": "own_child", "band": "5 to 10", "sex": "U"}]
    for hidden in (named["name"], named["address"], named["postcode"], "Hidden Member"):
        assert hidden
        assert str(hidden) not in str(shown)


async def test_a_child_enters_on_the_placement_s_claim_and_leaves_once(a: Desk) -> None:
    home = await a.make(places=2)
    other = await a.make(places=1)
    async with a.uow() as uow:
        units = (await uow.execute(text("select id from capacity.unit where pool_id = :h"), {"h": home})).scalars()
        during = Range(midnight(TODAY), None)
        claim, spare = (await uow.execute(OCCUPY, {"units": list(units), "during": [during] * 2})).scalar_one()
        with pytest.raises(Conflict, match="not one of this home"):
            await placing.admit(uow, other, claim, coming(), care_type="short_term", starts=TODAY, ends=None)
        for _ in range(2):
            await placing.admit(uow, home, claim, coming(), care_type="short_term", starts=TODAY, ends=None)
        stays = await placing.others_there(uow, home, TODAY, None)
        assert [stay.reference for stay in stays] == ["C-COMING"]
        with pytest.raises(Conflict, match="another placement"):
            await placing.admit(uow, home, spare, coming(), care_type="short_term", starts=TODAY, ends=None)
        for _ in range(2):
            await placing.leave(uow, home, claim, TODAY)
        assert await placing.others_there(uow, home, days(1), None) == []


async def test_the_register_does_not_end_another_authority_s_placement(a: Desk, b: Desk) -> None:
    home = await a.make(places=1, publish=True)
    during = Range(midnight(TODAY), None)
    async with b.uow("placement_finder") as uow:
        claim = (await uow.execute(HOLD, {"home": home, "during": during})).scalar_one()
        assert (await uow.execute(text("select capacity.confirm(:claim)"), {"claim": claim})).scalar_one()
    async with a.uow() as uow:
        child = coming(reference="C-OTHERS")
        await placing.admit(uow, home, claim, child, care_type="short_term", starts=TODAY, ends=None)
        found = await uow.execute(text("select id from fostering.placed_child where claim_id = :c"), {"c": claim})
        with pytest.raises(Conflict, match="between authorities"):
            await actions.end_stay(uow, home, None, found.scalar_one(), Left(ends=TODAY))
