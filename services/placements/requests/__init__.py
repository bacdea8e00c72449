"""Placement requests: the need, how complete it is, what others see of it, and what became of it."""

from careshare.service import NavigationItem
from services.placements.requests.api import router as api
from services.placements.requests.demo import load_demo
from services.placements.requests.pages import router as pages
from services.placements.requests.permissions import PERMISSIONS, READ

__all__ = ["NAVIGATION", "PERMISSIONS", "api", "load_demo", "pages"]

NAVIGATION = (
    NavigationItem(
        "Requests",
        "/placements/requests",
        READ,
        "Children who need a home: what each needs, what a request still lacks, and what others would see of it.",
        order=20,
    ),
)
