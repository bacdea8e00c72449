"""acknowledged: see sql/0045_acknowledged.sql."""

from careshare.database.sqlfile import run_sql

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0045_acknowledged")
