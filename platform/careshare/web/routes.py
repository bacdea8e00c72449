"""Pages anybody may read, and the files every page needs."""

from typing import Any, Final

from litestar import Request, Response, Router, get, route
from litestar.enums import HttpMethod
from litestar.params import FromPath

from careshare.access import public
from careshare.errors import NotFound
from careshare.identity import SIGNING_IN_COOKIE
from careshare.settings import host_cookie
from careshare.web import notices
from careshare.web.pages import Web, page

_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"


@route(
    "/static/{release:str}/{name:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt=public("Stylesheets and scripts are the same for everybody."),
    include_in_schema=False,
    status_code=200,
)
async def static(request: Request[Any, Any, Any], release: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A stylesheet or script, kept by the browser for a year because its address changes with it.

    With another release in the address (a page from before an update) the present file is sent, not to be kept.
    """
    assets = Web.of(request).assets
    found = assets.by_name.get(name)
    if found is None:
        raise NotFound
    etag = f'W/"{assets.release}"'
    headers = {
        "Cache-Control": _FOREVER if release == assets.release else _ASK_AGAIN,
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers)
    body = found.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = found.gzipped
    return Response(body, media_type=found.media_type, headers=headers)


@get("/accessibility", opt=public("An accessibility statement is for everybody."), include_in_schema=False)
async def accessibility(request: Request[Any, Any, Any]) -> Response[str]:
    """How accessible the service is, and what to do if it is not."""
    return page(request, "careshare/accessibility.html")


@get("/cookies", opt=public("What cookies are set is for everybody to know."), include_in_schema=False)
async def cookies(request: Request[Any, Any, Any]) -> Response[str]:
    """The cookies the service sets."""
    web = Web.of(request)
    return page(
        request,
        "careshare/cookies.html",
        session_cookie=web.csrf.session_cookie_name,
        signing_in_cookie=host_cookie(SIGNING_IN_COOKIE, https=web.csrf.secure),
        form_cookie=web.csrf.cookie_name,
        notice_cookie=notices.COOKIE,
    )


@get("/privacy", opt=public("How personal data is used is for everybody to know."), include_in_schema=False)
async def privacy(request: Request[Any, Any, Any]) -> Response[str]:
    """What is recorded about the people who use the service, and about those in it."""
    return page(request, "careshare/privacy.html")


@get("/feedback", opt=public("Whoever can see a page may say what is wrong with it."), include_in_schema=False)
async def feedback(request: Request[Any, Any, Any]) -> Response[str]:
    """Whom to tell what works and what does not."""
    return page(request, "careshare/feedback.html")


router = Router("/", route_handlers=[static, accessibility, cookies, privacy, feedback])
