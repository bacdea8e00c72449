"""fostering: see sql/0008_fostering.sql."""

from careshare.database.sqlfile import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0008_fostering")
