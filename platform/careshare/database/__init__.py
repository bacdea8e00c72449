"""The engine and the bound unit of work.

Every transaction is bound to one authority before anything else runs in it, by a listener that fires whenever a
transaction begins. A unit of work with nothing to bind cannot be opened by accident: `unbound` has to be asked for, and
then row security refuses every read of an authority's data.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

from careshare.database.pool import FairPool
from careshare.settings import Settings

Uow = AsyncSession
"""A bound unit of work: one transaction, committed by whoever opened it, never by application code."""

WALL_CLOCK: Final = "Europe/London"
"""Whose days are meant where a date is today or not."""

WHO = text("select careshare.authority() as authority, careshare.actor() as actor, careshare.purpose() as purpose")
BIND = text("select careshare.bind(:authority, :actor, :purpose)")
ENTER = text("select * from identity.enter(:kind, :credential, :purpose, cast(:needed as text[]))")


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts for which authority, and for what purpose. Recorded in every audit entry."""

    authority_id: UUID
    actor_id: UUID
    purpose: str


@dataclass(frozen=True, slots=True)
class Credential:
    """What a caller shows: `kind` is "session" (hex sha256 of the cookie's secret) or "token" (the token's id).

    `needed` are the roles that grant what is asked, so that the record says when only a role held for a time did.
    """

    kind: str
    value: str
    purpose: str
    needed: tuple[str, ...] = ()


class _BoundSession(Session):
    """The synchronous session beneath a unit of work; a class of its own so that the listener fires for ours only."""


@event.listens_for(_BoundSession, "after_begin")
def _bind(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    who: object = session.info.get("acting")
    if isinstance(who, Acting):
        connection.execute(BIND, {"authority": who.authority_id, "actor": who.actor_id, "purpose": who.purpose})
    elif isinstance(who, Credential):
        shown = {"kind": who.kind, "credential": who.value, "purpose": who.purpose, "needed": list(who.needed)}
        entered = connection.execute(ENTER, shown)
        session.info["entered"] = entered.mappings().one_or_none()
    elif who != "nobody":
        message = "a unit of work was begun without saying who acts"
        raise RuntimeError(message)


class Database:
    """One process's pool of connections as one role."""

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self._maker = async_sessionmaker(
            engine, sync_session_class=_BoundSession, expire_on_commit=False, autoflush=False, close_resets_only=False
        )

    @classmethod
    def open(cls, settings: Settings, role: str = "careshare_app", *, pool_size: int | None = None) -> "Database":
        """Make the pool; nothing connects until it is used. A connection lost while idle is replaced, not reported."""
        engine = create_async_engine(
            settings.url(role),
            poolclass=FairPool,
            pool_size=pool_size or settings.pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            hide_parameters=True,  # an error's text goes to logs; what was bound may name a person
            # `current_date` is the day on the clocks people read: in summer London is an hour ahead of UTC, and whoever
            # left at half past midnight must be out then.
            connect_args={"timeout": 5, "server_settings": {"application_name": role, "timezone": WALL_CLOCK}},
        )
        return cls(engine, settings)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    def session(self, acting: "Acting | Credential | str") -> Uow:
        """A unit of work not yet begun. For the route gate; everybody else uses `bound`."""
        info: dict[Any, Any] = {"acting": acting}
        return self._maker(info=info)

    @asynccontextmanager
    async def bound(self, acting: Acting) -> AsyncGenerator[Uow]:
        """One transaction bound to `acting`; commits at the end, rolls back on any error."""
        async with self.session(acting) as uow, uow.begin():
            yield uow

    @asynccontextmanager
    async def unbound(self) -> AsyncGenerator[Uow]:
        """One transaction with nobody bound: for signing in and for health. Every authority's table refuses it."""
        async with self.session("nobody") as uow, uow.begin():
            yield uow


@asynccontextmanager
async def acting_for(uow: Uow, authority_id: UUID) -> AsyncGenerator[None]:
    """Bind the transaction to another authority, for the same actor and purpose, and then back again.

    For what is that authority's own and must happen or fail with the change: a message to its people. What is written
    within stands on its record; nothing read there may be shown to whoever asked.
    """
    was = (await uow.execute(WHO)).one()
    await uow.execute(BIND, {"authority": authority_id, "actor": was.actor, "purpose": was.purpose or ""})
    yield
    await uow.execute(BIND, {"authority": was.authority, "actor": was.actor, "purpose": was.purpose or ""})
