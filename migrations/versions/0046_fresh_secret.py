"""fresh secret: see sql/0046_fresh_secret.sql."""

from careshare.database.sqlfile import run_sql

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0046_fresh_secret")
