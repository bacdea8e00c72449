"""What the rooms of signing in speak of, and what can go wrong between us and a provider."""

from typing import Any, Literal, TypeGuard
from uuid import UUID

import msgspec

Kind = Literal["entra", "oidc"]


class Provider(msgspec.Struct, frozen=True):
    """An identity provider as it is needed to sign in. `client_secret` is encrypted; None is a public client."""

    id: UUID
    title: str
    kind: Kind
    issuer: str
    tenant_id: str | None
    client_id: str
    client_secret: str | None
    groups_claim: str
    api_audience: str | None
    version: int


class ProviderDown(Exception):
    """The provider does not answer, or not as one that could be used. `words` say it to its administrator."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class TokenWrong(Exception):
    """A token, or what the browser brought back, is not to be believed. `why` is a slug for the log and for tests."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether what came from outside is a list."""
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether what came from outside is a JSON object."""
    return isinstance(value, dict)
