"""The `careshare` command tells a stranger what it does, and says in a sentence what stops it."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from careshare.cli import ELSEWHERE, main
from careshare.http.openapi import description

COMMANDS = {"audit", "demo", "gazetteer", "import", "migrate", "openapi", "provider", "serve", "token", "worker"}


@pytest.fixture
def runner(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"CARESHARE_VAR": str(tmp_path), "CARESHARE_DATABASE_URL": None, "CARESHARE_REDIS_URL": None})


def test_help_lists_every_command_with_what_it_is_for(runner: CliRunner) -> None:
    result = runner.invoke(main, ["--help"])
    assert result.exit_code == 0
    assert set(main.list_commands(click.Context(main))) == COMMANDS
    for name in COMMANDS:
        assert f"\n  {name} " in result.output


def test_help_imports_no_commands_code() -> None:
    seen = "import sys, careshare.cli; careshare.cli.main(['--help'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "litestar", "asyncpg"} & set(loaded)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(runner: CliRunner, name: str) -> None:
    result = runner.invoke(main, [name, "--help"], catch_exceptions=False)
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 4


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_commands_of_other_rooms_are_where_they_are_said_to_be(name: str) -> None:
    assert isinstance(main.get_command(click.Context(main), name), click.Command)


def test_the_description_of_the_api_is_printed_as_json(runner: CliRunner) -> None:
    """As a person pipes it into a file: the whole document and nothing else on standard output."""
    result = runner.invoke(main, ["openapi"], catch_exceptions=False)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"]
    assert "/api/v1/enquiries" in document["paths"]
    assert document == json.loads(json.dumps(description())), "what the contract tests try"


def test_a_command_that_needs_a_server_says_so(runner: CliRunner) -> None:
    result = runner.invoke(main, ["migrate"])
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert "CARESHARE_DATABASE_URL is not set" in result.output


def test_a_server_that_does_not_answer_is_a_sentence(runner: CliRunner, tmp_path: Path) -> None:
    address = f"postgresql://postgres@/careshare?host={tmp_path}"
    result = runner.invoke(main, ["migrate"], env={"CARESHARE_DATABASE_URL": address})
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert "is it running?" in result.output


def test_production_does_not_run_the_demo(runner: CliRunner) -> None:
    production = {
        "CARESHARE_ENV": "production",
        "CARESHARE_DATABASE_URL": "postgresql://careshare@db/careshare",
        "CARESHARE_REDIS_URL": "redis://redis/0",
        "CARESHARE_SECRET_KEY": "-" * 32,
        "CARESHARE_PUBLIC_URL": "https://careshare.example",
    }
    result = runner.invoke(main, ["demo"], env=production)
    assert result.exit_code == 1
    assert "CARESHARE_ENV" in result.output


def test_the_demos_data_can_be_thrown_away(runner: CliRunner, tmp_path: Path) -> None:
    kept = tmp_path / "assets" / "govuk"
    for folder in (kept, tmp_path / "postgres" / "data"):
        folder.mkdir(parents=True)
    result = runner.invoke(main, ["demo", "--reset"])
    assert result.exit_code == 0
    assert kept.exists()
    assert not (tmp_path / "postgres").exists()
