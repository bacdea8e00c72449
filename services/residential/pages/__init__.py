"""The pages of homes under /residential, split by noun."""

from litestar import Response, Router

from careshare.errors import PreconditionFailed
from careshare.web.changes import Http
from services.residential.pages import assessments, homes, money, ofsted, places
from services.residential.pages.forms import changed_meanwhile


def _changed(request: Http, _error: PreconditionFailed) -> Response[str]:
    return changed_meanwhile(request)


router = Router(
    "/",
    route_handlers=[
        *homes.handlers,
        *places.handlers,
        *money.handlers,
        *assessments.handlers,
        *ofsted.handlers,
    ],
    exception_handlers={PreconditionFailed: _changed},
)
"""Every page of the homes."""
