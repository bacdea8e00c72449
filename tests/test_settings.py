"""Settings: what is missing or wrong stops the start with a sentence that names the variable."""

import fcntl
import json
from pathlib import Path

import pytest

from careshare.settings import Post, SettingsError, load, servers_file

SECRET = "0123456789abcdef0123456789abcdef"
DATABASE = "postgresql://owner:s%40fe@db.internal:5433/careshare"


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"CARESHARE_VAR": str(tmp_path), **more}


def production(tmp_path: Path, **more: str) -> dict[str, str]:
    return environ(
        tmp_path,
        **{
            "CARESHARE_ENV": "production",
            "CARESHARE_DATABASE_URL": DATABASE,
            "CARESHARE_REDIS_URL": "redis://redis.internal/0",
            "CARESHARE_SECRET_KEY": SECRET,
            "CARESHARE_PUBLIC_URL": "https://careshare.example",
            **more,
        },
    )


def test_a_demo_needs_nothing_said(tmp_path: Path) -> None:
    settings = load(environ(tmp_path))
    assert (settings.environment, settings.host, settings.port) == ("demo", "127.0.0.1", 8000)
    assert not settings.production
    assert settings.assets_dir == tmp_path / "assets"


def test_the_demo_keeps_one_secret_only_its_owner_can_read(tmp_path: Path) -> None:
    first = load(environ(tmp_path)).secret_key
    assert load(environ(tmp_path)).secret_key == first
    assert len(first) == 64
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_each_role_has_the_same_server_and_another_user(tmp_path: Path) -> None:
    settings = load(production(tmp_path))
    assert settings.url("careshare_app").render_as_string(hide_password=False) == (
        "postgresql+asyncpg://careshare_app:s%40fe@db.internal:5433/careshare"
    )
    assert settings.admin_url.username == "owner"


def test_roles_may_have_a_password_of_their_own(tmp_path: Path) -> None:
    settings = load(production(tmp_path, CARESHARE_ROLE_PASSWORD="other"))
    assert settings.url("careshare_app").password == "other"
    assert settings.admin_url.password == "s@fe"


def test_a_unix_socket_is_an_address(tmp_path: Path) -> None:
    settings = load(environ(tmp_path, CARESHARE_DATABASE_URL="postgresql://postgres@/careshare?host=/run/pg"))
    assert settings.url("careshare_app").query == {"host": "/run/pg"}


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    shown = repr(load(production(tmp_path, CARESHARE_ROLE_PASSWORD="other-password")))
    assert not any(secret in shown for secret in (SECRET, "s%40fe", "s@fe", "other-password"))


@pytest.mark.parametrize(
    "name", ["CARESHARE_DATABASE_URL", "CARESHARE_REDIS_URL", "CARESHARE_SECRET_KEY", "CARESHARE_PUBLIC_URL"]
)
def test_production_names_what_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(production(tmp_path, **{name: ""}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CARESHARE_ENV", "staging"),
        ("CARESHARE_DATABASE_URL", "mysql://db/careshare"),
        ("CARESHARE_DATABASE_URL", "postgresql://db"),
        ("CARESHARE_DATABASE_URL", "db:5432"),
        ("CARESHARE_REDIS_URL", "http://redis"),
        ("CARESHARE_SECRET_KEY", "short"),
        ("CARESHARE_PORT", "http"),
        ("CARESHARE_PUBLIC_URL", "careshare.example"),
        ("CARESHARE_PUBLIC_URL", "https://careshare.example/start"),
        ("CARESHARE_PORT", "70000"),
        ("CARESHARE_TRUSTED_PROXIES", "the balancer"),
        ("CARESHARE_POOL_SIZE", "0"),
        ("CARESHARE_POSTCODE_AREAS", "NE1"),
        ("CARESHARE_LOG_LEVEL", "LOUD"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(environ(tmp_path, **{name: value}))


def test_proxies_are_addresses_or_networks(tmp_path: Path) -> None:
    assert load(environ(tmp_path)).trusted_proxies == ()
    given = load(environ(tmp_path, CARESHARE_TRUSTED_PROXIES="10.0.0.7, 10.1.0.0/24"))
    assert given.trusted_proxies == ("10.0.0.7/32", "10.1.0.0/24")


def test_postcode_areas_are_a_list_or_all(tmp_path: Path) -> None:
    assert load(environ(tmp_path, CARESHARE_POSTCODE_AREAS="sr, ne")).postcode_areas == ("NE", "SR")
    assert load(environ(tmp_path, CARESHARE_POSTCODE_AREAS="all")).postcode_areas == ()


def test_other_commands_find_the_demo_while_it_runs(tmp_path: Path) -> None:
    noted = {"database_url": "postgresql://postgres@/careshare?host=/x", "redis_url": "unix:///y"}
    with servers_file(tmp_path).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(noted, file)
        file.flush()
        assert load(environ(tmp_path)).redis_url == "unix:///y"
    assert load(environ(tmp_path)).redis_url == ""


def test_without_a_server_the_way_to_one_is_said(tmp_path: Path) -> None:
    settings = load(environ(tmp_path))
    with pytest.raises(SettingsError, match="careshare demo"):
        settings.url("careshare_app")


KEY = "careshare-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"


def test_how_messages_leave(tmp_path: Path) -> None:
    assert load(environ(tmp_path)).post == Post()
    more = {
        "CARESHARE_NOTIFY_KEY": KEY,
        "CARESHARE_NOTIFY_SMS_TEMPLATE": "1",
        "CARESHARE_NOTIFY_LETTER_TEMPLATE": "3",
        "CARESHARE_NOTIFY_CALLBACK_TOKEN": SECRET,
        "CARESHARE_SMTP_URL": "smtp://us%40er:pa%3Ass@mail.council.example:587",
        "CARESHARE_MAIL_FROM": "careshare@council.example",
    }
    settings = load(production(tmp_path, **more))
    assert settings.post.notify_templates == {"sms": "1", "letter": "3"}
    for secret in (KEY, SECRET, "pa%3Ass"):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"CARESHARE_NOTIFY_KEY": "short"}, "CARESHARE_NOTIFY_KEY"),
        ({"CARESHARE_NOTIFY_KEY": KEY}, "CARESHARE_NOTIFY_SMS_TEMPLATE"),
        ({"CARESHARE_NOTIFY_CALLBACK_TOKEN": "short"}, "CARESHARE_NOTIFY_CALLBACK_TOKEN"),
        ({"CARESHARE_NOTIFY_URL": "http://notify.example"}, "CARESHARE_NOTIFY_URL"),
        ({"CARESHARE_SMTP_URL": "mail.council.example"}, "CARESHARE_SMTP_URL"),
        ({"CARESHARE_SMTP_URL": "smtp://mail.council.example"}, "CARESHARE_MAIL_FROM"),
    ],
)
def test_what_is_wrong_about_messages_stops_the_start(tmp_path: Path, wrong: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(production(tmp_path, **wrong))
