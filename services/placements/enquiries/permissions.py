"""Who may do what with enquiries and holds."""

from collections.abc import Mapping, Sequence
from typing import Final

READ: Final = "enquiry:read"
SEND: Final = "enquiry:send"
ANSWER: Final = "enquiry:answer"
WRITE: Final = "enquiry:write"
HOLD: Final = "hold:grant"
SETTINGS: Final = "placement_setting:change"

FINDERS: Final = ("placement_finder", "out_of_hours", "regional_placement_officer", "team_manager", "api_client")
PROVIDERS: Final = ("fostering_officer", "residential_manager", "team_manager", "out_of_hours", "api_client")

PERMISSIONS: Final[Mapping[str, Sequence[str]]] = {
    READ: tuple(
        dict.fromkeys((*FINDERS, *PROVIDERS, "social_worker", "supervising_social_worker", "nominated_officer"))
    ),
    SEND: FINDERS,
    ANSWER: PROVIDERS,
    WRITE: tuple(dict.fromkeys((*FINDERS, *PROVIDERS))),
    HOLD: PROVIDERS,
    SETTINGS: ("team_manager",),
}
