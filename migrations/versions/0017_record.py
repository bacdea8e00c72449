"""record: see sql/0017_record.sql."""

from careshare.database.sqlfile import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0017_record")
