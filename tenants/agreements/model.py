"""What an agreement states, who its parties are, and its versions."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from careshare.web import asks

Detail = Literal["notice", "profile", "identity"]
State = Literal["draft", "signed", "in_force", "ended"]
VersionState = Literal["proposed", "signed", "in_force", "replaced", "withdrawn", "ended"]

LINE: Final = 200
PARAGRAPH: Final = 4_000
PARTIES: Final = 60
DATES: Final = (date(2000, 1, 1), date(2100, 1, 1))

Day = Annotated[date, Meta(description="A day, as 2027-03-31.")]


class Terms(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The terms of one version. `last_day` is the last day it is in force; null: until its parties end it.

    `gateways`, `lawful_basis` and `condition` are codes of `data/codes.csv`.
    """

    title: Annotated[str, asks("the title", min_length=1, max_length=LINE)]
    resource: Annotated[str, asks("what is shared", min_length=1, max_length=60)]
    detail: Annotated[Detail, asks("how much is shown")]
    purpose: Annotated[str, asks("the purpose", min_length=1, max_length=PARAGRAPH)]
    gateways: Annotated[
        list[str],
        asks(
            "the law that allows the sharing",
            missing="Select the law that allows the sharing",
            min_length=1,
            max_length=20,
        ),
    ]
    lawful_basis: Annotated[
        str, asks("the lawful basis", missing="Select the lawful basis", min_length=1, max_length=60)
    ]
    condition: Annotated[
        str,
        asks(
            "the condition for special-category data",
            missing="Select the condition for special-category data",
            min_length=1,
            max_length=60,
        ),
    ]
    tariff: Annotated[str, asks("the tariff", min_length=1, max_length=PARAGRAPH)]
    retention: Annotated[str, asks("how long what is received is kept", min_length=1, max_length=PARAGRAPH)]
    notice_days: Annotated[int, asks("the notice period in days", ge=0, le=730)]
    starts: Annotated[date, asks("the first day it is in force")]
    last_day: Annotated[date, asks("the last day it is in force")] | None = None
    review_on: Annotated[date, asks("the review date")]


class StatedTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Terms as they were proposed. An agreement made before codes were kept has texts alone."""

    title: str
    resource: str
    detail: Detail
    purpose: str
    gateways: list[str]
    lawful_basis: str
    condition: str
    tariff: str
    retention: str
    notice_days: int
    starts: date
    last_day: date | None
    review_on: date
    legal_gateway_text: str
    lawful_basis_text: str

    def as_terms(self) -> Terms:
        """The same as it is typed into a form, without the texts that follow from the codes."""
        return Terms(**{name: getattr(self, name) for name in Terms.__struct_fields__})


class Draft(Terms, forbid_unknown_fields=True, kw_only=True):
    """Terms to propose, and the parties: yours may be left out."""

    parties: Annotated[
        list[UUID],
        asks("the other authorities", missing="Select the authorities to share with", min_length=1, max_length=PARTIES),
    ]

    def terms(self) -> Terms:
        """The terms without the parties."""
        return Terms(**{name: getattr(self, name) for name in Terms.__struct_fields__})


class Contact(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The office to reach a party by: never a person's own number."""

    contact_role: Annotated[str, asks("the office or role to contact", min_length=1, max_length=LINE)]
    contact_telephone: Annotated[
        str,
        asks(
            "the office’s telephone number",
            invalid="The office’s telephone number must have digits and spaces, like 01632 960001",
            min_length=1,
            max_length=40,
            pattern=r"^[0-9 +()-]+$",
        ),
    ]
    contact_email: Annotated[
        str,
        asks(
            "the office’s e-mail address",
            invalid="Enter the office’s e-mail address in the correct format, like duty@council.example",
            min_length=3,
            max_length=254,
            pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+$",
        ),
    ]


class Signing(Contact, forbid_unknown_fields=True, kw_only=True):
    """A signature for the bound authority: which version, in which office, with the declaration made."""

    version: Annotated[int, asks("the version", ge=1, le=100_000)]
    role: Annotated[str, asks("your job title", min_length=1, max_length=LINE)]
    declared: Annotated[bool, asks("the declaration", missing="Confirm that you may sign for your authority")]


class Leaving(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Leaving: `at_once` needs a cause of the list; otherwise the notice period runs."""

    at_once: Annotated[bool, asks("when to leave", missing="Select when your authority leaves")]
    cause: Annotated[str, asks("the cause", max_length=60)] | None = None
    reason: Annotated[str, asks("the reason", max_length=PARAGRAPH)] | None = None


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A party, the office to reach it by, and when it leaves or left.

    The office is empty until your authority and that party have signed. Why it leaves is empty unless your authority
    was a party when it said so.
    """

    authority_id: UUID
    name: str
    contact_role: str
    contact_telephone: str
    contact_email: str
    joined_at: datetime | None
    notice_at: datetime | None
    leaves_at: datetime | None
    leaves_for: str


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed for a party."""

    authority_id: UUID
    authority: str
    name: str
    role: str
    signed_at: datetime


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version, whole."""

    version: int
    state: VersionState
    terms: StatedTerms
    parties: list[UUID]
    proposed_by: str
    proposer_id: UUID
    proposed_at: datetime
    amended_at: datetime | None
    signed_at: datetime | None
    ended_at: datetime | None
    signatures: list[Signature]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement of the bound authority. `version` is the one in force, or the first while none is.

    `state` is as of now: the clock alone brings an agreement into force and out of it.
    """

    id: UUID
    title: str
    resource: str
    state: State
    revision: int
    version: int
    in_force_from: datetime
    in_force_until: datetime | None
    parties: list[Party]
    versions: list[Version]

    @property
    def current(self) -> Version:
        """The version that stands: in force, or what was in force or proposed last."""
        found = [one for one in self.versions if one.version == self.version]
        return found[0] if found else self.versions[-1]

    @property
    def proposed(self) -> Version | None:
        """The version that waits for signatures."""
        return next((one for one in self.versions if one.state == "proposed"), None)

    def party(self, authority_id: UUID) -> Party | None:
        """One of the parties."""
        return next((one for one in self.parties if one.authority_id == authority_id), None)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement in the list."""

    id: UUID
    title: str
    resource: str
    state: State
    version: int
    proposed_version: int | None
    to_sign: bool
    starts: date
    last_day: date | None
    review_on: date
    notice_days: int
    leaves_at: datetime | None
    parties: list[str]


Json = dict[str, Any]
