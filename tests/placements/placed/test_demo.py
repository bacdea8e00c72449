"""The demo's placements: a match that waits, one that is complete, a child who lives there; and nothing twice."""

from typing import Any

from services.placements.enquiries import demo as asked
from services.placements.placed import demo
from services.placements.queries import today
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.homes import days


def _quietly(what: str, share: float | None = None) -> None:
    del what, share


async def _stages(between: Between) -> tuple[list[Any], list[Any]]:
    async with as_owner(between.world.settings) as owner:
        enquiries = await owner.fetch("select stage, count(*) from placements.enquiry group by stage order by stage")
        placements = await owner.fetch("select stage, count(*) from placements.placement group by stage order by stage")
    return [tuple(row) for row in enquiries], [tuple(row) for row in placements]


async def test_what_said_yes_goes_further_once(between: Between) -> None:
    for number in range(10):
        age = 4 + number  # each request has two homes of its own
        for _ in range(2):
            await between.home(age_min=age, age_max=age)
        kind = "emergency" if number % 2 else "planned"
        child: dict[str, Any] = {"age": age, "sex": "F"}
        born = today().replace(year=today().year - age, month=1, day=1).isoformat()
        child["identity"] = {"name": "Hidden Person", "reference": f"CD-77010{number}", "born": born}
        starts = today() if kind == "emergency" else days(3)
        await between.request(kind=kind, starts=starts.isoformat(), children=[child])
    await asked.load_demo(between.world.settings, _quietly)
    await demo.load_demo(between.world.settings, _quietly)
    enquiries, placements = await _stages(between)
    assert {"proposed", "matched", "placed", "accepted"} <= {stage for stage, _ in enquiries}, enquiries
    assert {"planned", "started"} <= {stage for stage, _ in placements}, placements
    await demo.load_demo(between.world.settings, _quietly)
    assert await _stages(between) == (enquiries, placements)
