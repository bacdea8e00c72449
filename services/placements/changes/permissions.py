"""Who may see what changed, clear it, and record that a child's plan did."""

from collections.abc import Mapping, Sequence
from typing import Final

READ: Final = "flag:read"
CLEAR: Final = "flag:clear"
RECORD: Final = "plan_change:record"

PLACING: Final = ("social_worker", "placement_finder", "out_of_hours", "team_manager", "reviewing_officer")
PROVIDING: Final = ("fostering_officer", "supervising_social_worker", "residential_manager", "team_manager")
CLEARING: Final = tuple(dict.fromkeys((*PLACING, *PROVIDING, "api_client")))

PERMISSIONS: Final[Mapping[str, Sequence[str]]] = {
    READ: (*CLEARING, "nominated_officer", "director", "regional_placement_officer"),
    CLEAR: CLEARING,
    RECORD: ("social_worker", "team_manager", "out_of_hours", "api_client"),
}
