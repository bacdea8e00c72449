"""Who is calling. What they may do is for `careshare.access`."""

from careshare.identity.principal import Principal, SessionKind, TemporaryRole, principal_of
from careshare.identity.sessions import (
    COOKIE_SECONDS,
    SESSION_COOKIE,
    SIGNING_IN_COOKIE,
    OwnSession,
    ProviderSession,
    device_of,
    end_own_sessions,
    end_provider_session,
    end_session,
    open_session,
    own_sessions,
    provider_session_of,
    rotate_session,
    session_credential,
    session_hash,
    switch_session,
)
from careshare.identity.tokens import TokenRefused, read_token, sign_token

__all__ = [
    "COOKIE_SECONDS",
    "SESSION_COOKIE",
    "SIGNING_IN_COOKIE",
    "OwnSession",
    "Principal",
    "ProviderSession",
    "SessionKind",
    "TemporaryRole",
    "TokenRefused",
    "device_of",
    "end_own_sessions",
    "end_provider_session",
    "end_session",
    "open_session",
    "own_sessions",
    "principal_of",
    "provider_session_of",
    "read_token",
    "rotate_session",
    "session_credential",
    "session_hash",
    "sign_token",
    "switch_session",
]
