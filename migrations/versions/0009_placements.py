"""placements: see sql/0009_placements.sql."""

from careshare.database.sqlfile import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0009_placements")
