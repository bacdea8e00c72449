"""keep away, attachments: see sql/0041_keep_away.sql."""

from careshare.database.sqlfile import run_sql

revision = "0041"
down_revision = "0018b"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0041_keep_away")
