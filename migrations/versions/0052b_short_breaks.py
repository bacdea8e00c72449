"""short breaks: see sql/0052b_short_breaks.sql."""

from careshare.database.sqlfile import run_sql

revision = "0052b"
down_revision = "0049"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0052b_short_breaks")
