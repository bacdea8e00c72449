"""Whom an authority lets sign in, and which roles their groups give: one administrator asks, a second person agrees.

Otherwise an administrator could run an issuer for their own council's domain and sign in as anybody, or have a group of
their own give them a role. The database's functions refuse whoever asked, and nothing else writes these rows.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.errors import Conflict, NotFound
from careshare.second_person.telling import tell_seconds
from careshare.signin import domains
from careshare.signin.settings_model import Mapping

REQUESTS: Final = """
    select r.id, r.provider_id, p.title, p.kind, p.issuer, p.client_id, p.owner_id = r.authority_id as mine,
      r.domain, r.group_id, r.role, r.asked_by as asked_by_id,
      (select c.name from identity.colleagues(array[r.asked_by]) c) as asked_by, r.asked_at,
      (select c.name from identity.colleagues(array[r.decided_by]) c) as decided_by, r.decided_at, r.agreed
    from tenants.sign_in_request r join tenants.provider p on p.id = r.provider_id
    where r.authority_id = (select careshare.authority())
"""
OPEN: Final = text(
    REQUESTS
    + """ and r.decided_at is null and p.ended_at is null
      and (cast(:provider as uuid) is null or r.provider_id = cast(:provider as uuid)) order by r.asked_at, r.id
"""
)
ONE: Final = text(REQUESTS + " and r.id = :id")
ASK_DOMAIN: Final = text("select tenants.ask_for_domain(:provider, :domain)")
ASK_GROUP: Final = text("""
    insert into tenants.sign_in_request (authority_id, provider_id, group_id, role)
    select careshare.authority(), :provider, :group_id, :role
    where not exists (select from tenants.provider_group g where g.authority_id = (select careshare.authority())
      and g.provider_id = :provider and g.group_id = :group_id and g.role = :role)
    on conflict do nothing returning id
""")
AGREE: Final = text("select tenants.agree_to_sign_in(:id)")
DECLINE: Final = text("select tenants.decline_sign_in(:id)")


class SignInRequest(msgspec.Struct, frozen=True):
    """What was asked for: people of a domain to sign in, or a group to give a role. `agreed` None: not decided yet."""

    id: UUID
    provider_id: UUID
    title: str
    kind: str
    issuer: str
    client_id: str
    mine: bool
    """Whether the bound authority keeps the provider itself."""
    domain: str | None
    group_id: str | None
    role: str | None
    asked_by_id: UUID
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    agreed: bool | None

    @property
    def words(self) -> str:
        """What it would do."""
        if self.domain is not None:
            return f"Let people with addresses at {self.domain} sign in through {self.title}"
        return f"Give people of the group {self.group_id} of {self.title} the role {ROLES[self.role or '']}"

    @property
    def action(self) -> str:
        """The noun of what the record keeps of it."""
        return "sign_in_domain" if self.domain is not None else "sign_in_group"

    @property
    def said(self) -> dict[str, str | None]:
        """What the record keeps of it."""
        return {"domain": self.domain} if self.domain is not None else {"group_id": self.group_id, "role": self.role}


async def waiting(uow: Uow, provider_id: UUID | None = None) -> list[SignInRequest]:
    """What waits for a second person, what was asked first at the top; of one provider or of all."""
    return [SignInRequest(**row) for row in (await uow.execute(OPEN, {"provider": provider_id})).mappings()]


async def one(uow: Uow, which: UUID) -> SignInRequest:
    """One request, decided or not. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": which})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return SignInRequest(**row)


async def ask_domain(uow: Uow, provider_id: UUID, domain: str) -> None:
    """Ask that people of a domain may sign in. Raises NotFound and Conflict."""
    outcome: str | None = await uow.scalar(ASK_DOMAIN, {"provider": provider_id, "domain": domain})
    if outcome is None:
        raise NotFound
    if outcome == "already":
        raise Conflict("People of this domain sign in through it already, or it has been asked for.")
    await audit.record(uow, "sign_in_domain.asked_for", subjects=[provider_id], after={"domain": domain})
    await tell_seconds(uow)


async def ask_mapping(uow: Uow, provider_id: UUID, mapping: Mapping) -> None:
    """Ask that a group gives a role. Asked twice, it is asked for once."""
    given = {"provider": provider_id, "group_id": mapping.group_id, "role": mapping.role}
    if await uow.scalar(ASK_GROUP, given) is not None:
        await audit.record(uow, "sign_in_group.asked_for", subjects=[provider_id], after=mapping)
        await tell_seconds(uow)


async def agree(uow: Uow, which: UUID) -> bool:
    """Agree as a second person; False where a domain waits for the regional administrator still, who is told.

    Raises NotFound, and Conflict for whoever asked.
    """
    asked = await one(uow, which)
    outcome: str | None = await uow.scalar(AGREE, {"id": which})
    if outcome is None:
        raise Conflict("You asked for this yourself, it is decided, or the sign-in service has gone.")
    waits = outcome == "waiting"
    await audit.record(
        uow,
        f"{asked.action}.added",
        subjects=[asked.provider_id, asked.asked_by_id],
        after={**asked.said, "waits": waits},
    )
    if waits:
        await domains.tell_region(uow)
    return not waits


async def decline(uow: Uow, which: UUID) -> None:
    """Take back what one asked for, or say no to another. Raises NotFound, and Conflict where it is decided."""
    asked = await one(uow, which)
    if not await uow.scalar(DECLINE, {"id": which}):
        raise Conflict("It is decided already.")
    await audit.record(
        uow, f"{asked.action}.declined", subjects=[asked.provider_id, asked.asked_by_id], before=asked.said
    )
