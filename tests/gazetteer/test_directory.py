"""Reading the installed directory, and the reference files beside it."""

from collections import defaultdict
from itertools import pairwise

import pytest

from careshare.errors import Invalid
from careshare.gazetteer import parse_postcode, postcode_area_of, reference
from careshare.gazetteer.directory import GREAT_BRITAIN, Coverage, Row, Tally, packaged

NORTH_EAST = "E12000001"


def rows(coverage: Coverage) -> tuple[list[Row], Tally]:
    tally = Tally()
    return list(packaged(coverage).rows(tally)), tally


def test_one_area() -> None:
    found, tally = rows(Coverage.of("DH"))
    assert len(found) == len({row[0] for row in found})
    assert 11_000 < len(found) < 13_000
    assert tally.read == len(found) + tally.no_grid
    assert not tally.unlisted
    assert {row[3] for row in found} == {"E06000047", "E06000057", "E08000024", "E08000037"}
    for postcode, easting, northing, _gss, outward, ended in found:
        assert parse_postcode(postcode) == postcode
        assert postcode.startswith(f"{outward} ")
        assert 390_000 < easting < 450_000
        assert 530_000 < northing < 570_000
        assert ended is None
    cathedral = next(row for row in found if row[0] == "DH1 3EH")
    assert abs(cathedral[1] - 427_373) < 300
    assert abs(cathedral[2] - 542_138) < 300


def test_one_letter_areas_are_not_taken_for_their_neighbours() -> None:
    found, _tally = rows(Coverage.of("S"))
    assert {postcode_area_of(row[0]) for row in found} == {"S"}


@pytest.mark.slow
def test_all_of_great_britain() -> None:
    """Every postcode can be typed, every council is listed, and the regions' postcode areas are as the file says."""
    tally = Tally()
    regions = {one.gss_code: one.region_code for one in reference.authorities()}
    areas: defaultdict[str, set[str]] = defaultdict(set)
    seen: set[str] = set()
    count = 0
    for postcode, _easting, _northing, gss, outward, _ended in packaged(GREAT_BRITAIN).rows(tally):
        count += 1
        seen.add(gss)
        areas[regions[gss]].add(postcode_area_of(outward))
        if count % 20 == 0:
            assert parse_postcode(postcode) == postcode
    assert count > 2_500_000
    assert tally.outside > 50_000  # Northern Ireland, on another grid
    assert not tally.unlisted
    assert {one.gss_code for one in reference.authorities() if one.valid_until is None} == seen
    areas["W92000004"].discard("NPT")
    assert {code: frozenset(found) for code, found in areas.items()} == {
        code: found for code, (_name, found) in reference.regions().items()
    }


def test_authorities() -> None:
    listed = reference.authorities()
    england = [one for one in listed if one.region_code.startswith("E") and one.valid_until is None]
    assert len(england) == len({one.dfe_code for one in england}) == 153
    assert {one.name for one in england if one.region_code == NORTH_EAST} == {
        "County Durham", "Darlington", "Gateshead", "Hartlepool", "Middlesbrough", "Newcastle upon Tyne",
        "North Tyneside", "Northumberland", "Redcar and Cleveland", "South Tyneside", "Stockton-on-Tees", "Sunderland",
    }  # fmt: skip
    codes: defaultdict[str, list[reference.Authority]] = defaultdict(list)
    for one in sorted(listed, key=lambda one: one.valid_from):
        codes[one.dfe_code or one.gss_code].append(one)
    for history in codes.values():
        assert history[-1].valid_until is None
        assert all(earlier.valid_until == later.valid_from for earlier, later in pairwise(history))


def test_old_codes_and_districts_lead_to_the_authority_of_today() -> None:
    codes = reference.todays_code()
    assert codes["E08000016"] == codes["E08000038"] == "E08000038"  # Barnsley
    assert codes["E06000048"] == "E06000057"  # Northumberland
    assert codes["E07000105"] == "E10000016"  # Ashford, Kent
    assert codes["E07000028"] == "E06000063"  # Carlisle, now Cumberland
    assert codes["S12000026"] == "S12000026"
    assert set(codes.values()) <= {one.gss_code for one in reference.authorities() if one.valid_until is None}


def test_a_region_is_loaded_with_the_areas_it_really_uses() -> None:
    assert Coverage.region(NORTH_EAST) == Coverage.of("CA", "DH", "DL", "NE", "SR", "TD", "TS")


def test_coverage() -> None:
    assert str(Coverage.of("ne", "DH")) == "DH NE"
    for one in (Coverage.of("NE", "DH"), GREAT_BRITAIN):
        assert Coverage.parse(str(one)) == one
    assert GREAT_BRITAIN.includes(Coverage.of("NE"))
    assert not Coverage.of("NE").includes(GREAT_BRITAIN)
    assert Coverage.of("NE").union(Coverage.of("DH")) == Coverage.of("DH", "NE")
    assert Coverage.of("NE").union(GREAT_BRITAIN) == GREAT_BRITAIN


@pytest.mark.parametrize("area", ["", "NE1", "ABC", "Ñ"])
def test_what_is_no_postcode_area(area: str) -> None:
    with pytest.raises(Invalid) as refused:
        Coverage.of(area)
    assert "not a postcode area" in refused.value.errors[0].message


def test_an_unknown_region_is_answered_with_the_known_ones() -> None:
    with pytest.raises(Invalid) as refused:
        Coverage.region("E12000010")
    assert "E12000001 North East" in refused.value.errors[0].message
