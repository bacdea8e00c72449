"""What is sent to change the register: read from JSON by the API and from forms by the pages, with one set of limits.

Codes (`skill`, `language`, …) are checked against `tenants/codes.csv` by the actions, so that lists can grow as data.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from careshare.web import asks

Sex = Literal["M", "F", "U"]
TermsSex = Literal["any", "M", "F"]
Sharing = Literal["no", "siblings", "any"]
Relationship = Literal["own_child", "adult", "staying_put", "privately_fostered", "lodger", "other"]
CheckKind = Literal["annual_review", "dbs", "medical", "unannounced_visit", "health_and_safety", "pets", "training"]
ClosedReason = Literal[
    "carer_break", "social_work_decision", "needs_of_child_placed", "allegation", "health", "works", "other"
]
"""Why a place is not available. `solo_placement` is not chosen: it follows from the child placed."""

ApprovalKind = Literal["mainstream", "connected"]
Ground = Literal["assessment", "irm"]


def example(value: object) -> msgspec.Meta:
    """What the field may look like, for the API's description."""
    return msgspec.Meta(examples=[value])


PHONE = r"^[0-9 +()-]*$"
GSS = r"^[EWS][0-9]{8}$"
CODE = r"^[A-Za-z_]{1,40}$"

Code = Annotated[str, msgspec.Meta(pattern=CODE)]
Reference = Annotated[str, asks("the reference", min_length=1, max_length=40)]
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
    """Who the household is and where.

    Its worker is a colleague (`supervising_person_id`), and then `supervising_worker` is their name whatever is sent;
    or somebody without an account, by name alone.
    """

    reference: Annotated[str, asks("the household’s reference", min_length=1, max_length=40), example("FC-0042")]
    name: Annotated[str, asks("the household’s name", min_length=1, max_length=120), example("The Okafors")]
    address: Annotated[str, asks("the address", min_length=1, max_length=300), example("12 Sandpiper Close, Blyth")]
    postcode: Annotated[str, asks("the postcode", min_length=1, max_length=40), example("NE24 3AA")]
    supervising_person_id: Annotated[UUID, asks("the supervising social worker")] | None = None
    supervising_worker: Annotated[str, asks("the name of the supervising social worker", max_length=120)] = ""
    duty_number: Phone = ""


class Consent(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the carers were told and what they agreed to."""

    privacy_notice_on: Annotated[date, asks("the date the privacy notice was given")] | None = None
    objection: Annotated[bool, asks("whether the carers object to sharing their vacancies")] = False
    beliefs_shared: Annotated[bool, asks("whether religion and culture may stand in the notice")] = False


class Abilities(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the home can do. Null: not stated; an empty list of pets: there are none."""

    pets: Annotated[list[Code], msgspec.Meta(max_length=20)] | None = None
    skills: Annotated[list[Code], msgspec.Meta(max_length=50)] = []
    communication: Annotated[list[Code], msgspec.Meta(max_length=20)] = []
    adaptations: Annotated[list[Code], msgspec.Meta(max_length=20)] = []
    solo: bool | None = None


class Carer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One approved carer. Null: not given."""

    name: Annotated[str, asks("the name of carer {n}", min_length=1, max_length=120)]
    born: Annotated[date, asks("the date of birth of carer {n}")] | None = None
    sex: Annotated[Sex, asks("the sex of carer {n}")] = "U"
    ethnicity: Annotated[Code, asks("the ethnicity of carer {n}")] | None = None
    religion: Annotated[Code, asks("the religion of carer {n}")] | None = None
    languages: Annotated[list[Code], asks("the languages of carer {n}", max_length=20)] | None = None
    telephone: Phone = ""


class Member(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody else who lives in the household and is not fostered there by the authority."""

    name: Annotated[str, asks("the name of person {n}", min_length=1, max_length=120)]
    relationship: Annotated[Relationship, asks("what person {n} is to the household")]
    born: Annotated[date, asks("the date of birth of person {n}")] | None = None
    sex: Annotated[Sex, asks("the sex of person {n}")] = "U"


class Bedroom(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A bedroom for fostered children and who may share it."""

    beds: Annotated[int, asks("the number of beds in bedroom {n}", ge=1, le=6)]
    sharing: Annotated[Sharing, asks("who may share bedroom {n}")] = "no"


class Carers(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """All carers of a household, the main one first."""

    carer: Annotated[list[Carer], asks("at least one carer", min_length=1, max_length=4)]


class Members(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Everybody else in a household."""

    person: Annotated[list[Member], asks("the people in the household", max_length=20)] = []


class Bedrooms(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """All bedrooms for fostered children."""

    bedroom: Annotated[list[Bedroom], asks("the bedrooms", max_length=12)] = []


class Terms(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Terms of approval from a day on (SI 2011/581 regulation 27(5))."""

    since: Annotated[date, asks("the date the terms begin")]
    kind: Annotated[ApprovalKind, asks("the kind of approval")]
    places: Annotated[int, asks("the number of children", ge=1, le=12), example(2)]
    age_min: Annotated[int, asks("the youngest age", ge=0, le=25), example(0)]
    age_max: Annotated[int, asks("the oldest age", ge=0, le=25), example(12)]
    care_types: Annotated[list[Code], asks("the types of care", min_length=1, max_length=20)]
    sex: Annotated[TermsSex, asks("whether the approval is for boys, girls or both")] = "any"
    named_children: Annotated[list[Reference], asks("the named children", max_length=12)] = []
    notice_on: Annotated[date, asks("the date of the approval notice")] | None = None


class Temporary(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Temporary approval of a connected person for particular children (SI 2010/959 regulation 24)."""

    since: Annotated[date, asks("the date the approval begins")]
    children: Annotated[list[Reference], asks("the children it is for", min_length=1, max_length=12)]
    care_types: Annotated[list[Code], asks("the types of care", min_length=1, max_length=20)]
    notice_on: Annotated[date, asks("the date of the approval notice")] | None = None


class Extension(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The one extension of a temporary approval (SI 2010/959 regulation 25).

    `assessment`: until a day within the weeks allowed; `irm`: until the outcome of the independent review.
    """

    decided_on: Annotated[date, asks("the date of the decision")]
    ground: Annotated[Ground, asks("why the approval is extended")]
    until: Annotated[date, asks("the date it is extended to")] | None = None


class Exemption(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An exemption from the usual fostering limit, as the area authority gave it (Children Act 1989 Schedule 7)."""

    granted_by_gss: Annotated[str, asks("the authority that granted it", pattern=GSS), example("E08000021")]
    children: Annotated[list[Reference], asks("every child the exemption names", min_length=4, max_length=20)]
    notice_on: Annotated[date, asks("the date of the written notice")]
    since: Annotated[date, asks("the date the exemption begins")]
    until: Annotated[date, asks("the date the exemption ends")] | None = None
    conditions: Annotated[str, asks("the conditions", max_length=2000), example("Reviewed every three months.")] = ""


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The notice by which the area authority withdraws an exemption before its time."""

    exemption_id: Annotated[UUID, asks("which exemption", missing="Choose which exemption")]
    notice_on: Annotated[date, asks("the date of the written notice")]
    ends: Annotated[date, asks("the first day without it")]


class Resignation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A written notice of resignation (SI 2011/581 regulation 28(13))."""

    received_on: Annotated[date, asks("the date the notice was received")]


class CheckDone(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A review or check that was done, and when the next is due: by the usual interval unless given."""

    done_on: Annotated[date, asks("the date it was done")]
    due_on: Annotated[date, asks("the date the next is due")] | None = None


class Places(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many places the home has."""

    number: Annotated[int, asks("the number of places", ge=0, le=12), example(2)]


class Closure(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A place that is not available. `until` is the first day on which it is again. The reason never leaves us."""

    reason: Annotated[ClosedReason, asks("why the place is not available")]
    since: Annotated[date, asks("the date from which it is not available")]
    until: Annotated[date, asks("the date from which it is available again")] | None = None
    note: Annotated[str, asks("the note", max_length=500)] = ""


class Placed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A child placed with the household (register of children placed, SI 2011/581 Schedule 2)."""

    child_reference: Annotated[str, asks("the child’s reference", min_length=1, max_length=40), example("C-2231")]
    born: Annotated[date, asks("the child’s date of birth")]
    sex: Annotated[Sex, asks("the child’s sex")]
    care_type: Annotated[Code, asks("the type of care")]
    starts: Annotated[date, asks("the date the child was placed")]
    responsible_gss: Annotated[str, asks("the authority responsible for the child", pattern=GSS), example("E08000021")]
    sibling_group: Annotated[str, asks("the sibling group", max_length=40), example("OKAFOR-1")] = ""
    place: Annotated[int, asks("the place", ge=1, le=1000)] | None = None
    solo: Annotated[bool, asks("whether this is a solo placement")] = False
    ends: Annotated[date, asks("the date the child is to leave")] | None = None


class Left(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The end of a child's stay."""

    ends: Annotated[date, asks("the date the child left")]


class Confidentiality(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether the household's address is confidential."""

    confidential: Annotated[bool, asks("whether the address is confidential")]
