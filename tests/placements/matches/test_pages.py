"""The pages of a match on both sides and of a third authority: proposed, listed, answered, missing, complete."""

from typing import Any
from uuid import UUID

import pytest

from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_pages import ANSWERS, ASKED, Desks
from tests.placements.enquiries.test_pages import desks as desks  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.matches.test_way import LAW, consents, far_home

CONSENTS = "/placements/consents"
YES: dict[str, Any] = {"answer": "given"}
DONE: dict[str, Any] = dict.fromkeys(LAW, "yes")


async def asked(between: Between, offer: str, **request: object) -> UUID:
    """An enquiry that was accepted, with its place kept."""
    made = await between.finder(
        "POST", f"/requests/{await between.request(**request)}/enquiries", {"offer_ids": [offer]}
    )
    enquiry = UUID(made.json()["enquiry_ids"][0])
    assert (await between.officer("POST", f"/enquiries/{enquiry}/accept")).status_code == 200
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    return enquiry


async def _listed(between: Between, desks: Desks) -> UUID:
    """A match that is proposed, and its consents listed, on the pages of both sides."""
    _home, offer = await far_home(between)
    enquiry = await asked(between, offer)
    ours, theirs = f"{ASKED}/{enquiry}/match", f"{ANSWERS}/{enquiry}/match"
    await desks.finder()
    assert f'href="{ours}"' in await desks.get(f"{ASKED}/{enquiry}")
    assert "Choose this home" in await desks.get(ours)
    await desks.send(ours)
    page = await desks.get(ours)
    assert "What is missing" in page
    assert "Birkdale checks its register" in page
    assert "The director approves a home at a distance" in page
    assert "CPPCR 2010 reg 11" in page
    assert "The place is kept until" in page

    await desks.officer()
    page = await desks.get(theirs)
    assert "Check and list the consents" in page
    await desks.send(theirs)
    assert "Another authority with a child in the home agrees" in await desks.get(theirs)
    return enquiry


async def test_a_match_over_a_border_goes_from_desk_to_desk(between: Between, desks: Desks) -> None:
    a, _, c = between.world.authorities
    enquiry = await _listed(between, desks)
    ours, theirs = f"{ASKED}/{enquiry}/match", f"{ANSWERS}/{enquiry}/match"
    known = {kind: one["id"] for kind, one in (await consents(between, enquiry)).items()}

    # Another council's questions stand on its own page; it learns neither who nor whose.
    await desks.sit(c, "team_manager")
    page = await desks.get(CONSENTS)
    assert "Another authority with a child in the home agrees" in page
    third = await desks.get(f"{CONSENTS}/{known['other_authority']}")
    assert "C77001" in third
    for secret in ("Hidden Person", a.name, "girl of 7", str(enquiry)):
        assert secret not in third
    assert "There is a problem" in (await desks.send(f"{CONSENTS}/{known['other_authority']}", 400)).text

    # Out of order, and only for whoever confirmed that it is them.
    await between.world.sign_in(desks.client, a, "director")
    sent = await desks.client.get(f"{CONSENTS}/{known['director']}")
    assert sent.headers["location"].startswith("/step-up")
    await between.world.sign_in(desks.client, a, "director", stepped_up=True)
    assert "reviewing officer was told" in await desks.get(f"{CONSENTS}/{known['director']}")
    early = await desks.send(f"{CONSENTS}/{known['director']}", 400, **YES, **DONE)
    assert "Something else comes first: area consulted" in early.text

    await desks.sit(c, "team_manager")
    done = await desks.send(f"{CONSENTS}/{known['area_consulted']}", **YES)
    assert done.headers["location"] == CONSENTS
    await between.world.sign_in(desks.client, a, "director", stepped_up=True)
    without = await desks.send(f"{CONSENTS}/{known['director']}", 400, **YES)
    assert without.text.count("The law wants this done before the approval") >= 3
    given = await desks.send(f"{CONSENTS}/{known['director']}", **YES, **DONE)
    assert given.headers["location"] == ours

    await desks.finder()
    page = await desks.get(CONSENTS)
    assert "chooses this home" in page
    await desks.send(f"{CONSENTS}/{known['placing_authority']}", **YES)
    await desks.officer()
    await desks.send(f"{CONSENTS}/{known['providing_authority']}", **YES)
    told: dict[str, Any] = {"answer": "given", "by_telephone": "yes"}
    assert "Say in which role they answered" in (await desks.send(f"{CONSENTS}/{known['carer']}", 400, **told)).text
    await desks.send(f"{CONSENTS}/{known['carer']}", **told, heard_from="foster carer")
    page = await desks.get(theirs)
    assert "by telephone. To be confirmed by" in page
    assert page.count("<li>Another authority with a child in the home agrees</li>") == 1
    await desks.sit(c, "team_manager")
    await desks.send(f"{CONSENTS}/{known['other_authority']}", **YES)
    await desks.finder()
    page = await desks.get(ours)
    assert "Everybody whose consent was needed has agreed" in page
    assert "What is missing" not in page
    assert "ZC1 1AA" in await desks.get(f"{ASKED}/{enquiry}")
    await desks.officer()
    assert "Confirm the answer" in await desks.get(f"{CONSENTS}/{known['carer']}")
    await desks.send(f"{CONSENTS}/{known['carer']}", answer="confirmed")


async def test_whoever_may_not_decide_can_record_what_was_said_on_the_telephone(between: Between, desks: Desks) -> None:
    _home, offer = await between.home()
    enquiry = await asked(between, str(offer))
    await desks.finder()
    await desks.send(f"{ASKED}/{enquiry}/match", key_stage_4="yes")
    known = {kind: one["id"] for kind, one in (await consents(between, enquiry)).items()}
    page = await desks.get(f"{CONSENTS}/{known['key_stage_4']}")
    assert "This is not yours to decide" in page
    told: dict[str, Any] = {"answer": "given", "by_telephone": "yes", "heard_from": "nominated officer on call"}
    await desks.send(f"{CONSENTS}/{known['key_stage_4']}", **told)
    assert "by telephone" in await desks.get(f"{ASKED}/{enquiry}/match")
    await between.world.sign_in(desks.client, between.world.a, "nominated_officer", stepped_up=True)
    assert "given by telephone: to be confirmed" in await desks.get(CONSENTS)
    await desks.send(f"{CONSENTS}/{known['key_stage_4']}", answer="confirmed")
    assert known["key_stage_4"] not in await desks.get(CONSENTS)


@pytest.mark.parametrize("answer", ["refused", "revoked"])
async def test_a_refusal_is_missing_and_can_be_taken_back(between: Between, desks: Desks, answer: str) -> None:
    _home, offer = await between.home()
    enquiry = await asked(between, str(offer))
    await desks.finder()
    await desks.send(f"{ASKED}/{enquiry}/match")
    consent = (await consents(between, enquiry))["placing_authority"]["id"]
    await desks.send(f"{CONSENTS}/{consent}", answer="refused")
    assert ": refused</li>" in await desks.get(f"{ASKED}/{enquiry}/match")
    if answer == "revoked":
        await desks.send(f"{CONSENTS}/{consent}", answer="revoked")
        assert ": refused</li>" not in await desks.get(f"{ASKED}/{enquiry}/match")


async def test_nobody_else_finds_a_match_or_a_consent(between: Between, desks: Desks) -> None:
    _home, offer = await between.home()
    enquiry = await asked(between, str(offer))
    await desks.finder()
    await desks.send(f"{ASKED}/{enquiry}/match")
    await desks.get(f"{ANSWERS}/{enquiry}/match", 404)
    consent = (await consents(between, enquiry))["placing_authority"]["id"]
    await desks.officer()
    await desks.get(f"{CONSENTS}/{consent}", 404)
    await desks.sit(between.world.c, "team_manager")
    for path in (f"{ASKED}/{enquiry}/match", f"{ANSWERS}/{enquiry}/match", f"{CONSENTS}/{consent}"):
        await desks.get(path, 404)
    await desks.send(f"{CONSENTS}/{consent}", 404, **YES)
