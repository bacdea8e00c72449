"""outside, kept: see sql/0053d_outside_kept.sql."""

from careshare.database.sqlfile import run_sql

revision = "0053d"
down_revision = "0048c"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0053d_outside_kept")
