"""The web server process: uvicorn with uvloop and httptools."""

import uvicorn

from careshare.app import create_app
from careshare.settings import Settings

KEEP_ALIVE = 65
"""Seconds an idle connection is kept: longer than a load balancer's minute, so that it is the one to close."""

GRACE = 20
"""Seconds a request may still take after the process was told to stop."""


def serve(settings: Settings) -> None:
    """Serve until told to stop (SIGTERM or Ctrl-C); requests under way are finished first.

    The application logs requests itself. Headers that claim another client address or scheme are not believed.
    """
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
