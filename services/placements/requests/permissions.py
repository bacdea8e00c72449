"""Who may do what with placement requests."""

from collections.abc import Mapping, Sequence
from typing import Final

READ: Final = "request:read"
CHANGE: Final = "request:change"
IDENTITY: Final = "request:read_identity"
CHANGE_IDENTITY: Final = "request:change_identity"

WRITERS: Final = (
    *("social_worker", "placement_finder", "out_of_hours", "team_manager", "regional_placement_officer"),
    "api_client",
)
KNOWING: Final = tuple(role for role in WRITERS if role != "regional_placement_officer")

PERMISSIONS: Final[Mapping[str, Sequence[str]]] = {
    READ: (*WRITERS, "nominated_officer", "director", "reviewing_officer"),
    CHANGE: WRITERS,
    # Not by delegation: a regional officer finds a home by what a child needs, not by who it is.
    IDENTITY: (*KNOWING, "reviewing_officer"),
    CHANGE_IDENTITY: KNOWING,
}
