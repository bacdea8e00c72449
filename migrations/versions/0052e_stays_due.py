"""stays due: see sql/0052e_stays_due.sql."""

from careshare.database.sqlfile import run_sql

revision = "0052e"
down_revision = "0049b"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0052e_stays_due")
