"""The finder's desk: what waits for me, for whom I wait, with each clock, and how long a home takes."""

from typing import Final

from careshare.service import NavigationItem
from services.placements.desk.pages import router as pages
from services.placements.desk.routes import router as api

__all__ = ["NAVIGATION", "PERMISSIONS", "api", "pages"]

DESK: Final = "desk:read"
PERMISSIONS: Final = {
    DESK: (
        *("placement_finder", "out_of_hours", "regional_placement_officer", "social_worker", "team_manager"),
        *("fostering_officer", "residential_manager", "nominated_officer", "director", "api_client"),
    )
}
NAVIGATION: Final = (
    NavigationItem(
        "Desk",
        "/placements/desk",
        DESK,
        "What waits for you, for whom you wait, and how soon each is due.",
        section="Desk",
        order=0,
    ),
)
