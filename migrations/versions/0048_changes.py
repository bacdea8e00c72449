"""changes: see sql/0048_changes.sql."""

from careshare.database.sqlfile import run_sql

revision = "0048"
down_revision = "0052c"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0048_changes")
