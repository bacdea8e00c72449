"""The web server process: uvicorn with uvloop and httptools."""

import gc
import time

import structlog
import uvicorn
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from careshare.app import create_app
from careshare.settings import Settings

KEEP_ALIVE = 65
"""Seconds an idle connection is kept: longer than a load balancer's minute, so that it is the one to close."""

GRACE = 20
"""Seconds a request may still take after the process was told to stop."""


def serve(settings: Settings) -> None:
    """Serve until told to stop (SIGTERM or Ctrl-C); requests under way are finished first.

    Requests are logged by `logged`. Headers that claim another client address or scheme are believed of the proxies
    that the settings name, and of nobody else.
    """
    app = create_app(settings)
    _spare_the_collector()
    uvicorn.run(
        logged(app),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


def _spare_the_collector() -> None:
    """What has been assembled stays, so the garbage collector need not walk it again, and a page of results is no
    reason to collect: together a tenth of a search's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


ONE_TIME = "/l/"
"""Where one-time links begin (`careshare.messages.links`): what follows is a secret."""


def logged(app: ASGIApp) -> ASGIApp:
    """The application with one log line a request: method, path, status, milliseconds.

    Never the query, which holds search criteria, no body, and not the secret of a one-time link. Health checks are
    left out.
    """
    log = structlog.get_logger("careshare.request")

    async def serve_and_log(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith("/health/"):
            await app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, watch)
        finally:
            took = round((time.perf_counter() - began) * 1000, 1)
            path = ONE_TIME if scope["path"].startswith(ONE_TIME) else scope["path"]
            log.info("request", method=scope["method"], path=path, status=status, ms=took)

    return serve_and_log
