"""keeping: see sql/0053b_keeping.sql."""

from careshare.database.sqlfile import run_sql

revision = "0053b"
down_revision = "0048"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0053b_keeping")
