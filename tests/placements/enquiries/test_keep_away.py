"""Places to keep away from: the owner of a home is told once that there is a reason, never which nor where."""

from sqlalchemy import text

from tests.placements.enquiries.conftest import Between
from tests.world import postcodes_of

HERE = "select h.postcode from fostering.household h where h.id = :h"


async def _asked(between: Between, miles: float) -> str:
    """An enquiry for a child who keeps away from the home's own postcode, or from one elsewhere."""
    home, offer = await between.home()
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        postcode = (await uow.execute(text(HERE), {"h": home})).scalar_one()
    where = postcode if miles else postcodes_of("ZC1")[0][0]
    request = await between.request(need={"keep_away": [{"postcode": where, "miles": miles or 0.1}]})
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    assert sent.status_code == 201, sent.text
    return str(sent.json()["enquiry_ids"][0])


async def test_a_home_too_near_is_refused_without_saying_why(between: Between) -> None:
    enquiry = await _asked(between, 0.5)
    refused = await between.officer("POST", f"/enquiries/{enquiry}/accept")
    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == ["keep_away"]
    assert "may not be told" in refused.text
    read = (await between.officer("GET", f"/enquiries/{enquiry}")).text
    assert "keep_away" not in read
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        assert (await uow.execute(text("select count(*) from placements.keep_away"))).scalar_one() == 0


async def test_a_home_far_off_is_not(between: Between) -> None:
    enquiry = await _asked(between, 0)
    assert (await between.officer("POST", f"/enquiries/{enquiry}/accept")).status_code == 200


async def test_the_answer_stands_whatever_moves_afterwards(between: Between) -> None:
    enquiry = await _asked(between, 0.5)
    world = between.world
    asking = text("select placements.near_a_place(:e)")
    async with between.database.bound(world.acting(world.b, "fostering_officer")) as uow:
        assert (await uow.execute(asking, {"e": enquiry})).scalar_one() is True
        moved = text(
            "update tenants.offer_own set easting = 0, northing = 0 where subject_id ="
            " (select a.subject_id from placements.answering a where a.enquiry_id = :e)"
        )
        await uow.execute(moved, {"e": enquiry})
        assert (await uow.execute(asking, {"e": enquiry})).scalar_one() is True
