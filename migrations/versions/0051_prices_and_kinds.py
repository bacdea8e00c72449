"""prices and kinds: see sql/0051_prices_and_kinds.sql."""

from careshare.database.sqlfile import run_sql

revision = "0051"
down_revision = "0052"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0051_prices_and_kinds")
