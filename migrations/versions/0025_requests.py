"""requests: see sql/0025_requests.sql."""

from careshare.database.sqlfile import run_sql

revision = "0025"
down_revision = "0017"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0025_requests")
