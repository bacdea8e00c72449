"""outside_flags: see sql/0048c_outside_flags.sql."""

from careshare.database.sqlfile import run_sql

revision = "0048c"
down_revision = "0053c"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0048c_outside_flags")
