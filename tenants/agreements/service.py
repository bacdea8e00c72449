"""What the room of agreements tells the kernel, gathered in `tenants.service`."""

from collections.abc import Mapping, Sequence
from typing import Final

from careshare.service import NavigationItem
from tenants.agreements import api as api_routes
from tenants.agreements import pages as page_routes

SIGNERS: Final = ("director", "nominated_officer")

PERMISSIONS: Final[Mapping[str, Sequence[str]]] = {
    "agreement:read": (
        *SIGNERS,
        "team_manager",
        "fostering_officer",
        "placement_finder",
        "data_protection_officer",
        "authority_administrator",
        "regional_administrator",
        "api_client",
    ),
    "agreement:draft": (*SIGNERS, "team_manager", "regional_administrator"),
    "agreement:sign": SIGNERS,
    "agreement:leave": SIGNERS,
    "agreement:preview": (*SIGNERS, "team_manager", "fostering_officer", "data_protection_officer"),
}
"""A regional administrator drafts (access-model: authorities, agreements); an authority's does not; neither signs."""

api: Final = [api_routes.router]
pages: Final = [page_routes.router]
JOBS: Final = ["tenants.agreements.jobs"]
NAVIGATION: Final = [
    NavigationItem(
        "Agreements",
        "/agreements",
        "agreement:read",
        "What your authority shares with others, on what legal ground, from when to when, and who signed.",
        section="Between councils",
        order=55,
    ),
]
