"""sign-in requests: see sql/0018b_sign_in_requests.sql."""

from careshare.database.sqlfile import run_sql

revision = "0018b"
down_revision = "0040"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0018b_sign_in_requests")
