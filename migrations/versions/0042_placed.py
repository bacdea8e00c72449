"""placed: see sql/0042_placed.sql."""

from careshare.database.sqlfile import run_sql

revision = "0042"
down_revision = "0018"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0042_placed")
