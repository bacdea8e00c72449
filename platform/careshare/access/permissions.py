"""Permissions are `resource:action` names; roles are lists of them, gathered from the services."""

from collections.abc import Iterable, Mapping, Sequence

ROLES: Mapping[str, str] = {
    "social_worker": "Child’s social worker",
    "placement_finder": "Placement finder",
    "out_of_hours": "Out-of-hours worker",
    "fostering_officer": "Fostering officer",
    "supervising_social_worker": "Supervising social worker",
    "exemptions_officer": "Exemptions officer",
    "residential_manager": "Residential manager",
    "contact_coordinator": "Contact coordinator",
    "contact_supervisor": "Contact supervisor",
    "allowances_officer": "Allowances officer",
    "budget_holder": "Budget holder",
    "payments": "Payments officer",
    "team_manager": "Team manager",
    "nominated_officer": "Nominated officer",
    "director": "Director of children’s services",
    "reviewing_officer": "Independent reviewing officer",
    "data_protection_officer": "Data protection officer",
    "authority_administrator": "Authority administrator",
    "regional_placement_officer": "Regional placement officer",
    "regional_board_member": "Regional board member",
    "regional_administrator": "Regional administrator",
    "support_engineer": "Support engineer",
    "api_client": "API client",
}
"""Every role and its name in English (access-model: People)."""


NEVER_LENT: frozenset[str] = frozenset({"break_glass:grant", "second_person:agree"})
"""What takes a member of the authority or their deputy: nobody holds it by delegation, as support, by break-glass."""


class Permissions:
    """Which roles grant which permissions, put together once at start."""

    def __init__(self, declared: Iterable[Mapping[str, Sequence[str]]]) -> None:
        by_role: dict[str, set[str]] = {role: set() for role in ROLES}
        for mapping in declared:
            for permission, roles in mapping.items():
                for role in roles:
                    if role not in by_role:
                        raise ValueError(f"permission {permission} names the role {role}, which does not exist")
                    by_role[role].add(permission)
        self._by_role = {role: frozenset(held) for role, held in by_role.items()}
        self._granting = {
            permission: tuple(role for role, held in by_role.items() if permission in held)
            for permission in {name for held in by_role.values() for name in held}
        }
        self.all: frozenset[str] = frozenset[str]().union(*self._by_role.values())

    def granting(self, permission: str) -> tuple[str, ...]:
        """The roles that grant this permission."""
        return self._granting.get(permission, ())

    def of(self, roles: Iterable[str], scopes: Iterable[str] | None = None) -> frozenset[str]:
        """What these roles allow together; `scopes` narrows it and never widens it."""
        held = frozenset[str]().union(*(self._by_role.get(role, frozenset[str]()) for role in roles))
        return held if scopes is None else held & frozenset(scopes)

    def lent(
        self, roles: Iterable[str], standing: Iterable[str] | None, scopes: Iterable[str] | None = None
    ) -> frozenset[str]:
        """The same where some roles are only lent: `standing` are those held as a member or deputy, None for all."""
        held = self.of(roles, scopes)
        return held if standing is None else held - (NEVER_LENT - self.of(standing))
