"""outside enquiries: see sql/0040_outside.sql."""

from careshare.database.sqlfile import run_sql

revision = "0040"
down_revision = "0019"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0040_outside")
