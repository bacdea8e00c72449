"""providers: see sql/0012_providers.sql."""

from careshare.database.sqlfile import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0012_providers")
