"""clients: see sql/0013_clients.sql."""

from careshare.database.sqlfile import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0013_clients")
