"""offers: see sql/0007_offers.sql."""

from careshare.database.sqlfile import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0007_offers")
