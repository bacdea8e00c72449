"""last points: see sql/0044_last_points.sql."""

from careshare.database.sqlfile import run_sql

revision = "0044"
down_revision = "0041"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0044_last_points")
