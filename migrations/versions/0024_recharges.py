"""recharges: see sql/0024_recharges.sql."""

from careshare.database.sqlfile import run_sql

revision = "0024"
down_revision = "0026"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0024_recharges")
