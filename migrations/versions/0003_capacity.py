"""capacity: see sql/0003_capacity.sql."""

from careshare.database.sqlfile import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0003_capacity")
