"""outside placements: see sql/0052d_outside_placements.sql."""

from careshare.database.sqlfile import run_sql

revision = "0052d"
down_revision = "0053b"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0052d_outside_placements")
