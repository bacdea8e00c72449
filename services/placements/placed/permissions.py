"""Who may do what with placements."""

from collections.abc import Mapping, Sequence
from typing import Final

READ: Final = "placement:read"
READ_NAMES: Final = "placement:read_names"
READY: Final = "placement:ready"
START: Final = "placement:start"
CHANGE: Final = "placement:change"
ARCHIVE: Final = "placement:archive"
APPROVE: Final = "placement:approve"
COST: Final = "placement:cost"

PLACING: Final = ("social_worker", "placement_finder", "out_of_hours", "team_manager", "api_client")
PROVIDING: Final = (
    "fostering_officer",
    "supervising_social_worker",
    "residential_manager",
    "team_manager",
    "api_client",
)
BOTH: Final = tuple(dict.fromkeys((*PLACING, *PROVIDING)))

PERMISSIONS: Final[Mapping[str, Sequence[str]]] = {
    READ: (*BOTH, "reviewing_officer", "nominated_officer", "director", "regional_placement_officer"),
    READ_NAMES: (*BOTH, "reviewing_officer"),
    READY: PLACING,
    START: PROVIDING,
    CHANGE: BOTH,
    APPROVE: ("nominated_officer", "director"),
    COST: ("placement_finder", "team_manager", "nominated_officer", "director", "api_client"),
    ARCHIVE: ("team_manager", "data_protection_officer", "director"),
}
