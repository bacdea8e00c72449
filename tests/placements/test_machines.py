"""docs/state-machines.md and its pictures say what the database's table of steps says.

After a migration that changes it, look at the difference, and if it is right:
`CARESHARE_WRITE_MACHINES=1 pytest tests/placements/test_machines.py`.
"""

import os
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio

from careshare.settings import Settings
from services.placements.steps import RULES, Rule
from tenants.actions import as_owner
from tests.placements.machines import Machine, document, machines, picture

DOCS: Final = Path(__file__).parents[2] / "docs"
PICTURES: Final = DOCS / "images" / "machines"
SVG: Final = "{http://www.w3.org/2000/svg}"
DEFAULTS: Final = """
select c.relname as machine, trim(both '''' from split_part(pg_get_expr(d.adbin, d.adrelid), '::', 1)) as stage
from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum and a.attname = 'stage'
  join pg_class c on c.oid = d.adrelid where c.relnamespace = 'placements'::regnamespace
"""


@pytest_asyncio.fixture(scope="module")
async def found(settings: Settings) -> list[Machine]:
    async with as_owner(settings) as owner:
        rules = [Rule(**dict(row)) for row in await owner.fetch(RULES.text)]
        defaults = {row["machine"]: row["stage"] for row in await owner.fetch(DEFAULTS)}
    return machines(rules, defaults)


def test_the_document_is_what_the_database_says(found: list[Machine]) -> None:
    made = {DOCS / "state-machines.md": document(found)}
    made |= {PICTURES / f"{machine.name}.svg": picture(machine) for machine in found}
    if os.environ.get("CARESHARE_WRITE_MACHINES"):
        PICTURES.mkdir(exist_ok=True)
        for path, content in made.items():
            path.write_text(content, encoding="utf-8")
    for path, content in made.items():
        assert path.read_text(encoding="utf-8") == content, path.name
    assert {path.name for path in PICTURES.iterdir()} == {f"{machine.name}.svg" for machine in found}


def test_every_stage_and_step_is_drawn(found: list[Machine]) -> None:
    assert {machine.name for machine in found} >= {"request", "enquiry", "hold", "placement"}
    for machine in found:
        root = ET.fromstring(picture(machine))  # noqa: S314  # our own
        boxes = [one for one in root.iter(f"{SVG}rect") if one.get("rx")]
        assert len(boxes) == len(machine.stages)
        assert len(list(root.iter(f"{SVG}circle"))) == len(machine.rules)
        width = float(root.get("width", "0"))
        assert all(0 < float(one.get("cx", "-1")) < width for one in root.iter(f"{SVG}circle"))


def test_where_a_machine_begins_and_ends(found: list[Machine]) -> None:
    by_name = {machine.name: machine for machine in found}
    enquiry = by_name["enquiry"]
    assert enquiry.stages[:7] == ("sent", "accepted", "proposed", "matching", "matched", "placed", "ended")
    assert [stage for stage in enquiry.stages if enquiry.is_last(stage)] >= ["ended"]
    assert by_name["request"].first == "draft"
    assert by_name["hold"].first == "none"
    assert by_name["placement"].first == "planned"


def test_a_machine_without_a_beginning_is_an_error() -> None:
    ring = [Rule("ring", "a", "placing", "go", "b", 0), Rule("ring", "b", "placing", "go", "a", 0)]
    with pytest.raises(ValueError, match="in which stage a ring begins"):
        machines(ring, {})
    assert machines(ring, {"ring": "b"})[0].stages == ("b", "a")
