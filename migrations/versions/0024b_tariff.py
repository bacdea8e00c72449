"""tariff: see sql/0024b_tariff.sql."""

from careshare.database.sqlfile import run_sql

revision = "0024b"
down_revision = "0042"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0024b_tariff")
