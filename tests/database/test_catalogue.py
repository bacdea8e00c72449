"""The database is what we decided: scopes, row security, policies, grants, keys and functions.

Compared with a committed listing, because Alembic does not see them.

After a migration, look at the difference, and if it is right: `CARESHARE_WRITE_CATALOGUE=1 pytest tests/database`.
"""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from careshare.settings import Settings
from tests.database import catalogue

LISTING = Path(__file__).with_name("catalogue.txt")
SCOPES = {"authority", "published", "shared", "region", "platform"}
FORCED = {"authority", "published", "shared"}
POLICY_SHAPES = re.compile(
    r"true|-|"
    r"\(?\(?\w+ = \( SELECT careshare\.authority\(\) AS authority\)\)?|"
    r"\(\(\w+ = \( SELECT careshare\.authority\(\) AS authority\)\) AND \(NOT \w+_gone\)\)|"
    r"\(\w+ = ANY \(\( SELECT (?:\w+\.)+\w+\(\) AS \w+\)(?:::uuid\[\])?\)\)|"
    r"\(\w+ <> ALL \(\( SELECT (?:\w+\.)+\w+\(\) AS \w+\)(?:::uuid\[\])?\)\)|"
    r"\(\(\w+ = ANY \(\( SELECT (?:\w+\.)+\w+\(\) AS \w+\)(?:::uuid\[\])?\)\) IS NOT TRUE\)"
)
"""A policy compares a column with something evaluated once: never EXISTS, never a function of the row."""
INLINED = ("function gazetteer.miles(",)
"""Plain arithmetic that PostgreSQL writes into the query that calls it, which a fixed search_path would prevent."""


@pytest_asyncio.fixture(scope="module")
async def found(settings: Settings) -> AsyncIterator[list[str]]:
    engine = create_async_engine(settings.admin_url, poolclass=NullPool)
    async with engine.connect() as connection:
        yield await catalogue.lines(connection)  # type: ignore[arg-type]  # execute is all it needs
    await engine.dispose()


def of_kind(lines: list[str], kind: str) -> list[str]:
    return [line for line in lines if line.startswith(kind + " ")]


def test_catalogue_is_the_committed_one(found: list[str]) -> None:
    content = "\n".join(found) + "\n"
    if os.environ.get("CARESHARE_WRITE_CATALOGUE"):
        LISTING.write_text(content, encoding="utf-8")
    assert content == LISTING.read_text(encoding="utf-8")


def test_every_table_declares_a_scope(found: list[str]) -> None:
    tables = of_kind(found, "table")
    assert len(tables) > 20
    for line in tables:
        assert line.rsplit("scope=", 1)[1] in SCOPES, line


def test_tables_of_one_or_two_authorities_force_row_security(found: list[str]) -> None:
    for line in of_kind(found, "table"):
        if line.rsplit("scope=", 1)[1] in FORCED:
            assert "rls=true forced=true" in line, line


def test_objects_belong_to_the_owner_and_no_role_bypasses_row_security(found: list[str]) -> None:
    for line in of_kind(found, "table"):
        assert "owner=careshare_owner" in line, line
    for line in of_kind(found, "role"):
        assert "super=false bypassrls=false" in line, line


def test_policies_have_the_two_fast_shapes(found: list[str]) -> None:
    for line in of_kind(found, "policy"):
        match = re.fullmatch(r"policy (\S+) for \S+ to (\S+) using (.*) check (.*)", line)
        assert match, line
        name, role, using, check = match.groups()
        if role == "careshare_app":
            assert using != "true", line
            for expression in (using, check):
                assert POLICY_SHAPES.fullmatch(expression), f"{name}: {expression}"


def test_nothing_is_open_to_public_and_definers_are_the_brokers(found: list[str]) -> None:
    for line in found:
        assert "PUBLIC" not in line, line
    for line in of_kind(found, "function"):
        assert "search_path=pg_catalog" in line or line.startswith(INLINED), line
        if "definer=true" in line:
            assert "owner=careshare_broker" in line, line


def test_authority_scoped_tables_key_and_refer_by_authority(found: list[str]) -> None:
    """Row security does not guard a foreign-key check, so a reference inside an authority carries the authority."""
    scopes = {line.split()[1]: line.rsplit("scope=", 1)[1] for line in of_kind(found, "table")}
    first = {"authority_id", "owner_id", "claimant_id", "viewer_id"}
    for line in of_kind(found, "constraint"):
        match = re.fullmatch(r"constraint (\w+\.\w+)\.\S+ FOREIGN KEY \(([^)]*)\) REFERENCES (\S+?)\(.*", line)
        if match and scopes[match[1]] == "authority" and scopes.get(match[3]) == "authority":
            assert match[2].split(", ")[0] in first, line
