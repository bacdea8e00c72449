"""What breaking a constraint of the homes means to the person who did."""

from careshare.http.problems import ConstraintMeaning, constraint_meanings

MEANINGS = {
    "home_urn": ConstraintMeaning("urn", "You keep a home with this number already"),
    "resident_once": ConstraintMeaning(
        "child_reference", "This child is recorded as living there from that day already"
    ),
    "resident_one_home_at_a_time": ConstraintMeaning(
        "child_reference",
        "This child is recorded in a home in that time already. Record the end of that stay first",
    ),
}


def declare() -> None:
    """Let the edges say it in these words."""
    constraint_meanings.update(MEANINGS)
