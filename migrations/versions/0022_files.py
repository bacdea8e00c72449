"""files: see sql/0022_files.sql."""

from careshare.database.sqlfile import run_sql

revision = "0022"
down_revision = "0034"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0022_files")
