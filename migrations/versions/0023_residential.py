"""residential: see sql/0023_residential.sql."""

from careshare.database.sqlfile import run_sql

revision = "0023"
down_revision = "0024"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0023_residential")
