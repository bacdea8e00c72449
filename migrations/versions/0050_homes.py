"""homes: see sql/0050_homes.sql."""

from careshare.database.sqlfile import run_sql

revision = "0050"
down_revision = "0051"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0050_homes")
