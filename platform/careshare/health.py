"""Health for whoever watches: whether this process is alive, and whether it can do its work."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from careshare.access import public
from careshare.database import Database
from careshare.settings import Settings

PATIENCE = 3.0
"""Seconds after which a part that has not answered counts as away."""


class Live(msgspec.Struct):
    """The process runs and answers."""

    status: str


class Ready(msgspec.Struct):
    """Each part is "ok" or "away". Without Redis requests go on and jobs wait, so the database alone decides."""

    status: str
    database: str
    redis: str


@get("/health/live", opt=public("A load balancer asks without credentials."), include_in_schema=False)
async def live() -> Live:
    """Answers as long as the process does."""
    return Live("ok")


@get("/health/ready", opt=public("A load balancer asks without credentials."), include_in_schema=False)
async def ready(request: Request[Any, Any, Any]) -> Response[Ready]:
    """200 while the database answers, 503 while it does not; says the truth about Redis either way."""
    settings: Settings = request.app.state.settings
    database, redis = await asyncio.gather(_database(request.app.state.database), _redis(settings.redis_url))
    status = "ok" if database == "ok" and redis == "ok" else "degraded" if database == "ok" else "away"
    return Response(Ready(status, database, redis), status_code=200 if database == "ok" else 503)


async def _database(database: Database) -> str:
    try:
        async with asyncio.timeout(PATIENCE), database.unbound() as uow:
            await uow.execute(text("select 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return "away"
    return "ok"


async def _redis(url: str) -> str:
    if not url:
        return "away"
    client: Redis = Redis.from_url(  # pyright: ignore[reportUnknownMemberType]  # untyped there
        url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
    try:
        await client.ping()  # pyright: ignore[reportUnknownMemberType]
    except (RedisError, OSError, TimeoutError):
        return "away"
    finally:
        await client.aclose()
    return "ok"


router = Router("/", route_handlers=[live, ready])
