"""locked cases: see sql/0055_locked_cases.sql."""

from careshare.database.sqlfile import run_sql

revision = "0055"
down_revision = "0050b"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0055_locked_cases")
