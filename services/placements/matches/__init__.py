"""Matches: every consent that the law asks for, who must give it, by when, and what it still waits for."""

from careshare.service import NavigationItem
from services.placements.matches.api import router as api
from services.placements.matches.pages import CONSENTS
from services.placements.matches.pages import router as pages
from services.placements.matches.permissions import ANSWER, PERMISSIONS

__all__ = ["NAVIGATION", "PERMISSIONS", "api", "pages"]

NAVIGATION = (
    NavigationItem(
        "Consents",
        CONSENTS,
        ANSWER,
        "What waits for your yes or no before a match is complete, and what other councils ask of yours.",
        section="Enquiries",
        order=32,
    ),
)
