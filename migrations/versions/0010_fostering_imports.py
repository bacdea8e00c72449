"""fostering_imports: see sql/0010_fostering_imports.sql."""

from careshare.database.sqlfile import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply the SQL file."""
    run_sql("0010_fostering_imports")
