"""The person or machine that makes a request, acting for one authority."""

from dataclasses import dataclass
from uuid import UUID

from careshare.database import Acting, Uow


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, for whom, in which roles, and the permissions that follow. Fixed for one request."""

    person_id: UUID
    person_name: str
    authority_id: UUID
    authority_name: str
    authority_gss: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    purpose: str

    @property
    def acting(self) -> Acting:
        """The same, as a job or a stream of its own needs it."""
        return Acting(self.authority_id, self.person_id, self.purpose)

    def may(self, permission: str) -> bool:
        """True if one of the roles grants `permission` and, for a token, its scopes include it."""
        return permission in self.permissions


def principal_of(uow: Uow) -> Principal:
    """The principal whose request opened this unit of work; LookupError in a job, which has none."""
    found = uow.info.get("principal")
    if not isinstance(found, Principal):
        raise LookupError("this unit of work was not opened by a request")  # noqa: TRY004  # none there, not one of a wrong type
    return found
