"""What the notifications room gives the service that mounts it."""

from typing import Final

from litestar import Router

from careshare.notifications import api, pages

API: Final[tuple[Router, ...]] = (api.router,)
PAGES: Final[tuple[Router, ...]] = (pages.router,)
JOBS: Final = ("careshare.notifications.jobs",)
