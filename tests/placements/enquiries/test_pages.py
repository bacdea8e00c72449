"""The pages of enquiries on both sides, without scripts: asked, looked at, sent, answered, held, written, withdrawn."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from tests.placements.enquiries.conftest import Between
from tests.web.html import parsed
from tests.world import WorldAuthority

ASKED, ANSWERS = "/placements/enquiries", "/placements/to-answer"


class Desks:
    """Whoever is signed in reads pages and sends their forms as they stand."""

    def __init__(self, between: Between) -> None:
        self.between, self.client = between, between.client

    async def sit(self, who: WorldAuthority, role: str) -> None:
        await self.between.world.sign_in(self.client, who, role)

    async def finder(self) -> None:
        await self.sit(self.between.world.a, "placement_finder")

    async def officer(self) -> None:
        await self.sit(self.between.world.b, "fostering_officer")

    async def get(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:2000]}"
        if status == 200:
            parsed(answer)
        return answer.text

    async def send(self, path: str, status: int = 303, **typed: Any) -> httpx.Response:
        home = (await self.client.get("/")).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', home)
        assert token
        answer = await self.client.post(path, data={"csrf_token": token[1], **typed})
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:4000]}"
        if status != 303:
            parsed(answer)
        return answer


@pytest.fixture
def desks(between: Between) -> Desks:
    return Desks(between)


async def _searched(between: Between, request: UUID) -> None:
    found = await between.finder("POST", f"/requests/{request}/searches")
    assert found.status_code in {200, 201}, found.text


async def test_three_homes_are_asked_after_looking_at_what_they_will_see(between: Between, desks: Desks) -> None:
    offers = [str((await between.home())[1]) for _ in range(3)]
    request = await between.request()
    await desks.finder()
    ask = f"/placements/requests/{request}/ask"
    assert "Search for the request first" in await desks.get(ask)
    await desks.send(f"/placements/requests/{request}/search", version="1")
    page = await desks.get(ask)
    assert all(offer in page for offer in offers)
    assert "Choose at least one home" in (await desks.send(ask, 400)).text
    look = (await desks.send(ask, 200, offer_ids=offers)).text
    assert "Ask 3 homes" in look
    assert "girl of 7" in look
    assert "Hidden Person" not in look
    listed = await between.finder("GET", f"/enquiries?request_id={request}")
    assert listed.json()["items"] == []
    sent = await desks.send(ask, offer_ids=offers, checked="yes")
    page = await desks.get(sent.headers["location"])
    assert page.count("Answer by") == 3
    again = await desks.get(ask)
    assert "Asked already" in again
    assert not any(f'value="{offer}"' in again for offer in offers)


async def test_an_enquiry_goes_from_desk_to_desk(between: Between, desks: Desks) -> None:
    enquiry = await between.sent()
    await desks.officer()
    assert str(enquiry) in await desks.get(ANSWERS)
    page = await desks.get(f"{ANSWERS}/{enquiry}")
    assert "Check and accept" in page
    assert "Hidden Person" not in page
    await desks.send(f"{ANSWERS}/{enquiry}/take")
    assert "Your work" in await desks.get(f"{ANSWERS}/{enquiry}")
    assert "Nothing stands against it" in await desks.get(f"{ANSWERS}/{enquiry}/accept")
    await desks.send(f"{ANSWERS}/{enquiry}/accept")
    await desks.send(f"{ANSWERS}/{enquiry}/messages", text="When could we talk about school?")
    await desks.finder()
    page = await desks.get(f"{ASKED}/{enquiry}")
    assert "Who lives there" in page
    assert "When could we talk about school?" in page
    await desks.send(f"{ASKED}/{enquiry}/hold", step="ask")
    await desks.officer()
    await desks.send(f"{ANSWERS}/{enquiry}/hold", step="grant")
    assert re.search(r"kept until [^:]+(:\d\d)?[^:]*: \d+ \w+", await desks.get(f"{ANSWERS}/{enquiry}"))
    assert "Keep the place no longer" in await desks.get(f"{ANSWERS}/{enquiry}/hold")
    assert "Choose why" in (await desks.send(f"{ANSWERS}/{enquiry}/hold", 400, step="end")).text
    await desks.send(f"{ANSWERS}/{enquiry}/hold", step="end", reason="own_child")
    await desks.finder()
    assert "An own child needs the place".lower() in (await desks.get(f"{ASKED}/{enquiry}")).lower()
    await desks.get(f"{ASKED}/{enquiry}/withdraw")
    await desks.send(f"{ASKED}/{enquiry}/withdraw", reason="found")
    await desks.officer()
    page = await desks.get(f"{ANSWERS}/{enquiry}")
    assert "The profile is closed again" in page
    assert "What is known" not in page


async def test_names_on_file_stay_out_of_the_thread_until_the_match(between: Between, desks: Desks) -> None:
    enquiry = await between.sent()
    await desks.finder()
    refused = await desks.send(f"{ASKED}/{enquiry}/messages", 400, text="Please ring about Hidden tonight")
    assert "Names open when all have agreed" in refused.text
    assert "Write a message" in (await desks.send(f"{ASKED}/{enquiry}/messages", 400, text="")).text
    _ours = await between.finder("GET", f"/enquiries/{enquiry}")
    assert _ours.json()["thread"] == []
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        found = await uow.execute(
            text(
                "select h.name from fostering.household h join placements.answering a on a.subject_id = h.id"
                " where a.enquiry_id = :e"
            ),
            {"e": enquiry},
        )
        name = found.scalar_one()
    await desks.officer()
    refused = await desks.send(f"{ANSWERS}/{enquiry}/messages", 400, text=f"The {name} household would love to")
    assert "Names open when all have agreed" in refused.text


async def test_an_answer_by_telephone_is_recorded_and_confirmed(between: Between, desks: Desks) -> None:
    enquiry = await between.sent()
    await desks.finder()
    await desks.get(f"{ASKED}/{enquiry}/telephone")
    assert "In which role" in (await desks.send(f"{ASKED}/{enquiry}/telephone", 400, accepted="yes")).text
    await desks.send(f"{ASKED}/{enquiry}/telephone", accepted="yes", heard_from="duty officer")
    page = await desks.get(f"{ASKED}/{enquiry}")
    assert "is to confirm it by" in page
    assert "Who lives there" not in page
    await desks.officer()
    assert "Check and confirm" in await desks.get(f"{ANSWERS}/{enquiry}")
    await desks.send(f"{ANSWERS}/{enquiry}/confirm")
    await desks.finder()
    assert "Who lives there" in await desks.get(f"{ASKED}/{enquiry}")


async def test_a_decline_says_a_neutral_reason_and_closes(between: Between, desks: Desks) -> None:
    enquiry = await between.sent()
    await desks.officer()
    await desks.get(f"{ANSWERS}/{enquiry}/decline")
    assert "Choose why not" in (await desks.send(f"{ANSWERS}/{enquiry}/decline", 400)).text
    await desks.send(f"{ANSWERS}/{enquiry}/decline", reason="allegation", note="Told by the team")
    page = await desks.get(f"{ANSWERS}/{enquiry}")
    assert "an allegation or concern is being looked into" in page
    assert "girl of 7" not in page
    assert str(enquiry) in await desks.get(f"{ANSWERS}?closed=true")
    await desks.finder()
    page = await desks.get(f"{ASKED}/{enquiry}")
    assert "it is not available now" in page
    assert "allegation" not in page
    assert "can no longer read the profile" in page
    assert "Told by the team" not in page


async def test_the_other_side_s_page_and_an_outsider_find_nothing(between: Between, desks: Desks) -> None:
    enquiry = await between.sent()
    await desks.finder()
    await desks.get(f"{ANSWERS}/{enquiry}", 404)
    await desks.officer()
    await desks.get(f"{ASKED}/{enquiry}", 404)
    await desks.sit(between.world.c, "team_manager")
    for path in (f"{ASKED}/{enquiry}", f"{ANSWERS}/{enquiry}", f"{ANSWERS}/{enquiry}/accept"):
        await desks.get(path, 404)
    assert str(enquiry) not in await desks.get(ASKED) + await desks.get(ANSWERS)


async def test_what_the_register_forbids_cannot_be_accepted(between: Between, desks: Desks) -> None:
    _home, offer = await between.home(age_max=5)
    request = await between.request()
    made = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    enquiry = made.json()["enquiry_ids"][0]
    await desks.officer()
    page = await desks.get(f"{ANSWERS}/{enquiry}/accept")
    assert "The home may not take this child" in page
    refused = await desks.send(f"{ANSWERS}/{enquiry}/accept", 422)
    assert "There is a problem" in refused.text


async def test_who_was_asked_outside_stands_in_the_same_list_with_its_price(between: Between, desks: Desks) -> None:
    _home, offer = await between.home()
    request = await between.request()
    await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    await desks.finder()
    form = f"/placements/requests/{request}/ask-outside"
    await desks.get(form)
    assert "Enter the agency or home" in (await desks.send(form, 400, provider="", urn="x")).text
    made = await desks.send(form, provider="Sunny Fostering", kind="foster_home", how="email", urn="SC123456")
    one = made.headers["location"]
    await desks.get(one)
    wrong = await desks.send(one, 400, answer="declined", weekly_price="900")
    assert "Choose why not from the list" in wrong.text
    await desks.send(one, 400, answer="offered", weekly_price="1000000")
    named = await desks.send(one, 400, answer="ring_back", note="They know Hidden well")
    assert "Leave out who the children are" in named.text
    await desks.send(one, answer="ring_back", heard_from="referrals officer")
    await desks.send(one, answer="offered", weekly_price="1,045.50")
    page = await desks.get(f"{ASKED}?request_id={request}")
    assert "Sunny Fostering" in page
    assert "£1,045.50" in page
    assert "Birkdale" in page
    assert "Sunny Fostering" in await desks.get(ASKED)
    assert "referrals officer" in await desks.get(one)
    await desks.officer()
    await desks.get(one, 404)


async def test_inside_and_outside_count_towards_one_limit_and_nobody_is_asked_twice(between: Between) -> None:
    _home, offer = await between.home()
    request = await between.request()
    path = f"/requests/{request}"
    assert (await between.finder("POST", f"{path}/enquiries", {"offer_ids": [str(offer)]})).status_code == 201
    twice = await between.finder("POST", f"{path}/enquiries", {"offer_ids": [str(offer)]})
    assert (twice.status_code, "asked for these children already" in twice.text) == (409, True)
    outside = {"provider": "Sunny Fostering", "kind": "foster_home", "how": "portal"}
    made = [await between.finder("POST", f"{path}/outside-enquiries", outside) for _ in range(5)]
    assert [one.status_code for one in made] == [201, 201, 201, 201, 409]
    _other, another = await between.home()
    assert (await between.finder("POST", f"{path}/enquiries", {"offer_ids": [str(another)]})).status_code == 409
    answers = f"/outside-enquiries/{made[0].json()['id']}/answers"
    said = await between.finder("POST", answers, {"answer": "declined", "reason": "not_available"})
    assert said.status_code == 200, said.text
    assert (await between.finder("POST", f"{path}/enquiries", {"offer_ids": [str(another)]})).status_code == 201
    assert (await between.outsider("POST", answers, {"answer": "ring_back"})).status_code == 404
    assert (await between.outsider("GET", f"{path}/outside-enquiries")).status_code == 404
