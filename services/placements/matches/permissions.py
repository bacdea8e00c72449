"""Who may propose a match, list what the home's side needs, and answer; which answer is whose is in consents.csv."""

from collections.abc import Mapping, Sequence
from typing import Final

PROPOSE: Final = "match:propose"
LIST: Final = "match:list"
READ: Final = "match:read"
ANSWER: Final = "consent:answer"

PLACING: Final = ("placement_finder", "out_of_hours", "team_manager", "regional_placement_officer", "api_client")
PROVIDING: Final = ("fostering_officer", "residential_manager", "team_manager", "out_of_hours", "api_client")
DECIDING: Final = (
    *("placement_finder", "social_worker", "out_of_hours", "team_manager", "nominated_officer", "director"),
    *("fostering_officer", "supervising_social_worker", "residential_manager", "exemptions_officer"),
)

PERMISSIONS: Final[Mapping[str, Sequence[str]]] = {
    PROPOSE: PLACING,
    LIST: PROVIDING,
    READ: tuple(dict.fromkeys((*PLACING, *PROVIDING, *DECIDING))),
    ANSWER: DECIDING,
}
