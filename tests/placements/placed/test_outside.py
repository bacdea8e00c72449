"""Placements with agencies outside Careshare: plan, notices, approval, price, start, end; nobody else sees anything."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from careshare.errors import Conflict
from careshare.workdays import LONDON
from services.placements import clocks, steps
from services.placements.subjects import SUBJECT_DATA
from tenants.actions import as_owner
from tests.agreements.pdf import read
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_pages import Desks
from tests.placements.enquiries.test_pages import desks as desks  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.homes import days, today
from tests.placements.placed.test_pages import typed

DONE = {"relatives_consulted": True, "wishes_heard": True, "reviewing_officer_told": True, "area_told": True}


async def offered(between: Between, *, kind: str = "planned", answer: str = "offered", reference: str = "") -> UUID:
    """An agency that was asked for a child of a request and answered."""
    child: dict[str, Any] = {"age": 7, "sex": "F"}
    child["identity"] = {"name": "Hidden Person", "born": date(today().year - 7, 1, 1).isoformat()}
    if reference:
        child["identity"]["reference"] = reference
    request = await between.request(kind=kind, starts=today().isoformat(), children=[child])
    asked = {"provider": "Harbour Fostering", "kind": "foster_home", "how": "email", "urn": "SC123456"}
    made = await between.finder("POST", f"/requests/{request}/outside-enquiries", asked)
    assert made.status_code == 201, made.text
    enquiry = UUID(made.json()["id"])
    said: dict[str, Any] = {"answer": answer}
    if answer == "offered":
        said["weekly_price"] = "910.00"
    told = await between.finder("POST", f"/outside-enquiries/{enquiry}/answers", said)
    assert told.status_code == 200, told.text
    return enquiry


async def child_of(between: Between, enquiry: UUID) -> str:
    asked = (await between.finder("GET", f"/outside-enquiries/{enquiry}")).json()
    record = await between.finder("GET", f"/requests/{asked['request_id']}")
    found: str = record.json()["children"][0]["id"]
    return found


async def planned(between: Between, enquiry: UUID, **changed: Any) -> UUID:
    """A placement planned with whoever offered."""
    body = {
        "child_id": await child_of(between, enquiry),
        "home": "The Agency Carers",
        "address": "9 Hidden Row",
        "postcode": "ZC1 1AA",
        "starts": today().isoformat(),
        "weekly": "910.00",
        **changed,
    }
    made = await between.finder("POST", f"/outside-enquiries/{enquiry}/placements", body)
    assert made.status_code == 201, made.text
    return UUID(made.json()["id"])


async def director(between: Between, path: str, body: dict[str, Any], *, stepped_up: bool = True) -> Any:
    headers = await between.world.bearer(between.world.a, "director", stepped_up=stepped_up)
    return await between.client.post(f"/api/v1{path}", json=body, headers=headers)


async def tell_everybody(between: Between, placement: UUID) -> None:
    plan = {"agreed_on": today().isoformat(), "signed_on": today().isoformat(), "signed_role": "carer"}
    assert (await between.finder("PUT", f"/outside-placements/{placement}/plan", plan)).status_code == 200
    listed = (await between.finder("GET", f"/outside-placements/{placement}")).json()["notices"]
    for one in listed:
        body = {"recipient": one["recipient"], "sent_on": today().isoformat(), "how": "letter"}
        told = await between.finder("POST", f"/outside-placements/{placement}/notices", body)
        assert told.status_code == 200, told.text


async def step(between: Between, placement: UUID, name: str, **more: Any) -> Any:
    return await between.finder("POST", f"/outside-placements/{placement}/steps", {"step": name, **more})


async def test_supported_accommodation_outside_is_for_16_and_17_on_the_day_even_in_an_emergency(
    between: Between,
) -> None:
    """One is sixteen in three days, the other has been for six: sixteen years have four leap days."""
    for lived, now, came in ((5841, 422, 422), (5850, 201, 200)):
        born = today() - timedelta(days=lived)
        child = {"age": 16, "sex": "F", "identity": {"name": "Hidden Person", "born": born.isoformat()}}
        request = await between.request(kind="emergency", starts=days(5).isoformat(), children=[child])
        asked = {"provider": "Harbour Lodgings", "kind": "supported_accommodation", "how": "email"}
        made = await between.finder("POST", f"/requests/{request}/outside-enquiries", asked)
        enquiry = UUID(made.json()["id"])
        said = {"answer": "offered", "weekly_price": "910.00"}
        assert (await between.finder("POST", f"/outside-enquiries/{enquiry}/answers", said)).status_code == 200
        body = {"child_id": await child_of(between, enquiry), "home": "Lodgings", "postcode": "ZC1 1AA"}
        body |= {"weekly": "910.00"}
        path = f"/outside-enquiries/{enquiry}/placements"
        early = await between.finder("POST", path, {**body, "starts": today().isoformat()})
        assert early.status_code == now, early.text
        made = early if now == 201 else await between.finder("POST", path, {**body, "starts": days(5).isoformat()})
        assert made.status_code == 201, made.text
        placement = UUID(made.json()["id"])
        assert (await step(between, placement, "make_ready")).status_code == 200
        begun = await step(between, placement, "start", day=today().isoformat())
        assert begun.status_code == came, begun.text
        if came == 200:  # it is over, so that it costs nothing in other tests
            ended = await step(between, placement, "end_at_once", day=today().isoformat(), reason="CARPL")
            assert ended.status_code == 200, ended.text


async def test_supported_accommodation_outside_is_not_even_asked_for_a_child_of_seven(between: Between) -> None:
    request = await between.request(starts=today().isoformat())
    asked = {"provider": "Harbour Lodgings", "kind": "supported_accommodation", "how": "email"}
    refused = await between.finder("POST", f"/requests/{request}/outside-enquiries", asked)
    assert refused.status_code == 422, refused.text
    assert [one["field"] for one in refused.json()["errors"]] == ["kind"]


async def test_from_the_answer_to_the_end_and_what_it_cost(between: Between) -> None:
    enquiry = await offered(between)
    placement = await planned(between, enquiry)
    path = f"/outside-placements/{placement}"
    read_now = (await between.finder("GET", path)).json()
    assert (read_now["stage"], read_now["route"], read_now["provider"]) == ("planned", "director", "Harbour Fostering")
    assert read_now["child"]["name"] == "Hidden Person"
    early = await step(between, placement, "make_ready")
    assert early.status_code == 422
    assert {one["field"] for one in early.json()["errors"]} >= {"plan", "notice-area_authority", "consent-director"}
    await tell_everybody(between, placement)
    assert [one["field"] for one in (await step(between, placement, "make_ready")).json()["errors"]] == [
        "consent-director"
    ]
    assert (await between.finder("POST", f"{path}/approval", DONE)).status_code == 403
    assert (await director(between, f"{path}/approval", DONE, stepped_up=False)).status_code == 401
    half = await director(between, f"{path}/approval", {**DONE, "area_told": False})
    assert [one["field"] for one in half.json()["errors"]] == ["area_told"]
    assert (await director(between, f"{path}/approval", DONE)).status_code == 200
    assert (await director(between, f"{path}/approval", DONE)).status_code == 409
    assert (await step(between, placement, "start", day=today().isoformat())).status_code == 409
    assert (await step(between, placement, "make_ready")).json()["stage"] == "ready"
    assert (await step(between, placement, "start", day=days(1).isoformat())).status_code == 400
    started = await step(between, placement, "start", day=(today() - timedelta(days=10)).isoformat())
    assert started.json()["stage"] == "started", started.text
    # The child lives somewhere, so the request is placed.
    asked = (await between.finder("GET", f"/outside-enquiries/{enquiry}")).json()
    assert (await between.finder("GET", f"/requests/{asked['request_id']}")).json()["stage"] == "placed"
    wrong = await between.finder("POST", f"{path}/prices", {"since": days(-30).isoformat(), "weekly": "1"})
    assert [one["field"] for one in wrong.json()["errors"]] == ["since"]
    first = {"since": (today() - timedelta(days=10)).isoformat(), "weekly": "910.00"}
    assert (await between.finder("POST", f"{path}/prices", first)).status_code == 200
    dearer = {"since": (today() - timedelta(days=4)).isoformat(), "weekly": "1050.00"}
    assert (await between.finder("POST", f"{path}/prices", dearer)).status_code == 200
    before = await step(between, placement, "end_at_once", day=days(-11).isoformat(), reason="CARPL")
    assert [one["field"] for one in before.json()["errors"]] == ["day"]
    assert (await step(between, placement, "end", day=today().isoformat(), reason="CARPL")).status_code == 409
    await step(between, placement, "review_to_end")
    bad = await step(between, placement, "end", day=today().isoformat(), reason="BORED")
    assert [one["field"] for one in bad.json()["errors"]] == ["reason"]
    ended = await step(between, placement, "end", day=today().isoformat(), reason="CARPL")
    assert (ended.json()["stage"], ended.json()["end_reason"]) == ("ended", "CARPL")
    assert {one["recipient"] for one in ended.json()["notices"] if one["occasion"] == "end"}
    # Six nights at £130 and four at £150, whatever day of the week or of the month today is.
    window = {"since": days(-40).isoformat(), "until": days(1).isoformat()}
    costs = (await between.finder("GET", "/outside-placement-costs", params=window)).json()["items"]
    assert sum(one["nights"] for one in costs) == 10
    assert sum(Decimal(one["cost"]) for one in costs) == Decimal("1380.00")
    kept = await between.call(between.world.a, "team_manager", "GET", f"{path}/archive")
    assert kept.json()["body"]["child"]["name"] == "Hidden Person"
    assert [one["weekly"] for one in kept.json()["body"]["prices"]][-1] == "1050.00"
    assert (await between.finder("GET", f"{path}/archive")).status_code == 403


async def test_no_other_authority_sees_anything(between: Between) -> None:
    placement = await planned(between, await offered(between), postcode="ZB1 1AA")
    for who in (between.world.b, between.world.c):
        for path in (
            f"/outside-placements/{placement}",
            "/outside-placements",
            f"/outside-placements/{placement}/archive",
        ):
            answer = await between.call(who, "team_manager", "GET", path)
            assert str(placement) not in answer.text
            assert "Harbour" not in answer.text
        async with between.database.bound(between.world.acting(who, "team_manager")) as uow:
            for table in ("placement", "price", "notice", "step"):
                seen = await uow.execute(text(f"select count(*) from placements.outside_{table}"))
                assert seen.scalar_one() == 0


async def test_only_with_whoever_offered_for_an_open_request_and_once(between: Between) -> None:
    declined = await offered(between, answer="ring_back")
    body = {
        "child_id": await child_of(between, declined),
        "home": "Somewhere",
        "postcode": "ZA1 1AA",
        "starts": today().isoformat(),
        "weekly": "900",
    }
    refused = await between.finder("POST", f"/outside-enquiries/{declined}/placements", body)
    assert refused.status_code == 409
    enquiry = await offered(between)
    other = {**body, "child_id": await child_of(between, enquiry)}
    for wrong, field in (
        ({"postcode": "NOWHERE"}, "postcode"),
        ({"ends": today().isoformat()}, "ends"),
        ({"starts": "2020-01-01"}, "starts"),
        ({"weekly": "12.345"}, "weekly"),
    ):
        answer = await between.finder("POST", f"/outside-enquiries/{enquiry}/placements", {**other, **wrong})
        assert [one["field"] for one in answer.json()["errors"]] == [field], answer.text
    stranger = await between.finder("POST", f"/outside-enquiries/{enquiry}/placements", body)
    assert stranger.status_code == 404  # a child of another request
    placement = await planned(between, enquiry)
    again = await between.finder("POST", f"/outside-enquiries/{enquiry}/placements", other)
    assert again.status_code == 409
    # Cancelled, the child's time is free again.
    assert (await step(between, placement, "cancel", reason="plan_changed")).json()["stage"] == "cancelled"
    await planned(between, enquiry)


async def test_a_child_lives_in_one_home_inside_or_outside(between: Between) -> None:
    reference = f"O{days(0).toordinal()}"
    await planned(between, await offered(between, reference=reference))
    second = await offered(between, reference=reference)
    body = {
        "child_id": await child_of(between, second),
        "home": "Elsewhere",
        "postcode": "ZA1 1AA",
        "starts": days(3).isoformat(),
        "weekly": "900",
    }
    taken = await between.finder("POST", f"/outside-enquiries/{second}/placements", body)
    assert taken.status_code == 409
    assert taken.json()["title"] == "Not available"


async def test_a_child_who_stays_beyond_the_planned_day_still_costs(between: Between) -> None:
    placement = await planned(between, await offered(between, kind="emergency"), ends=days(3).isoformat())
    assert (await step(between, placement, "make_ready")).status_code == 200
    assert (await step(between, placement, "start", day=days(-6).isoformat())).status_code == 200
    window = {"since": days(-40).isoformat(), "until": today().isoformat()}

    async def nights() -> int:
        costs = (await between.finder("GET", "/outside-placement-costs", params=window)).json()["items"]
        return sum(one["nights"] for one in costs)

    before = await nights()
    assert (await step(between, placement, "vary", ends=days(-2).isoformat())).status_code == 200
    assert await nights() == before, "nobody has said that the child left"
    over = await step(between, placement, "end_at_once", day=days(-2).isoformat(), reason="CARPL")
    assert over.status_code == 200, over.text
    assert await nights() == before - 2


async def test_an_emergency_outside_that_is_recorded_late_has_no_more_time_for_its_notices(between: Between) -> None:
    placement = await planned(between, await offered(between, kind="emergency"))
    assert (await step(between, placement, "make_ready")).status_code == 200
    came = days(-5)
    started = await step(between, placement, "start", day=came.isoformat())
    noon = datetime(came.year, came.month, came.day, 12, tzinfo=LONDON)
    told = {datetime.fromisoformat(one["due_at"]) for one in started.json()["notices"]}
    assert told == {clocks.due("notices_emergency", noon).at}
    over = await step(between, placement, "end_at_once", day=came.isoformat(), reason="CARPL")
    assert over.status_code == 200, over.text


async def test_an_emergency_is_ready_at_once_and_its_clocks_run(between: Between) -> None:
    placement = await planned(between, await offered(between, kind="emergency"))
    assert (await step(between, placement, "make_ready")).json()["stage"] == "ready"
    started = await step(between, placement, "start", day=today().isoformat())
    assert started.json()["stage"] == "started"
    assert all(one["due_at"] > today().isoformat() for one in started.json()["notices"])


async def test_the_approval_that_an_emergency_outside_put_off_has_its_clock_until_it_is_given(between: Between) -> None:
    placement = await planned(between, await offered(between, kind="emergency"))
    assert (await step(between, placement, "make_ready")).json()["approve_by"] is None
    came = days(-2)
    record = (await step(between, placement, "start", day=came.isoformat())).json()
    noon = datetime(came.year, came.month, came.day, 12, tzinfo=LONDON)
    due = clocks.due("outside_area_rest", noon).at
    assert datetime.fromisoformat(record["approve_by"]) == due

    async def waiting() -> list[datetime]:
        desk = (await between.finder("GET", "/desk")).json()["waiting"]
        return [
            datetime.fromisoformat(one["due"])
            for one in desk
            if one["what"] == "outside_approval" and one["id"] == str(placement)
        ]

    assert await waiting() == [due]
    assert (await director(between, f"/outside-placements/{placement}/approval", DONE)).status_code == 200
    assert await waiting() == []
    assert (await between.finder("GET", f"/outside-placements/{placement}")).json()["approve_by"] is None
    over = await step(between, placement, "end_at_once", day=came.isoformat(), reason="CARPL")
    assert over.status_code == 200, over.text


async def test_not_practicable_keeps_the_name_and_own_area_needs_no_approval(between: Between) -> None:
    placement = await planned(between, await offered(between), postcode="ZA1 1AA")
    record = (await between.finder("GET", f"/outside-placements/{placement}")).json()
    assert record["route"] == "none"
    assert "area_authority" not in {one["recipient"] for one in record["notices"]}
    assert (await director(between, f"/outside-placements/{placement}/approval", DONE)).status_code == 409
    said = {"recipient": "gp", "not_practicable": "The practice is closed until Monday"}
    assert (await between.finder("POST", f"/outside-placements/{placement}/notices", said)).status_code == 200
    async with as_owner(between.world.settings) as owner:
        who = await owner.fetchval(
            "select said_by from placements.outside_notice where outside_placement_id = $1 and recipient = 'gp'",
            placement,
        )
    assert who == between.world.a.people["placement_finder"]


async def test_every_step_not_in_the_table_is_refused(between: Between) -> None:
    async with between.database.bound(between.world.acting(between.world.a, "placement_finder")) as uow:
        table = [one for one in await steps.rules(uow) if one.machine == "outside_placement"]
    placement = await planned(between, await offered(between))
    names = sorted({one.step for one in table})
    tried = 0
    for stage in sorted({one.stage for one in table} | {one.next_stage for one in table}):
        async with as_owner(between.world.settings) as owner:
            await owner.execute("update placements.outside_placement set stage = $1 where id = $2", stage, placement)
        for name in names:
            if not any(one.stage == stage and one.step == name for one in table):
                tried += 1
                with pytest.raises(Conflict):
                    async with between.database.bound(between.world.acting(between.world.a, "placement_finder")) as uow:
                        try:
                            await uow.execute(
                                text(
                                    "insert into placements.outside_step"
                                    " (authority_id, outside_placement_id, step, starts, ends)"
                                    " values (careshare.authority(), :id, :step, current_date, current_date + 9)"
                                ),
                                {"id": placement, "step": name},
                            )
                        except Exception as error:
                            raise steps.meaning(error) from error  # type: ignore[arg-type] # only a DBAPIError comes
    assert tried > 40


async def test_a_child_is_given_what_is_held_of_it(between: Between) -> None:
    reference = f"S{days(0).toordinal()}"
    placement = await planned(between, await offered(between, reference=reference), postcode="ZA1 1AA")
    await tell_everybody(between, placement)
    async with between.database.bound(between.world.acting(between.world.a, "data_protection_officer")) as uow:
        (child,) = [one for one in await SUBJECT_DATA.find(uow, reference) if one.kind == "child"]
        items = await SUBJECT_DATA.collect(uow, child)
    said = {one.name: one.value for one in items if "outside" in one.section.lower()}
    assert said["The home"] == "The Agency Carers, 9 Hidden Row, ZA1 1AA"
    assert "Told: gp, start" in said
    assert await desk(between, "outside_ready", placement)
    assert not await desk(between, "outside_notice", placement)


async def desk(between: Between, what: str, placement: UUID) -> bool:
    """Whether it waits on the desk of its authority."""
    waiting = (await between.finder("GET", "/desk")).json()["waiting"]
    return any((one["what"], one["id"]) == (what, str(placement)) for one in waiting)


async def test_the_pages(between: Between, desks: Desks) -> None:
    enquiry = await offered(between)
    await desks.finder()
    assert "Plan the placement of a child" in await desks.get(f"/placements/enquiries/outside/{enquiry}")
    page = f"/placements/enquiries/outside/{enquiry}/place"
    assert 'value="910.00"' in await desks.get(page)
    wrong = await desks.send(page, 400, child_id=await child_of(between, enquiry), home="")
    assert "Enter the postcode" in wrong.text
    made = await desks.send(
        page,
        child_id=await child_of(between, enquiry),
        home="The Agency Carers",
        postcode="ZA1 1AA",
        weekly="910",
        **typed("starts", today()),
    )
    one = made.headers["location"].partition("?")[0]
    shown = await desks.get(one)
    for said in ("Hidden Person", "The Agency Carers", "£910.00", "Agree the placement plan"):
        assert said in shown
    assert "Hidden Person" not in await desks.get("/placements/outside")
    await desks.get(f"{one}/plan")
    await desks.send(f"{one}/plan", **typed("agreed_on", today()), **typed("signed_on", today()), signed_role="carer")
    assert 'value="gp" selected' in await desks.get(f"{one}/notices?recipient=gp")
    await desks.send(f"{one}/notices", 400, occasion="start", recipient="gp")
    await desks.send(f"{one}/notices", occasion="start", recipient="gp", not_practicable="Closed until Monday")
    refused = await desks.send(f"{one}/steps", 422, step="make_ready")
    assert "Something" in refused.text or "first" in refused.text
    await tell_everybody(between, UUID(one.rpartition("/")[2]))
    await desks.send(f"{one}/steps", step="make_ready")
    await desks.get(f"{one}/start")
    await desks.send(f"{one}/start", step="start", **typed("day", today()))
    assert "Lives there" in await desks.get(one)
    await desks.send(f"{one}/price", **typed("since", days(7)), weekly="950.00")
    await desks.send(f"{one}/days", step="vary", **typed("ends", days(60)))
    assert "£950.00" in await desks.get(one)
    paper = await desks.client.get(f"{one}/agreement.pdf")
    assert (paper.status_code, paper.headers["cache-control"]) == (200, "no-store")
    words = " ".join(" ".join(read(paper.content).pages).split())
    assert "Between Ashmoor" in words
    assert "Hidden Person" in words
    await desks.send(f"{one}/end", 400, step="end_at_once", **typed("day", days(-1)), reason="CARPL")
    await desks.send(f"{one}/end", step="end_at_once", **typed("day", today()), reason="CARPL")
    assert "Ended" in await desks.get(one)
    assert one in await desks.get("/placements/outside?over=true")
    await desks.get("/placements/outside-costs")
    await desks.sit(between.world.b, "team_manager")
    await desks.get(one, 404)
