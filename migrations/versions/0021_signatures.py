"""signatures: see sql/0021_signatures.sql."""

from careshare.database.sqlfile import run_sql

revision = "0021"
down_revision = "0025"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0021_signatures")
