"""What the search's routes share: tags, paths, cursors of its results."""

from typing import Final
from uuid import UUID

from careshare.http import Paging
from careshare.http.parameters import Http
from careshare.identity import Principal
from services.placements.routes import paging

TAGS: Final = ["Placements"]
ROOT: Final = "/api/v1/searches"


def results_paging(request: Http, principal: Principal, search_id: UUID) -> Paging:
    """The cursors of one search's results."""
    return paging(request, principal, "placements results", search=str(search_id))
