"""The search's pages as routes: apart from the package, so that other rooms take its words and cards alone."""

from litestar import Router

from services.placements.pages import asking, comparing, offers, searches, unmet

router = Router(
    "/", route_handlers=[*asking.handlers, *searches.handlers, *comparing.handlers, *offers.handlers, *unmet.handlers]
)
