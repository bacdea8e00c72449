"""withdrawn: see sql/0048b_withdrawn.sql."""

from careshare.database.sqlfile import run_sql

revision = "0048b"
down_revision = "0052d"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0048b_withdrawn")
