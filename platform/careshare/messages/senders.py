"""The ways a message leaves: GOV.UK Notify, a mail server, and for the demonstration files that are shown on a page."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Final, Protocol, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from careshare.messages.wording import Channel
from careshare.settings import Post, Settings

TIMEOUT: Final = 30
"""Seconds a provider is given to answer."""

NOTIFY: Final = "notify"
SMTP: Final = "smtp"
FILE: Final = "file"

FAILURES: Final = {
    "permanent-failure": "The provider could not deliver it: the number or address does not exist.",
    "temporary-failure": "The provider could not deliver it: the telephone was off or the mailbox full for too long.",
    "technical-failure": "The provider had a fault and could not deliver it.",
    "cancelled": "The letter was cancelled at the provider.",
    "validation-failed": "The provider could not print the letter.",
    "virus-scan-failed": "The provider could not print the letter.",
}
"""Statuses of GOV.UK Notify that end a message without delivery, and what we say."""
DELIVERED: Final = frozenset({"delivered", "received"})
"""Statuses of GOV.UK Notify that say it arrived; a letter is `received` when it has been printed and posted."""


class Refused(Exception):
    """The provider will never take this message. The reason is kept and shown, so it names nobody."""


class TryAgain(Exception):
    """The provider cannot take it now. The reason is kept and shown, so it names nobody."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it leaves. `again`: it may have been taken by the provider already."""

    id: UUID
    channel: Channel
    to: str
    subject: str
    text: str
    again: bool = False


class Sender(Protocol):
    """One way out. `name` is kept with the message; `send` returns the provider's id. Raises Refused and TryAgain."""

    @property
    def name(self) -> str: ...

    async def send(self, message: Outgoing) -> str: ...


def sender_for(channel: Channel, settings: Settings) -> Sender | None:
    """The way out for a channel; None if none is set up. Outside production what is not set up is written to files."""
    post = settings.post
    if channel == "email" and post.smtp_url:
        return MailServer(post, tls=settings.production)
    if post.notify_key and channel in post.notify_templates:
        return Notify(post)
    return None if settings.production else Files(folder(settings))


def folder(settings: Settings) -> Path:
    """Where the demonstration's messages lie."""
    return settings.var / "messages"


class Files:
    """Writes each message to a file of its own: what the demonstration shows."""

    name = FILE

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, message: Outgoing) -> str:
        """The name of the file. Sent twice it is the same file."""
        suffix = "eml" if message.channel == "email" else "txt"
        path = self._directory / f"{message.id}.{suffix}"
        await asyncio.to_thread(self._write, path, as_mail(message, "careshare@demo.invalid"))
        return path.name

    def _write(self, path: Path, message: EmailMessage) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(message.as_bytes())
        unfinished.replace(path)


class MailServer:
    """Hands e-mail to a council's or region's mail server. With `tls` nothing is said before STARTTLS has succeeded."""

    name = SMTP

    def __init__(self, post: Post, *, tls: bool, context: ssl.SSLContext | None = None) -> None:
        self._address = urlsplit(post.smtp_url)
        self._from = post.mail_from
        self._tls = tls
        self._context = context

    async def send(self, message: Outgoing) -> str:
        """The Message-ID, which is made from the message's own id: whoever gets it twice can tell."""
        mail = as_mail(message, self._from)
        implicit = self._address.scheme == "smtps"
        try:
            refused, _ = await aiosmtplib.send(
                mail,
                hostname=self._address.hostname,
                port=self._address.port or (465 if implicit else 587),
                username=unquote(self._address.username) if self._address.username else None,
                password=unquote(self._address.password) if self._address.password else None,
                use_tls=implicit,
                start_tls=False if implicit else (True if self._tls else None),
                tls_context=self._context,
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise self._judged(error.recipients[0].code) from None
        except aiosmtplib.SMTPAuthenticationError:
            raise TryAgain("The mail server did not accept our user name and password.") from None
        except aiosmtplib.SMTPResponseException as error:
            raise self._judged(error.code) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise TryAgain(f"The mail server could not be reached safely ({type(error).__name__}).") from None
        if refused:
            raise Refused("The mail server did not accept the address.")
        return str(mail["Message-ID"])

    @staticmethod
    def _judged(code: int) -> Exception:
        if 500 <= code < 600:
            return Refused(f"The mail server refused the message ({code}).")
        return TryAgain(f"The mail server cannot take the message now ({code}).")


class Notify:
    """Hands text messages, e-mail and letters to GOV.UK Notify.

    Each of our templates there holds ((subject)) and ((body)) alone. Notify has no idempotency key, so a message that
    may have been taken already is looked for by our reference first.
    """

    name = NOTIFY

    def __init__(self, post: Post) -> None:
        self._post = post

    def _client(self) -> Any:
        make: Any = NotificationsAPIClient  # published without types
        return make(self._post.notify_key, base_url=self._post.notify_url, timeout=TIMEOUT)

    async def send(self, message: Outgoing) -> str:
        """Notify's id."""
        return await asyncio.to_thread(self._send, message)

    def _send(self, message: Outgoing) -> str:
        client, reference = self._client(), str(message.id)
        said = (
            {"body": message.text} if message.channel == "sms" else {"subject": message.subject, "body": message.text}
        )
        template = self._post.notify_templates[message.channel]
        try:
            if message.again:
                found = client.get_all_notifications(reference=reference)["notifications"]
                if found:
                    return str(found[0]["id"])
            if message.channel == "letter":
                said |= address_lines(message.to)
                sent = client.send_letter_notification(template, said, reference=reference)
            elif message.channel == "email":
                sent = client.send_email_notification(message.to, template, personalisation=said, reference=reference)
            else:
                sent = client.send_sms_notification(message.to, template, personalisation=said, reference=reference)
        except APIError as error:
            raise _judged(error) from None
        return str(sent["id"])

    async def status(self, provider_id: str) -> tuple[str, str | None] | None:
        """What became of a message: delivered, or failed with the reason; None while it is under way."""
        return await asyncio.to_thread(self._status, provider_id)

    def _status(self, provider_id: str) -> tuple[str, str | None] | None:
        try:
            found = cast("dict[str, Any]", self._client().get_notification_by_id(provider_id))
        except APIError as error:
            raise _judged(error) from None
        return outcome(str(found.get("status", "")))


def outcome(status: str) -> tuple[str, str | None] | None:
    """Our state, and the reason where it failed, for a status of GOV.UK Notify; None while it is under way."""
    if status in DELIVERED:
        return "delivered", None
    return ("failed", FAILURES[status]) if status in FAILURES else None


def _judged(error: APIError) -> Exception:
    """Notify's answer 400 says that the message can never be sent; 403 and 429 are ours to mend or to wait for."""
    code: int = error.status_code
    if code == 400:
        return Refused("GOV.UK Notify refused the message: the number, address or template is not right.")
    if code == 403:
        return TryAgain("GOV.UK Notify did not accept our key.")
    if code == 429:
        return TryAgain("GOV.UK Notify has taken as many messages as it does for now.")
    return TryAgain(f"GOV.UK Notify could not be reached or had a fault ({code}).")


def address_lines(address: str) -> dict[str, str]:
    """An address as Notify wants it: up to seven lines, the last the postcode. Raises Refused if it is too short."""
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    if not 3 <= len(lines) <= 7:
        raise Refused("The address needs three to seven lines, the last of them the postcode.")
    return {f"address_line_{number}": line for number, line in enumerate(lines, 1)}


def as_mail(message: Outgoing, sender: str) -> EmailMessage:
    """The message as an e-mail. A text message or letter is one too, for the files of the demonstration."""
    mail = EmailMessage()
    mail["From"] = f"Careshare <{sender}>"
    mail["To" if message.channel == "email" else "X-Careshare-To"] = re.sub(r"\s*\n\s*", ", ", message.to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{message.id}@{parseaddr(sender)[1].partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Careshare-Channel"] = message.channel
    mail.set_content(message.text)
    return mail
