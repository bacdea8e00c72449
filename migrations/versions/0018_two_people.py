"""two people: see sql/0018_two_people.sql."""

from careshare.database.sqlfile import run_sql

revision = "0018"
down_revision = "0022"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0018_two_people")
