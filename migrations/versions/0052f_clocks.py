"""clocks: see sql/0052f_clocks.sql."""

from careshare.database.sqlfile import run_sql

revision = "0052f"
down_revision = "0053d"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0052f_clocks")
