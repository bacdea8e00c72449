"""Starting a request: age, sex and from when are enough."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid
from careshare.gazetteer import UnknownPostcode, locate_many
from careshare.web import asks
from services.placements.need import MOST_CHILDREN
from services.placements.queries import today
from services.placements.requests import rules
from services.placements.requests.model import Identity, Kind, RequestChild, RequestNeed

TRIES: Final = 20
"""Numbers tried before giving up; one in a million is taken for each request there is."""

MADE = text("""
insert into placements.request (authority_id, number, kind, starts, ends, need)
values (careshare.authority(), :number, :kind, :starts, :ends, cast(:need as jsonb))
on conflict on constraint request_number do nothing returning id
""")
CHILD = text("""
insert into placements.request_child (authority_id, request_id, position, age, sex, need, reference, name, known_as,
  born, ethnicity, legal_status, legal_since, address, postcode, school, school_postcode, on_file)
values (careshare.authority(), :request, :position, :age, :sex, cast(:need as jsonb), :reference, :name, :known_as,
  :born, :ethnicity, :legal_status, :legal_since, :address, :postcode, :school, :school_postcode, :on_file)
returning id
""")


class NewRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request to start. `starts` is today unless given; everything else may follow later."""

    children: Annotated[
        list[RequestChild],
        asks(
            "children",
            missing="Enter the age of each child",
            invalid=f"A request can be for up to {MOST_CHILDREN} children",
            min_length=1,
            max_length=MOST_CHILDREN,
        ),
    ]
    kind: Annotated[Kind, asks("whether it is planned or an emergency")] = "planned"
    starts: Annotated[date, asks("the date the home is needed from")] | None = None
    ends: Annotated[date, asks("the date the home is needed until")] | None = None
    need: RequestNeed = msgspec.field(default_factory=RequestNeed)


async def start(uow: Uow, new: NewRequest) -> UUID:
    """Keep a request as a draft. Raises Invalid naming each wrong field, as in a form: `children-1-age`."""
    day = today()
    starts = new.starts or day
    rules.check_when(starts, new.ends, day, new=True)
    need = rules.check_need(new.need, len(new.children), day)
    errors: list[FieldError] = []
    children: list[tuple[int, RequestChild]] = []
    for number, child in enumerate(new.children, 1):
        with _gathering(errors):
            children.append(_checked(child, f"children-{number}-", starts, need.care_type, day))
    if errors:
        raise Invalid(errors[0].message if len(errors) == 1 else "", errors=errors)
    await known_postcodes(uow, need, {f"children-{n}-": one.identity for n, (_, one) in enumerate(children, 1)})
    request_id = await _numbered(uow, {"kind": new.kind, "starts": starts, "ends": new.ends, "need": encoded(need)})
    ids = [await insert_child(uow, request_id, number, age, child) for number, (age, child) in enumerate(children, 1)]
    said = {"kind": new.kind, "starts": starts, "ends": new.ends, "need": need}
    told = [{"age": age, "sex": child.sex, "need": child.need, "identity": child.identity} for age, child in children]
    await audit.record(uow, "request.made", subjects=[request_id, *ids], after={**said, "children": told})
    return request_id


def _checked(
    child: RequestChild, prefix: str, starts: date, care_type: str | None, day: date
) -> tuple[int, RequestChild]:
    identity = rules.check_identity(child.identity, day, prefix)
    age = rules.check_age(identity.born, child.age, starts, care_type, prefix)
    need = rules.check_child(child.need, day, prefix)
    return age, RequestChild(age=age, sex=child.sex, need=need, identity=identity)


@contextmanager
def _gathering(errors: list[FieldError]) -> Generator[None]:
    try:
        yield
    except Invalid as invalid:
        errors.extend(invalid.errors)


async def _numbered(uow: Uow, values: dict[str, Any]) -> UUID:
    for _ in range(TRIES):
        number = f"R-{secrets.randbelow(1_000_000):06d}"
        made: UUID | None = (await uow.execute(MADE, {**values, "number": number})).scalar_one_or_none()
        if made is not None:
            return made
    raise Conflict("No number is free for the request just now. Try again.")


async def insert_child(uow: Uow, request_id: UUID, position: int, age: int, child: RequestChild) -> UUID:
    """Add a checked child to a request, at a place among the children."""
    identity = msgspec.structs.asdict(child.identity)
    values = {"request": request_id, "position": position, "age": age, "sex": child.sex, "need": encoded(child.need)}
    made: UUID = (await uow.execute(CHILD, {**identity, **values})).scalar_one()
    return made


async def known_postcodes(uow: Uow, need: RequestNeed | None, identities: dict[str, Identity]) -> None:
    """Raises Invalid for a postcode that the gazetteer does not know. Keys are what stands before the field's name."""
    given = [(f"keep_away-{n}-postcode", one.postcode) for n, one in enumerate(need.keep_away if need else [], 1)]
    for prefix, identity in identities.items():
        for name in ("postcode", "school_postcode"):
            postcode: str | None = getattr(identity, name)
            if postcode:
                given.append((prefix + name, postcode))
    known = await locate_many(uow, (postcode for _, postcode in given))
    errors = [FieldError(name, str(UnknownPostcode(postcode))) for name, postcode in given if postcode not in known]
    if errors:
        raise Invalid(errors[0].message if len(errors) == 1 else "", errors=errors)


def encoded(value: msgspec.Struct) -> str:
    """A need as it is kept."""
    return msgspec.json.encode(value).decode()
