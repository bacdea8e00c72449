"""messages: see sql/0015_messages.sql."""

from careshare.database.sqlfile import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0015_messages")
