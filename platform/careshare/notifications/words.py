"""How notifications read on a page: the words of the message that goes with them."""

from datetime import UTC, datetime
from typing import Final

from careshare.messages.values import by_when
from careshare.messages.wording import template
from careshare.notifications.queries import How, Notification
from careshare.notifications.telling import WAITS

CHOICES: Final[list[tuple[How, str, str]]] = [
    ("at_once", "At once", "One e-mail for each thing, with a link. It names nobody"),
    ("daily", "Once a day", "One e-mail at seven in the morning, if something is new and unread"),
    ("none", "No e-mails", "You find them here and in the header of each page"),
]


def words(one: Notification) -> str:
    """What it says: "An enquiry to answer, by 6:12pm on Monday 30 November"."""
    things = template(WAITS).on(datetime.now(UTC).date(), "en", unchecked=False).things
    said = things.get(one.kind, one.kind.replace("_", " "))
    return said[0].upper() + said[1:] + (by_when(one.due_at) if one.due_at else "")
