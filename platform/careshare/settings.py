"""Settings, read once from the environment. What is missing or wrong stops the start and says what would be right."""

import contextlib
import fcntl
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, cast

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from careshare import workdays

Environment = Literal["demo", "test", "production"]

NORTH_EAST = ("CA", "DH", "DL", "NE", "SR", "TD", "TS", "YO")
"""Postcode areas of the North East and of the edges of its neighbours, where some of its carers live."""

CLAMD_ADDRESS = r"unix:(?P<path>/.+)|tcp://(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(?P<port>\d{1,5})"
MOST_MEGABYTES = 100
"""A file is opened in memory when it is cleaned."""


class SettingsError(Exception):
    """A setting is missing or wrong. The message names the variable and says what would be right."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """How messages leave. With nothing said they are not sent in production, and written to files elsewhere."""

    notify_key: str = field(default="", repr=False)
    """GOV.UK Notify's API key; empty: no text messages and no letters."""
    notify_url: str = "https://api.notifications.service.gov.uk"
    notify_templates: Mapping[str, str] = field(default_factory=dict[str, str])
    """The ids of our templates there by channel: sms, email, letter."""
    callback_token: str = field(default="", repr=False)
    """What Notify shows when it reports a delivery; empty: it is asked instead."""
    smtp_url: str = field(default="", repr=False)
    """The mail server, as smtp://user:password@host:587 (STARTTLS) or smtps://…:465; empty: e-mail goes by Notify."""
    mail_from: str = ""


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """What files are taken and when they may be opened."""

    most_bytes: int = 20 * 1024 * 1024
    """The largest file."""
    clamd: str = ""
    """Where ClamAV's daemon listens, as unix:/run/clamav/clamd.ctl or tcp://host:3310; empty: nothing is scanned."""
    open_unscanned: bool = True
    """Whether a file that no scanner has seen may be opened, with a notice that says so."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this process is run."""

    environment: Environment
    var: Path
    """Where the demo keeps its data, logs and assets."""
    secret_key: str = field(repr=False)
    """Signs tokens, cookies and cursors. At least 32 characters."""
    database_url: str = field(default="", repr=False)
    """The address used for migrations. `url` gives the same address for another role."""
    redis_url: str = field(default="", repr=False)
    role_password: str | None = field(default=None, repr=False)
    """The password of the runtime roles, where it is not the one in `database_url`."""
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    """The address people reach the service at, as https://careshare.example; empty: where this process listens."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of the proxies in front, whose word for a caller's address is taken; nobody else's is."""
    postcode_areas: tuple[str, ...] = NORTH_EAST
    """Postcode areas to load; empty for all of Britain."""
    assets_dir: Path = Path("var/assets")
    """GOV.UK Frontend's stylesheets, scripts, fonts and images, below `govuk/`."""
    pool_size: int = 4
    """Database connections of one process: four for each core, as each is idle while its answer is made here."""
    log_level: str = "INFO"
    bank_holidays: Path | None = None
    """GOV.UK's list of bank holidays, where it is newer than the one in the package."""
    post: Post = field(default_factory=Post)
    uploads: Uploads = field(default_factory=Uploads)

    @property
    def production(self) -> bool:
        """Whether this is a real service: no demo sign-in, secure cookies."""
        return self.environment == "production"

    @property
    def https(self) -> bool:
        """Whether people reach the service by HTTPS alone: always in production, elsewhere if its address says so."""
        return self.production or self.public_url.startswith("https://")

    def cookie(self, name: str) -> str:
        """What a cookie is called: over HTTPS with the prefix that no other host, and no plain address, can set."""
        return host_cookie(name, https=self.https)

    @property
    def origin(self) -> str:
        """What every address of ours that leaves the service begins with: links in messages, addresses to return to."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def admin_url(self) -> URL:
        """The address for migrations: as configured, over asyncpg."""
        return _database(self.database_url)

    def url(self, role: str) -> URL:
        """The address for a runtime role, such as `careshare_app`: the configured server and database, other user."""
        address = _database(self.database_url).set(username=role)
        return address if self.role_password is None else address.set(password=self.role_password)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment (`os.environ` unless given).

    Outside production what is not said is made or found: a secret kept in `CARESHARE_VAR`, and the addresses of the
    demo that runs there. Raises SettingsError.
    """
    read = _Reader(os.environ if environ is None else environ)
    environment = cast("Environment", read.one_of("CARESHARE_ENV", ("demo", "test", "production"), default="demo"))
    var = Path(read.text("CARESHARE_VAR", "var")).absolute()
    required = environment == "production"
    running = {} if required else running_servers(var)
    database_url = read.text(
        "CARESHARE_DATABASE_URL",
        running.get("database_url", ""),
        required="the address of PostgreSQL 18, such as postgresql://user:password@host:5432/careshare"
        if required
        else "",
    )
    redis_url = read.text(
        "CARESHARE_REDIS_URL",
        running.get("redis_url", ""),
        required="the address of Redis, such as redis://host:6379/0" if required else "",
    )
    if database_url:
        _database(database_url)
    if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError("CARESHARE_REDIS_URL must begin with redis://, rediss:// or unix://")
    return Settings(
        environment=environment,
        var=var,
        secret_key=_secret(read, var, required=required),
        database_url=database_url,
        redis_url=redis_url,
        role_password=read.text("CARESHARE_ROLE_PASSWORD", "") or None,
        host=read.text("CARESHARE_HOST", "127.0.0.1"),
        port=read.number("CARESHARE_PORT", 8000, lowest=1, highest=65535),
        public_url=_public_url(read, required=required),
        trusted_proxies=_networks(read.text("CARESHARE_TRUSTED_PROXIES", "")),
        postcode_areas=_areas(read.text("CARESHARE_POSTCODE_AREAS", " ".join(NORTH_EAST))),
        assets_dir=Path(read.text("CARESHARE_ASSETS_DIR", str(var / "assets"))).absolute(),
        pool_size=read.number("CARESHARE_POOL_SIZE", 4 * (os.cpu_count() or 2), lowest=1, highest=500),
        log_level=read.one_of("CARESHARE_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"),
        bank_holidays=_bank_holidays(read.text("CARESHARE_BANK_HOLIDAYS", "")),
        post=_post(read, production=required),
        uploads=_uploads(read, production=required),
    )


def host_cookie(name: str, *, https: bool) -> str:
    """The name with `__Host-` before it over HTTPS (RFC 6265bis section 4.1.3.2): Secure, for this host, Path=/."""
    return f"__Host-{name}" if https else name


def servers_file(var: Path) -> Path:
    """Where a running demo writes the addresses of its servers; it counts while the demo holds a lock on it."""
    return var / "servers.json"


def running_servers(var: Path) -> dict[str, str]:
    """The addresses of the demo that runs in `var`, `database_url` and `redis_url`; nothing when none does."""
    try:
        with servers_file(var).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                found: dict[str, str] = json.load(file)
                return found
    except (OSError, ValueError):
        pass
    return {}


def _database(address: str) -> URL:
    if not address:
        raise SettingsError(
            "CARESHARE_DATABASE_URL is not set and no demo is running here: "
            "start one with `careshare demo`, or give the address of PostgreSQL 18"
        )
    right = "CARESHARE_DATABASE_URL must be an address such as postgresql://user:password@host:5432/careshare"
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise SettingsError(right) from error
    if url.get_backend_name() not in {"postgresql", "postgres"} or not url.database:
        raise SettingsError(right)
    return url.set(drivername="postgresql+asyncpg")


def _public_url(read: "_Reader", *, required: bool) -> str:
    example = "the address people reach the service at, such as https://careshare.example"
    given = read.text("CARESHARE_PUBLIC_URL", "", required=example if required else "").rstrip("/")
    if given and not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?" if required else r"https?://[a-z0-9.-]+(:\d+)?", given):
        raise SettingsError(f"CARESHARE_PUBLIC_URL must be {example}, with nothing after the name")
    return given


def _bank_holidays(name: str) -> Path | None:
    if not name:
        return None
    try:
        workdays.read_holidays(Path(name).read_bytes())
    except (OSError, ValueError) as error:
        right = "the list saved from https://www.gov.uk/bank-holidays.json"
        raise SettingsError(f"CARESHARE_BANK_HOLIDAYS must name {right}: {error}") from error
    return Path(name).absolute()


def _networks(text: str) -> tuple[str, ...]:
    given = tuple(text.replace(",", " ").split())
    try:
        return tuple(str(ip_network(one)) for one in given)
    except ValueError as error:
        raise SettingsError("CARESHARE_TRUSTED_PROXIES must list addresses or networks, such as 10.0.0.0/24") from error


def _uploads(read: "_Reader", *, production: bool) -> Uploads:
    clamd = read.text("CARESHARE_CLAMD", "")
    if clamd and not re.fullmatch(CLAMD_ADDRESS, clamd):
        raise SettingsError("CARESHARE_CLAMD must be an address such as unix:/run/clamav/clamd.ctl or tcp://host:3310")
    unscanned = read.one_of(
        "CARESHARE_UNSCANNED_FILES", ("refuse", "allow"), default="refuse" if production else "allow"
    )
    megabytes = read.number("CARESHARE_FILE_MEGABYTES", 20, lowest=1, highest=MOST_MEGABYTES)
    return Uploads(most_bytes=megabytes * 1024 * 1024, clamd=clamd, open_unscanned=unscanned == "allow")


def _post(read: "_Reader", *, production: bool) -> Post:
    key = read.text("CARESHARE_NOTIFY_KEY", "")
    templates = {
        channel: given
        for channel in ("sms", "email", "letter")
        if (given := read.text(f"CARESHARE_NOTIFY_{channel.upper()}_TEMPLATE", ""))
    }
    if key and len(key) < 74:
        raise SettingsError("CARESHARE_NOTIFY_KEY must be a whole key as GOV.UK Notify shows it: its name and two ids")
    if key and not templates:
        raise SettingsError("CARESHARE_NOTIFY_SMS_TEMPLATE is not set: set it to the id of your template in Notify")
    token = read.text("CARESHARE_NOTIFY_CALLBACK_TOKEN", "")
    if token and len(token) < 32:
        raise SettingsError("CARESHARE_NOTIFY_CALLBACK_TOKEN is too short: set it to at least 32 random characters")
    smtp, sender = read.text("CARESHARE_SMTP_URL", ""), read.text("CARESHARE_MAIL_FROM", "")
    if smtp and not re.fullmatch(r"smtps?://([^@/\s]+@)?[A-Za-z0-9.-]+(:\d+)?", smtp):
        raise SettingsError("CARESHARE_SMTP_URL must be an address such as smtp://user:password@host:587")
    if smtp and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", sender):
        raise SettingsError("CARESHARE_MAIL_FROM must be an e-mail address, such as careshare@council.example")
    url = read.text("CARESHARE_NOTIFY_URL", Post.notify_url)
    if production and not url.startswith("https://"):
        raise SettingsError("CARESHARE_NOTIFY_URL must begin with https://")
    return Post(
        notify_key=key,
        notify_url=url,
        notify_templates=templates,
        callback_token=token,
        smtp_url=smtp,
        mail_from=sender,
    )


def _secret(read: "_Reader", var: Path, *, required: bool) -> str:
    example = "at least 32 random characters: `python3 -c 'import secrets; print(secrets.token_hex(32))'` prints some"
    secret = read.text("CARESHARE_SECRET_KEY", "", required=example if required else "")
    if secret and len(secret) < 32:
        raise SettingsError(f"CARESHARE_SECRET_KEY is too short: set it to {example}")
    return secret or _kept_secret(var / "secret")


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix="secret.") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            with contextlib.suppress(FileExistsError):  # Another process was quicker: its secret is the one.
                os.link(file.name, path)
    secret = path.read_text().strip()
    if len(secret) < 32:
        raise SettingsError(f"{path} does not hold a secret of at least 32 characters: remove it and a new one is made")
    return secret


def _areas(text: str) -> tuple[str, ...]:
    areas = tuple(sorted({area.upper() for area in text.replace(",", " ").split()}))
    if areas == ("ALL",):
        return ()
    if not areas or any(not area.isalpha() or not area.isascii() or len(area) > 2 for area in areas):
        raise SettingsError("CARESHARE_POSTCODE_AREAS must list postcode areas, such as `NE SR DH`, or say `all`")
    return areas


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str, *, required: str = "") -> str:
        value = self._environ.get(name, "").strip()
        if not value and required:
            raise SettingsError(f"{name} is not set: set it to {required}")
        return value or default

    def one_of(self, name: str, allowed: tuple[str, ...], *, default: str) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise SettingsError(f"{name} is `{value}`: set it to one of {', '.join(allowed)}")
        return value

    def number(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        text = self.text(name, str(default))
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            raise SettingsError(f"{name} is `{text}`: set it to a number from {lowest} to {highest}")
        return int(text)
