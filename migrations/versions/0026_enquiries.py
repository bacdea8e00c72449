"""enquiries: see sql/0026_enquiries.sql."""

from careshare.database.sqlfile import run_sql

revision = "0026"
down_revision = "0020"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0026_enquiries")
