"""When the world changes: whatever an open request, hold or placement is touched by is flagged once, and looked at."""

from careshare.service import NavigationItem
from services.placements.changes.api import router as api
from services.placements.changes.demo import load_demo
from services.placements.changes.pages import router as pages
from services.placements.changes.permissions import PERMISSIONS, READ
from services.placements.changes.words import FLAGS

__all__ = ["NAVIGATION", "PERMISSIONS", "api", "load_demo", "pages"]

NAVIGATION = (
    NavigationItem(
        "Changes",
        FLAGS,
        READ,
        "What has changed about homes and children’s plans since a home was asked or a child placed, to be looked at.",
        section="Desk",
        order=1,
    ),
)
