"""docs/users/recharges.md shows the steps of a statement as the database allows them, no more and no fewer.

After a migration that changes them: `CARESHARE_WRITE_MACHINES=1 pytest tests/recharges/test_steps_in_docs.py`.
"""

import os
import re
from pathlib import Path
from typing import Final

from careshare.settings import Settings
from tenants.actions import as_owner
from tenants.recharges import words
from tenants.recharges.steps import RULES

GUIDE: Final = Path(__file__).parents[2] / "docs" / "users" / "recharges.md"
BETWEEN: Final = re.compile(r"(<!-- steps: [^\n]*-->\n).*?(<!-- end of steps -->)", re.DOTALL)
STAGES: Final = tuple(words.STAGES)


async def test_the_guide_shows_the_steps_that_the_database_allows(settings: Settings) -> None:
    async with as_owner(settings) as owner:
        rules = [tuple(row) for row in await owner.fetch(RULES.text)]
    place = STAGES.index
    rules.sort(key=lambda rule: (place(rule[0]), place(rule[3]), rule[2], rule[1]))
    assert {stage for rule in rules for stage in (rule[0], rule[3])} == set(STAGES)
    assert {rule[2] for rule in rules} == set(words.STEPS)
    moving = [f"  {stage} --> {onward}: {step} ({side})" for stage, side, step, onward in rules if stage != onward]
    table = [
        f"| {words.STAGES[stage]} | the {side} {words.STEPS[step]} | {words.STAGES[onward]} |"
        for stage, side, step, onward in rules
    ]
    made = "\n".join(
        [
            *("```mermaid", "stateDiagram-v2", "  [*] --> draft", *moving, "  settled --> [*]", "```", ""),
            *("| While it is | | it becomes or stays |", "|---|---|---|", *table, ""),
        ]
    )
    guide = GUIDE.read_text(encoding="utf-8")
    written = BETWEEN.sub(lambda found: f"{found[1]}{made}{found[2]}", guide)
    if os.environ.get("CARESHARE_WRITE_MACHINES"):
        GUIDE.write_text(written, encoding="utf-8")
    assert GUIDE.read_text(encoding="utf-8") == written
