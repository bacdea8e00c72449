"""`careshare import`: for operators, without a worker."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from careshare.cli import main
from careshare.settings import Settings
from tests.fostering_imports.files import Inline, as_csv, household, placement
from tests.world import World


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setenv("CARESHARE_ENV", "test")
    monkeypatch.setenv("CARESHARE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CARESHARE_SECRET_KEY", settings.secret_key)


async def careshare(*arguments: str) -> Result:
    """Run the command as a person would."""
    return await asyncio.to_thread(CliRunner().invoke, main, ["import", *arguments])


async def test_households_and_placements(environment: None, tmp_path: Path, inline: Inline) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(as_csv([household("CLI-1"), household("CLI-2", postcode="nowhere")]))
    checked = await careshare("households", str(file), "--authority", "Ashmoor", "--check")
    assert checked.exit_code == 0, checked.output
    assert "Would be: 1 new, 0 changed, 0 as they were, 1 bad." in checked.output
    done = await careshare("households", str(file), "--authority", "ashmoor")
    assert "Rows: 1 new, 0 changed, 0 as they were, 1 bad." in done.output
    assert "full UK postcode" in done.output
    file.write_bytes(as_csv([household("CLI-1")]))
    again = await careshare("households", str(file), "--authority", "991")
    assert "Nothing changed." in again.output
    file.write_bytes(as_csv([placement("CLI-C1", household_reference="CLI-1")]))
    placed = await careshare("placements", str(file), "--authority", "Ashmoor")
    assert "Rows: 1 new" in placed.output
    async with inline.step() as uow:
        waiting = text("select count(*) from fostering.import_run where job_id is not null")
        assert await uow.scalar(waiting) == 0
        purpose = text("select distinct purpose from audit.entry where action = 'household.imported'")
        assert list((await uow.execute(purpose)).scalars()) == ["import"]


async def test_columns_by_hand(environment: None, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(as_csv([household("CLI-1") | {"Favourite tea": "Assam"}]).replace(b"Household reference", b"Key"))
    refused = await careshare("households", str(file), "--authority", "Ashmoor")
    assert refused.exit_code == 1
    assert "Say which column is Household reference" in refused.output
    taken = await careshare("households", str(file), "--authority", "Ashmoor", "--column", "Key=reference")
    assert taken.exit_code == 0, taken.output
    assert "Left out: Favourite tea" in taken.output
    wrong = await careshare("households", str(file), "--authority", "Ashmoor", "--column", "Key=nonsense")
    assert "must be a header of the file and one of: reference" in wrong.output


async def test_what_cannot_be_done(environment: None, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(b"%PDF")
    assert "is a PDF" in (await careshare("households", str(file), "--authority", "Ashmoor")).output
    file.write_bytes(as_csv([household()]))
    nobody = await careshare("households", str(file), "--authority", "Atlantis")
    assert nobody.exit_code == 1
    assert "There is no authority “Atlantis”. There are: Ashmoor, Birkdale, Caldergarth." in nobody.output
