"""Steps: the one way a request's enquiry, hold or placement moves. The database looks each up in its table of steps.

A step is inserted under the caller's own authority. Its trigger finds the side, the stage and the next one in
`placements.step_rule`, moves stage, gate and capacity, and gives the other side a job (`follows`). What is not in the
table is refused; pages ask `allowed` first, so that they offer only what would be taken.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import Conflict, NotAvailable, NotFound, Unprocessable

Machine = Literal["enquiry", "hold", "placement", "short_break", "outside_placement"]

TAKE = text("""
insert into placements.step (enquiry_id, hold_id, placement_id, step, by_id, code, by_telephone, heard_from, body)
values (:enquiry, :hold, :placement, :step, careshare.authority(), :code, :by_telephone, :heard_from,
  cast(:body as jsonb))
returning id, machine, step, from_stage, to_stage, hold_id, placement_id, at
""")
RULES = text("""
select machine, stage, side, step, next_stage, level from placements.step_rule order by machine, stage, side, step
""")

_MEANINGS: Mapping[str, type[Exception]] = {"CS404": NotFound, "CS409": NotAvailable, "23P01": NotAvailable}


class Taken(msgspec.Struct, frozen=True):
    """A step that was taken."""

    id: UUID
    machine: str
    step: str
    from_stage: str
    to_stage: str
    hold_id: UUID | None
    placement_id: UUID | None
    at: datetime


class Rule(msgspec.Struct, frozen=True):
    """One allowed step: from which stage, by which side ("either", "system"), to which stage; `level` is what opens."""

    machine: str
    stage: str
    side: str
    step: str
    next_stage: str
    level: int


async def take(
    uow: Uow,
    enquiry_id: UUID,
    step: str,
    *,
    hold_id: UUID | None = None,
    placement_id: UUID | None = None,
    code: str = "",
    by_telephone: bool = False,
    heard_from: str = "",
    body: Mapping[str, Any] | None = None,
) -> Taken:
    """Take one step for the bound authority, in the caller's transaction; on the record of both sides.

    `code` is a coded reason both sides may see; `body` holds days and figures, never a name. Raises NotFound where the
    enquiry is not one of the authority's, NotAvailable where a place or a child's time is taken, Conflict where the
    step is not allowed at this stage or as many as may be stand already, Unprocessable where something is missing.
    """
    given = {
        "enquiry": enquiry_id,
        "hold": hold_id,
        "placement": placement_id,
        "step": step,
        "code": code,
        "by_telephone": by_telephone,
        "heard_from": heard_from,
        "body": msgspec.json.encode(dict(body or {})).decode(),
    }
    try:
        row = (await uow.execute(TAKE, given)).mappings().one()
    except DBAPIError as error:
        raise meaning(error) from error
    return Taken(**row)


def meaning(error: DBAPIError) -> Exception:
    """What a refusal by a trigger of `placements` means, or the error itself; never whose record is in the way."""
    state = str(getattr(error.orig, "sqlstate", "") or "")
    said = str(error.orig)
    for words, refusal in (
        ("illegal step", Conflict("That step is not open at this stage: somebody may have moved it meanwhile.")),
        ("its time has not run out", Conflict("Its time has not run out yet.")),
        ("not theirs to decide", Conflict("That is another authority’s to decide.")),
        ("comes first", Conflict(f"Something else comes first: {_after(said)}.")),
        ("own children come first", Conflict("The owner grants holds itself, or its own children come first for now.")),
        ("asked already", Conflict("This home is asked for these children already.")),
        ("as many holds", Conflict("A child may be held for in no more homes at once. Release another hold first.")),
        ("as many enquiries", Conflict("As many enquiries as your authority allows are open. Withdraw one first.")),
        ("home is not described", Unprocessable("The home must be described first.")),
        ("fuller profile is missing", Unprocessable("The fuller profile must be made first.")),
        ("not confirmed", Unprocessable("An answer taken by telephone must be confirmed first, and names be ready.")),
        ("nobody offered", Conflict("They have not said that they can take the child: record their answer first.")),
        ("outside the days agreed", Unprocessable("The days must lie within those agreed for the placement.")),
        ("days are not right", Unprocessable("The child must leave after the day they come.")),
        (
            "the impact assessment",
            Unprocessable("The impact assessment must be decided first, and say that the child can live there."),
        ),
        ("the price is agreed", Conflict("The price is agreed: it changes only once that yes is taken back.")),
        ("names are missing", Unprocessable("What opens at the match must be ready first.")),
    ):
        if state.startswith("CS") and words in said:
            return refusal
    known = _MEANINGS.get(state)
    return known() if known else error


def _after(said: str) -> str:
    kind = said.partition("out of order: ")[2].partition(" comes first")[0]
    return kind.replace("_", " ") or "another consent"


async def rules(uow: Uow) -> list[Rule]:
    """Every allowed step of every machine, as the database has them."""
    return [Rule(**row) for row in (await uow.execute(RULES)).mappings()]


def allowed(known: list[Rule], machine: Machine, stage: str, sides: set[str]) -> list[str]:
    """The steps somebody on these sides may take at a stage, in the table's order."""
    return [
        rule.step
        for rule in known
        if rule.machine == machine and rule.stage == stage and (rule.side in sides or rule.side == "either")
    ]
