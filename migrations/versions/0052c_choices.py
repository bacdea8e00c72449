"""choices: see sql/0052c_choices.sql."""

from careshare.database.sqlfile import run_sql

revision = "0052c"
down_revision = "0052b"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0052c_choices")
