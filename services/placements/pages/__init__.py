"""The pages of the search: asking for a home, its results, one notice, and need that found nothing.

They are built here, beside the API: the same queries and actions stand behind both, and a page only reads a form,
calls one of them and renders what came back.
"""

from litestar import Router

from services.placements.pages import asking, offers, searches, unmet

router = Router("/", route_handlers=[*asking.handlers, *searches.handlers, *offers.handlers, *unmet.handlers])
