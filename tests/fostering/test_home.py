"""Registering and changing a household, its people, its places and its publication; and what the record says of it."""

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from careshare.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unprocessable
from careshare.http.problems import domain_error
from services.fostering import actions
from services.fostering.model import Abilities, Bedroom, Carer, Closure, Consent, Member, Places
from services.fostering.queries import household
from tests.fostering.register import LONG_AGO, TODAY, Desk, a_child, a_home, days, terms

DETAILS = text("""
    select e.action, d.body from audit.entry e left join audit.detail d on d.entry_id = e.id
    where e.subjects @> array[cast(:id as uuid)] order by e.id
""")


async def record(desk: Desk, home: UUID) -> list[tuple[str, Any]]:
    """What the audit record says of a household."""
    async with desk.uow() as uow:
        rows = (await uow.execute(DETAILS, {"id": home})).all()
    return [(row.action, row.body if not isinstance(row.body, str) else json.loads(row.body)) for row in rows]


async def test_a_household_is_located_by_its_postcode(a: Desk) -> None:
    async with a.uow() as uow:
        home, version = await actions.register_household(uow, a_home(" zb13dd", name=" The Vales "))
        found = await household(uow, home)
    assert (found.version, found.name, found.postcode, found.outward) == (version, "The Vales", "ZB1 3DD", "ZB1")
    assert (found.area_gss, found.area) == ("E06000902", "Birkdale")
    assert found.located


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"postcode": "nonsense"}, [FieldError("postcode", "Enter a full UK postcode, like NE1 4LP")]),
        (
            {"postcode": "NE1 4LP"},
            [FieldError("postcode", "We do not know the postcode NE1 4LP. Check it, or use one close by")],
        ),
        ({"name": " "}, [FieldError("name", "Enter the household’s name")]),
        ({"reference": "\t"}, [FieldError("reference", "Enter the household’s reference")]),
    ],
)
async def test_what_cannot_be_right_names_its_field(a: Desk, changed: dict[str, str], errors: list[FieldError]) -> None:
    home = await a.make()
    given = a_home(**changed)
    for change in (
        lambda uow: actions.register_household(uow, given),
        lambda uow: actions.change_home(uow, home, None, given, may_see=True),
    ):
        with pytest.raises(Invalid) as refused:
            async with a.uow() as uow:
                await change(uow)
        assert list(refused.value.errors) == errors


async def test_a_reference_stands_once_in_an_authority(a: Desk, b: Desk) -> None:
    given = a_home()
    await a.make(given)
    await b.make(given)
    with pytest.raises(IntegrityError) as refused:
        await a.make(given)
    meant = domain_error(refused.value)
    assert isinstance(meant, Conflict)
    assert [error.field for error in meant.errors] == ["reference"]


async def test_every_change_is_on_record_with_before_and_after(a: Desk) -> None:
    given = a_home()
    home = await a.make(given)
    async with a.uow() as uow:
        moved = a_home("ZA2 1AA", reference=given.reference, name="The Vales", address="2 Other Lane")
        await actions.change_home(uow, home, None, moved, may_see=True)
        await actions.set_bedrooms(uow, home, None, [Bedroom(beds=1)])
    found = await record(a, home)
    assert [action for action, _ in found] == [
        "household.registered",
        "household.moved",
        "household.terms_set",
        "household.places_set",
        "vacancy.confirmed",
        "household.moved",
        "household.changed",
        "household.bedrooms_changed",
    ]
    assert found[5][1] == {
        "before": {"address": given.address, "postcode": "ZA1 1AA"},
        "after": {"address": "2 Other Lane", "postcode": "ZA2 1AA"},
    }
    assert found[6][1] == {"before": {"name": given.name}, "after": {"name": "The Vales"}}
    assert found[7][1]["after"] == {"bedrooms": [{"beds": 1, "sharing": "no"}]}


async def test_the_people_of_a_household(a: Desk) -> None:
    home = await a.make()
    one = Carer(name="Ann Vale", born=date(1980, 5, 1), sex="F", telephone="01632 960 001")
    two = Carer(name="Bo Vale", languages=["pl", "pl"])
    async with a.uow() as uow:
        await actions.set_carers(uow, home, None, [one, two])
        before = (await household(uow, home)).carers
        await actions.set_carers(uow, home, None, [one])
        await actions.set_members(uow, home, None, [Member(name="Jo Vale", relationship="adult")])
        found = await household(uow, home)
    assert [(carer.name, carer.languages) for carer in before] == [("Ann Vale", None), ("Bo Vale", ["pl"])]
    assert [carer.id for carer in found.carers] == [before[0].id]
    assert [(member.name, member.relationship) for member in found.members] == [("Jo Vale", "adult")]


@pytest.mark.parametrize(
    ("carer", "field"),
    [
        (Carer(name=" "), "carer-2-name"),
        (Carer(name="Bo", born=days(1)), "carer-2-born"),
        (Carer(name="Bo", ethnicity="ZZZZ"), "carer-2-ethnicity"),
        (Carer(name="Bo", languages=["xx"]), "carer-2-languages"),
        (Carer(name="Bo", religion="unheard_of"), "carer-2-religion"),
    ],
)
async def test_a_carer_who_cannot_be_right(a: Desk, carer: Carer, field: str) -> None:
    home = await a.make()
    with pytest.raises(Invalid) as refused:
        async with a.uow() as uow:
            await actions.set_carers(uow, home, None, [Carer(name="Ann"), carer])
    assert [error.field for error in refused.value.errors] == [field]


async def test_a_privately_fostered_child_needs_a_date_of_birth(a: Desk) -> None:
    home = await a.make()
    with pytest.raises(Invalid) as refused:
        async with a.uow() as uow:
            await actions.set_members(uow, home, None, [Member(name="Kim", relationship="privately_fostered")])
    assert [error.field for error in refused.value.errors] == ["person-1-born"]


async def test_abilities_are_on_the_lists(a: Desk) -> None:
    home = await a.make()
    with pytest.raises(Invalid) as refused:
        async with a.uow() as uow:
            await actions.change_abilities(uow, home, None, Abilities(pets=["dragon"], skills=["autism", "flying"]))
    assert [error.field for error in refused.value.errors] == ["pets", "skills"]


async def test_places_come_and_go_and_keep_their_past(a: Desk) -> None:
    home = await a.make(places=3)
    async with a.uow() as uow:
        await actions.place_child(uow, home, None, a_child(place=1))
        past, _ = await actions.place_child(uow, home, None, a_child(place=3, starts=days(-9), ends=days(-2)))
        await actions.set_places(uow, home, None, Places(number=1))
        found = await household(uow, home)
        assert [place.state for place in found.places] == ["filled"]
        assert {one.id: one.place for one in found.placed}[past] is None
        with pytest.raises(Unprocessable, match="taken"):
            await actions.set_places(uow, home, None, Places(number=0))
        await actions.set_places(uow, home, None, Places(number=3))
        found = await household(uow, home)
    assert [(place.number, place.state) for place in found.places] == [(1, "filled"), (2, "vacant"), (3, "vacant")]


async def test_a_place_that_somebody_has_is_not_closed(a: Desk) -> None:
    home = await a.make(places=1)
    async with a.uow() as uow:
        await actions.place_child(uow, home, None, a_child(ends=days(10)))
        for since, until in ((TODAY, None), (days(5), days(20))):
            with pytest.raises(Unprocessable, match="Somebody has"):
                await actions.close_place(uow, home, None, 1, Closure(reason="works", since=since, until=until))
        await actions.close_place(uow, home, None, 1, Closure(reason="works", since=days(10)))
        with pytest.raises(NotFound):
            await actions.close_place(uow, home, None, 2, Closure(reason="works", since=TODAY))
        with pytest.raises(Invalid):
            await actions.close_place(uow, home, None, 1, Closure(reason="works", since=days(12), until=days(11)))
        await actions.open_place(uow, home, None, 1)
        assert (await household(uow, home)).places[0].closed_reason is None


async def test_publishing_says_everything_that_is_missing(a: Desk) -> None:
    async with a.uow() as uow:
        bare, _ = await actions.register_household(uow, a_home())
        with pytest.raises(Unprocessable) as refused:
            await actions.publish(uow, bare, None)
        assert [error.field for error in refused.value.errors] == ["approval", "privacy_notice_on"]
        home, _ = await actions.register_household(uow, a_home())
        await actions.set_terms(uow, home, None, terms(kind="connected"))
        await actions.change_consent(uow, home, None, Consent(privacy_notice_on=LONG_AGO, objection=True))
        with pytest.raises(Unprocessable) as refused:
            await actions.publish(uow, home, None)
        assert [error.field for error in refused.value.errors] == ["approval", "objection"]


async def test_publishing_and_withdrawing_are_done_once(a: Desk) -> None:
    home = await a.make(publish=True)
    async with a.uow() as uow:
        found = await household(uow, home)
        assert found.published_by == "Ashmoor Fostering officer"
        with pytest.raises(Conflict):
            await actions.publish(uow, home, None)
        await actions.withdraw(uow, home, None)
        with pytest.raises(Conflict):
            await actions.withdraw(uow, home, None)
    with pytest.raises(Invalid):
        async with a.uow() as uow:
            await actions.change_consent(uow, home, None, Consent(privacy_notice_on=days(1)))


async def test_a_confidential_address_leaves_the_record_and_stays_with_those_who_may_see_it(a: Desk) -> None:
    given = a_home(address="7 Secret Street")
    home = await a.make(given)
    async with a.uow() as uow:
        await actions.set_confidential(uow, home, None, confidential=True, may_see=False)
        with pytest.raises(Forbidden):
            await actions.change_home(uow, home, None, given, may_see=False)
        with pytest.raises(Forbidden):
            await actions.set_confidential(uow, home, None, confidential=False, may_see=False)
        moved = a_home("ZA2 2BB", reference=given.reference, address="8 Secret Street")
        await actions.change_home(uow, home, None, moved, may_see=True)
        await actions.change_contacts(uow, home, None, a_home(name="The Vales", address="?"), may_see=False)
        withheld, opened = await household(uow, home), await household(uow, home, opened=True)
    assert (withheld.address_withheld, withheld.address, withheld.postcode, withheld.outward) == (
        True,
        None,
        None,
        None,
    )
    assert (withheld.area, withheld.area_gss, withheld.name) == (None, None, "The Vales")
    assert (opened.address, opened.postcode) == ("8 Secret Street", "ZA2 2BB")
    said = json.dumps(await record(a, home))
    assert "household.moved" in said
    assert "Secret" not in said
    assert "ZA2" not in said


async def test_another_authority_finds_nothing(a: Desk, b: Desk) -> None:
    home = await a.make()
    for missing in (home, uuid4()):
        async with b.uow() as uow:
            for attempt in (
                household(uow, missing),
                actions.confirm_vacancy(uow, missing, None),
                actions.publish(uow, missing, None),
                actions.place_child(uow, missing, None, a_child()),
                actions.set_places(uow, missing, None, Places(number=1)),
                actions.change_home(uow, missing, None, a_home(), may_see=True),
            ):
                with pytest.raises(NotFound) as refused:
                    await attempt
                assert str(refused.value) == "Not found"
