"""jobs: see sql/0005_jobs.sql."""

from careshare.database.sqlfile import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0005_jobs")
