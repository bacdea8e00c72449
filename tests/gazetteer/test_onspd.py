"""Reading a newer ONS Postcode Directory."""

from datetime import date
from pathlib import Path

import pytest

from careshare.errors import Invalid
from careshare.gazetteer import onspd
from careshare.gazetteer.directory import GREAT_BRITAIN, Coverage, Row, Tally

HEADER = "pcd,pcds,dointr,doterm,laua,oseast1m,osnrth1m\n"
GOOD = "NE1 4LP,NE1 4LP,198001,,E08000021,424500,564900\n"


def read(path: Path, content: str | bytes, coverage: Coverage = GREAT_BRITAIN) -> tuple[list[Row], Tally]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    tally = Tally()
    return list(onspd.directory(path, coverage).rows(tally)), tally


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ONSPD_AUG_2026_UK.csv"


def test_an_edition_with_old_names_has_ended_postcodes(file: Path) -> None:
    found, tally = read(
        file,
        HEADER
        + "AB1 0AA,AB1 0AA,198001,199606,S12000033,385386,0801193\n"
        + "NE1 4LP,NE1 4LP,198001,,E08000021,424500,564900\n",
    )
    assert found == [
        ("AB1 0AA", 385386, 801193, "S12000033", "AB1", date(1996, 6, 1)),
        ("NE1 4LP", 424500, 564900, "E08000021", "NE1", None),
    ]
    assert not tally.bad


def test_an_edition_with_new_names_a_byte_order_mark_and_no_dates(file: Path) -> None:
    found, _tally = read(file, "\ufeffPCD7,EAST1M,NORTH1M,LAD25CD\r\nTN231AA,601000,142000,E07000105\r\n")
    assert found == [("TN23 1AA", 601000, 142000, "E10000016", "TN23", None)]


def test_only_what_is_covered_is_kept(file: Path) -> None:
    found, tally = read(file, HEADER + GOOD + "AB1 0AA,AB1 0AA,,,S12000033,385386,801193\n", Coverage.of("NE"))
    assert [row[0] for row in found] == ["NE1 4LP"]
    assert tally.read == 1


def test_what_has_no_place_on_the_grid_is_counted(file: Path) -> None:
    found, tally = read(
        file,
        HEADER
        + "GY1 1AA,GY1 1AA,,,L99999999,,\n"
        + "BT1 1AA,BT1 1AA,,,N09000003,333900,374500\n"
        + "ZE1 0ZZ,ZE1 0ZZ,,,,,\n"
        + "NE1 4LQ,NE1 4LQ,,,E07000999,424500,564900\n",
    )
    assert [(row[0], row[3]) for row in found] == [("NE1 4LQ", "E07000999")]
    assert (tally.no_grid, tally.outside, dict(tally.unlisted)) == (2, 1, {"E07000999": 1})


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        ("NE1 4LP,NE1 4LP,198001,,E08000021,424500\n", "file", "has 6 cells where the header has 7"),
        ("NE1 4L,NE1 4L,198001,,E08000021,424500,564900\n", "postcode", "Enter a full UK postcode"),
        ("NE1 4LP,NE1 4LP,198001,,E08000021,east,564900\n", "easting", "whole metres from 0 to 700000"),
        ("NE1 4LP,NE1 4LP,198001,,E08000021,424500,-3\n", "northing", "whole metres from 0 to 1300000"),
        ("NE1 4LP,NE1 4LP,198001,,E08000021,inf,564900\n", "easting", "whole metres"),
        ("NE1 4LP,NE1 4LP,198001,,Newcastle,424500,564900\n", "authority", "not a GSS code like E08000021"),
        ("NE1 4LP,NE1 4LP,198001,2024-3,E08000021,424500,564900\n", "terminated", "a year and month like 202403"),
    ],
)
def test_a_wrong_line_is_left_out_and_explained(file: Path, line: str, field: str, says: str) -> None:
    found, tally = read(file, HEADER + line + GOOD)
    assert len(found) == 1
    assert [(bad.line, bad.field) for bad in tally.bad] == [(2, field)]
    assert says in tally.bad[0].message


def test_too_many_wrong_lines_are_another_file(file: Path) -> None:
    with pytest.raises(Invalid, match="More than 100 lines are wrong") as refused:
        read(file, HEADER + "x,x,x,x,x,x,x\n" * 101)
    assert len(refused.value.errors) == 101


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "no column for the postcode"),
        (b"pcds,oseast1m,osnrth1m\n", 1, "no column for the authority. It may be called laua, oslaua, lad25cd"),
        (b"name;place\n", 1, "no column for the postcode. It may be called pcds, pcd7"),
        ((HEADER + GOOD).encode() + b"NE1 4LP,caf\xe9,,,E08000021,1,1\n", 3, "not UTF-8"),
        ((HEADER + '"NE1 4LP" x,NE1 4LP,,,E08000021,1,1\n').encode(), 2, "not CSV"),
        (b"PK\x03\x04zipped", None, "zip file. Unpack it"),
    ],
)
def test_what_is_no_directory_is_refused_with_the_line(file: Path, content: bytes, line: int | None, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(file, content)
    assert says in refused.value.detail
    assert refused.value.errors[0].line == line


def test_the_version_follows_the_content(file: Path) -> None:
    file.write_text(HEADER + GOOD)
    first = onspd.directory(file, GREAT_BRITAIN).version
    assert onspd.directory(file, GREAT_BRITAIN).version == first
    file.write_text(HEADER + GOOD + GOOD.replace("4LP", "4LQ"))
    assert onspd.directory(file, GREAT_BRITAIN).version != first
