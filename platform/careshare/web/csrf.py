"""Forms that only our own pages can send.

Three things must hold for every request that may change something and that a cookie could vouch for: the browser says
it comes from this site (Sec-Fetch-Site, Origin), it carries our cookie, and it carries the token made from that cookie
and from the session. API routes are left out because they take a bearer token and never look at a cookie: the same
option of the route, `kind`, decides both (`careshare.access.gate`).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from markupsafe import Markup

from careshare.errors import FormRefused
from careshare.identity import SESSION_COOKIE
from careshare.settings import host_cookie
from careshare.web.forms import CSRF_FIELD, read_form

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_SEED: Final = "careshare.csrf"
_SEED_LENGTH: Final = 43
_DIGEST: Final = hashlib.sha256
_SIZE: Final = 32


class Csrf:
    """Makes and checks the token. `secure` adds the `__Host-` prefix, so that no sibling site can set the cookie."""

    def __init__(self, secret: str, *, secure: bool) -> None:
        self._key = hmac.digest(secret.encode(), b"careshare.web.csrf", _DIGEST)
        self.secure = secure
        self.cookie_name = host_cookie("careshare_form", https=secure)
        self.session_cookie_name = host_cookie(SESSION_COOKIE, https=secure)

    def field(self, request: Request[Any, Any, Any]) -> Markup:
        """The hidden input every POST form holds."""
        # Masked afresh each time, so that a compressed page does not give the token away letter by letter (BREACH).
        mask = secrets.token_bytes(_SIZE)
        token = base64.urlsafe_b64encode(mask + _mix(mask, self._digest(request, self._seed(request)))).decode()
        return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)

    def new_cookie(self, request: Request[Any, Any, Any]) -> Cookie | None:
        """The cookie to send with a page whose form needs it and whose reader has none yet."""
        seed: str | None = request.scope["state"].get(_SEED)
        if seed is None:
            return None
        return Cookie(self.cookie_name, value=seed, path="/", secure=self.secure, httponly=True, samesite="lax")

    def from_this_site(self, request: Request[Any, Any, Any]) -> bool:
        """Whether the browser says the request comes from a page of ours; true where it says nothing.

        A proxy in front must pass on the Host that the browser asked for.
        """
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = request.headers.get("origin")
        if origin is None:
            return True
        sender = urlsplit(origin)
        return sender.netloc.lower() == request.headers.get("host", "").lower() and (
            sender.scheme == "https" or not self.secure
        )

    def holds(self, request: Request[Any, Any, Any], token: str) -> bool:
        """Whether `token` was made for this browser's cookie and this session."""
        seed = request.cookies.get(self.cookie_name, "")
        try:
            given = base64.urlsafe_b64decode(token.encode("ascii"))
        except (ValueError, binascii.Error):
            return False
        if len(seed) != _SEED_LENGTH or len(given) != 2 * _SIZE:
            return False
        return hmac.compare_digest(_mix(given[:_SIZE], given[_SIZE:]), self._digest(request, seed))

    def _seed(self, request: Request[Any, Any, Any]) -> str:
        known = request.cookies.get(self.cookie_name, "")
        if len(known) == _SEED_LENGTH:
            return known
        seed: str = request.scope["state"].setdefault(_SEED, secrets.token_urlsafe(_SIZE))
        return seed

    def _digest(self, request: Request[Any, Any, Any], seed: str) -> bytes:
        session = request.cookies.get(self.session_cookie_name, "")
        return hmac.digest(self._key, f"{seed}\n{session}".encode(), _DIGEST)


class CsrfMiddleware(ASGIMiddleware):
    """Refuses a form that is not ours before anything else looks at the request."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, csrf: Csrf) -> None:
        self._csrf = csrf

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises FormRefused."""
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        if request.method not in SAFE_METHODS and _vouched_for_by_cookie(scope):
            if not self._csrf.from_this_site(request):
                raise FormRefused("The form came from another site.")
            if not self._csrf.holds(request, (await read_form(request)).token):
                raise FormRefused(
                    "The page had been open for too long, or you have signed in again since. "
                    "Go back, reload the page and try again."
                )
        await next_app(scope, receive, send)


def _vouched_for_by_cookie(scope: Scope) -> bool:
    kind: str = scope["route_handler"].opt.get("kind", "page")
    return kind != "api"


def _mix(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
