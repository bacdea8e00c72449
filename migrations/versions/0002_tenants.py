"""tenants: see sql/0002_tenants.sql."""

from careshare.database.sqlfile import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0002_tenants")
