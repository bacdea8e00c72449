"""What somebody holds between authorities: roles held for a time, and those given in their name."""

from uuid import UUID

from sqlalchemy import text

from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.service import Held, Holding

PERMISSION = "member:hand_over"
# Of somebody who left, what ended with them is theirs to hand over too.
LENT = text("""
    select t.id, t.kind, t.roles, t.for_person = :person as deputised from tenants.temporary_role t
    where t.authority_id = (select careshare.authority()) and upper(t.during) > now()
      and (t.person_id = :person or t.for_person = :person)
      and (t.ended_at is null or t.person_id = :person and exists (select from tenants.member m
        where m.authority_id = t.authority_id and m.person_id = :person and m.ends <= current_date
          and t.ended_at >= m.ends))
    order by t.id
""")
SPOKEN = {
    "deputy": "Deputy",
    "delegation": "By delegation",
    "support": "Invited support",
    "break_glass": "Break-glass",
}


async def holdings(uow: Uow, person_id: UUID, _name: str) -> list[Holding]:
    """Roles the person holds for a time, and roles that others hold in their name: given anew, never handed over."""
    held: list[Held] = []
    lent: list[Held] = []
    for row in (await uow.execute(LENT, {"person": person_id})).mappings():
        label = f"{SPOKEN[row['kind']]}: {', '.join(ROLES[role] for role in row['roles'])}"
        (lent if row["deputised"] else held).append(Held(row["id"], label))
    return [
        Holding("tenants.role_held", "Roles held for a time", PERMISSION, held),
        Holding("tenants.role_deputised", "Roles that deputies hold in their name", PERMISSION, lent),
    ]
