"""Notifications: that something newly waits for somebody, what kind of thing, by when and where. Never of whom.

    await notify(uow, News("answer_enquiry", enquiry_id, "sent", path, roles=("fostering_officer",), due=respond_by))

Whoever an authority's record is assigned to is told, or else everybody with one of the roles. Told again of the same
event, or of the same thing while the first is unread, nobody is told anything. Each person chooses whether an e-mail
goes with it. Their words are those of the message template `waits`.
"""

from careshare.notifications.queries import unread
from careshare.notifications.telling import News, forget, notify

__all__ = ["News", "forget", "notify", "unread"]
