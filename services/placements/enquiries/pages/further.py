"""What other rooms offer on an enquiry's own page: a match to propose, a placement to open."""

from collections.abc import Callable

import msgspec

from careshare.identity import Principal
from services.placements.enquiries.records import EnquiryRecord


class Link(msgspec.Struct, frozen=True):
    """Somewhere to go on from an enquiry: what it is called, and its address."""

    title: str
    path: str


Offer = Callable[[EnquiryRecord, Principal], Link | None]
_OFFERS: list[Offer] = []


def further(offer: Offer) -> Offer:
    """Register what may follow an enquiry: asked each time its page is made; None where there is nothing to offer."""
    _OFFERS.append(offer)
    return offer


def links(record: EnquiryRecord, principal: Principal) -> list[Link]:
    """Everything that other rooms offer for an enquiry now."""
    return [link for offer in _OFFERS if (link := offer(record, principal)) is not None]
