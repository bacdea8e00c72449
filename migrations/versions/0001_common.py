"""common: see sql/0001_common.sql."""

from careshare.database.sqlfile import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0001_common")
