"""Who works for an authority: members and their roles, invitations, the council's directory (SCIM), leavers."""

from typing import Final

from careshare.service import NavigationItem
from tenants.members.api import router as api_router
from tenants.members.hand_over_pages import router as hand_over_router
from tenants.members.holdings import holdings
from tenants.members.pages import router as page_router
from tenants.members.scim.routes import router as scim_router
from tenants.members.subjects import SUBJECT_DATA

PERMISSIONS: Final = {
    "member:manage": ("authority_administrator",),
    "member:hand_over": ("authority_administrator", "team_manager"),
    "scim:provision": ("api_client",),
}
JOBS: Final = ("tenants.members.jobs", "tenants.members.links")
NAVIGATION: Final = (
    NavigationItem(
        "Administration", "/administration", "own:act", "Everything you administer, in one place.", order=70
    ),
    NavigationItem(
        "Members and roles",
        "/administration/members",
        "member:manage",
        "Who works for your authority and what they may do: invite, change roles, end, and see who has left.",
    ),
    NavigationItem(
        "Hand-over",
        "/administration/hand-over",
        "member:hand_over",
        "Who has left, and what of theirs still waits for a colleague.",
    ),
)
api: Final = (api_router,)
pages: Final = (page_router, hand_over_router, scim_router)

__all__ = ["JOBS", "NAVIGATION", "PERMISSIONS", "SUBJECT_DATA", "api", "holdings", "pages"]
