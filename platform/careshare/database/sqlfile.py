"""Runs the plain SQL file that belongs to an Alembic revision."""

from pathlib import Path

from alembic import op
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection


def run_sql(name: str) -> None:
    """Execute `migrations/sql/<name>.sql` as one script on the migration's connection.

    asyncpg's simple protocol takes a whole script, so the same file can be run with psql.
    """
    script = Path(op.get_context().script.dir, "sql", f"{name}.sql")  # type: ignore[union-attr]  # set while migrating
    op.execute("select 1")  # opens the transaction in SQLAlchemy's eyes
    connection = op.get_bind().connection.dbapi_connection
    assert isinstance(connection, AsyncAdapt_asyncpg_connection)
    text = script.read_text(encoding="utf-8")
    connection.run_async(lambda driver: driver.execute(text))
