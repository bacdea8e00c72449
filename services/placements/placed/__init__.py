"""Placements made: plan, notices, start, changes and end of one child's placement in one home."""

from careshare.service import NavigationItem
from services.placements.placed.api import router as api
from services.placements.placed.demo import load_demo
from services.placements.placed.pages import router as pages
from services.placements.placed.pages.forms import MADE
from services.placements.placed.pages.outside import LIST as OUTSIDE
from services.placements.placed.permissions import PERMISSIONS, READ

__all__ = ["NAVIGATION", "PERMISSIONS", "api", "load_demo", "pages"]

NAVIGATION = (
    NavigationItem(
        "Placements",
        MADE,
        READ,
        "Children whom your authority placed, and those placed in its homes: plan, notices, start, changes, end.",
        section="Placements",
        order=40,
    ),
    NavigationItem(
        "Outside Careshare",
        OUTSIDE,
        READ,
        "Children whom your authority placed with agencies and homes that are not on Careshare, and what that costs.",
        section="Placements",
        order=41,
    ),
)
