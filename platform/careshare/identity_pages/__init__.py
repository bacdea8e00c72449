"""Signing in and out, one's sessions, for which authority one acts, and roles held for a time."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar import Router

from careshare.identity_pages import break_glass, limits, temporary
from careshare.identity_pages.acting import act_for, acting_page, home
from careshare.identity_pages.common import browser_of, safe_next, throttle_of, too_many, with_session
from careshare.identity_pages.kept import discard, keep, kept_page
from careshare.identity_pages.sessions import end_sessions, sessions_page, step_up, step_up_page
from careshare.identity_pages.sign_in import PEOPLE, sign_in, sign_in_page, sign_out
from careshare.settings import Settings

__all__ = [
    "NAVIGATION",
    "PEOPLE",
    "PERMISSIONS",
    "browser_of",
    "keep",
    "router",
    "safe_next",
    "throttle_of",
    "too_many",
    "with_session",
]

GRANTING: Final = ("director", "authority_administrator", "team_manager", "nominated_officer", "out_of_hours")
"""Held as a member or a deputy alone (`careshare.access.permissions.NEVER_LENT`)."""
PERMISSIONS: Final[Mapping[str, Sequence[str]]] = {
    temporary.MANAGE: ("authority_administrator",),
    limits.MANAGE: ("authority_administrator",),
    break_glass.GRANT: GRANTING,
}
NAVIGATION: Final = (temporary.NAVIGATION, limits.NAVIGATION, break_glass.NAVIGATION)


def router(settings: Settings) -> Router:
    """The pages that exist in this environment: the demo's sign-in and confirmation never do in production."""
    handlers = [home, acting_page, act_for, sign_out, sessions_page, end_sessions, step_up_page, kept_page, discard]
    handlers += [*temporary.handlers, *limits.handlers, *break_glass.handlers]
    if not settings.production:
        handlers += [sign_in_page, sign_in, step_up]
    return Router("/", route_handlers=handlers)
