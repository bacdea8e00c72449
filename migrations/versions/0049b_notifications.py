"""notifications: see sql/0049b_notifications.sql."""

from careshare.database.sqlfile import run_sql

revision = "0049b"
down_revision = "0048b"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0049b_notifications")
