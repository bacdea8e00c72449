"""Finding, making, changing and ending members as the council's directory asks. Each change is audited."""

from typing import Any, Final
from uuid import UUID

from scim2_models import ConflictException, InvalidValueException, NotFoundException, UniquenessException
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    String,
    Uuid,
    and_,
    column,
    func,
    or_,
    select,
    text,
)

from careshare import audit
from careshare.access.permissions import ROLES
from careshare.database import Uow
from tenants.members import queries
from tenants.members.actions import PERSON, PUT_OUT, another_administrator, locked
from tenants.members.model import ADMINISTRATOR, NOT_GIVEN, Member
from tenants.members.scim.filters import Columns, condition
from tenants.members.scim.users import Wanted

Row = dict[str, Any]

_columns: Final = (
    column("id", Uuid()),
    column("name", String()),
    column("email", String()),
    column("roles", ARRAY(String())),
    column("ends", Date()),
    column("version", Integer()),
    column("user_name", String()),
    column("given_name", String()),
    column("family_name", String()),
    column("external_id", String()),
    column("created_at", DateTime(timezone=True)),
    column("changed_at", DateTime(timezone=True)),
    column("removed_at", DateTime(timezone=True)),
)
_members: Final = func.tenants.members().table_valued(*_columns, name="m")
_ACTIVE: Final[ColumnElement[bool]] = or_(_members.c.ends.is_(None), _members.c.ends > func.current_date())
_COLUMNS: Final[Columns] = {**{one.name: _members.c[one.name] for one in _columns}, "active": _ACTIVE}
_THERE: Final = _members.c.removed_at.is_(None)
_ROW: Final = (*(_members.c[one.name] for one in _columns), _ACTIVE.label("active"))

ONE = text("""
select m.*, m.ends is null or m.ends > current_date as active
from tenants.members(which => :id) m where m.removed_at is null
""")
TAKEN = text("""
select m.id, m.removed_at from tenants.members() m
where m.email = lower(:email) or (m.removed_at is null and lower(m.user_name) = lower(:user_name))
""")
ADD = text("""
insert into tenants.member
  (authority_id, person_id, roles, known_as, given_name, family_name, user_name, external_id, starts, ends)
values ((select careshare.authority()), :person, :roles, :name, :given_name, :family_name, :user_name, :external_id,
  current_date, case when not :active then current_date end) returning id
""")
SET = text("""
update tenants.member set roles = :roles, known_as = :name, given_name = :given_name, family_name = :family_name,
  user_name = :user_name, external_id = :external_id,
  starts = case when :active then starts else least(starts, current_date) end,
  ends = case when not :active then least(ends, current_date) when ends <= current_date then null else ends end,
  removed_at = case when :removed then now() end, version = version + 1, changed_at = now()
where authority_id = (select careshare.authority()) and id = :id
""")
CORRECT = text("select tenants.correct_person(:person, :name, :email)")


async def find(uow: Uow, user_id: UUID | None) -> Row:
    """One user. Raises NotFoundException."""
    row = None if user_id is None else (await uow.execute(ONE, {"id": user_id})).mappings().one_or_none()
    if row is None:
        raise NotFoundException(detail="There is no such user")
    return dict(row)


async def search(uow: Uow, filter_: str | None, start: int, count: int) -> tuple[int, list[Row]]:
    """How many users a filter finds, and those of one page, in the order they came. `start` counts from 1."""
    where = and_(_THERE, condition(filter_, _COLUMNS)) if filter_ else _THERE
    total: int = (await uow.execute(select(func.count()).select_from(_members).where(where))).scalar_one()
    if count == 0 or start > total:
        return total, []
    page = select(*_ROW).where(where).order_by(_members.c.created_at, _members.c.id).offset(start - 1).limit(count)
    return total, [dict(row) for row in (await uow.execute(page)).mappings()]


async def create(uow: Uow, wanted: Wanted) -> Row:
    """A new member, or one that had been deleted there again. Raises UniquenessException, InvalidValueException."""
    roles = await _roles(uow, wanted, None)
    taken = (await uow.execute(TAKEN, {"email": wanted.email, "user_name": wanted.user_name})).mappings().all()
    if any(row["removed_at"] is None for row in taken):
        raise UniquenessException(detail="Another user has this userName or e-mail address")
    values = _values(wanted, roles)
    if taken:
        await uow.execute(SET, {**values, "id": taken[0]["id"], "removed": False})
        made: UUID = taken[0]["id"]
    else:
        person = await uow.scalar(PERSON, {"email": wanted.email, "name": wanted.name})
        made = (await uow.execute(ADD, {**values, "person": person})).scalar_one()
    after = await find(uow, made)
    await audit.record(uow, "member.provisioned", subjects=[made], after=_kept(after))
    return after


async def change(uow: Uow, user_id: UUID, wanted: Wanted, version: int | None) -> Row:
    """Make a member what the directory wants. Deactivated is out at once. Raises what `create` does, and Conflict."""
    member = await locked(uow, user_id, version)
    before = await find(uow, user_id)
    roles = await _roles(uow, wanted, before["roles"])
    if ADMINISTRATOR in before["roles"]:
        _spare_administrator(member, wanted)
        if not before["active"]:  # taken back, not appointed anew
            roles = [role for role in roles if role != ADMINISTRATOR]
    taken = (await uow.execute(TAKEN, {"email": wanted.email, "user_name": wanted.user_name})).mappings().all()
    if any(row["id"] != user_id for row in taken):
        raise UniquenessException(detail="Another user has this userName or e-mail address")
    if (wanted.email, wanted.name) != (member.email, member.name):
        await _correct(uow, member, wanted)
    if ADMINISTRATOR in before["roles"] and before["active"] and (ADMINISTRATOR not in roles or not wanted.active):
        await another_administrator(uow, member, None)
    await uow.execute(SET, {**_values(wanted, roles), "id": user_id, "removed": False})
    out = before["active"] and not wanted.active
    if out:
        await uow.execute(PUT_OUT, {"person": member.person_id})
    after = await find(uow, user_id)
    action = "member.deprovisioned" if out else "member.provisioned"
    subjects = [user_id, member.person_id]
    await audit.record(uow, action, subjects=subjects, before=_kept(before), after=_kept(after))
    return after


async def remove(uow: Uow, user_id: UUID | None) -> None:
    """End a membership at once and show the user no more. Raises NotFoundException, Conflict."""
    before = await find(uow, user_id)
    member = await locked(uow, before["id"], None)
    if ADMINISTRATOR in before["roles"] and before["active"]:
        await another_administrator(uow, member, None)
    values = {name: before[name] for name in ("given_name", "family_name", "external_id", "name", "roles")}
    own = None if before["user_name"] == before["email"] else before["user_name"]
    await uow.execute(SET, {**values, "user_name": own, "active": False, "removed": True, "id": before["id"]})
    await uow.execute(PUT_OUT, {"person": member.person_id})
    await audit.record(uow, "member.deprovisioned", subjects=[member.id, member.person_id], before=_kept(before))


def _spare_administrator(member: Member, wanted: Wanted) -> None:
    """A directory appoints no administrator, and so does not say who signs in as one. Raises ConflictException."""
    if wanted.email != member.email:
        raise ConflictException(
            detail="The e-mail address of an administrator is not changed by a directory: take the role from them first"
        )


async def _correct(uow: Uow, member: Member, wanted: Wanted) -> None:
    outcome = await uow.scalar(CORRECT, {"person": member.person_id, "name": wanted.name, "email": wanted.email})
    if outcome == "taken":
        raise UniquenessException(detail="Another user has this userName or e-mail address")
    if outcome == "shared" and wanted.email != member.email:
        raise ConflictException(
            detail="This person signs in for another authority with that e-mail address too, so it cannot be changed"
        )


async def _roles(uow: Uow, wanted: Wanted, held: list[str] | None) -> list[str]:
    if wanted.roles is None:
        return (await queries.membership_settings(uow)).default_roles if held is None else held
    for role in wanted.roles:
        if role not in ROLES or (role in NOT_GIVEN | {ADMINISTRATOR} and role not in (held or ())):
            raise InvalidValueException(detail=f"There is no role {role} to give")
    return [role for role in ROLES if role in wanted.roles]


def _values(wanted: Wanted, roles: list[str]) -> Row:
    return {
        "roles": roles,
        "name": wanted.name,
        "given_name": wanted.given_name,
        "family_name": wanted.family_name,
        "user_name": None if wanted.user_name.lower() == wanted.email else wanted.user_name,
        "external_id": wanted.external_id,
        "active": wanted.active,
    }


def _kept(row: Row) -> Row:
    return {name: row[name] for name in ("user_name", "email", "name", "roles", "external_id", "active", "ends")}
