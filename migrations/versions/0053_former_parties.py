"""former parties: see sql/0053_former_parties.sql."""

from careshare.database.sqlfile import run_sql

revision = "0053"
down_revision = "0050"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0053_former_parties")
