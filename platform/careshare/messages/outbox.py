"""The demonstration's post: what would have been sent, as it would have read. There is no such page in production."""

import asyncio
import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, Router, get

from careshare.access import public
from careshare.errors import NotFound
from careshare.messages.senders import folder
from careshare.settings import Settings
from careshare.web import page

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as it was written to a file: the lines of its text, and the path of its link within the service."""

    to: str
    channel: str
    subject: str
    date: str
    lines: list[str]
    link: str | None


def read_all(directory: Path, origin: str) -> list[Letter]:
    """The newest messages; their names begin with the time, as identifiers do."""
    if not directory.is_dir():
        return []
    found = sorted((one for one in directory.iterdir() if one.suffix in {".eml", ".txt"}), reverse=True)
    return [_read(one, origin) for one in found[:SHOWN]]


def _read(path: Path, origin: str) -> Letter:
    mail = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=email.policy.default)
    lines = [line for line in str(mail.get_content()).splitlines() if line.strip()]
    links = [line.removeprefix(origin) for line in lines if line.startswith(f"{origin}/")]
    return Letter(
        to=str(mail["To"] or mail["X-Careshare-To"]),
        channel=str(mail["X-Careshare-Channel"]),
        subject=str(mail["Subject"]),
        date=str(mail["Date"]),
        lines=[line for line in lines if not line.startswith(f"{origin}/")],
        link=links[0] if links else None,
    )


@get(
    "/messages/outbox",
    opt=public("The demonstration's messages are invented; there is no such page in production."),
    include_in_schema=False,
)
async def outbox_page(request: Request[Any, Any, Any]) -> Response[str]:
    """What would have been sent. Not in production."""
    settings: Settings = request.app.state.settings
    if settings.production:
        raise NotFound
    letters = await asyncio.to_thread(read_all, folder(settings), settings.origin)
    return page(request, "messages/outbox.html", letters=letters)


router = Router("/", route_handlers=[outbox_page])
