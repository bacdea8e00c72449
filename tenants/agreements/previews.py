"""Seeing with the other party's eyes: one's own notice as a search of theirs would show it.

A service that owns a resource class says how a notice of its kind is looked at (`register`). It is then read by that
service's own search, bound to the other party for that one reading, so that row security, the grants and the statement
are theirs and not a copy of them. Only one's own notice is ever asked for, and the binding ends with the savepoint it
was made in, together with whatever was written meanwhile.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from careshare.identity import principal_of

# Own notices on the shelf that is shared, with what the owner alone calls them.
PUBLISHED = text("""
    select o.id, n.label, o.area_name, o.places, o.starts
    from tenants.offer o join careshare.shelf s on s.id = o.shelf_id and s.resource = :resource
    left join tenants.offer_own n on n.owner_id = o.owner_id and n.offer_id = o.id
    where o.owner_id = (select careshare.authority()) and s.owner_id = (select careshare.authority())
    order by n.label, o.id limit 500
""")
BIND = text("select careshare.bind(:authority, careshare.actor(), 'agreement:preview')")
BOUND = text("select careshare.authority()")


class Published(msgspec.Struct, frozen=True):
    """One's own notice that others are shown. `label` is the owner's own name for the home."""

    id: UUID
    label: str
    area: str
    places: int


class Seen(msgspec.Struct, frozen=True):
    """A notice as the other party sees it: the heading, each line, and the agreement it is shown under."""

    title: str
    facts: list[tuple[str, str]]
    agreement: str
    approval: str


Look = Callable[[Uow, UUID], Awaitable[Seen | None]]
"""Reads one notice for whichever authority is bound; None if that authority does not see it."""

_looks: dict[str, Look] = {}


def register(resource: str, look: Look) -> None:
    """Say how notices of a resource class are looked at; services do so when they are loaded."""
    _looks[resource] = look


async def published(uow: Uow, resource: str) -> Sequence[Published]:
    """One's own notices of a resource class that stand on the shared shelf."""
    rows = await uow.execute(PUBLISHED, {"resource": resource})
    return [Published(row.id, row.label or "", row.area_name, row.places) for row in rows]


async def seen(uow: Uow, resource: str, offer_id: UUID, viewer_id: UUID) -> Seen | None:
    """One's own published notice as `viewer_id` sees it now; None if it sees nothing of it.

    Raises NotFound where the notice is not one's own, or not published. The caller has made sure that the viewer is a
    party of an agreement with the bound authority.
    """
    if offer_id not in {one.id for one in await published(uow, resource)} or resource not in _looks:
        raise NotFound
    async with _as_viewer(uow, viewer_id):
        return await _looks[resource](uow, offer_id)


@asynccontextmanager
async def _as_viewer(uow: Uow, viewer_id: UUID) -> AsyncGenerator[None]:
    mine = principal_of(uow).authority_id
    savepoint = await uow.begin_nested()
    try:
        await uow.execute(BIND, {"authority": viewer_id})
        yield
    finally:
        await savepoint.rollback()
        if await uow.scalar(BOUND) != mine:  # pragma: no cover  # a savepoint takes its settings back with it
            message = "the unit of work is not bound to its own authority after a preview"
            raise RuntimeError(message)
