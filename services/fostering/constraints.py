"""What breaking a constraint of the register means to the person who did."""

from careshare.http.problems import ConstraintMeaning, constraint_meanings

MEANINGS = {
    "household_reference": ConstraintMeaning("reference", "Another household has this reference already"),
    "placed_child_once": ConstraintMeaning("child_reference", "This child is recorded as placed on that day already"),
    "placed_child_one_home_at_a_time": ConstraintMeaning(
        "child_reference",
        "This child is recorded in a placement in that time already. Record the end of that stay first",
    ),
}


def declare() -> None:
    """Let the edges say it in these words."""
    constraint_meanings.update(MEANINGS)
