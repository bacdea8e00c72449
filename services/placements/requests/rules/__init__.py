"""The rules of a request, pure: what is right in it, what it lacks, what others see of it, what a text gives away."""

from services.placements.requests.rules.checked import Flag, digest, flags
from services.placements.requests.rules.completeness import Lacking, complete_by, lacking, not_looked_at
from services.placements.requests.rules.naming import Finding, OnFile, identifying
from services.placements.requests.rules.need import as_need, from_need
from services.placements.requests.rules.profile import Fuller, Profile, Said, on_file, profile, texts
from services.placements.requests.rules.valid import check_age, check_child, check_identity, check_need, check_when

__all__ = [
    "Finding",
    "Flag",
    "Fuller",
    "Lacking",
    "OnFile",
    "Profile",
    "Said",
    "as_need",
    "check_age",
    "check_child",
    "check_identity",
    "check_need",
    "check_when",
    "complete_by",
    "digest",
    "flags",
    "from_need",
    "identifying",
    "lacking",
    "not_looked_at",
    "on_file",
    "profile",
    "texts",
]
