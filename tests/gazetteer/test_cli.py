"""`careshare gazetteer` as a stranger would use it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from careshare.settings import Settings
from tests.fixtures.servers import Cluster

PROGRAM = "from careshare.gazetteer.cli import gazetteer; gazetteer(prog_name='careshare gazetteer')"
HEADER = "pcds,oseast1m,osnrth1m,laua,doterm\n"


def run(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "CARESHARE_ENV": "test",
        "CARESHARE_DATABASE_URL": settings.database_url,
        "CARESHARE_SECRET_KEY": settings.secret_key,
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_help_says_what_each_command_does(settings: Settings) -> None:
    answer = run(settings, "--help").stdout
    for command in ("adjoining", "load", "show"):
        assert command in answer
        told = run(settings, command, "--help")
        assert told.returncode == 0
        assert len(told.stdout) > 150


def test_load_show_and_load_again(placed: Settings) -> None:
    first = run(placed, "load", "--areas", "DH NE")
    assert first.returncode == 0, first.stderr
    assert "Reading postcodes of DH NE" in first.stdout
    assert "0 new or changed" in first.stdout
    assert "have no grid reference and are left out" in first.stdout
    again = run(placed, "load", "--areas", "ne,dh")
    assert "loaded already" in again.stdout
    shown = run(placed, "show", "dh13eh")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("DH1 3EH\n  Area authority  County Durham (E06000047)\n")
    assert "Gateshead" in shown.stdout
    assert "DH1: " in shown.stdout
    assert "not all its neighbours" not in shown.stdout


@pytest.mark.parametrize(
    ("postcode", "says"), [("DH1", "Enter a full UK postcode"), ("ZE1 1ZZ", "We do not know the postcode ZE1 1ZZ")]
)
def test_a_postcode_that_cannot_be_shown(placed: Settings, postcode: str, says: str) -> None:
    shown = run(placed, "show", postcode)
    assert shown.returncode == 1
    assert says in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_directory_from_ons(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "ONSPD_AUG_2026_UK.csv"
    file.write_text(
        f"{HEADER}NE1 4LP,424500,564900,E08000021,\nNE1 4L,1,1,E08000021,\nNE1 4LQ,424500,564900,E99000001,202001\n"
    )
    loaded = run(settings, "load", "--onspd", str(file), "--areas", "NE")
    assert loaded.returncode == 0, loaded.stderr
    assert "line 3: “NE1 4L”: Enter a full UK postcode" in loaded.stdout
    assert "kept by their code (postcodes): E99000001 (1)." in loaded.stdout
    assert "2 postcodes: 2 new or changed, 0 removed." in loaded.stdout
    shown = run(settings, "show", "NE1 4LQ").stdout
    assert "not on our list (E99000001)" in shown
    assert "not all its neighbours are recorded" in shown


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"pcds,laua\n", "no column for the easting"),
        (HEADER.encode() + b"NE1 4LP,424500,564900,\xff\xfe,\n", "not UTF-8 text. Save the file as CSV UTF-8 (line 2)"),
        (HEADER.encode(), "There are no postcodes"),
    ],
)
def test_a_file_that_is_no_directory(settings: Settings, tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "other.csv"
    file.write_bytes(content)
    refused = run(settings, "load", "--onspd", str(file), "--all")
    assert refused.returncode == 1
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr


async def test_a_database_that_was_not_migrated(cluster: Cluster, base_settings: Settings) -> None:
    await cluster.drop("careshare_test_bare")
    await cluster.execute("create database careshare_test_bare")
    bare = replace(base_settings, database_url=cluster.url("careshare_test_bare"))
    for arguments in (("load",), ("adjoining",), ("show", "NE1 4LP")):
        refused = run(bare, *arguments)
        assert refused.returncode == 1
        assert "run `careshare migrate` first" in refused.stderr
        assert "Traceback" not in refused.stderr
    await cluster.drop("careshare_test_bare")


def test_options_that_contradict(settings: Settings) -> None:
    refused = run(settings, "load", "--all", "--areas", "NE")
    assert refused.returncode == 2
    assert "one of --region, --areas and --all" in refused.stderr
    refused = run(settings, "load", "--region", "North East")
    assert "E12000001 North East" in refused.stderr


def test_neighbours_are_written_corrected_and_applied(placed: Settings, tmp_path: Path) -> None:
    written = run(placed, "adjoining").stdout
    file = tmp_path / "neighbours.csv"
    file.write_text("\ufeff" + written)
    assert "Nothing to do" in run(placed, "adjoining", str(file)).stdout
    file.write_text("gss_a,gss_b,boundary,counts,valid_from\nE08000021,E08000023,water,yes,2026-01-01\n")
    assert "1 line applied." in run(placed, "adjoining", str(file)).stdout
    assert "South Tyneside" in run(placed, "show", "NE1 4LP").stdout
    file.write_text("gss_a,gss_b,boundary,counts,valid_from\nE08000021,Tyneside,water,yes,soon\n")
    refused = run(placed, "adjoining", str(file))
    assert refused.returncode == 1
    assert "line 2: “Tyneside” is not an authority's GSS code" in refused.stderr
    assert "line 2: Give a date like 2023-04-01" in refused.stderr
    file.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in run(placed, "adjoining", str(file)).stderr
