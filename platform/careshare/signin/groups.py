"""Roles from the provider's groups, where an authority wants them: set anew at each sign-in.

A role that any group of the mapping gives comes from groups alone; roles the mapping does not name stay as they were
given by hand. Administrators, regional roles and roles for machines and support are never given by a group: a slip in
another system must neither lock an authority out nor open others'.
"""

from enum import Enum
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.access.permissions import ROLES
from careshare.database import Uow

BY_HAND: Final = frozenset(
    {
        "authority_administrator",
        "regional_placement_officer",
        "regional_board_member",
        "regional_administrator",
        "support_engineer",
        "api_client",
    }
)
BY_GROUP: Final = tuple(role for role in ROLES if role not in BY_HAND)
"""Roles a group may give."""

MAPPING: Final = text("select group_id, role from tenants.provider_group where provider_id = :provider")
MEMBER: Final = text("""
    select id, roles from tenants.member where person_id = :person and starts <= current_date
      and (ends is null or ends > current_date) for update
""")
CHANGE: Final = text("update tenants.member set roles = :roles, version = version + 1 where id = :id")


class Mapped(Enum):
    """What groups did to somebody's roles."""

    NOT_USED = "not_used"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    LEFT = "left_alone"
    """The provider could not say the groups (overage): the roles stay as they were."""

    NONE = "no_roles"
    """No group and nobody gives this person a role any more."""


async def apply_groups(uow: Uow, provider_id: UUID, person_id: UUID, groups: frozenset[str] | None) -> Mapped:
    """Set the person's roles for the bound authority from their groups; None are groups the provider could not say."""
    mapping = [(row.group_id, row.role) for row in await uow.execute(MAPPING, {"provider": provider_id})]
    if not mapping:
        return Mapped.NOT_USED
    if groups is None:
        return Mapped.LEFT
    member = (await uow.execute(MEMBER, {"person": person_id})).mappings().one_or_none()
    if member is None:  # here for a time, by a role that this authority gave by hand
        return Mapped.NOT_USED
    before: list[str] = list(member["roles"])
    roles = roles_after(before, mapping, groups)
    if not roles:
        return Mapped.NONE
    if roles == sorted(before):
        return Mapped.UNCHANGED
    await uow.execute(CHANGE, {"roles": roles, "id": member["id"]})
    await audit.record(
        uow, "member.roles_from_groups", subjects=[person_id], before={"roles": sorted(before)}, after={"roles": roles}
    )
    return Mapped.CHANGED


def roles_after(before: list[str], mapping: list[tuple[str, str]], groups: frozenset[str]) -> list[str]:
    """The roles of somebody who had `before` and is in `groups`, by the authority's mapping of group to role."""
    of_groups = {role for _, role in mapping if role not in BY_HAND}
    given = {role for group, role in mapping if group in groups and role not in BY_HAND}
    return sorted((set(before) - of_groups) | given)
