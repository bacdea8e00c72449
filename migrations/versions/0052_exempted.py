"""exempted: see sql/0052_exempted.sql."""

from careshare.database.sqlfile import run_sql

revision = "0052"
down_revision = "0047"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0052_exempted")
