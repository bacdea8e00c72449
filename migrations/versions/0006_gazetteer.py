"""gazetteer: see sql/0006_gazetteer.sql."""

from careshare.database.sqlfile import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0006_gazetteer")
