"""leaving: see sql/0047_leaving.sql."""

from careshare.database.sqlfile import run_sql

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0047_leaving")
