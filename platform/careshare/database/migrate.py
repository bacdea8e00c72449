"""Brings a database to the newest migration, and lets the process roles sign in."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import careshare
from careshare.settings import Settings

LOGINS = ("careshare_app", "careshare_dispatch", "careshare_sealer", "careshare_backup")


def migrations_folder() -> Path:
    """Where the migrations lie: beside the packages in a checkout, inside the package in an installed wheel."""
    package = Path(careshare.__file__).parent
    checkout = package.parents[1] / "migrations"
    return checkout if checkout.is_dir() else package / "migrations"


async def upgrade_async(settings: Settings) -> None:
    """Run what has not run yet on `settings.admin_url`, whose login must be able to create roles and schemas."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    engine = create_async_engine(settings.admin_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
        async with engine.begin() as connection:
            password = settings.role_password or settings.admin_url.password
            for login in LOGINS if password else ():
                await connection.execute(text(_set_password(login, str(password))))
            demo = "off" if settings.production else "on"
            stands = await connection.scalar(text("select current_setting('careshare.demo', true)"))
            if (stands or "off") != demo:  # only a superuser may set it; a real service never needs to
                name = await connection.scalar(text("select quote_ident(current_database())"))
                await connection.execute(text(f"alter database {name} set careshare.demo = '{demo}'"))
    finally:
        await engine.dispose()


def _set_password(login: str, password: str) -> str:
    quoted = password.replace("'", "''").replace(":", "\\:")
    return f"alter role {login} password '{quoted}'"


def upgrade(settings: Settings) -> None:
    """Blocking form of `upgrade_async`, for the command line."""
    asyncio.run(upgrade_async(settings))
