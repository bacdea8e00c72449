"""Enquiries: homes asked for the children of a request, their answers, holds and the thread both sides see."""

from careshare.service import NavigationItem
from services.placements.enquiries.api import router as api
from services.placements.enquiries.demo import load_demo
from services.placements.enquiries.pages import router as pages
from services.placements.enquiries.permissions import ANSWER, PERMISSIONS, READ, SETTINGS

__all__ = ["NAVIGATION", "PERMISSIONS", "api", "load_demo", "pages"]

NAVIGATION = (
    NavigationItem(
        "Enquiries",
        "/placements/enquiries",
        READ,
        "Homes that were asked for a child, what they said, and what is waited for.",
        section="Enquiries",
        order=30,
    ),
    NavigationItem(
        "To answer",
        "/placements/to-answer",
        ANSWER,
        "What other councils and colleagues ask of your own homes, with the time there is to answer.",
        section="Enquiries",
        order=31,
    ),
    NavigationItem(
        "Enquiry settings",
        "/placements/settings",
        SETTINGS,
        "How many homes may be asked at once, how long places are kept, and when your day begins and ends.",
        section="Enquiries",
        order=33,
    ),
)
