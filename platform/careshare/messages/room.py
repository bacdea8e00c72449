"""What the messages room gives the service that mounts it: pages, the provider's callback, jobs, permissions."""

from typing import Final

from litestar import Router

from careshare.messages import callback, link_pages, outbox, pages
from careshare.messages.kept import KEPT
from careshare.messages.subjects import SUBJECT_DATA
from careshare.service import NavigationItem

PERMISSIONS: Final = pages.PERMISSIONS
API: Final[tuple[Router, ...]] = (callback.router,)
PAGES: Final[tuple[Router, ...]] = (pages.router, link_pages.router, outbox.router)
JOBS: Final = ("careshare.messages.jobs", "careshare.messages.kept")
NAVIGATION: Final = (
    NavigationItem(
        "Messages",
        "/messages",
        pages.READ,
        "What was sent to parents, carers and young people, what was not and why, and how each may be written to.",
        order=60,
    ),
)

__all__ = ["API", "JOBS", "KEPT", "NAVIGATION", "PAGES", "PERMISSIONS", "SUBJECT_DATA"]
