"""prices: see sql/0053c_prices.sql."""

from careshare.database.sqlfile import run_sql

revision = "0053c"
down_revision = "0052e"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0053c_prices")
