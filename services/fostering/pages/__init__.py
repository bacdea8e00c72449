"""The register's pages under /foster-carers, split by noun: `register` (list, due, tonight), `household` (one home and
its notice), one module for each group of forms (`home`, `people`, `approval`, `places`), and `publishing`.
"""

from litestar import Response, Router

from careshare.errors import PreconditionFailed
from services.fostering.pages import approval, home, household, locks, people, places, publishing, register
from services.fostering.pages.forms import Http, changed_meanwhile


def _changed(request: Http, _error: PreconditionFailed) -> Response[str]:
    return changed_meanwhile(request)


router = Router(
    "/",
    route_handlers=[
        *register.handlers,
        *household.handlers,
        *home.handlers,
        *people.handlers,
        *approval.handlers,
        *places.handlers,
        *publishing.handlers,
        *locks.handlers,
    ],
    exception_handlers={PreconditionFailed: _changed},
)
"""Every page of the register."""
