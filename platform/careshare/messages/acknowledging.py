"""A message whose one-time link says "I have read it": kept with the message, once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.messages.links import LONGEST, Link, Used, one_time_link, purpose
from careshare.messages.sending import send
from careshare.messages.wording import template

PURPOSE: Final = "acknowledge"
LINK: Final = "link"
"""What the value is called in which such a template takes its link."""

NEW_ID = text("select uuidv7()")
ACKNOWLEDGED = text("""
    update messages.message set acknowledged_at = clock_timestamp()
    where authority_id = (select careshare.authority()) and id = :id and acknowledged_at is null
""")


async def send_to_acknowledge(
    uow: Uow,
    contact_id: UUID,
    template_name: str,
    values: Mapping[str, object],
    *,
    useful_until: datetime | None = None,
) -> UUID | None:
    """As `send`, for a template whose `link` asks whether the message was read; the link works until the message is of
    no use any more, 14 days at most. Raises what `send` raises, and LookupError for a template without such a link.
    """
    if template(template_name).values.get(LINK) != "link":
        raise LookupError(f"the template {template_name} asks nobody to acknowledge it")
    message_id: UUID = (await uow.execute(NEW_ID)).scalar_one()
    left = LONGEST if useful_until is None else useful_until - datetime.now(UTC)
    if left <= timedelta():  # nothing will be sent; `send` says why, and keeps it
        left = LONGEST
    path = await one_time_link(uow, PURPOSE, message_id, min(LONGEST, left))
    return await send(
        uow, contact_id, template_name, {**values, LINK: path}, useful_until=useful_until, message_id=message_id
    )


@purpose(
    PURPOSE,
    title="Have you read our message?",
    button="Yes, I have read it",
    text="Press the button to let us know. You do not need an account.",
)
async def acknowledge(uow: Uow, link: Link) -> Used:
    """What the button does. A message that is deleted since has nothing to keep it with."""
    await uow.execute(ACKNOWLEDGED, {"id": link.subject_id})
    return Used("Thank you, we know that you have read it")
