"""What others are shown of a request, and the author's say on each finding of the check of its texts."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound, Unprocessable
from careshare.web import asks
from careshare.web.filters import plural
from services.placements.queries import today
from services.placements.requests import rules
from services.placements.requests.queries import rulings, whole

RULE = text("""
insert into placements.request_ruling (authority_id, request_id, child_id, field, digest, first, last, kind, why)
values (careshare.authority(), :request, :child_id, :field, :digest, :first, :last, :kind, :why)
on conflict on constraint request_ruling_once do nothing
""")


class NewRuling(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which finding stays as it is, as the check names it, and why."""

    field: Annotated[str, asks("the text", max_length=40)]
    digest: Annotated[str, asks("the text as it was", max_length=64)]
    first: Annotated[int, asks("the first character", ge=0)]
    last: Annotated[int, asks("the last character", ge=1)]
    why: Annotated[str, asks("the reason", missing="Say why it tells nobody who the child is", max_length=300)]
    child_id: Annotated[UUID, asks("the child")] | None = None


async def rule(uow: Uow, request_id: UUID, new: NewRuling) -> None:
    """Let one finding stand, with the reason, on the record. Raises NotFound for one that is not there (any more)."""
    request = await whole(uow, request_id)
    if not new.why.strip():
        message = "Say why it tells nobody who the child is"
        raise Invalid(message, errors=[FieldError("why", message)])
    wanted = (new.child_id, new.field, new.digest, new.first, new.last)
    flag = next(
        (
            one
            for one in rules.flags(request, ())
            if (one.child_id, one.field, one.digest, one.first, one.last) == wanted
        ),
        None,
    )
    if flag is None:
        raise NotFound
    values = {**msgspec.structs.asdict(new), "why": new.why.strip(), "kind": flag.kind}
    await uow.execute(RULE, {"request": request_id, **values})
    said = {"field": flag.field, "kind": flag.kind, "found": flag.found, "why": new.why.strip()}
    subjects = [request_id, flag.child_id] if flag.child_id else [request_id]
    await audit.record(uow, "request.finding_let_stand", subjects=subjects, after=said)


async def checks(uow: Uow, request_id: UUID) -> list[rules.Flag]:
    """Everything the check finds in the texts of a request now, with the author's say. Raises NotFound."""
    return rules.flags(await whole(uow, request_id), await rulings(uow, request_id))


async def disclosed(uow: Uow, request_id: UUID, level: int, only: Sequence[UUID] | None = None) -> rules.Profile:
    """The profile to disclose at a level, of all children or of those named in that order.

    Raises NotFound, and Unprocessable at level 3 while a text may tell who a child is and its author has not said why
    it does not. A snapshot of it is what the other side sees; whoever sends it keeps that.
    """
    request = await whole(uow, request_id)
    if level == 3:
        known = await rulings(uow, request_id)
        waiting = [one for one in rules.flags(request, known) if one.why is None]
        if waiting:
            errors = [
                FieldError(one.field, f"Characters {one.first + 1} to {one.last} may tell who the child is: {one.kind}")
                for one in waiting
            ]
            many = plural(len(waiting), "place in your texts", "places in your texts")
            raise Unprocessable(f"Look at {many} that may tell who a child is first.", errors=errors)
    return rules.profile(request, level, today(), only)
