"""hand_over: see sql/0020_hand_over.sql."""

from careshare.database.sqlfile import run_sql

revision = "0020"
down_revision = "0021"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0020_hand_over")
