"""A small mail server on loopback that speaks enough SMTP (RFC 5321, 3207) for a real client to be tested against."""

import asyncio
import base64
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Mail:
    """One message as it came in."""

    sender: str
    recipient: str
    content: bytes
    encrypted: bool
    user: str | None


@dataclass
class MailServerFake:
    """What the server does and what it got. `refuse` maps a command, such as RCPT, to the answer it is given."""

    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    refuse: dict[str, str] = field(default_factory=dict)
    received: list[Mail] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    @property
    def context(self) -> ssl.SSLContext:
        """What a client needs to trust this server and no other."""
        assert self.certificate is not None
        return ssl.create_default_context(cafile=str(self.certificate))


class _Conversation:
    def __init__(self, server: MailServerFake, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.encrypted = False
        self.user: str | None = None
        self.sender = self.recipient = ""

    async def say(self, *lines: str) -> None:
        *first, last = lines
        code = last[:3]
        self.writer.write("".join(f"{code}-{line}\r\n" for line in first).encode() + last.encode() + b"\r\n")
        await self.writer.drain()

    async def run(self) -> None:
        await self.say("220 loopback ESMTP")
        while line := await self.reader.readline():
            text = line.decode().rstrip("\r\n")
            verb = text.split(" ")[0].upper()
            self.server.commands.append(verb)
            if verb in self.server.refuse:
                await self.say(self.server.refuse[verb])
            elif not await self.answer(verb, text):
                return

    async def answer(self, verb: str, text: str) -> bool:
        match verb:
            case "EHLO":
                offered = [] if self.encrypted or self.server.certificate is None else ["STARTTLS"]
                await self.say("loopback", *offered, *(["AUTH PLAIN"] if self.encrypted else []), "250 8BITMIME")
            case "STARTTLS":
                await self.say("220 go ahead")
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(str(self.server.certificate), str(self.server.key))
                await self.writer.start_tls(context)
                self.encrypted = True
            case "AUTH":
                _, user, _password = base64.b64decode(text.split(" ")[2]).split(b"\0")
                self.user = user.decode()
                await self.say("235 welcome")
            case "MAIL":
                self.sender = text.partition("<")[2].partition(">")[0]
                await self.say("250 ok")
            case "RCPT":
                self.recipient = text.partition("<")[2].partition(">")[0]
                await self.say("250 ok")
            case "DATA":
                await self.say("354 go ahead")
                content = await self.reader.readuntil(b"\r\n.\r\n")
                self.server.received.append(Mail(self.sender, self.recipient, content[:-3], self.encrypted, self.user))
                await self.say("250 taken")
            case "QUIT":
                await self.say("221 bye")
                return False
            case _:
                await self.say("500 what?")
        return True


@asynccontextmanager
async def mail_server(*, tls: Path | None = None) -> AsyncIterator[MailServerFake]:
    """A running server; with a directory in `tls` it offers STARTTLS with a certificate made there."""
    fake = MailServerFake()
    if tls is not None:
        fake.certificate, fake.key = tls / "certificate.pem", tls / "key.pem"
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        more = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(fake.key), "-out", str(fake.certificate)]
        await asyncio.to_thread(subprocess.run, make + more, check=True, capture_output=True)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Conversation(fake, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "localhost", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        await server.wait_closed()
