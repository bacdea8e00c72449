"""sessions: see sql/0011_sessions.sql."""

from careshare.database.sqlfile import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0011_sessions")
