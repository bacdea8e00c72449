"""What is done about members: inviting, changing roles, ending, taking back. Each is one audited change."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, PreconditionFailed, Unprocessable
from careshare.http.problems import ConstraintMeaning, constraint_meanings
from tenants.members import queries
from tenants.members.model import (
    ADMINISTRATOR,
    INVITATION_LASTS,
    NOT_GIVEN,
    Invitation,
    Member,
    Settings,
    read_email,
)

LAST = "This is the last administrator who can sign in. Make somebody else an administrator first"
EXPIRED = "Your invitation has expired. Ask your authority’s administrator to send it again"

constraint_meanings.update(
    {
        "member_last_administrator": ConstraintMeaning("roles", LAST),
        "invitation_expired": ConstraintMeaning("", EXPIRED),
        "member_period": ConstraintMeaning("ends", "The end must not be before the start"),
    }
)

PERSON = text("select tenants.person_for(:email, :name)")
THERE = text("select id, ends, removed_at from tenants.members(address => :email)")
ADD = text("""
    insert into tenants.member (authority_id, person_id, roles, starts, ends, known_as)
    values ((select careshare.authority()), :person, :roles, :starts, :ends, :name)
    on conflict (authority_id, person_id) do nothing returning id
""")
LOCK = text("""
    select version from tenants.member where authority_id = (select careshare.authority()) and id = :id for update
""")
CHANGE = text("""
    update tenants.member set roles = coalesce(cast(:roles as text[]), roles),
      starts = coalesce(cast(:starts as date), starts), ends = cast(:ends as date),
      known_as = coalesce(cast(:name as text), known_as),
      removed_at = case when cast(:ends as date) is null then null else removed_at end,
      version = version + 1, changed_at = now()
    where authority_id = (select careshare.authority()) and id = :id
""")
INVITE = text("""
    insert into tenants.invitation (authority_id, member_id, expires_at)
    values ((select careshare.authority()), :id, now() + :lasts)
    on conflict (authority_id, member_id) do update set id = uuidv7(), sent_at = now(), sent_by = careshare.actor(),
      expires_at = excluded.expires_at, accepted_at = null, times = tenants.invitation.times + 1
    returning id
""")
PUT_OUT = text("select tenants.put_out(:person)")
SET_DEFAULTS = text("""
    insert into tenants.membership_settings (authority_id, default_roles)
    values ((select careshare.authority()), :roles)
    on conflict (authority_id) do update set default_roles = excluded.default_roles,
      version = tenants.membership_settings.version + 1
""")
PURPOSE = "invitation"


def known(who: Member) -> dict[str, Any]:
    """What the record keeps of a member before and after a change."""
    return {"email": who.email, "name": who.name, "roles": who.roles, "starts": who.starts, "ends": who.ends}


def given(roles: list[str], held: list[str] | None = None) -> list[str]:
    """The roles to record, in the order all are listed. Raises Invalid, or Unprocessable for one not to be given."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise Invalid(errors=[FieldError("roles", f"There is no role {unknown[0]}")])
    beyond = [role for role in roles if role in NOT_GIVEN and role not in (held or ())]
    if beyond:
        message = f"{ROLES[beyond[0]]} is not a role that an authority gives"
        raise Unprocessable(message, errors=[FieldError("roles", message)])
    return [role for role in ROLES if role in roles]


async def invite(uow: Uow, asked: Invitation, *, notify: bool = True) -> Member:
    """Make somebody a member and send them a link to sign in with, good for fourteen days.

    Somebody who left is taken back. Raises Invalid, Unprocessable, and Conflict where they are a member already.
    """
    try:
        email = read_email(asked.email)
    except ValueError as error:
        raise Invalid(errors=[FieldError("email", str(error))]) from None
    if not asked.name.strip():
        raise Invalid(errors=[FieldError("name", "Enter the person’s name")])
    roles = given(asked.roles)
    if not roles:
        raise Invalid(errors=[FieldError("roles", "Select at least one role")])
    starts = asked.starts or queries.today()
    _period(starts, asked.ends)
    made = await join(uow, email, name=asked.name.strip(), roles=roles, starts=starts, ends=asked.ends)
    if made is None:
        message = "Somebody with this e-mail address is a member already"
        raise Conflict(message, errors=[FieldError("email", message)])
    await _invite(uow, made, notify=notify)
    who = await queries.member(uow, made)
    await audit.record(uow, "member.invited", subjects=[who.id, who.person_id], after=known(who))
    return who


async def join(uow: Uow, email: str, *, name: str, roles: list[str], starts: date, ends: date | None) -> UUID | None:
    """A membership for somebody by e-mail address, or one that ended begun again; None where there is one already."""
    person = await uow.scalar(PERSON, {"email": email, "name": name})
    values = {"roles": roles, "starts": starts, "ends": ends, "name": name}
    made: UUID | None = await uow.scalar(ADD, {"person": person, **values})
    if made is not None:
        return made
    there = (await uow.execute(THERE, {"email": email})).mappings().one()
    await uow.execute(LOCK, {"id": there["id"]})
    there = (await uow.execute(THERE, {"email": email})).mappings().one()
    if there["ends"] is None or there["ends"] > queries.today():
        return None
    await uow.execute(CHANGE, {"id": there["id"], **values})
    again: UUID = there["id"]
    return again


async def resend(uow: Uow, member_id: UUID, *, notify: bool = True) -> Member:
    """Send the invitation again, good for another fourteen days. Raises NotFound, and Conflict once it was accepted."""
    who = await queries.member(uow, member_id)
    if who.state not in {"invited", "expired", "future"} or who.invited_at is None:
        raise Conflict("Only somebody who was invited and has not signed in yet can be sent the invitation again")
    await _invite(uow, member_id, notify=notify)
    await audit.record(uow, "member.invited_again", subjects=[who.id, who.person_id])
    return await queries.member(uow, member_id)


async def _invite(uow: Uow, member_id: UUID, *, notify: bool) -> None:
    invitation: UUID = (await uow.execute(INVITE, {"id": member_id, "lasts": INVITATION_LASTS})).scalar_one()
    if notify:
        who = await queries.member(uow, member_id)
        await send_link(uow, who.person_id, invitation)


async def send_link(uow: Uow, person_id: UUID, invitation_id: UUID) -> None:
    """The message with the one-time link: where to sign in first."""
    from careshare.messages import one_time_link, send_staff  # noqa: PLC0415  # only those who invite need it

    link = await one_time_link(uow, PURPOSE, invitation_id, INVITATION_LASTS, person_id=person_id)
    await send_staff(uow, person_id, PURPOSE, {"link": link})


async def change_roles(
    uow: Uow, member_id: UUID, version: int | None, roles: list[str], *, actor: UUID | None
) -> Member:
    """Give a member these roles from the next request on.

    Nobody gives themselves a role: `actor` is who asks, None for a directory. Raises NotFound, PreconditionFailed,
    Invalid, Unprocessable, and Conflict for the last administrator.
    """
    before = await locked(uow, member_id, version)
    wanted = given(roles, before.roles)
    if not wanted and actor is not None:
        raise Invalid(errors=[FieldError("roles", "Select at least one role")])
    more = [role for role in wanted if role not in before.roles]
    if more and before.person_id == actor:
        message = f"Nobody gives themselves a role. Ask another administrator for {ROLES[more[0]]}"
        raise Unprocessable(message, errors=[FieldError("roles", message)])
    if wanted == before.roles:
        return before
    if ADMINISTRATOR in before.roles and ADMINISTRATOR not in wanted:
        await another_administrator(uow, before, None)
    await uow.execute(CHANGE, {"id": member_id, "roles": wanted, "starts": None, "ends": before.ends, "name": None})
    return await _recorded(uow, "member.roles_changed", before)


async def end(uow: Uow, member_id: UUID, version: int | None, ends: date, *, why: str = "member.ended") -> Member:
    """End a membership on a day; today is at once: every session, token and temporary role of theirs ends with it.

    Raises NotFound, PreconditionFailed, Invalid for a day that has passed, and Conflict for the last administrator.
    """
    before = await locked(uow, member_id, version)
    if before.state == "left":
        raise Conflict("They have left already")
    if ends < queries.today():
        raise Invalid(errors=[FieldError("ends", "The end must be today or in the future")])
    if ADMINISTRATOR in before.roles:
        await another_administrator(uow, before, ends)
    now = ends <= queries.today()
    await uow.execute(
        CHANGE,
        {
            "id": member_id,
            "roles": None,
            "starts": min(before.starts, ends) if now else None,
            "ends": ends,
            "name": None,
        },
    )
    if now:
        await uow.execute(PUT_OUT, {"person": before.person_id})
    return await _recorded(uow, why, before)


async def reinstate(uow: Uow, member_id: UUID, version: int | None, *, why: str = "member.reinstated") -> Member:
    """Take the end back, before or after it came. Raises NotFound and PreconditionFailed."""
    before = await locked(uow, member_id, version)
    if before.ends is None:
        return before
    await uow.execute(CHANGE, {"id": member_id, "roles": None, "starts": None, "ends": None, "name": None})
    return await _recorded(uow, why, before)


async def set_defaults(uow: Uow, version: int, roles: list[str]) -> Settings:
    """The roles of those whom the directory sends without any. Raises PreconditionFailed, Invalid, Unprocessable."""
    before = await queries.membership_settings(uow)
    if before.version != version:
        raise PreconditionFailed
    if ADMINISTRATOR in roles:
        message = "An administrator is made by name, not by default"
        raise Unprocessable(message, errors=[FieldError("roles", message)])
    await uow.execute(SET_DEFAULTS, {"roles": given(roles)})
    after = await queries.membership_settings(uow)
    await audit.record(uow, "member.defaults_changed", before=before.default_roles, after=after.default_roles)
    return after


async def locked(uow: Uow, member_id: UUID, version: int | None) -> Member:
    """The member, and nobody else changes them before this transaction ends. `version` None: whatever it is."""
    found = await uow.scalar(LOCK, {"id": member_id})
    who = await queries.member(uow, member_id)
    if version is not None and found != version:
        raise PreconditionFailed
    return who


async def another_administrator(uow: Uow, who: Member, ends: date | None) -> None:
    """Raise Conflict if nobody else is an administrator. The database says so too, whatever happens meanwhile."""
    day = ends or queries.today()
    others = [
        one for one in await queries.administrators(uow) if one.id != who.id and (one.ends is None or one.ends > day)
    ]
    if who.state in {"active", "invited"} and not others:
        raise Conflict(LAST, errors=[FieldError("roles" if ends is None else "ends", LAST)])


async def _recorded(uow: Uow, action: str, before: Member) -> Member:
    after = await queries.member(uow, before.id)
    await audit.record(uow, action, subjects=[after.id, after.person_id], before=known(before), after=known(after))
    return after


def _period(starts: date, ends: date | None) -> None:
    if ends is not None and ends <= starts:
        raise Invalid(errors=[FieldError("ends", "The end must be after the start")])
