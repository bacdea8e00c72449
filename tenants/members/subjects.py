"""What is kept of a colleague: membership, sign-ins, roles for a time, clients they made, what they did, and hand-over.

What somebody did at work is their employer's record; they are given how often and when they did what, never whose
records it was. Colleagues who gave them a role or changed it are third parties for the officer to decide about.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.kept import Subject, SubjectData, SubjectItem, SubjectKind
from careshare.web.filters import long_date, moment, plural
from tenants.members.holdings import SPOKEN

FIND = text("""
select m.person_id, m.name, m.email, m.ends from tenants.members() m
where lower(m.name) = lower(:who) or m.email = lower(:who)
union
select p.person_id, p.name, p.email, null from identity.temporary_people() p
where (lower(p.name) = lower(:who) or p.email = lower(:who))
  and not exists (select from tenants.members() m where m.person_id = p.person_id)
order by 2, 3 limit 50
""")
DESCRIBE = text("""
select m.person_id, m.name, m.email, m.ends from tenants.members() m where m.person_id = :id
union
select p.person_id, p.name, p.email, null from identity.temporary_people() p
where p.person_id = :id and not exists (select from tenants.members() m where m.person_id = p.person_id)
""")
MEMBER = text("select m.* from tenants.members() m where m.person_id = :person")
SIGN_INS = text("select kind, device, created_at, seen_at, ended_at from identity.sign_ins_of(:person)")
ACCOUNTS = text("""
select l.provider_id, p.title, l.linked_at, l.used_at from tenants.linked_accounts() l
left join tenants.provider p on p.id = l.provider_id where l.person_id = :person order by l.linked_at
""")
LENT = text("""
select t.id, t.kind, t.roles, lower(t.during) as since, upper(t.during) as until, t.ended_at, t.reason,
  t.person_id = :person as theirs, t.for_person = :person as in_their_name, t.granted_by = :person as given,
  g.name as granted_by, p.name as holder
from tenants.temporary_role t
left join identity.temporary_people() g on g.person_id = t.granted_by
left join identity.temporary_people() p on p.person_id = t.person_id
where t.authority_id = (select careshare.authority())
  and :person in (t.person_id, t.for_person, t.granted_by, t.second_by, t.ended_by) order by t.id
""")
LOCKS = text("""
select l.subject_id, l.locked_at, l.person_id = :person as theirs from tenants.record_lock l
where l.authority_id = (select careshare.authority()) and :person in (l.person_id, l.locked_by)
order by l.locked_at
""")
CLIENTS = text("""
select c.id, c.name, c.created_at, c.revoked_at, c.created_by = :person as made,
  (select count(*) from identity.client_secret s where s.authority_id = c.authority_id and s.client_id = c.id
    and s.created_by = :person) as secrets
from identity.client c where c.authority_id = (select careshare.authority())
  and (:person in (c.created_by, c.revoked_by) or exists (select from identity.client_secret s
    where s.authority_id = c.authority_id and s.client_id = c.id and s.created_by = :person))
order by c.created_at
""")
DID = text("""
select e.action, count(*) as times, min(e.at) as first_at, max(e.at) as last_at from audit.entry e
where e.authority_id = (select careshare.authority()) and e.actor_id = :person and e.owner_id is null
group by e.action order by e.action
""")
DONE_TO = text("""
select e.id, e.at, e.action, b.name as by from audit.entry e
left join lateral identity.colleagues(array[e.actor_id]) b on true
where e.authority_id = (select careshare.authority()) and e.owner_id is null and e.actor_id <> :person
  and (e.subjects @> array[cast(:person as uuid)] or e.subjects @> array[cast(:member as uuid)])
order by e.id
""")
HANDED = text("""
select h.id, h.at, cardinality(h.items) as number, h.reason, h.from_person = :person as gave
from tenants.hand_over h
where h.authority_id = (select careshare.authority()) and :person in (h.from_person, h.to_person)
order by h.id
""")
MEMBERSHIP: Final = "Your membership"
COLLEAGUE: Final = "a colleague"
# That a record is locked from somebody tells of whoever it is about: to them it is not there. A redacted item keeps its
# name in the package, so the name says no more than this.
NEUTRAL: Final = ("Other entries", "An entry that also tells of somebody else")
WHOSE: Final = "whoever’s record it is"


async def find(uow: Uow, who: str) -> list[Subject]:
    """Whoever works, worked or for a time acted for the authority under this name or e-mail address."""
    return [_subject(row) for row in await uow.execute(FIND, {"who": who.strip()})]


async def describe(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
    """The same colleague again."""
    if kind != "colleague":
        return None
    row = (await uow.execute(DESCRIBE, {"id": subject_id})).one_or_none()
    return None if row is None else _subject(row)


def _subject(row: Any) -> Subject:
    left = f", left {long_date(row.ends)}" if row.ends else ""
    return Subject("colleague", row.person_id, f"{row.name}, {row.email}, works for you{left}", row.name)


async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """Everything kept of a colleague; of others nothing is kept here."""
    if subject.kind != "colleague":
        return []
    asked = {"person": subject.id}
    member = (await uow.execute(MEMBER, asked)).one_or_none()
    items = _membership(member) if member is not None else []
    for row in await uow.execute(ACCOUNTS, asked):
        name = f"Account at {row.title or 'another council’s sign-in service'}"
        said = f"Linked {moment(row.linked_at)}, last used {moment(row.used_at)}"
        items.append(SubjectItem(f"account:{row.provider_id}", "Sign-ins", name, said))
    for number, row in enumerate(await uow.execute(SIGN_INS, asked), 1):
        items.append(_sign_in(number, row))
    for row in await uow.execute(LENT, asked):
        items += _lent(row)
    for row in await uow.execute(LOCKS, asked):
        items.append(_lock(row))
    for row in await uow.execute(CLIENTS, asked):
        items.append(_client(row))
    for row in await uow.execute(HANDED, asked):
        items.append(_handed(row))
    for row in await uow.execute(DID, asked):
        said = f"{plural(row.times, 'time')}, first on {long_date(row.first_at)}, last on {long_date(row.last_at)}"
        items.append(
            SubjectItem(f"did:{row.action}", "What you did (your employer’s record)", _words(row.action), said)
        )
    about = {"person": subject.id, "member": member.id if member is not None else subject.id}
    for row in await uow.execute(DONE_TO, about):
        name = f"{moment(row.at)}, {_words(row.action)}"
        key, section = f"entry:{row.id}", "What was recorded about you"
        if row.action.startswith("record."):
            items.append(SubjectItem(key, *NEUTRAL, name, WHOSE))
            continue
        items.append(SubjectItem(key, section, name, "On record"))
        if row.by:
            items.append(SubjectItem(f"{key}:by", section, f"{name}: by whom", row.by, COLLEAGUE))
    return items


def _membership(row: Any) -> list[SubjectItem]:
    said = (
        ("name", "Name", row.name),
        ("given", "Given name", row.given_name),
        ("family", "Family name", row.family_name),
        ("email", "E-mail address", row.email),
        ("user_name", "Name in the council’s directory", row.user_name if row.user_name != row.email else None),
        ("external_id", "Identifier in the council’s directory", row.external_id),
        ("roles", "Roles", ", ".join(ROLES.get(role, role) for role in row.roles)),
        ("starts", "Since", long_date(row.starts)),
        ("ends", "First day without you", long_date(row.ends) if row.ends else None),
        ("invited", "Invited", moment(row.invited_at) if row.invited_at else None),
        ("accepted", "Invitation accepted", moment(row.accepted_at) if row.accepted_at else None),
        ("created", "Entered", moment(row.created_at)),
        ("changed", "Last changed", moment(row.changed_at)),
        ("signed_in", "Last signed in", moment(row.signed_in_at) if row.signed_in_at else None),
    )
    return [SubjectItem(f"membership:{key}", MEMBERSHIP, name, value) for key, name, value in said if value]


def _sign_in(number: int, row: Any) -> SubjectItem:
    what = {"token": "Token for the API", "break_glass": "Emergency sign-in"}.get(row.kind, "Signed in")
    parts = [row.device, f"last used {moment(row.seen_at)}" if row.seen_at else ""]
    parts.append(f"ended {moment(row.ended_at)}" if row.ended_at else "")
    said = ", ".join(part for part in parts if part) or "Nothing more is kept"
    return SubjectItem(
        f"sign_in:{row.created_at.isoformat()}:{number}", "Sign-ins", f"{what} {moment(row.created_at)}", said
    )


def _lent(row: Any) -> list[SubjectItem]:
    roles = ", ".join(ROLES.get(role, role) for role in row.roles)
    ended = f", ended {moment(row.ended_at)}" if row.ended_at else ""
    said = f"{roles}: {moment(row.since)} to {moment(row.until)}{ended}"
    key, section = f"lent:{row.id}", "Roles held for a time"
    if not row.theirs:
        what = "Held in your name" if row.in_their_name else "A role for a time that you gave, seconded or ended"
        return [SubjectItem(key, section, what, f"{said}, by {row.holder}", row.holder or COLLEAGUE)]
    items = [SubjectItem(key, section, SPOKEN[row.kind], said), SubjectItem(f"{key}:why", section, "Why", row.reason)]
    if row.granted_by:
        items.append(SubjectItem(f"{key}:by", section, "Given by", row.granted_by, COLLEAGUE))
    return items


def _lock(row: Any) -> SubjectItem:
    what = "A record is locked from them" if row.theirs else "They locked a record from a colleague"
    return SubjectItem(f"lock:{row.subject_id}", *NEUTRAL, f"{what}, since {moment(row.locked_at)}", WHOSE)


def _client(row: Any) -> SubjectItem:
    did = ["you set it up"] if row.made else []
    did += [f"you made {plural(row.secrets, 'secret')} for it"] if row.secrets else []
    did += [f"revoked {moment(row.revoked_at)}"] if row.revoked_at else []
    said = ", ".join(did) or "you revoked it"
    return SubjectItem(f"client:{row.id}", "API clients", f"{row.name}, since {moment(row.created_at)}", said)


def _handed(row: Any) -> SubjectItem:
    if row.gave:
        what = f"Ticked off: {row.reason}" if row.reason else "Given to a colleague"
    else:
        what = "Taken over from a colleague"
    return SubjectItem(f"handed:{row.id}", "Hand-over", moment(row.at), f"{what} ({plural(row.number, 'thing')})")


def _words(action: str) -> str:
    return action.replace(".", ": ").replace("_", " ").capitalize()


SUBJECT_DATA: Final = SubjectData(find, describe, collect)
