"""Headers that keep a browser safe, on every answer, errors and unknown addresses included."""

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Final

from litestar.types import Message, Scope

_INLINE_SCRIPT: Final = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_TWO_YEARS: Final = 63_072_000


def script_hashes(html: str) -> list[str]:
    """The Content-Security-Policy source for each inline script in `html`."""
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(html)
    ]


def content_security_policy(scripts: Iterable[str]) -> str:
    """Nothing but our own files. `scripts` are hashes of the inline scripts of GOV.UK Frontend's page template."""
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *scripts]),
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ]
    )


class SecurityHeaders:
    """A `before_send` hook: adds each header the answer does not carry already.

    The referrer is sent within the site only: with none at all, browsers send forms with `Origin: null`. `https` says
    that the service is reached by HTTPS alone; then every cookie is Secure too, whoever set it.
    """

    def __init__(self, policy: str, *, https: bool) -> None:
        headers = {
            "cache-control": "no-store",
            "content-security-policy": policy,
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
        }
        if https:
            headers["strict-transport-security"] = f"max-age={_TWO_YEARS}; includeSubDomains"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._https = https

    async def __call__(self, message: Message, _scope: Scope) -> None:
        """Complete the headers of an answer that is about to be sent."""
        if message["type"] != "http.response.start":
            return
        sent = list(message["headers"])
        if self._https:
            sent = [_secure(header) for header in sent]
        names = {name.lower() for name, _ in sent}
        message["headers"] = sent + [header for header in self._headers if header[0] not in names]


def _secure(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    is_open = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return (name, value + b"; Secure") if is_open else header
