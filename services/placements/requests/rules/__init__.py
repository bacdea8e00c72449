"""The rules of a request, pure: what is right in it, what it lacks, what others see of it, what a text gives away."""

from services.placements.requests.rules.completeness import Lacking, complete_by, lacking, not_looked_at
from services.placements.requests.rules.naming import Finding, OnFile, identifying
from services.placements.requests.rules.profile import Profile, Said, on_file, profile, texts
from services.placements.requests.rules.valid import check_age, check_child, check_identity, check_need, check_when

__all__ = [
    "Finding",
    "Lacking",
    "OnFile",
    "Profile",
    "Said",
    "check_age",
    "check_child",
    "check_identity",
    "check_need",
    "check_when",
    "complete_by",
    "identifying",
    "lacking",
    "not_looked_at",
    "on_file",
    "profile",
    "texts",
]
