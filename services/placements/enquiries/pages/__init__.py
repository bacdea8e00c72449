"""The pages of enquiries: asking homes for a request, what was asked, what is to be answered, one enquiry by side."""

from litestar import Router

from services.placements.enquiries.pages import (
    answering,
    asking,
    assigning,
    attaching,
    outside,
    placing,
    providing,
    settings,
    withdrawing,
)

router = Router(
    "/",
    route_handlers=[
        *asking.handlers,
        *placing.handlers,
        *providing.handlers,
        *answering.handlers,
        *outside.handlers,
        *settings.handlers,
        *attaching.handlers,
        *withdrawing.handlers,
        *assigning.handlers,
    ],
)
