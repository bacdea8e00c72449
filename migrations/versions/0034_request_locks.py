"""requests: see sql/0034_request_locks.sql."""

from careshare.database.sqlfile import run_sql

revision = "0034"
down_revision = "0021c"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0034_request_locks")
