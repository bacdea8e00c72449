"""What an administrator sees and fills in about sign-in."""

import re
from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from careshare.access.permissions import ROLES
from careshare.signin.groups import BY_GROUP
from careshare.web import asks

ENTRA: Final = "https://login.microsoftonline.com/{}/v2.0"
_DOMAIN: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_TENANT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CLAIM: Final = re.compile(r"[A-Za-z0-9_:/.-]{1,200}")


def read_domain(text: str) -> str:
    """An e-mail domain, without the @. Raises ValueError."""
    domain = text.strip().lower().removeprefix("@")
    if not _DOMAIN.fullmatch(domain) or len(domain) > 253:
        raise ValueError("Enter an e-mail domain, like council.gov.uk")
    return domain


def read_tenant(text: str) -> str:
    """An Entra tenant (directory) ID. Raises ValueError."""
    tenant = text.strip().lower()
    if not _TENANT.fullmatch(tenant):
        raise ValueError("Enter the directory (tenant) ID, like 1a2b3c4d-1234-5678-9abc-def012345678")
    return tenant


def read_claim(text: str) -> str:
    """The name of a claim. Raises ValueError."""
    if not _CLAIM.fullmatch(text):
        raise ValueError("Enter the name of the claim, like groups")
    return text


def read_issuer(text: str) -> str:
    """An issuer's address, kept letter by letter, as tokens carry it. Raises ValueError."""
    if not re.fullmatch(r"https?://[^\s?#@]+", text) or len(text) > 500:
        raise ValueError("Enter the issuer’s address, like https://sign-in.council.gov.uk")
    return text


def read_role(text: str) -> str:
    """A role that a group may give. Raises ValueError."""
    if text not in BY_GROUP:
        raise ValueError("Select the role")
    return text


Title = Annotated[str, asks("a name your people will know it by", max_length=100)]
ClientId = Annotated[str, asks("the client ID", max_length=255)]
ClientSecret = Annotated[str, asks("the client secret", max_length=1000)]
Claim = Annotated[str, asks("the name of the claim", read=read_claim)]
Audience = Annotated[str, asks("the audience of access tokens", max_length=255)]
Domain = Annotated[str, asks("the e-mail domain", read=read_domain)]


class NewProvider(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A provider of one's own."""

    kind: Annotated[Literal["entra", "oidc"], asks("what kind of service it is")]
    title: Title
    tenant_id: Annotated[str, asks("the directory (tenant) ID", read=read_tenant)] | None = None
    issuer: Annotated[str, asks("the issuer’s address", read=read_issuer)] | None = None
    client_id: ClientId
    client_secret: ClientSecret | None = None
    domain: Domain


class ProviderChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What can be changed of a provider. Whom it is, cannot."""

    version: Annotated[int, asks("the version", ge=1)]
    title: Title
    client_id: ClientId
    client_secret: ClientSecret | None = None
    groups_claim: Claim = "groups"
    api_audience: Audience | None = None
    shared: Annotated[bool, asks("whether others may use it")] = False


class Accepting(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Another authority's provider, for addresses of a domain."""

    provider: Annotated[UUID, asks("the sign-in service")]
    domain: Domain


class OneDomain(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A domain to let sign in, or not any more."""

    domain: Domain


class Mapping(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A group and a role it gives."""

    group_id: Annotated[str, asks("the group’s ID or name, as the service sends it", max_length=200)]
    role: Annotated[str, asks("the role", read=read_role)]


class Listed(msgspec.Struct, frozen=True):
    """A provider as its users see it; `mine` if the bound authority keeps it."""

    id: UUID
    title: str
    kind: str
    issuer: str
    tenant_id: str | None
    client_id: str
    groups_claim: str
    api_audience: str | None
    shared: bool
    version: int
    mine: bool
    domains: list[str]
    waiting: list[str]


class Nearby(msgspec.Struct, frozen=True):
    """A provider another authority of the region keeps and shares."""

    provider_id: UUID
    title: str
    issuer: str
    owner_name: str


class DomainRow(msgspec.Struct, frozen=True):
    """A domain, from when to when; `waits` for the regional administrator since `starts`."""

    domain: str
    starts: date
    ends: date | None
    waits: bool


class GroupRow(msgspec.Struct, frozen=True):
    """A role a group gives."""

    group_id: str
    role: str

    @property
    def role_name(self) -> str:
        """The role in English."""
        return ROLES[self.role]


class Account(msgspec.Struct, frozen=True):
    """A person's account at a provider."""

    person_id: UUID
    name: str
    email: str
    provider_id: UUID
    linked_at: datetime
    used_at: datetime
