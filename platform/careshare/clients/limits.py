"""Rate limits of API clients, counted in Redis so that all server processes count together.

People and the tokens an operator issued are not counted, clients are: each by the limit in its row. Where Redis is
away, requests go on uncounted and the log says so: a limit protects the service, it does not let anybody in.
"""

import time
from typing import Any, Final, cast
from uuid import UUID

import structlog
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Message, Scope
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from careshare.access.gate import UOW
from careshare.clients.rules import Decision, Policy, headers
from careshare.database import Credential, Uow
from careshare.errors import TooMany
from careshare.identity import principal_of

log = structlog.get_logger(__name__)

LIMIT = text("select identity.my_client_limit()")

PATIENCE: Final = 0.25
"""Seconds that a request waits for Redis at most."""

AWAY: Final = 5.0
"""Seconds for which Redis is not asked again after it did not answer."""

KNOWN_FOR: Final = 30.0
"""Seconds after which a client's limit is read again: so long a change may take to be felt."""

STATE: Final = "careshare.limit"
PREFIX: Final = "careshare:limit:"

GCRA: Final = """
local now = tonumber(ARGV[3])
if now == nil then
  local clock = redis.call('TIME')
  now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
end
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local arrival = tonumber(redis.call('GET', KEYS[1])) or 0
local begins = math.max(arrival, now)
local following = begins + interval
local second = 1000000
if following - now > tolerance then
  return {0, 0, math.ceil((begins - now) / second), math.ceil((following - now - tolerance) / second)}
end
redis.call('SET', KEYS[1], string.format('%.0f', following), 'PX', math.max(1, math.ceil((following - now) / 1000)))
return {1, math.floor((tolerance - (following - now)) / interval), math.ceil((following - now) / second), 0}
"""
"""`careshare.clients.rules.decide`, in one call that nothing comes between."""


class Limiter:
    """Counts requests by key. One for each application; nothing connects until it is used."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Any = None
        if redis_url:
            self._redis = cast("Any", Redis).from_url(
                redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
            )
            self._script = self._redis.register_script(GCRA)
        self._ask_again = 0.0
        self._limits: dict[tuple[UUID, UUID], tuple[float, int | None]] = {}

    async def close(self) -> None:
        """Close every connection."""
        if self._redis is not None:
            await self._redis.aclose()

    async def count(self, key: str, policy: Policy) -> Decision | None:
        """Count one request; None where Redis is away, and then it is allowed."""
        if self._redis is None or time.monotonic() < self._ask_again:
            return None
        arguments = [policy.interval, policy.interval * policy.quota, ""]
        try:
            found = await self._script(keys=[PREFIX + key], args=arguments)
        except (RedisError, OSError, TimeoutError) as error:
            self._ask_again = time.monotonic() + AWAY
            log.warning("requests are not counted: Redis is away", error=type(error).__name__)
            return None
        allowed, remaining, reset, retry = (int(one) for one in found)
        return Decision(bool(allowed), remaining, reset, retry, 0)

    async def limit_of(self, uow: Uow) -> int | None:
        """Requests a minute allowed to whoever is bound; None where they are not a client."""
        who = principal_of(uow)
        key = who.authority_id, who.person_id
        until, limit = self._limits.get(key, (0.0, None))
        if time.monotonic() >= until:
            limit = (await uow.execute(LIMIT)).scalar_one()
            if len(self._limits) > 10_000:
                self._limits.clear()
            self._limits[key] = time.monotonic() + KNOWN_FOR, limit
        return limit


async def limit(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """The guard after the gate: counts a request of a client. Raises TooMany."""
    uow: Uow | None = connection.scope["state"].get(UOW)
    if uow is None:
        return
    shown: object = uow.info.get("acting")
    if not isinstance(shown, Credential) or shown.kind == "session":
        return
    limiter: Limiter = connection.app.state.limiter
    per_minute = await limiter.limit_of(uow)
    if per_minute is None:
        return
    policy = Policy(per_minute)
    decision = await limiter.count(f"client:{principal_of(uow).person_id}", policy)
    if decision is None:
        return
    told = headers(policy, decision)
    connection.scope["state"][STATE] = {name.lower().encode(): value.encode() for name, value in told.items()}
    if not decision.allowed:
        raise TooMany(
            f"This client may call {per_minute} times a minute. Wait before calling again.",
            retry_after=decision.retry_after,
        )


async def tell_limit(message: Message, scope: Scope) -> None:
    """A `before_send` hook: what is left of the limit, on every answer to a client, refusals included."""
    if message["type"] != "http.response.start":
        return
    told: dict[bytes, bytes] = scope["state"].get(STATE, {})
    carried = {name.lower() for name, _ in message["headers"]}
    message["headers"] = [*message["headers"], *(one for one in told.items() if one[0] not in carried)]
