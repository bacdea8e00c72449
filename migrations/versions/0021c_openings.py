"""openings: see sql/0021c_openings.sql."""

from careshare.database.sqlfile import run_sql

revision = "0021c"
down_revision = "0021b"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0021c_openings")
