"""Reads of the bound authority's clients."""

from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.clients.model import Client, Secret
from careshare.database import Uow
from careshare.errors import NotFound

CLIENTS = """
    select c.id, c.name, c.purpose, c.contact, m.roles, c.scopes, c.per_minute, c.token_minutes, c.external_id, c.ends,
      c.created_at, (select p.name from identity.colleagues(array[c.created_by]) p) as created_by, c.last_used_at,
      c.waiting, c.asked_by as asked_by_id, (select p.name from identity.colleagues(array[c.asked_by]) p) as asked_by,
      (select p.name from identity.colleagues(array[c.approved_by]) p) as approved_by, c.approved_at,
      array(select s.created_by from identity.client_secret s where s.authority_id = c.authority_id
        and s.client_id = c.id and s.waits and s.revoked_at is null) as secrets_of,
      c.revoked_at, c.version, c.revoked_at is not null or coalesce(c.ends <= current_date, false) as ended
    from identity.client c join tenants.member m on m.authority_id = c.authority_id and m.person_id = c.person_id
    where c.authority_id = (select careshare.authority())
"""
ALL = text(CLIENTS + " order by ended, lower(c.name), c.id")
ONE = text(CLIENTS + " and c.id = :client")
SECRETS = text("""
    select id, created_at, created_by as created_by_id, expires_at, last_used_at, revoked_at, waits,
      revoked_at is not null or coalesce(expires_at <= now(), false) as over
    from identity.client_secret
    where authority_id = (select careshare.authority()) and client_id = :client order by id desc
""")


async def clients(uow: Uow) -> list[Client]:
    """Every client, those that may call first."""
    rows = (await uow.execute(ALL)).mappings().all()
    return [msgspec.convert(dict(row), Client) for row in rows]


async def client(uow: Uow, client_id: UUID) -> Client:
    """One client. Raises NotFound."""
    row = (await uow.execute(ONE, {"client": client_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return msgspec.convert(dict(row), Client)


async def secrets_of(uow: Uow, client_id: UUID) -> list[Secret]:
    """The secrets a client has and had, the newest first."""
    rows = (await uow.execute(SECRETS, {"client": client_id})).mappings().all()
    return [msgspec.convert(dict(row), Secret) for row in rows]
