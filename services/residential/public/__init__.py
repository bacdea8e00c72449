"""What other services may ask of the homes: always of the bound authority's own, by the providing side in its steps.

Signatures are general, so that a foster home and a children's home are asked alike (`tenants.places`, `placing`).
Nothing here writes for another authority, and nothing answers with a child's name.
"""

from services.residential.model import Incoming, Sex
from services.residential.offers import refresh_offers
from services.residential.public.assessed import Assessed, assessment_decided, open_assessment
from services.residential.public.changed import changed
from services.residential.public.gates import Free, checks, free_places
from services.residential.public.homes import (
    AtHome,
    FallenJudgement,
    fallen_judgements,
    home_of_offer,
    homes_of_offers,
    renew_later,
)
from services.residential.public.money import weekly_price
from services.residential.public.stays import filled_since, leave, place, who_is_told
from services.residential.public.told import Disclosure, describe_for_disclosure
from services.residential.rules import ToTell, WeeklyPrice

__all__ = [
    "Assessed",
    "AtHome",
    "Disclosure",
    "FallenJudgement",
    "Free",
    "Incoming",
    "Sex",
    "ToTell",
    "WeeklyPrice",
    "assessment_decided",
    "changed",
    "checks",
    "describe_for_disclosure",
    "fallen_judgements",
    "filled_since",
    "free_places",
    "home_of_offer",
    "homes_of_offers",
    "leave",
    "open_assessment",
    "place",
    "refresh_offers",
    "renew_later",
    "weekly_price",
    "who_is_told",
]
