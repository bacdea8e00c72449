"""The pages of placements on both sides: plan, notices, ready, start, changes, end; names, address, paper."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tenants.actions import as_owner
from tests.agreements.pdf import read
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_pages import Desks
from tests.placements.enquiries.test_pages import desks as desks  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.homes import days, today
from tests.placements.placed.test_way import matched, tell_everybody

MADE, HOMES = "/placements/made", "/placements/in-our-homes"


def typed(name: str, day: date) -> dict[str, Any]:
    """A day as somebody types it."""
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def words_of(content: bytes) -> str:
    """What a PDF says, with every run of spaces as one."""
    return " ".join(" ".join(read(content).pages).split())


async def ready(between: Between, placement: UUID) -> None:
    """Plan signed, everybody told, ready."""
    await tell_everybody(between, placement)
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200


async def test_a_placement_from_the_match_to_its_end(between: Between, desks: Desks) -> None:
    _enquiry, placement = await matched(between)
    ours, theirs = f"{MADE}/{placement}", f"{HOMES}/{placement}"
    await desks.finder()
    listed = await desks.get(MADE)
    assert ours in listed
    assert "Hidden Person" not in listed
    page = await desks.get(ours)
    assert "Hidden Person" in page
    assert "Agree the placement plan and have it signed first" in page
    assert "Tell the child’s GP first" in page
    refused = await desks.send(f"{ours}/ready", 422)
    assert "Agree the placement plan" in refused.text
    await desks.get(f"{ours}/plan")
    half = await desks.send(f"{ours}/plan", 400, **typed("agreed_on", today()), **typed("signed_on", today()))
    assert "who signed" in half.text
    await desks.send(f"{ours}/plan", **typed("agreed_on", today()), **typed("signed_on", today()), signed_role="carer")
    assert 'value="gp" selected' in await desks.get(f"{ours}/notices?recipient=gp")
    nothing = await desks.send(f"{ours}/notices", 400, occasion="start", recipient="gp")
    assert "say why it was not practicable" in nothing.text
    await desks.send(f"{ours}/notices", occasion="start", recipient="gp", not_practicable="Closed until Monday")
    assert "Not practicable: Closed until Monday" in await desks.get(ours)
    await tell_everybody(between, placement)
    await desks.send(f"{ours}/ready")
    assert "Not ready after all" in await desks.get(ours)

    await desks.officer()
    assert theirs in await desks.get(HOMES)
    assert "The child has come" in await desks.get(theirs)
    await desks.get(f"{theirs}/start")
    no_price = await desks.send(f"{theirs}/start", 400, **typed("day", today()))
    assert "Enter the weekly price under the agreement" in no_price.text
    await desks.send(f"{theirs}/start", **typed("day", today()), weekly="450.00")
    page = await desks.get(theirs)
    assert "Lives there" in page
    assert "Share of the price that is charged meanwhile" in await desks.get(f"{theirs}/pause")
    await desks.send(f"{theirs}/pause", 400, **typed("since", today() + timedelta(days=2)))
    await desks.send(f"{theirs}/pause", **typed("since", today()), percent="50")
    assert "The child is back" in await desks.get(theirs)
    await desks.send(f"{theirs}/resume", **typed("on", today()))
    await desks.send(f"{theirs}/steps", step="give_notice")
    assert "Choose what to do" in (await desks.send(f"{theirs}/steps", 422, step="explode")).text

    await desks.finder()
    await desks.get(f"{ours}/days")
    await desks.send(f"{ours}/days", **typed("starts", today()), **typed("ends", days(60)))
    await desks.send(f"{ours}/steps", step="review_to_end")
    assert "SSDA903" not in await desks.get(f"{ours}/end")
    assert "Choose the reason" in (await desks.send(f"{ours}/end", 400, **typed("ends", today()))).text
    early = await desks.send(f"{ours}/end", 400, **typed("ends", days(-1)), reason="CARPL")
    assert "cannot have left before" in early.text
    await desks.send(f"{ours}/end", **typed("ends", today()), reason="CARPL")
    page = await desks.get(ours)
    assert "Names are closed again" in page
    assert "(CARPL)" in page
    assert "that it ends" in page
    assert "1 Hidden" not in page
    assert ours in await desks.get(f"{MADE}?over=true")
    await desks.get(f"{ours}/agreement.pdf", 409)
    await desks.officer()
    assert "Hidden Person" not in await desks.get(theirs)


async def test_the_agreement_on_paper_while_names_are_open(between: Between, desks: Desks) -> None:
    _enquiry, placement = await matched(between)
    await ready(between, placement)
    body = {"day": today().isoformat(), "weekly": "612.50"}
    assert (await between.officer("POST", f"/placements/{placement}/start", body)).status_code == 200
    for sit, path in ((desks.finder, MADE), (desks.officer, HOMES)):
        await sit()
        made = await desks.client.get(f"{path}/{placement}/agreement.pdf")
        assert made.status_code == 200
        assert made.headers["content-type"] == "application/pdf"
        assert made.headers["cache-control"] == "no-store"
        said = words_of(made.content)
        for one in ("Hidden Person", "£612.50 a week", "Given on", "Between Ashmoor", "and Birkdale"):
            assert one in said, one
    await desks.sit(between.world.a, "director")  # reads placements, not names
    assert "for other roles to see" in await desks.get(f"{MADE}/{placement}")
    assert (await desks.client.get(f"{MADE}/{placement}/agreement.pdf")).status_code == 403


async def test_a_confidential_address_takes_the_permission_and_a_reason(between: Between, desks: Desks) -> None:
    world = between.world
    enquiry, placement = await matched(between)
    async with as_owner(world.settings) as owner:
        await owner.execute(
            """update placements.home_identity set body = body || '{"confidential": true}' where enquiry_id = $1""",
            enquiry,
        )
    path = f"{MADE}/{placement}"
    await desks.finder()
    page = await desks.get(path)
    assert "The address of this home is confidential" in page
    assert "ZB1 1AA" not in page
    assert "for other roles to see" in page
    assert (await desks.client.get(f"{path}/address")).status_code == 403
    paper = words_of((await desks.client.get(f"{path}/agreement.pdf")).content)
    assert "It is not printed" in paper
    assert "ZB1 1AA" not in paper
    await desks.sit(world.a, "team_manager")
    assert (await desks.client.get(f"{path}/address")).headers["location"].startswith("/step-up")
    await world.sign_in(desks.client, world.a, "team_manager", stepped_up=True)
    assert "ZB1 1AA" not in await desks.get(f"{path}/address")
    assert "Select why" in (await desks.send(f"{path}/address", 400)).text
    assert "ZB1 1AA" in (await desks.send(f"{path}/address", 200, reason="visit")).text
    async with between.database.bound(world.acting(world.b, "data_protection_officer")) as uow:
        seen = await uow.execute(
            text("select count(*) from audit.entry where action = 'placement.address_opened' and owner_id = :b"),
            {"b": world.b.id},
        )
        assert seen.scalar_one() == 1


async def test_a_cancelled_one_and_what_is_nobody_else_s(between: Between, desks: Desks) -> None:
    enquiry, placement = await matched(between)
    await desks.finder()
    await desks.get(f"{HOMES}/{placement}", 404)
    await desks.sit(between.world.c, "team_manager")
    for path in (f"{MADE}/{placement}", f"{HOMES}/{placement}", f"{MADE}/{placement}/plan", f"{HOMES}/{placement}/end"):
        await desks.get(path, 404)
    await desks.send(f"{HOMES}/{placement}/cancel", 404, reason="other")
    await desks.officer()
    await desks.get(f"{MADE}/{placement}", 404)
    assert str(placement) in await desks.get(f"{HOMES}?enquiry_id={enquiry}")
    await desks.get(f"{HOMES}/{placement}/cancel")
    assert "Choose the reason" in (await desks.send(f"{HOMES}/{placement}/cancel", 400)).text
    await desks.send(f"{HOMES}/{placement}/cancel", reason="place_lost")
    page = await desks.get(f"{HOMES}/{placement}")
    assert "Names are closed again" in page
    assert "Hidden Person" not in page


async def test_a_series_of_short_breaks_on_both_sides(between: Between, desks: Desks) -> None:
    _enquiry, placement = await matched(between)
    ours, theirs = f"{MADE}/{placement}/short-breaks", f"{HOMES}/{placement}/short-breaks"
    await desks.finder()
    assert "Make it a series of short breaks" in await desks.get(f"{MADE}/{placement}")
    assert "No stays are agreed" in await desks.get(ours)
    wrong = await desks.send(ours, 400, **typed("starts", days(3)), **typed("ends", days(3)))
    assert "The child must leave after the day they come" in wrong.text
    await desks.send(ours, **typed("starts", today()), **typed("ends", days(2)))
    await desks.send(ours, **typed("starts", days(9)), **typed("ends", days(11)))
    page = await desks.get(ours)
    assert "At most 4 of 75 days" in page
    taken = await desks.send(ours, 400, **typed("starts", days(10)), **typed("ends", days(12)))
    assert "not available" in taken.text.lower()
    stays = (await between.finder("GET", f"/placements/{placement}/short-breaks")).json()["stays"]
    first, second = (one["id"] for one in stays)
    assert str(days(9).year) in await desks.get(f"{ours}/{second}/days")
    await desks.send(f"{ours}/{second}/days", **typed("starts", days(12)), **typed("ends", days(14)))
    await desks.get(f"{ours}/{second}/cancel")
    await desks.send(f"{ours}/{second}/cancel", reason="plan_changed")
    await desks.get(f"{ours}/{first}/start", 404)  # the home's side alone
    await ready(between, placement)

    await desks.officer()
    assert "The child has come" in await desks.get(theirs)
    assert "what the stay before cost" in await desks.get(f"{theirs}/{first}/start")
    no_price = await desks.send(f"{theirs}/{first}/start", 400, **typed("day", today()))
    assert "Enter the weekly price under the agreement" in no_price.text
    await desks.send(f"{theirs}/{first}/start", **typed("day", today()), weekly="350.00")
    assert "There now" in await desks.get(theirs)
    await desks.get(f"{theirs}/{first}/end")
    await desks.send(f"{theirs}/{first}/end", **typed("ends", today()))
    assert "Ended" in await desks.get(theirs)
    assert "Another stay" not in await desks.get(theirs)


async def test_the_matching_record_on_paper_says_who_decided_what_and_why(between: Between, desks: Desks) -> None:
    enquiry, placement = await matched(between)
    await desks.finder()
    page = f"/placements/enquiries/{enquiry}"
    assert "Nothing is recorded. The matching record wants it." in await desks.get(f"{page}/match")
    empty = await desks.send(f"{page}/reasons", 400, reasons=" ", gaps="")
    assert "Say why this home meets the child’s needs" in empty.text
    await desks.send(f"{page}/reasons", reasons="They sign #strong[BSL] as she does", gaps="A longer way to school")
    assert "They sign" in await desks.get(f"{page}/match")
    assert "They sign" in await desks.get(f"{page}/reasons")
    again = await between.call(
        between.world.a, "placement_finder", "PUT", f"/enquiries/{enquiry}/reasons", {"reasons": "They sign BSL"}
    )
    assert again.status_code == 200, again.text
    elsewhere = await between.officer("PUT", f"/enquiries/{enquiry}/reasons", {"reasons": "Theirs to say"})
    assert elsewhere.status_code in {403, 404}
    said = {}
    for side, sit, path in (("placing", desks.finder, MADE), ("providing", desks.officer, HOMES)):
        await sit()
        made = await desks.client.get(f"{path}/{placement}/matching-record.pdf")
        assert (made.status_code, made.headers["content-type"]) == (200, "application/pdf")
        assert made.headers["cache-control"] == "no-store"
        said[side] = words_of(made.content)
        for one in ("Matching record", "Hidden Person", "Yes. Ashmoor", "Yes. Birkdale", "matched", "CPPCR 2010 reg 9"):
            assert one in said[side], one
    assert "They sign BSL" in said["placing"]
    assert "No other home was asked" in said["placing"]
    assert "They sign" not in said["providing"]
    assert "They are in Ashmoor’s record" in said["providing"]
    # Each side's paper names its own people who decided, and the other's by their role alone.
    async with as_owner(between.world.settings) as owner:
        people = {
            row["name"]
            for row in await owner.fetch(
                "select p.name from placements.consent_answer n join identity.person p on p.id = n.actor_id"
                " join placements.consent c on c.id = n.consent_id where c.enquiry_id = $1 and n.by_id = $2",
                enquiry,
                between.world.b.id,
            )
        }
    assert people
    assert all(name in said["providing"] and name not in said["placing"] for name in people)
