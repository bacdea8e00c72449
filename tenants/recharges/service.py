"""What the room of recharges tells the kernel, gathered in `tenants.service`."""

from collections.abc import Mapping, Sequence
from typing import Final

from careshare.service import NavigationItem
from tenants.recharges import api as api_routes
from tenants.recharges import pages as page_routes
from tenants.recharges.kept import KEPT

PERMISSIONS: Final[Mapping[str, Sequence[str]]] = {
    "recharge:read": ("budget_holder", "payments", "team_manager", "director", "placement_finder", "api_client"),
    "recharge:issue": ("payments",),
    "recharge:approve": ("budget_holder",),
    "recharge:dispute": ("budget_holder", "payments"),
    "recharge:price": ("payments", "team_manager"),
    "recharge:second_look": ("payments", "budget_holder", "team_manager"),
}
"""Money is charged and disputed by people; a client reads (a ledger that fetches statements)."""

api: Final = [api_routes.router]
pages: Final = [page_routes.router]
JOBS: Final = ["tenants.recharges.jobs"]
kept: Final = KEPT
NAVIGATION: Final = [
    NavigationItem(
        "Recharges",
        "/recharges",
        "recharge:read",
        "What other authorities owe yours for placements in your homes, and what yours owes them, month by month.",
        section="Between councils",
        order=56,
    ),
]
