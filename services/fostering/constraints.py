"""What breaking a constraint of the register means to the person who did."""

from careshare.http.problems import ConstraintMeaning, constraint_meanings

MEANINGS = {
    "household_reference": ConstraintMeaning("reference", "Another household has this reference already"),
    "placed_child_once": ConstraintMeaning("child_reference", "This child is recorded as placed on that day already"),
}


def declare() -> None:
    """Let the edges say it in these words."""
    constraint_meanings.update(MEANINGS)
