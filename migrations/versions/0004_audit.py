"""audit: see sql/0004_audit.sql."""

from careshare.database.sqlfile import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0004_audit")
