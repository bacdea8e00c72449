"""The terms of a place on pages: asked for in the form, offered with the yes, stated anew, assessed, agreed."""

import re
from typing import Any
from uuid import UUID

from tests.agreements.pdf import read as read_pdf
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.homes import days, today
from tests.placements.terms.spare import spare_bed
from tests.web.html import parsed
from tests.world import WorldAuthority, submit


class Reader:
    """Somebody at a browser, by turns on either side."""

    def __init__(self, between: Between) -> None:
        self.between, self.world, self.client = between, between.world, between.client

    async def be(self, who: WorldAuthority, role: str) -> None:
        await self.world.sign_in(self.client, who, role)

    async def see(self, address: str, status: int = 200) -> str:
        """What a page says."""
        answer = await self.client.get(address)
        assert answer.status_code == status, answer.text
        parsed(answer)
        return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())

    async def send(self, address: str, data: dict[str, Any], status: int = 303) -> Any:
        answer = await submit(self.client, address, data)
        assert answer.status_code == status, answer.text
        return answer


async def test_from_the_form_to_the_agreed_price(between: Between) -> None:
    spare, reader, world = await spare_bed(between), Reader(between), between.world
    child = {
        "age": 14,
        "sex": "M",
        "identity": {"name": "Hidden Person", "reference": "T1", "born": f"{today().year - 14}-01-01"},
    }
    request = await between.request(starts=today().isoformat(), children=[child])
    assert (await between.finder("POST", f"/requests/{request}/searches")).status_code == 201
    await reader.be(world.a, "placement_finder")
    ask = f"/placements/requests/{request}/ask"
    assert "Level of need" in await reader.see(ask)
    rows = await reader.client.get(ask)
    codes = dict(re.findall(r'name="(supplement-\d+)-code" value="(\w+)"', rows.text))
    nights = next(name for name, code in codes.items() if code == "waking_night")
    typed = {f"{name}-code": code for name, code in codes.items()}
    wanted = {**typed, "offer_ids": str(spare.offer), "need_level": "complex", f"{nights}-quantity": "a few"}
    wrong = await reader.send(ask, wanted, 400)
    assert f'id="{nights}-quantity-error"' in wrong.text
    look = await reader.send(ask, {**wanted, f"{nights}-quantity": "7"}, 200)
    assert "Complex need; Waking night staff, 7 nights a week" in look.text
    hidden = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', look.text.split("checked")[1].split("</form>")[0]))
    await reader.send(ask, {**hidden, "checked": "yes"})
    enquiries = (await between.finder("GET", f"/enquiries?request_id={request}")).json()["items"]
    enquiry = UUID(enquiries[0]["id"])

    await reader.be(world.b, "residential_manager")
    path = f"/placements/to-answer/{enquiry}"
    assert "Impact assessment" in await reader.see(path)
    assert "can say yes in a match only once it is decided" in await reader.see(f"{path}/assessment")
    assert "£8,621.95 a week" in await reader.see(f"{path}/accept")  # 7,345.50 + 7 nights at 182.35
    await reader.send(f"{path}/accept", {})
    begun = await reader.send(f"{path}/assessment", {})
    assert begun.headers["location"].startswith("/residential/assessments/")
    assert "11 to 15" in await reader.see(begun.headers["location"].split("?")[0])
    said = await reader.see(f"{path}/match")
    for words in ("£8,621.95", "28 nights, at 80% of the weekly price", "social care 60%, education 25%, health 15%"):
        assert words in said, words
    price = f"{path}/terms/1"
    assert "State a price" in await reader.see(price)
    assert "Weekly price" in (await reader.send(price, {**typed, "need_level": "complex", "weekly": "x"}, 422)).text
    await reader.send(price, {**typed, "need_level": "standard", f"{nights}-quantity": "2"})
    assert "£5,214.70" in await reader.see(f"{path}/match")  # 4,850.00 + 2 nights at 182.35
    await reader.see(f"{path}/terms/2", 404)

    await reader.be(world.a, "placement_finder")
    ours = await reader.see(f"/placements/enquiries/{enquiry}/match")
    assert "£5,214.70" in ours
    assert "State another price" not in ours
    await reader.see(price, 403)
    await reader.be(world.c, "residential_manager")
    await reader.see(price, 404)
    await reader.see(f"{path}/assessment", 404)


async def test_the_line_of_the_assessment_and_the_end_of_a_supplement(between: Between) -> None:
    spare, reader, world = await spare_bed(between), Reader(between), between.world
    enquiry = await spare.ask(need_level="standard", supplement=[{"code": "one_to_one", "quantity": "10"}])
    await spare.propose(enquiry)
    await reader.be(world.a, "placement_finder")
    ours = await reader.see(f"/placements/enquiries/{enquiry}/match")
    assert "Being assessed" in ours
    assert "The impact assessment of the home, before its manager says yes" in ours
    assert "Write and decide it" not in ours
    await reader.be(world.b, "residential_manager")
    assert "Write and decide it" in await reader.see(f"/placements/to-answer/{enquiry}/match")
    await spare.assess(enquiry, "can_live_together")
    assert "Can live together" in await reader.see(f"/placements/to-answer/{enquiry}/match")
    await spare.agree(enquiry)
    placement = await spare.placement(enquiry)
    start = f"/placements/in-our-homes/{placement}/start"
    assert "What was agreed at the match" in await reader.see(start)
    started = await spare.start(placement, today())
    assert started.status_code == 200, started.text
    path = f"/placements/in-our-homes/{placement}/supplements"
    assert "1:1 staffing" in await reader.see(path)
    early = days(-3)
    parts = {f"since-{name}": str(getattr(early, name)) for name in ("day", "month", "year")}
    wrong = await reader.send(path, {"part": "one_to_one", **parts}, 422)
    assert "cannot end before" in wrong.text
    parts = {f"since-{name}": str(getattr(days(2), name)) for name in ("day", "month", "year")}
    await reader.send(path, {"part": "one_to_one", **parts})
    assert "No supplement is charged" in await reader.see(path)
    paper = await reader.client.get(f"/placements/in-our-homes/{placement}/agreement.pdf")
    assert paper.status_code == 200
    printed = " ".join(" ".join(read_pdf(paper.content).pages).split())
    for words in ("10 hours at £19.40: £194.00", "£5,044.00 a week", "28 nights, at 80%", "social care 60%"):
        assert words in printed, words
    await reader.be(world.a, "placement_finder")
    await reader.see(path, 403)
