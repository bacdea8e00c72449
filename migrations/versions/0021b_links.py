"""links: see sql/0021b_links.sql."""

from careshare.database.sqlfile import run_sql

revision = "0021b"
down_revision = "0023"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0021b_links")
