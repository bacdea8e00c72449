"""The scanner's protocol, against a double that speaks it."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from careshare.files.clamd import ScannerAway, scan
from careshare.settings import SettingsError, load
from tests.files.clamd import EICAR, clamd


@pytest_asyncio.fixture(params=["double", "ClamAV"])
async def scanner(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of the double, and of a real ClamAV where one is named: both must answer alike."""
    if request.param == "ClamAV":
        address = os.environ.get("CARESHARE_TEST_CLAMD")
        if not address:
            pytest.skip("CARESHARE_TEST_CLAMD names no ClamAV")
        yield address
        return
    async with clamd() as double:
        double.stream_max = 2 * 1024 * 1024
        yield double.address


async def test_a_clean_file_and_the_test_virus(scanner: str) -> None:
    assert await scan(scanner, b"x" * 1_500_000) is None
    assert await scan(scanner, b"") is None
    found = await scan(scanner, EICAR)
    assert found is not None
    assert "eicar" in found.lower()


@pytest.mark.parametrize("size", [2_200_000, 10_000_000])
async def test_a_file_larger_than_it_takes_has_no_verdict(scanner: str, size: int) -> None:
    with pytest.raises(ScannerAway, match="StreamMaxLength"):
        await scan(scanner, bytes(size))


async def test_over_a_unix_socket_whole_and_in_order(tmp_path: Path) -> None:
    async with clamd(str(tmp_path / "clamd.ctl")) as double:
        content = random.Random(3).randbytes(300_000)
        assert await scan(double.address, content) is None
        assert await scan(double.address, EICAR) == "Eicar-Test-Signature"
        assert double.received == [content, EICAR]


@pytest.mark.parametrize("said", [b"stream: Can't allocate memory ERROR\0", b"", b"UNKNOWN COMMAND\0"])
async def test_an_answer_that_is_none_is_never_taken_for_clean(said: bytes) -> None:
    async with clamd() as scanner:
        scanner.says = said
        with pytest.raises(ScannerAway):
            await scan(scanner.address, b"x")


async def test_nobody_there_and_nobody_answering() -> None:
    with pytest.raises(ScannerAway, match="cannot be reached"):
        await scan("tcp://127.0.0.1:1", b"x")
    async with clamd() as scanner:
        scanner.hold = asyncio.Event()
        with pytest.raises(ScannerAway, match="did not answer"):
            await scan(scanner.address, b"x", seconds=0.1)


def test_settings(tmp_path: Path) -> None:
    demo = {"CARESHARE_VAR": str(tmp_path)}
    assert load(demo).uploads.open_unscanned
    assert load(demo).uploads.most_bytes == 20 * 1024 * 1024
    for address in ("unix:/run/clamav/clamd.ctl", "tcp://clamav:3310", "tcp://[::1]:3310"):
        assert load({**demo, "CARESHARE_CLAMD": address}).uploads.clamd == address
    with pytest.raises(SettingsError, match="CARESHARE_CLAMD must be an address"):
        load({**demo, "CARESHARE_CLAMD": "clamav:3310"})
    with pytest.raises(SettingsError, match="CARESHARE_FILE_MEGABYTES"):
        load({**demo, "CARESHARE_FILE_MEGABYTES": "101"})
    assert not load({**demo, "CARESHARE_UNSCANNED_FILES": "refuse"}).uploads.open_unscanned
    real = {
        **demo,
        "CARESHARE_ENV": "production",
        "CARESHARE_DATABASE_URL": "postgresql://x@db/careshare",
        "CARESHARE_REDIS_URL": "redis://redis/0",
        "CARESHARE_SECRET_KEY": "x" * 32,
        "CARESHARE_PUBLIC_URL": "https://careshare.example",
    }
    assert not load(real).uploads.open_unscanned, "in production a file that no scanner has seen stays shut"
