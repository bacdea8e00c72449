"""approvals: see sql/0019_approvals.sql."""

from careshare.database.sqlfile import run_sql

revision = "0019"
down_revision = "0024b"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0019_approvals")
