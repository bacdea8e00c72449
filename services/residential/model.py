"""What is sent to change the homes: read from JSON by the API and from forms by the pages, with one set of limits.

Codes are checked against `tenants/codes.csv` by the actions, so that lists can grow as data. Money is in pounds and
travels as text, so that no penny is lost; its limits are the actions' too, for msgspec keeps none on a Decimal.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from careshare.web import asks

Sex = Literal["M", "F", "U"]
TakenSex = Literal["any", "M", "F"]
Kind = Literal["childrens_home", "supported_accommodation"]
Sector = Literal["local_authority", "private", "voluntary", "health"]
KeptAs = Literal["own", "proxy"]
ProxyGround = Literal["stands_here", "commissions"]
RegistrationStatus = Literal["applied", "active", "suspended", "cancelled", "resigned"]
Judgement = Literal["outstanding", "good", "requires_improvement", "inadequate"]
ClosedReason = Literal[
    "staffing", "works", "registration", "needs_of_resident", "safeguarding", "health", "rest", "other"
]
KeptReason = Literal["settling", "solo_care", "moving_in", "own_children", "transition", "other"]
Per = Literal["week", "night", "hour"]
HostOccasion = Literal["admission", "discharge"]
How = Literal["letter", "email", "in_person", "telephone"]
Outcome = Literal["can_live_together", "with_mitigations", "cannot_live_together"]

PHONE: Final = r"^[0-9 +()-]*$"
GSS: Final = r"^[EWS][0-9]{8}$"
CODE: Final = r"^[A-Za-z0-9_]{1,40}$"
URN: Final = r"^\s*([Ss][Cc][0-9]{6}|[0-9]{7})\s*$"


def example(value: object) -> msgspec.Meta:
    """What the field may look like, for the API's description."""
    return msgspec.Meta(examples=[value])


Code = Annotated[str, msgspec.Meta(pattern=CODE)]
Phone = Annotated[
    str,
    asks(
        "the telephone number",
        invalid="Enter a telephone number, like 01632 960 001 or +44 808 157 0192",
        max_length=30,
        pattern=PHONE,
    ),
]


class Home(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a home is, whose it is and what it is registered for."""

    urn: Annotated[
        str,
        asks(
            "Ofsted’s number",
            invalid="Enter Ofsted’s number: SC and six figures, or seven figures, like SC042417 or 2613661",
            pattern=URN,
        ),
        example("SC042417"),
    ]
    name: Annotated[str, asks("the home’s name", min_length=1, max_length=120), example("Fellside")]
    owner_organisation: Annotated[str, asks("the organisation that owns it", max_length=160)] = ""
    sector: Annotated[Sector, asks("the sector")]
    kept_as: Annotated[KeptAs, asks("whether it is your own home")] = "own"
    proxy_ground: Annotated[ProxyGround, asks("why you keep it")] | None = None
    kind: Annotated[Kind, asks("what kind of home it is")]
    category: Annotated[int, asks("the category of supported accommodation", ge=1, le=4)] | None = None
    address: Annotated[str, asks("the address", min_length=1, max_length=300), example("3 Larch Walk, Blyth")]
    postcode: Annotated[str, asks("the postcode", min_length=1, max_length=40), example("NE24 3AA")]
    registration: Annotated[RegistrationStatus, asks("the registration")] = "active"
    registered_places: Annotated[int, asks("the number of registered places", ge=1, le=60), example(4)]
    age_min: Annotated[int, asks("the youngest age", ge=0, le=25), example(11)]
    age_max: Annotated[int, asks("the oldest age", ge=0, le=25), example(17)]
    sex: Annotated[TakenSex, asks("whether it is for boys, girls or both")] = "any"
    purpose: Annotated[str, asks("what the home is for, in plain words", min_length=1, max_length=2000)]
    purposes: Annotated[list[Code], asks("what the home is for", max_length=20)] = []
    care_types: Annotated[list[Code], asks("the kinds of care", min_length=1, max_length=20)]
    need_levels: Annotated[list[Code], asks("the levels of need", min_length=1, max_length=10)]
    skills: Annotated[list[Code], asks("experience and training", max_length=50)] = []
    communication: Annotated[list[Code], asks("communication", max_length=20)] = []
    adaptations: Annotated[list[Code], asks("adaptations", max_length=20)] = []
    education_on_site: Annotated[bool, asks("whether there is education on site")] = False
    multi_building: Annotated[bool, asks("whether it has several buildings")] = False
    short_break_only: Annotated[bool, asks("whether it is for short breaks only")] = False
    manager_name: Annotated[str, asks("the registered manager", max_length=120)] = ""
    contact_number: Phone = ""


class Judged(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Ofsted's overall judgement and the last day of the inspection."""

    judgement: Annotated[Judgement, asks("the judgement")]
    judged_on: Annotated[date, asks("the date of the inspection")]


class Places(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many places the home has, registered or not."""

    number: Annotated[int, asks("the number of places", ge=0, le=60), example(4)]


class Closure(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A place that is closed. `until` is the first day on which it is open again. The reason never leaves us."""

    reason: Annotated[ClosedReason, asks("why the place is closed")]
    since: Annotated[date, asks("the date from which it is closed")]
    until: Annotated[date, asks("the date from which it is open again")] | None = None
    note: Annotated[str, asks("the note", max_length=500)] = ""


class Kept(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A place kept empty for matching. `until` is the first day on which it is not. The reason never leaves us."""

    reason: Annotated[KeptReason, asks("why the place is kept empty")]
    since: Annotated[date, asks("the date from which it is kept empty")]
    until: Annotated[date, asks("the date from which it is not")] | None = None
    note: Annotated[str, asks("the note", max_length=500)] = ""


class Staffing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The staffing statement: how many places are staffed, up to and including which day."""

    places: Annotated[int, asks("the number of places that are staffed", ge=0, le=60), example(3)]
    until: Annotated[date, asks("the last day for which that holds")]


class Price(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The weekly price at one level of need."""

    need_level: Annotated[Code, asks("the level of need")]
    weekly: Annotated[Decimal, asks("the weekly price"), example("4850.00")]


class Supplement(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What comes on top, by the week, night or hour."""

    code: Annotated[Code, asks("the supplement")]
    per: Annotated[Per, asks("what it is charged by")]
    amount: Annotated[Decimal, asks("the amount"), example("180.00")]


class PriceList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a place costs from a day on, until another list follows. Percentages add up to 100."""

    since: Annotated[date, asks("the date from which the prices hold")]
    purchase: Annotated[Code, asks("how places are bought")]
    notice_nights: Annotated[int, asks("the nights of notice", ge=0, le=365), example(28)]
    void_percent: Annotated[Decimal, asks("the share charged while a place stands empty"), example("80")]
    social_percent: Annotated[Decimal, asks("social care’s share")] = Decimal(100)
    education_percent: Annotated[Decimal, asks("education’s share")] = Decimal(0)
    health_percent: Annotated[Decimal, asks("health’s share")] = Decimal(0)
    price: Annotated[list[Price], asks("at least one weekly price", min_length=1, max_length=10)]
    supplement: Annotated[list[Supplement], asks("the supplements", max_length=20)] = []


class PlannedIncome(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a home is planned to bring in during a month. Null takes the plan of that month away."""

    month: Annotated[str, asks("the month", pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$"), example("2026-04")]
    planned: Annotated[Decimal, asks("the planned income"), example("61000.00")] | None


class Resident(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A child who comes to live in the home."""

    child_reference: Annotated[str, asks("the child’s reference", min_length=1, max_length=40), example("C-2231")]
    born: Annotated[date, asks("the child’s date of birth")]
    sex: Annotated[Sex, asks("the child’s sex")]
    starts: Annotated[date, asks("the date the child came")]
    responsible_gss: Annotated[str, asks("the authority responsible for the child", pattern=GSS), example("E08000021")]
    sibling_group: Annotated[str, asks("the sibling group", max_length=40), example("OKAFOR-1")] = ""
    needs: Annotated[list[Code], asks("needs and risks", max_length=50)] = []
    place: Annotated[int, asks("the place", ge=1, le=1000)] | None = None
    ends: Annotated[date, asks("the date the child is to leave")] | None = None


class Left(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The end of a child's stay."""

    ends: Annotated[date, asks("the date the child left")]


class HostTold(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """That the authority in whose area the home stands was told of a child who came, or who left."""

    resident_id: Annotated[UUID, asks("the child", missing="Choose the child")]
    occasion: Annotated[HostOccasion, asks("what was told", missing="Choose what was told")]
    sent_on: Annotated[date, asks("the day it was sent")]
    how: Annotated[How, asks("how it was sent", missing="Choose how it was sent")]


class Offering(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Places offered to other authorities: from which day, until when, at most how many at a time."""

    since: Annotated[date, asks("the date from which places are offered")]
    until: Annotated[date, asks("the date from which they are not")] | None = None
    places: Annotated[int, asks("the most places offered at a time", ge=1, le=60), example(1)]


class Confidentiality(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether the home's address is confidential."""

    confidential: Annotated[bool, asks("whether the address is confidential")]


class Incoming(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A child an impact assessment is about, in bands: whole years at most, a sex, needs and risks."""

    age: Annotated[int, asks("the age of child {n}", ge=0, le=25)]
    sex: Annotated[Sex, asks("the sex of child {n}")] = "U"
    needs: Annotated[list[Code], asks("the needs and risks of child {n}", max_length=50)] = []


class NewAssessment(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """For which enquiry, and about whom."""

    enquiry_id: UUID
    child: Annotated[list[Incoming], asks("at least one child", min_length=1, max_length=8)]


class Concern(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One concern, what is to be said of it and what would be done about it. Never a name."""

    code: Annotated[Code, asks("the concern")]
    note: Annotated[str, asks("what the concern is", max_length=1000)] = ""
    mitigation: Annotated[str, asks("what would be done", max_length=1000)] = ""


class Concerns(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """All concerns of an assessment."""

    concern: Annotated[list[Concern], asks("the concerns", max_length=20)] = []


class Decision(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the home's manager decides. The other side is told that it is done, and no more."""

    outcome: Annotated[Outcome, asks("the decision")]
    reason: Annotated[str, asks("the reason", min_length=1, max_length=2000)]
