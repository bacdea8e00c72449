"""Alembic's environment: one linear history, each revision in a transaction of its own, one migration at a time."""

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection


def run(connection: Connection) -> None:
    """Upgrade under an advisory lock: two processes started together migrate once."""
    connection.execute(text("set lock_timeout = '5s'"))
    connection.execute(text("select pg_advisory_lock(hashtext('careshare.migrate'))"))
    connection.commit()
    context.configure(connection=connection, transaction_per_migration=True, version_table_schema="public")
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text("select pg_advisory_unlock(hashtext('careshare.migrate'))"))
    connection.commit()


run(context.config.attributes["connection"])
