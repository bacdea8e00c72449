"""own_clocks: see sql/0049_own_clocks.sql."""

from careshare.database.sqlfile import run_sql

revision = "0049"
down_revision = "0053"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0049_own_clocks")
