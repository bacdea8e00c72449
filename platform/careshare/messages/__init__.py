"""Messages to people: what may be said, to whom, when, and what became of it; and one-time links.

    await send_staff(uow, person_id, "confirm_vacancy", {"link": path})
    sent = await send(uow, contact_id, "appointment", {"date": …, "time": …, "place": …, "phone": …})

Staff get one sentence and a link. People without an account get what they must know, by their safe-contact settings,
and never anybody's name. Nothing is sent by the caller: the outbox does it after the change is committed.
"""

from careshare.messages.acknowledging import send_to_acknowledge
from careshare.messages.links import Link, Used, linked_since, look_at_link, one_time_link, purpose, use_link
from careshare.messages.sending import send, send_staff, written_since
from careshare.messages.values import WrongValue

__all__ = [
    "Link",
    "Used",
    "WrongValue",
    "linked_since",
    "look_at_link",
    "one_time_link",
    "purpose",
    "send",
    "send_staff",
    "send_to_acknowledge",
    "use_link",
    "written_since",
]
