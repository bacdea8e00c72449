"""`careshare token`: issue and revoke the bearer tokens of API callers."""

import asyncio
from datetime import timedelta

import asyncpg
import click

from careshare.identity.tokens import LONGEST, TokenRefused, read_token, sign_token
from careshare.settings import Settings, load

MEMBER = """
    select p.id, a.id, m.roles from identity.person p join tenants.member m on m.person_id = p.id
    join tenants.authority a on a.id = m.authority_id
    where p.email = lower($1) and p.ended_at is null and $2 in (a.name, a.short_name, a.dfe_code, a.gss_code)
"""


@click.group()
def token() -> None:
    """Issue and revoke the tokens that API callers use.

    A token acts as one person for one authority, with that person's roles there and never more. Needs
    CARESHARE_DATABASE_URL of a login that may become careshare_owner, and the server's CARESHARE_SECRET_KEY.
    """


@token.command()
@click.option("--person", "email", required=True, help="E-mail address of the person or machine account.")
@click.option("--authority", required=True, help="The authority to act for: its name, DfE code or GSS code.")
@click.option(
    "--scope", "scopes", multiple=True, help="A permission to grant, like placement:search. Give it once for each."
)
@click.option("--hours", type=click.IntRange(1, 24), default=1, show_default=True, help="How long the token lasts.")
@click.option("--confirmed", is_flag=True, help="You have made sure that it is them: counts as step-up for 15 minutes.")
def issue(email: str, authority: str, scopes: tuple[str, ...], hours: int, *, confirmed: bool) -> None:
    """Print a new token. Without --scope it has every permission of the person's roles.

    What asks for step-up (members and roles, signing and leaving an agreement, giving somebody their data) takes only
    a token issued with --confirmed, and only for its first 15 minutes.

    \b
    Example: careshare token issue --person finder@gateshead.example --authority Gateshead --scope placement:search
    """  # noqa: D301  # \b is click's: keep the lines as they are
    lasts = min(timedelta(hours=hours), LONGEST)
    click.echo(asyncio.run(_issue(load(), email, authority, scopes, lasts, confirmed=confirmed)))


@token.command()
@click.argument("value")
def revoke(value: str) -> None:
    """Revoke the token VALUE: the next request with it is refused."""
    settings = load()
    try:
        token_id = read_token(settings.secret_key, value)
    except TokenRefused as error:
        raise click.ClickException("That is not a token of ours, or it has expired already.") from error

    async def run() -> bool:
        connection = await _owner(settings)
        try:
            return bool(await connection.fetchval("select identity.revoke_token($1)", token_id))
        finally:
            await connection.close()

    click.echo("Revoked." if asyncio.run(run()) else "It had been revoked before.")


async def _owner(settings: Settings) -> "asyncpg.Connection[asyncpg.Record]":
    address = settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    await connection.execute("set role careshare_owner")
    return connection


async def _issue(
    settings: Settings, email: str, authority: str, scopes: tuple[str, ...], lasts: timedelta, *, confirmed: bool
) -> str:
    from careshare.access.permissions import Permissions  # noqa: PLC0415  # only the command needs every service
    from careshare.service import services  # noqa: PLC0415

    permissions = Permissions(service.permissions for service in services())
    connection = await _owner(settings)
    try:
        found = await connection.fetchrow(MEMBER, email, authority)
        if found is None:
            raise click.ClickException(f"Nobody with that e-mail address is a member of an authority {authority}.")
        held = permissions.of(found["roles"])
        beyond = sorted(set(scopes) - held)
        if beyond:
            raise click.ClickException(f"Their roles do not grant {beyond[0]}. They grant: {', '.join(sorted(held))}.")
        granted = list(scopes) or sorted(held)
        token_id = await connection.fetchval(
            "select identity.issue_token($1, $2, $3, $4, $5)", found[0], found[1], granted, lasts, confirmed
        )
    finally:
        await connection.close()
    return sign_token(settings.secret_key, token_id, lasts)
