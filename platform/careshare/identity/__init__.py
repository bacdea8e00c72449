"""Who is calling. What they may do is for `careshare.access`."""

from careshare.identity.principal import Principal, principal_of
from careshare.identity.sessions import SESSION_COOKIE, end_session, open_session, session_credential
from careshare.identity.tokens import TokenRefused, read_token, sign_token

__all__ = [
    "SESSION_COOKIE",
    "Principal",
    "TokenRefused",
    "end_session",
    "open_session",
    "principal_of",
    "read_token",
    "session_credential",
    "sign_token",
]
