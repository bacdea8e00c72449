"""agreements: see sql/0016_agreements.sql."""

from careshare.database.sqlfile import run_sql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0016_agreements")
