"""host notices: see sql/0050b_host_notices.sql."""

from careshare.database.sqlfile import run_sql

revision = "0050b"
down_revision = "0052f"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0050b_host_notices")
