"""membership: see sql/0014_membership.sql."""

from careshare.database.sqlfile import run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0014_membership")
