"""days of what is ready: see sql/0056_ready_days.sql."""

from careshare.database.sqlfile import run_sql

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0056_ready_days")
