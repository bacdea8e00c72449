"""A form sent after its session had ended is kept for an hour, encrypted, for the person whose session it was.

The database holds a ciphertext and whose it is; the key is the service's own, so neither a backup nor another person
reads what was typed, which may be about a child. What a password field held is not kept at all: it is asked for again.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import text

from careshare.database import Uow
from careshare.identity.sessions import session_hash

HEADER: Final = {"alg": "dir", "enc": "A256GCM"}
LONGEST: Final = 250_000
"""Bytes of a form that is kept; a longer one is not."""

SECRET: Final = re.compile(r"(?:.*[-_])?(?:secret|password|passphrase|passcode|pin|token|private[-_]key)")
"""Names of fields that hold what nobody may be shown. A test holds every password field of our pages against it."""

KEEP = text("select identity.keep_form(:hash, :content)")
KEPT = text("select content, authority_id, authority, kept_at from identity.kept_form(:id)")
DROP = text("select identity.drop_kept_form(:id)")


class _Content(msgspec.Struct, frozen=True):
    path: str
    answers: dict[str, list[str]]
    again: list[str] = []


class KeptForm(msgspec.Struct, frozen=True):
    """What was typed, where it was sent, and for which authority. `again`: secrets not kept, by field."""

    path: str
    answers: dict[str, list[str]]
    again: list[str]
    authority_id: UUID
    authority: str
    kept_at: datetime


def _key(secret_key: str) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"careshare.kept-form:" + secret_key.encode()).digest())


async def keep_form(
    uow: Uow, secret_key: str, session: str, path: str, answers: Mapping[str, Sequence[str]]
) -> UUID | None:
    """Keep a form for whoever's session the cookie `session` was; None if it was nobody's or the form is too long."""
    secret = {name for name in answers if SECRET.fullmatch(name.lower())}
    plainly = {name: list(values) for name, values in answers.items() if name not in secret}
    content = _Content(path, plainly, sorted(name for name in secret if any(answers[name])))
    plain = msgspec.json.encode(content)
    if len(plain) > LONGEST:
        return None
    sealed = jwe.encrypt_compact(HEADER, plain, _key(secret_key))
    kept: UUID | None = await uow.scalar(KEEP, {"hash": session_hash(session), "content": sealed})
    return kept


async def kept_form(uow: Uow, secret_key: str, which: UUID) -> KeptForm | None:
    """The bound person's kept form; None if there is none, it is another's, or it has been kept for too long."""
    row = (await uow.execute(KEPT, {"id": which})).one_or_none()
    if row is None:
        return None
    try:
        plain = jwe.decrypt_compact(row.content, _key(secret_key)).plaintext
    except (JoseError, ValueError):  # the service's key has been changed since, or it is no ciphertext
        return None
    content = msgspec.json.decode(plain or b"", type=_Content)
    return KeptForm(content.path, content.answers, content.again, row.authority_id, row.authority, row.kept_at)


async def drop_kept_form(uow: Uow, which: UUID) -> None:
    """Forget it."""
    await uow.execute(DROP, {"id": which})
