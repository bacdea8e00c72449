"""What a request says: the need of each child and what they need together, as kept in jsonb and as the API takes it.

Codes are those of `tenants/codes.csv` and of `data/codes.csv` beside this file. Fields of who a child is stand in
`Identity` alone: what others see is built from the two needs (`rules.profile`) and never from it.
"""

from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from careshare.web import asks
from services.placements.need import Alongside, Circle, Pair, Pets, Sex

MOST_TEXT: Final = 2000
"""Characters of one free text."""
MOST_NAMES: Final = 60
"""Names kept on file for one child, so that none of them leaks."""

Kind = Literal["planned", "emergency"]
Stage = Literal["draft", "open", "placed", "not_placed", "withdrawn"]
YesNo = Literal["yes", "no", "not_specified"]
Cultural = Literal["required", "not_required", "not_known", "other"]
Suitability = Literal["preferred", "suitable", "unsuitable", "not_specified"]
Level = Literal["none", "low", "high"]
Code = Annotated[str, msgspec.Meta(max_length=40)]


class Risk(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One risk: "none" says that it was looked at and none is known. The note is for others, and is checked."""

    risk: Annotated[str, asks("the risk", max_length=40)]
    level: Annotated[Level, asks("the level of the risk")]
    note: Annotated[str, asks("the note on the risk", max_length=MOST_TEXT)] = ""


class FamilyTime(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Contact that must be kept up: with whom, how often, with how much supervision."""

    with_whom: Annotated[str, asks("whom the family time is with", max_length=40)]
    often: Annotated[str, asks("how often", max_length=40)]
    supervision: Annotated[str, asks("the supervision", max_length=40)]
    note: Annotated[str, asks("the note on family time", max_length=MOST_TEXT)] = ""


class Considered(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One relative or friend considered before others (Children Act 1989 s22C(7)). The name is never disclosed."""

    relationship: Annotated[str, asks("who they are to the child", max_length=40)]
    outcome: Annotated[str, asks("what came of it", max_length=40)]
    name: Annotated[str, asks("their name", max_length=120)] = ""
    note: Annotated[str, asks("the note on family and friends", max_length=MOST_TEXT)] = ""


class RequestNeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the children of a request need together. Pairs name children by their places; the first is 1."""

    siblings: Annotated[bool, asks("whether they are all brothers and sisters of each other")] = False
    together: Annotated[list[Pair], asks("who should live together", max_length=10)] = []
    apart: Annotated[list[Pair], asks("who must live apart", max_length=10)] = []
    care_type: Annotated[str, asks("the type of care", max_length=40)] | None = None
    length: Annotated[str, asks("how long the home is likely to be needed", max_length=40)] | None = None
    foster: Annotated[Suitability, asks("whether a foster home suits")] = "not_specified"
    residential: Annotated[Suitability, asks("whether a children’s home suits")] = "not_specified"
    supported: Annotated[Suitability, asks("whether supported accommodation suits")] = "not_specified"
    fit_first: Annotated[str, asks("why the kind of home does not come first", max_length=40)] | None = None
    """Why homes are searched for by fit alone and not least institutional first; none: they are not."""
    need_level: Annotated[str, asks("the level of need", max_length=40)] | None = None
    preferred_location: Annotated[str, asks("the preferred location", max_length=300)] = ""
    home_miles: Annotated[int, asks("the miles from home", ge=1, le=400)] | None = None
    school_miles: Annotated[int, asks("the miles from school", ge=1, le=400)] | None = None
    alongside: Annotated[Alongside, asks("who they can be cared for alongside")] = "no_preference"
    pets: Annotated[Pets, asks("whether they can live with pets")] = "not_known"
    keep_away: Annotated[
        list[Circle], asks("places to keep away from", invalid="Enter up to 5 places to keep away from", max_length=5)
    ] = []
    keep_away_why: Annotated[str, asks("why to keep away from there", max_length=MOST_TEXT)] = ""
    family_time: Annotated[list[FamilyTime], asks("family time", max_length=10)] = []
    considered: Annotated[list[Considered], asks("family and friends considered", max_length=10)] = []
    considered_none: Annotated[str, asks("why no family or friends were considered", max_length=40)] | None = None
    background: Annotated[str, asks("why a home is needed", max_length=MOST_TEXT)] = ""


class ChildNeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one child needs. Nothing here says who the child is; free texts are checked before others see them."""

    needs: Annotated[list[Code], asks("the needs", max_length=30)] = []
    communication_needs: Annotated[YesNo, asks("whether there are communication needs")] = "not_specified"
    communication: Annotated[list[Code], asks("how the child communicates", max_length=10)] = []
    adaptation_needed: Annotated[YesNo, asks("whether the home must be adapted")] = "not_specified"
    adaptations: Annotated[list[Code], asks("the adaptations", max_length=10)] = []
    cultural: Annotated[Cultural, asks("cultural needs")] = "not_known"
    culture: Annotated[str, asks("the cultural background", max_length=40)] | None = None
    religion: Annotated[str, asks("the religion", max_length=40)] | None = None
    languages: Annotated[list[Code], asks("the languages", max_length=10)] = []
    support: Annotated[list[Code], asks("the additional support", max_length=10)] = []
    deprivation_of_liberty: Annotated[YesNo, asks("whether there is a Deprivation of Liberty Order")] = "not_specified"
    risks: Annotated[list[Risk], asks("risks", max_length=30)] = []
    education: Annotated[str, asks("the stage of education", max_length=40)] | None = None
    education_plan: Annotated[YesNo, asks("whether there is an education, health and care plan")] = "not_specified"
    education_note: Annotated[str, asks("what to know about education", max_length=MOST_TEXT)] = ""
    health: Annotated[str, asks("what to know about health", max_length=MOST_TEXT)] = ""
    about: Annotated[str, asks("what the child is like", max_length=MOST_TEXT)] = ""
    wishes: Annotated[str, asks("the child’s wishes and feelings", max_length=MOST_TEXT)] = ""
    wishes_heard_by: Annotated[str, asks("who heard them", max_length=120)] = ""
    wishes_heard_on: Annotated[date, asks("the day they were heard")] | None = None
    wishes_not_heard: Annotated[str, asks("why they were not heard", max_length=40)] | None = None


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who a child is and where they live. Shown to others only after a match; `on_file` is never shown at all."""

    reference: Annotated[str, asks("the reference", max_length=40)] | None = None
    name: Annotated[str, asks("the name", max_length=120)] = ""
    known_as: Annotated[str, asks("the name the child is called by", max_length=120)] = ""
    born: Annotated[date, asks("the date of birth")] | None = None
    ethnicity: Annotated[str, asks("the ethnicity", max_length=4)] | None = None
    legal_status: Annotated[str, asks("the legal status", max_length=2)] | None = None
    legal_since: Annotated[date, asks("the day the legal status began")] | None = None
    address: Annotated[str, asks("the home address", max_length=300)] = ""
    postcode: Annotated[str, asks("the home postcode", max_length=10)] | None = None
    school: Annotated[str, asks("the school", max_length=120)] = ""
    school_postcode: Annotated[str, asks("the postcode of the school", max_length=10)] | None = None
    on_file: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=120)]], asks("names on file", max_length=MOST_NAMES)
    ] = []


class RequestChild(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One child of a request: age and sex, what they need, who they are. `age` is in whole years on the day wanted."""

    age: Annotated[int, asks("the age of child {n}", ge=0, le=25)] | None = None
    sex: Annotated[Sex, asks("the sex of child {n}")] = "U"
    need: ChildNeed = msgspec.field(default_factory=ChildNeed)
    identity: Identity = msgspec.field(default_factory=Identity)
