"""`careshare provider`: the sign-in service of an authority whose first administrator cannot sign in yet."""

import asyncio

import asyncpg
import click
import msgspec

from careshare.settings import Settings, load
from careshare.signin.protocol import BACK, CLIENT_USE
from careshare.signin.secrets import seal
from careshare.signin.settings_model import ENTRA, read_domain, read_issuer, read_tenant

AUTHORITY = """
    select id from tenants.authority where ends is null and $1 in (name, short_name, dfe_code, gss_code)
"""
ADD = """
    insert into tenants.provider (owner_id, title, kind, issuer, tenant_id, client_id, client_secret)
    values ($1, $2, $3, $4, $5, $6, $7) returning id
"""
APPROVE = """
    insert into tenants.email_domain (authority_id, domain, during, source)
    select $1, $2, daterange(current_date, null), 'operator'
    where not exists (select from tenants.email_domain where authority_id = $1 and domain = $2
      and during && daterange(current_date, null))
"""
DOMAIN = """
    insert into tenants.provider_domain (authority_id, provider_id, domain, during, vouched_id)
    select $1, $2, $3, during * daterange(current_date, null), $1 from tenants.email_domain
    where authority_id = $1 and domain = $3 and during && daterange(current_date, null) order by during limit 1
"""


class Given(msgspec.Struct, frozen=True):
    """A provider as the operator names it."""

    authority: str
    title: str
    domain: str
    issuer: str
    tenant_id: str | None
    client_id: str
    client_secret: str


@click.group()
def provider() -> None:
    """Set up the sign-in service of an authority.

    Later its own administrator changes it on the pages of administration. Needs CARESHARE_DATABASE_URL of a login that
    may become careshare_owner, and the server's CARESHARE_SECRET_KEY.
    """


@provider.command()
@click.option("--authority", required=True, help="Its name, DfE code or GSS code.")
@click.option("--title", required=True, help="What its people know the service by.")
@click.option("--domain", required=True, help="The e-mail domain of its people, like council.gov.uk.")
@click.option("--tenant", default="", help="Microsoft Entra ID: the directory (tenant) ID.")
@click.option("--issuer", default="", help="Any other service: its issuer.")
@click.option("--client-id", required=True, help="What the service calls Careshare.")
@click.option(
    "--client-secret",
    envvar="CARESHARE_CLIENT_SECRET",
    prompt=True,
    hide_input=True,
    help="Asked for, or taken from CARESHARE_CLIENT_SECRET.",
)
def add(
    *, authority: str, title: str, domain: str, tenant: str, issuer: str, client_id: str, client_secret: str
) -> None:
    """Add it, for one e-mail domain to begin with, which counts as approved: make sure that it is theirs."""
    if bool(tenant) == bool(issuer):
        raise click.ClickException("Give either --tenant or --issuer.")
    settings = load()
    try:
        tenant_id = read_tenant(tenant) if tenant else None
        where = ENTRA.format(tenant_id) if tenant_id else read_issuer(issuer)
        given = Given(authority, title, read_domain(domain), where, tenant_id, client_id, client_secret)
    except ValueError as error:
        raise click.ClickException(f"{error}.") from error
    if settings.production and not where.startswith("https://"):
        raise click.ClickException("The issuer must begin with https://.")
    asyncio.run(_add(settings, given))
    click.echo(f"Added. Register {settings.origin}{BACK} there as the redirect URI.")


async def _add(settings: Settings, given: Given) -> None:
    address = settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    try:
        async with connection.transaction():
            await connection.execute("set local role careshare_owner")
            authority = await connection.fetchval(AUTHORITY, given.authority)
            if authority is None:
                raise click.ClickException(f"There is no authority {given.authority}.")
            made = await connection.fetchval(
                ADD,
                authority,
                given.title,
                "entra" if given.tenant_id else "oidc",
                given.issuer,
                given.tenant_id,
                given.client_id,
                seal(settings.secret_key, CLIENT_USE, given.client_secret),
            )
            await connection.execute(APPROVE, authority, given.domain)
            await connection.execute(DOMAIN, authority, made, given.domain)
    except asyncpg.UniqueViolationError as error:
        raise click.ClickException("That service is there already, with that client ID.") from error
    finally:
        await connection.close()
