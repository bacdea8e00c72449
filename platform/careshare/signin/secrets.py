"""What is kept of others encrypted: client secrets, and ID tokens until the session they came with ends.

JSON Web Encryption with the service's secret key (RFC 7516, `dir` and A256GCM). Each use has a key of its own, so that
what was encrypted for one cannot be passed off as another.
"""

import hashlib
import hmac

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_HEADER = {"alg": "dir", "enc": "A256GCM"}


class CannotOpen(Exception):
    """It was not encrypted with this key for this use: the secret key has been changed since."""


def derived(secret_key: str, use: str) -> bytes:
    """A key of 32 bytes for one use."""
    return hmac.digest(secret_key.encode(), f"careshare.signin:{use}".encode(), hashlib.sha256)


def seal(secret_key: str, use: str, text: str) -> str:
    """`text` encrypted for `use`."""
    return jwe.encrypt_compact(_HEADER, text, OctKey.import_key(derived(secret_key, use)))


def unseal(secret_key: str, use: str, sealed: str) -> str:
    """The text again. Raises CannotOpen."""
    try:
        opened = jwe.decrypt_compact(sealed, OctKey.import_key(derived(secret_key, use)))
    except (JoseError, ValueError) as error:
        raise CannotOpen from error
    return (opened.plaintext or b"").decode()
