"""Idempotency-Key on creations: the same request sent twice creates one thing and answers alike.

The first answer is kept in the same transaction as the creation, so there is never a creation without its answer. Two
at the same moment: the second waits on the key and then gives the first one's answer. Keys are kept for a day.
"""

import hashlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid

LOCK = text(
    "select pg_advisory_xact_lock(hashtextextended(careshare.authority()::text || careshare.actor()::text || :key, 0))"
)
FIND = text("select request_hash, status, body, location from careshare.idempotency"
            " where authority_id = careshare.authority() and actor_id = careshare.actor() and key = :key")  # fmt: skip
KEEP = text("insert into careshare.idempotency (authority_id, actor_id, key, request_hash, status, body, location)"
            " values (careshare.authority(), careshare.actor(), :key, :hash, :status, :body, :location)")  # fmt: skip

LONGEST_KEY = 255
T = TypeVar("T")


async def once(
    request: Request[Any, Any, Any],
    uow: Uow,
    key: str | None,
    create: Callable[[], Awaitable[tuple[T, str]]],
    *,
    status: int = HTTPStatus.CREATED,
    said: bytes | None = None,
) -> Response[bytes]:
    """Run `create` (which returns the body and its Location) unless `key` has been answered before.

    `said`: what the request says, where its bytes differ each time it is sent (a form with files).
    Raises Invalid for a key that is empty or too long, and Conflict if the key was used for a different request.
    """
    if key is None:
        made, location = await create()
        return _answer(status, msgspec.json.encode(made), location)
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        message = f"Idempotency-Key must have 1 to {LONGEST_KEY} printable characters."
        raise Invalid(message, errors=[FieldError("Idempotency-Key", message)])
    body = await request.body() if said is None else said
    asked = f"{request.method} {request.url.path}?{request.url.query}\n"
    digest = hashlib.sha256(asked.encode() + body).digest()
    await uow.execute(LOCK, {"key": key})
    row = (await uow.execute(FIND, {"key": key})).mappings().one_or_none()
    if row is not None:
        if row["request_hash"] != digest:
            message = "This Idempotency-Key was used for a different request. Use a new key."
            raise Conflict(message, errors=[FieldError("Idempotency-Key", message)])
        return _answer(row["status"], row["body"], row["location"])
    made, location = await create()
    content = msgspec.json.encode(made)
    await uow.execute(KEEP, {"key": key, "hash": digest, "status": int(status), "body": content, "location": location})
    return _answer(status, content, location)


def _answer(status: int, body: bytes, location: str | None) -> Response[bytes]:
    headers = {"Location": location} if location else {}
    return Response(body, status_code=status, media_type="application/json", headers=headers)
