"""Changing a request: its dates and need, its children, who they are, whose work it is. Each names its version."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, PreconditionFailed
from services.placements.need import MOST_CHILDREN, Pair, Sex
from services.placements.queries import today
from services.placements.requests import rules
from services.placements.requests.actions.identity import renew_identity
from services.placements.requests.actions.start import encoded, insert_child, known_postcodes
from services.placements.requests.model import ChildNeed, Identity, Kind, RequestChild, RequestNeed
from services.placements.requests.queries import whole
from services.placements.requests.records import ChildRecord, RequestRecord
from tenants.colleagues import colleague, locked_from

LOCK = text("""
select r.version from placements.request r
where r.authority_id = (select careshare.authority()) and r.id = :id for update
""")
BUMP = text("""
update placements.request set version = version + 1, updated_at = clock_timestamp()
where authority_id = (select careshare.authority()) and id = :id returning version
""")
SET_REQUEST = text("""
update placements.request set kind = :kind, starts = :starts, ends = :ends, need = cast(:need as jsonb)
where authority_id = (select careshare.authority()) and id = :id
""")
SET_AGE = text("""
update placements.request_child set age = :age
where authority_id = (select careshare.authority()) and id = :child and request_id = :id
""")
SET_CHILD = text("""
update placements.request_child set age = :age, sex = :sex, need = cast(:need as jsonb)
where authority_id = (select careshare.authority()) and id = :child and request_id = :id
""")
SET_IDENTITY = text("""
update placements.request_child set age = :age, reference = :reference, name = :name, known_as = :known_as,
  born = :born,
  ethnicity = :ethnicity, legal_status = :legal_status, legal_since = :legal_since, address = :address,
  postcode = :postcode, school = :school, school_postcode = :school_postcode, on_file = :on_file
where authority_id = (select careshare.authority()) and id = :child and request_id = :id
""")
REMOVE = text("""
delete from placements.request_child
where authority_id = (select careshare.authority()) and id = :child and request_id = :id
""")
MOVE_UP = text("""
update placements.request_child set position = position - 1
where authority_id = (select careshare.authority()) and request_id = :id and position > :position
""")
LATER = text("set constraints placements.request_child_position deferred")
ASKED_FOR = text("""
select 1 from placements.asked where authority_id = (select careshare.authority()) and request_id = :id limit 1
""")
GIVE = text("""
update placements.request set held_by = :person where authority_id = (select careshare.authority()) and id = :id
""")
HOLDERS = ("social_worker", "placement_finder", "out_of_hours", "team_manager", "regional_placement_officer")
"""Roles that may have a request as their work."""


@dataclass(slots=True)
class Change:
    """A change being made: the request before, and what differs after, for the record."""

    request: RequestRecord
    before: dict[str, Any] = field(default_factory=dict[str, Any])
    after: dict[str, Any] = field(default_factory=dict[str, Any])
    version: int = 0

    def note(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Note what differs; what is the same is left out."""
        for name, value in after.items():
            if before.get(name) != value:
                self.before[name] = before.get(name)
                self.after[name] = value

    def child(self, child_id: UUID) -> ChildRecord:
        """One of its children. Raises NotFound."""
        found = next((one for one in self.request.children if one.id == child_id), None)
        if found is None:
            raise NotFound
        return found


@asynccontextmanager
async def changing(
    uow: Uow, request_id: UUID, version: int | None, action: str, *more: UUID, standing: bool = True
) -> AsyncGenerator[Change]:
    """Hold a request while it is changed, and in the end raise its version and record the change.

    Raises NotFound, PreconditionFailed where it changed meanwhile, Conflict where it is over (`standing`).
    """
    found: int | None = (await uow.execute(LOCK, {"id": request_id})).scalar_one_or_none()
    if found is None:
        raise NotFound
    if version is not None and version != found:
        raise PreconditionFailed
    change = Change(await whole(uow, request_id))
    if standing and "change" not in change.request.allowed:
        raise Conflict("The request is over. Reopen it to change it.")
    yield change
    change.version = (await uow.execute(BUMP, {"id": request_id})).scalar_one()
    await audit.record(uow, action, subjects=[request_id, *more], before=change.before, after=change.after)


async def change(
    uow: Uow,
    request_id: UUID,
    version: int | None,
    *,
    kind: Kind | None = None,
    starts: date | None = None,
    ends: date | msgspec.UnsetType | None = msgspec.UNSET,
    need: RequestNeed | None = None,
    knows_names: bool = True,
) -> int:
    """Change when a home is needed and what all children need together; what is left out stays. The new version.

    `knows_names` false: the caller was not shown the names of family and friends, and those that stand are kept.

    Ages follow the day wanted where a date of birth is known. Raises NotFound, PreconditionFailed, Conflict, Invalid.
    """
    async with changing(uow, request_id, version, "request.changed") as made:
        was = made.request
        day = today()
        first = starts or was.starts
        last = was.ends if ends is msgspec.UNSET else ends
        rules.check_when(first, last, day, new=first != was.starts)
        asked = need or was.need
        wanted = rules.check_need(asked if knows_names else _named(asked, was.need), len(was.children), day)
        await known_postcodes(uow, wanted if need else None, {})
        values = {"kind": kind or was.kind, "starts": first, "ends": last}
        await uow.execute(SET_REQUEST, {"id": request_id, "need": encoded(wanted), **values})
        for child in was.children:
            born = child.identity.born if child.identity else None
            age = rules.check_age(born, child.age, first, wanted.care_type, "starts-" if born else "")
            if age != child.age:
                await uow.execute(SET_AGE, {"id": request_id, "child": child.id, "age": age})
        made.note({name: getattr(was, name) for name in values}, values)
        made.note(msgspec.structs.asdict(was.need), msgspec.structs.asdict(wanted))
    return made.version


def _named(need: RequestNeed, was: RequestNeed) -> RequestNeed:
    """The need with the names that stood there, where the same relative or friend stands in the same place."""
    considered = [
        msgspec.structs.replace(one, name=before.name)
        if before is not None and not one.name and one.relationship == before.relationship
        else one
        for one, before in zip_longest(need.considered, was.considered[: len(need.considered)])
    ]
    return msgspec.structs.replace(need, considered=considered)


async def add_child(uow: Uow, request_id: UUID, version: int | None, child: RequestChild) -> UUID:
    """Add a child. Raises NotFound, PreconditionFailed, Conflict, Invalid."""
    async with changing(uow, request_id, version, "request.child_added") as made:
        count = len(made.request.children)
        if count >= MOST_CHILDREN:
            message = f"A request can be for up to {MOST_CHILDREN} children"
            raise Invalid(message, errors=[FieldError("age", message)])
        day = today()
        identity = rules.check_identity(child.identity, day)
        age = rules.check_age(identity.born, child.age, made.request.starts, made.request.need.care_type)
        await known_postcodes(uow, None, {"": identity})
        checked = RequestChild(age=age, sex=child.sex, need=rules.check_child(child.need, day), identity=identity)
        added = await insert_child(uow, request_id, count + 1, age, checked)
        made.note({}, {"child": added, "age": age, "sex": child.sex, "need": checked.need, "identity": identity})
    return added


async def change_child(
    uow: Uow,
    request_id: UUID,
    version: int | None,
    child_id: UUID,
    *,
    age: int | None = None,
    sex: Sex | None = None,
    need: ChildNeed | None = None,
) -> int:
    """Change what a child needs; what is left out stays. The age follows a date of birth. The new version.

    Raises NotFound, PreconditionFailed, Conflict, Invalid.
    """
    async with changing(uow, request_id, version, "request.child_changed", child_id) as made:
        child = made.child(child_id)
        born = child.identity.born if child.identity else None
        given = child.age if age is None else age
        whole_years = rules.check_age(born, given, made.request.starts, made.request.need.care_type)
        wanted = rules.check_child(need or child.need, today())
        values = {"age": whole_years, "sex": sex or child.sex}
        await uow.execute(SET_CHILD, {"id": request_id, "child": child_id, "need": encoded(wanted), **values})
        made.note({name: getattr(child, name) for name in values}, values)
        made.note(msgspec.structs.asdict(child.need), msgspec.structs.asdict(wanted))
    return made.version


async def change_identity(uow: Uow, request_id: UUID, version: int | None, child_id: UUID, identity: Identity) -> int:
    """Record who a child is and where they live, for homes asked before too; the new version.

    Raises NotFound, PreconditionFailed, Conflict, Invalid.
    """
    async with changing(uow, request_id, version, "request.identity_changed", child_id) as made:
        child = made.child(child_id)
        known = rules.check_identity(identity, today())
        age = rules.check_age(known.born, child.age, made.request.starts, made.request.need.care_type)
        await known_postcodes(uow, None, {"": known})
        values = msgspec.structs.asdict(known)
        await uow.execute(SET_IDENTITY, {"id": request_id, "child": child_id, "age": age, **values})
        await renew_identity(uow, request_id, msgspec.structs.replace(child, identity=known, age=age))
        made.note(msgspec.structs.asdict(child.identity) if child.identity else {}, values)
    return made.version


async def remove_child(uow: Uow, request_id: UUID, version: int | None, child_id: UUID) -> int:
    """Take a child out of a request that nobody was asked about yet; pairs that named the child go too.

    The new version. Raises NotFound, PreconditionFailed, and Conflict for the only child or once somebody was asked.
    """
    async with changing(uow, request_id, version, "request.child_removed", child_id) as made:
        child = made.child(child_id)
        if len(made.request.children) == 1:
            raise Conflict("A request is for one child at least. Withdraw it instead.")
        if (await uow.execute(ASKED_FOR, {"id": request_id})).first() is not None:
            raise Conflict("Somebody was asked for these children already. Withdraw the request and start another.")
        need = made.request.need
        left = msgspec.structs.replace(
            need,
            together=_without(need.together, child.position),
            apart=_without(need.apart, child.position),
            siblings=need.siblings and len(made.request.children) > 2,
        )
        await uow.execute(LATER)
        await uow.execute(REMOVE, {"id": request_id, "child": child_id})
        await uow.execute(MOVE_UP, {"id": request_id, "position": child.position})
        was = made.request
        values = {"kind": was.kind, "starts": was.starts, "ends": was.ends, "need": encoded(left)}
        await uow.execute(SET_REQUEST, {"id": request_id, **values})
        made.note({"child": child_id, "age": child.age, "sex": child.sex}, {"child": None})
    return made.version


def _without(pairs: list[Pair], position: int) -> list[Pair]:
    """Pairs that do not name a child, with the places of those after it one less."""
    kept = [pair for pair in pairs if position not in {pair.first, pair.second}]
    return [
        Pair(first=pair.first - (pair.first > position), second=pair.second - (pair.second > position)) for pair in kept
    ]


async def give(uow: Uow, request_id: UUID, version: int | None, person_id: UUID) -> int:
    """Make a request a colleague's work, or one's own; the new version.

    Raises NotFound, PreconditionFailed, Invalid.
    """
    async with changing(uow, request_id, version, "request.given", person_id, standing=False) as made:
        to = await colleague(uow, person_id, HOLDERS)
        if to is None or await locked_from(uow, person_id, [request_id]):
            message = "Select a colleague who may work on requests"
            raise Invalid(message, errors=[FieldError("person_id", message)])
        await uow.execute(GIVE, {"id": request_id, "person": person_id})
        made.note({"held_by": made.request.held_by_id}, {"held_by": person_id})
    return made.version
