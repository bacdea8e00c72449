"""What an administrator does with clients: one function each, in the caller's transaction, on the record.

A secret is made here, shown once by whoever called, and kept as its hash. One that takes two people
is made when the second agrees and shown to them, so that whoever asked for it never knows it.
"""

import secrets
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.access.permissions import Permissions
from careshare.clients.model import NO_ROLE_FOR_MACHINES, Client, ClientForm
from careshare.clients.oauth import secret_hash
from careshare.clients.queries import client
from careshare.clients.rules import beyond, for_two
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, PreconditionFailed
from careshare.second_person.telling import tell_seconds

ADD = text(
    "select identity.add_client(:client, :name, :purpose, :contact, cast(:roles as text[]), cast(:scopes as text[]),"
    " :per_minute, :token_minutes, :external_id, :ends, :hash, cast(:second as text[]))"
)
CHANGE = text(
    "select identity.change_client(:client, :version, :name, :purpose, :contact, cast(:roles as text[]),"
    " cast(:scopes as text[]), :per_minute, :token_minutes, :external_id, :ends, cast(:second as text[]))"
)
ADD_SECRET = text(
    "select identity.add_client_secret(:client, :hash, cast(:keep as timestamptz), cast(:second as text[]))"
)
END_SECRET = text("select identity.end_client_secret(:client, :secret)")
APPROVE = text("select identity.approve_client(:client, :version, :fresh)")
REVOKE = text("select identity.revoke_client(:client)")
TAKEN = text("""
    select name from identity.client where authority_id = (select careshare.authority()) and external_id = :external_id
      and id <> :client and revoked_at is null
""")
TODAY = text("select current_date")
NOW = text("select now()")

LONGEST_OVERLAP: Final = timedelta(days=90)


def new_secret() -> str:
    """256 random bits, marked so that a scanner of code finds one that was left there."""
    return "careshare_" + secrets.token_urlsafe(32)


async def add_client(
    uow: Uow, permissions: Permissions, client_id: UUID, form: ClientForm, *, harmless: frozenset[str]
) -> str | None:
    """Add a client; its secret, or None where it shows tokens of the authority's own provider or a second person is
    shown one.

    What is not `harmless` opens nothing before a second person has agreed; the secret is made then.

    Raises Invalid, and Conflict where the same form was sent before: its secret is not shown twice.
    """
    await _check(uow, permissions, client_id, form)
    secret = None if form.external_id else new_secret()
    hashed = None if secret is None else secret_hash(secret)
    second = for_two(form.scopes, harmless)
    values = {"client": client_id, "hash": hashed, "second": second, **_values(form)}
    if not (await uow.execute(ADD, values)).scalar_one():
        raise Conflict("This system was added before. Its secret was shown then, and can be replaced.")
    await audit.record(uow, "client.added", subjects=[client_id], after=form)
    await _ask_a_second(uow, client_id)
    return None if second else secret


async def change_client(
    uow: Uow, permissions: Permissions, client_id: UUID, version: int, form: ClientForm, *, harmless: frozenset[str]
) -> None:
    """Change what a client may do and what is known of it. What is added waits for a second person, as in `add_client`.

    Raises NotFound, Invalid and PreconditionFailed.
    """
    before = await client(uow, client_id)
    await _check(uow, permissions, client_id, form)
    second = for_two(form.scopes, harmless)
    changed = await uow.execute(CHANGE, {"client": client_id, "version": version, "second": second, **_values(form)})
    if changed.scalar_one() is None:
        raise PreconditionFailed
    await audit.record(uow, "client.changed", subjects=[client_id], before=before.form(), after=form)
    await _ask_a_second(uow, client_id, before)


async def rotate(uow: Uow, client_id: UUID, overlap: timedelta, *, harmless: frozenset[str]) -> str | None:
    """A new secret; the one before stays valid for `overlap`, and tokens got with it no longer. Raises NotFound.

    None where the client may do more than what is `harmless`: it is made and shown when a second person agrees.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise Invalid(errors=[FieldError("overlap", "Select how long the old secret stays valid")])
    secret = new_secret()
    now: datetime = (await uow.execute(NOW)).scalar_one()
    keep = now + overlap if overlap else None
    before = await client(uow, client_id)
    second = for_two(before.scopes, harmless)
    values = {"client": client_id, "hash": secret_hash(secret), "keep": keep, "second": second}
    made = (await uow.execute(ADD_SECRET, values)).scalar_one()
    if made is None:
        raise NotFound
    after = {"secret": made, "others_until": keep or now}
    await audit.record(uow, "client.secret_added", subjects=[client_id], after=after)
    await _ask_a_second(uow, client_id, before)
    return None if second else secret


async def end_secret(uow: Uow, client_id: UUID, secret_id: UUID) -> None:
    """End a secret and every token got with it. Raises NotFound."""
    if not (await uow.execute(END_SECRET, {"client": client_id, "secret": secret_id})).scalar_one():
        raise NotFound
    await audit.record(uow, "client.secret_ended", subjects=[client_id], after={"secret": secret_id})


async def revoke(uow: Uow, client_id: UUID) -> None:
    """End a client for good: its next request is refused. Raises NotFound."""
    if not (await uow.execute(REVOKE, {"client": client_id})).scalar_one():
        raise NotFound
    await audit.record(uow, "client.revoked", subjects=[client_id])


async def approve(uow: Uow, client_id: UUID, version: int) -> str | None:
    """Agree, as a second person, to what others asked for: scopes that wait, secrets that wait. The secret, if one did.

    Raises NotFound, PreconditionFailed, and Conflict where only what one asked for oneself waits.
    """
    before = await client(uow, client_id)
    secret = new_secret()
    values = {"client": client_id, "version": version, "fresh": secret_hash(secret)}
    given: int | None = (await uow.execute(APPROVE, values)).scalar_one()
    if given is None:
        raise PreconditionFailed
    if not given:
        raise Conflict("You asked for this yourself, or nothing waits any more. Somebody else must agree.")
    after = await client(uow, client_id)
    scopes = sorted(set(before.waiting) - set(after.waiting))
    said = {"scopes": scopes, "secrets": len(before.secrets_of) - len(after.secrets_of)}
    await audit.record(uow, "client.approved", subjects=[client_id], after=said)
    return secret if said["secrets"] else None


async def _ask_a_second(uow: Uow, client_id: UUID, before: Client | None = None) -> None:
    """Tell whoever may agree that something new waits for them."""
    after = await client(uow, client_id)
    new = before is None or (after.waiting, after.secrets_of) != (before.waiting, before.secrets_of)
    if after.waits and new:
        await tell_seconds(uow)


def _values(form: ClientForm) -> dict[str, Any]:
    return msgspec.structs.asdict(form)


async def _check(uow: Uow, permissions: Permissions, client_id: UUID, form: ClientForm) -> None:
    errors: list[FieldError] = []
    roles = set(form.roles)
    if roles & NO_ROLE_FOR_MACHINES or any(not permissions.of([role]) for role in roles):
        errors.append(FieldError("roles", "Select roles that a system may have"))
    outside = beyond(form.scopes, permissions.of(roles))
    if outside and not errors:
        said = ", ".join(outside)
        errors.append(FieldError("scopes", f"The roles do not allow: {said}. Select fewer, or another role"))
    today: date = (await uow.execute(TODAY)).scalar_one()
    if form.ends is not None and form.ends <= today:
        errors.append(FieldError("ends", "The day it ends must be in the future"))
    if form.external_id is not None:
        asked = {"external_id": form.external_id, "client": client_id}
        taken = (await uow.execute(TAKEN, asked)).scalar_one_or_none()
        if taken is not None:
            errors.append(FieldError("external_id", f"{taken} has this application ID already"))
    if errors:
        raise Invalid(errors=errors)
