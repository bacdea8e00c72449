"""What an administrator does about sign-in: providers, domains, groups, accounts. Each change is on the record."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound, PreconditionFailed, Unprocessable
from careshare.identity import principal_of, provider_session_of
from careshare.settings import Settings
from careshare.signin import requests
from careshare.signin.fetch import Fetcher
from careshare.signin.model import ProviderDown
from careshare.signin.protocol import CLIENT_USE
from careshare.signin.secrets import seal
from careshare.signin.settings_model import (
    ENTRA,
    Account,
    DomainRow,
    GroupRow,
    Listed,
    Mapping,
    Nearby,
    NewProvider,
    ProviderChange,
)

LIST: Final = text("""
    select p.id, p.title, p.kind, p.issuer, p.tenant_id, p.client_id, p.groups_claim, p.api_audience, p.shared,
      p.version, p.owner_id = (select careshare.authority()) as mine,
      array(select d.domain from tenants.provider_domain d where d.provider_id = p.id and d.during @> current_date
        order by d.domain) as domains,
      array(select c.domain from tenants.domain_claim c where c.provider_id = p.id order by c.domain) as waiting
    from tenants.provider p where p.ended_at is null and (cast(:only as uuid) is null or p.id = cast(:only as uuid))
    order by p.title, p.id
""")
NEARBY: Final = text("select provider_id, title, issuer, owner_name from tenants.providers_nearby()")
DOMAINS: Final = text("""
    select domain, lower(during) as starts, upper(during) as ends, false as waits from tenants.provider_domain
    where provider_id = :provider
    union all
    select domain, cast(asked_at at time zone 'Europe/London' as date), null, true from tenants.domain_claim
    where provider_id = :provider order by domain, starts
""")
GROUPS: Final = text("select group_id, role from tenants.provider_group where provider_id = :provider order by 1, 2")
ACCOUNTS: Final = text("select * from tenants.linked_accounts() where provider_id = :provider")
TAKEN: Final = text("""
    select 1 from tenants.provider where issuer = :issuer and client_id = :client_id and ended_at is null
""")
ADD: Final = text("""
    insert into tenants.provider (owner_id, title, kind, issuer, tenant_id, client_id, client_secret)
    values (careshare.authority(), :title, :kind, :issuer, :tenant_id, :client_id, :client_secret) returning id
""")
CHANGE: Final = text("""
    update tenants.provider set title = :title, client_id = :client_id, groups_claim = :groups_claim,
      api_audience = :api_audience, shared = :shared, version = version + 1
    where id = :id and version = :version and ended_at is null and owner_id = (select careshare.authority())
    returning id
""")
NEW_SECRET: Final = text("update tenants.provider set client_secret = :secret where id = :id")
UNMAP: Final = text("""
    delete from tenants.provider_group where provider_id = :provider and group_id = :group_id and role = :role
    returning role
""")
FORGET: Final = text("select tenants.forget_account(:provider, :person)")
END: Final = text("select tenants.end_provider(:provider)")


async def listed(uow: Uow) -> list[Listed]:
    """The providers the bound authority keeps or uses."""
    return [Listed(**row) for row in (await uow.execute(LIST, {"only": None})).mappings()]


async def one(uow: Uow, provider_id: UUID) -> Listed:
    """One of them. Raises NotFound."""
    row = (await uow.execute(LIST, {"only": provider_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return Listed(**row)


async def nearby(uow: Uow) -> list[Nearby]:
    """Providers of other authorities of the region, which this one could use."""
    return [Nearby(**row) for row in (await uow.execute(NEARBY)).mappings()]


async def domains_of(uow: Uow, provider_id: UUID) -> list[DomainRow]:
    """The authority's domains at a provider, those that have ended too."""
    return [DomainRow(**row) for row in (await uow.execute(DOMAINS, {"provider": provider_id})).mappings()]


async def groups(uow: Uow, provider_id: UUID) -> list[GroupRow]:
    """The roles that groups give."""
    return [GroupRow(**row) for row in (await uow.execute(GROUPS, {"provider": provider_id})).mappings()]


async def accounts(uow: Uow, provider_id: UUID) -> list[Account]:
    """The authority's people who have signed in through a provider."""
    return [Account(**row) for row in (await uow.execute(ACCOUNTS, {"provider": provider_id})).mappings()]


async def add_provider(uow: Uow, settings: Settings, given: NewProvider) -> UUID:
    """Keep a new provider and ask for one domain to begin with: nobody signs in before a second person agrees.

    Raises Invalid.
    """
    if given.kind == "entra" and not given.tenant_id:
        raise Invalid(errors=[FieldError("tenant_id", "Enter the directory (tenant) ID")])
    if given.kind == "oidc" and not given.issuer:
        raise Invalid(errors=[FieldError("issuer", "Enter the issuer’s address")])
    issuer = ENTRA.format(given.tenant_id) if given.kind == "entra" else str(given.issuer)
    try:
        Fetcher(careful=settings.production).check(issuer)
    except ProviderDown:
        raise Invalid(errors=[FieldError("issuer", "The issuer’s address must begin with https://")]) from None
    if await uow.scalar(TAKEN, {"issuer": issuer, "client_id": given.client_id}):
        raise Invalid(errors=[FieldError("client_id", "You have added this sign-in service already")])
    values = {
        "title": given.title,
        "kind": given.kind,
        "issuer": issuer,
        "tenant_id": given.tenant_id if given.kind == "entra" else None,
        "client_id": given.client_id,
        "client_secret": _sealed(settings, given.client_secret),
    }
    made: UUID = (await uow.execute(ADD, values)).scalar_one()
    said = {name: value for name, value in values.items() if name != "client_secret"}
    await audit.record(uow, "sign_in_provider.added", subjects=[made], after=said)
    await requests.ask_domain(uow, made, given.domain)
    return made


async def change_provider(uow: Uow, settings: Settings, provider_id: UUID, change: ProviderChange) -> None:
    """Change a provider of one's own. Raises NotFound, Invalid or PreconditionFailed."""
    before = await _mine(uow, provider_id)
    if change.api_audience is not None and change.api_audience == change.client_id:
        wrong = "The audience must differ from the client ID: register the API as an application of its own"
        raise Invalid(errors=[FieldError("api_audience", wrong)])
    if change.groups_claim != before.groups_claim and await groups(uow, provider_id):
        wrong = "Remove the roles that groups give first: a second person agreed to them for the claim they came from"
        raise Invalid(errors=[FieldError("groups_claim", wrong)])
    values = {
        "id": provider_id,
        "version": change.version,
        "title": change.title,
        "client_id": change.client_id,
        "groups_claim": change.groups_claim,
        "api_audience": change.api_audience,
        "shared": change.shared,
    }
    if await uow.scalar(CHANGE, values) is None:
        raise PreconditionFailed
    if change.client_secret:
        await uow.execute(NEW_SECRET, {"id": provider_id, "secret": _sealed(settings, change.client_secret)})
    after = {name: value for name, value in values.items() if name not in {"id", "version"}}
    old = {name: getattr(before, name) for name in after}
    new_secret = {"client_secret": "replaced"} if change.client_secret else {}
    await audit.record(
        uow, "sign_in_provider.changed", subjects=[provider_id], before=old, after={**after, **new_secret}
    )


async def remove_mapping(uow: Uow, provider_id: UUID, mapping: Mapping) -> None:
    """Have it give the role no longer; whoever holds it keeps it until somebody takes it away. Raises NotFound."""
    given = {"provider": provider_id, "group_id": mapping.group_id, "role": mapping.role}
    if await uow.scalar(UNMAP, given) is None:
        raise NotFound
    await audit.record(uow, "sign_in_group.removed", subjects=[provider_id], before=mapping)


async def forget_account(uow: Uow, provider_id: UUID, person_id: UUID) -> None:
    """Forget which account at the provider is this person's; their next sign-in links anew. Raises NotFound."""
    if person_id == principal_of(uow).person_id:
        raise Unprocessable("You cannot forget your own account. Ask another administrator.")
    if not await uow.scalar(FORGET, {"provider": provider_id, "person": person_id}):
        raise NotFound
    await audit.record(uow, "sign_in_account.forgotten", subjects=[person_id, provider_id])


async def end_provider(uow: Uow, provider_id: UUID, session: str) -> None:
    """End a provider of one's own, and every session through it. Raises NotFound or Unprocessable."""
    await _mine(uow, provider_id)
    known = await provider_session_of(uow, session)
    if known is not None and known.provider == provider_id:
        raise Unprocessable("You are signed in through this service yourself. Sign in through another one first.")
    await uow.execute(END, {"provider": provider_id})
    await audit.record(uow, "sign_in_provider.ended", subjects=[provider_id])


async def _mine(uow: Uow, provider_id: UUID) -> Listed:
    found = await one(uow, provider_id)
    if not found.mine:
        raise NotFound
    return found


def _sealed(settings: Settings, secret: str | None) -> str | None:
    return seal(settings.secret_key, CLIENT_USE, secret) if secret else None
