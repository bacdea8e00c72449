"""Hand-over: what somebody held is given to colleagues or ticked off with a reason, until nothing is left.

Services say what a person holds and how such a thing is given (`Service.holdings`). What is left is asked of them each
time; what was done is kept, each step on the record. Who takes part and who loses something is told, without detail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.access.permissions import Permissions
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unprocessable
from careshare.identity import principal_of
from careshare.service import Held, Holding, Service
from tenants.colleagues import Colleague, colleague, colleagues
from tenants.members import queries
from tenants.members.model import HandOver, HandOverStep, HeldItem, HeldKind, Leaver, Member

TO_YOU: Final = "handed_to_you"
FROM_YOU: Final = "handed_from_you"
OWN_LINK: Final = "/what-you-hold"

LOCK = text("""
    select 1 from tenants.member where authority_id = (select careshare.authority()) and id = :id for update
""")
STEPS = text("""
    select h.id, h.at, h.kind, h.items, h.to_person, t.name as to, h.reason, b.name as by, h.lapsed_at
    from tenants.hand_over h
    left join lateral identity.colleagues(array[h.to_person]) t on h.to_person is not null
    left join lateral identity.colleagues(array[h.made_by]) b on true
    where h.authority_id = (select careshare.authority()) and h.from_person = :person order by h.id
""")
TAKEN = text("""
    select h.id, h.at, h.kind, cardinality(h.items) as number, f.name as from_name, b.name as by
    from tenants.hand_over h
    left join lateral identity.colleagues(array[h.from_person]) f on true
    left join lateral identity.colleagues(array[h.made_by]) b on true
    where h.authority_id = (select careshare.authority()) and h.to_person = :person
      and h.at > now() - interval '90 days'
    order by h.id desc limit 50
""")
KEEP = text("""
    insert into tenants.hand_over (authority_id, from_person, kind, items, to_person, reason)
    values ((select careshare.authority()), :person, :kind, :items, :to, :reason)
""")
STAMP = text("""
    update tenants.member set handed_over_at = case when :done then coalesce(handed_over_at, now()) end
    where authority_id = (select careshare.authority()) and id = :id and (handed_over_at is not null) <> :done
""")
# Those whose hand-over is not done, and for a year those whose is: something of theirs may turn up again.
LEAVERS = text("""
    select m.id from tenants.members() m
    join tenants.member t on t.authority_id = (select careshare.authority()) and t.id = m.id
    where m.ends <= current_date and (t.handed_over_at is null or m.ends > current_date - 365)
    order by m.ends, m.name, m.id
""")
DONE_LATELY = text("""
    select t.id from tenants.member t where t.authority_id = (select careshare.authority())
      and t.handed_over_at > now() - interval '30 days'
""")


@dataclass(frozen=True, slots=True)
class House:
    """Where one looks for what people hold: the services, and which roles grant which permissions."""

    rooms: Sequence[Service]
    permissions: Permissions


async def _holdings(uow: Uow, house: House, person_id: UUID, name: str) -> list[Holding]:
    return [
        holding
        for room in house.rooms
        if room.holdings is not None
        for holding in await room.holdings(uow, person_id, name)
    ]


async def _steps(uow: Uow, person_id: UUID, titles: dict[str, str]) -> tuple[list[HandOverStep], set[tuple[str, UUID]]]:
    """What was done about what they held, and what of it is ticked off now."""
    steps: list[HandOverStep] = []
    ticked: set[tuple[str, UUID]] = set()
    for row in await uow.execute(STEPS, {"person": person_id}):
        title: str = titles.get(row.kind) or row.kind.rpartition(".")[2].replace("_", " ").capitalize()
        lapsed = row.lapsed_at is not None
        steps.append(HandOverStep(row.id, row.at, row.kind, title, len(row.items), row.to, row.reason, row.by, lapsed))
        if row.to_person is None and not lapsed:
            ticked |= {(row.kind, item) for item in row.items}
    return steps, ticked


def _left(holding: Holding, ticked: set[tuple[str, UUID]]) -> list[Held]:
    return [one for one in holding.items if (holding.kind, one.id) not in ticked]


async def see(uow: Uow, house: House, who: Member, may: frozenset[str]) -> HandOver:
    """How far the hand-over of what `who` holds is; the things themselves only where the permissions `may` let one."""
    found = await _holdings(uow, house, who.person_id, who.name)
    steps, ticked = await _steps(uow, who.person_id, {one.kind: one.title for one in found})
    kinds: list[HeldKind] = []
    for holding in found:
        left = _left(holding, ticked)
        if left:
            items = [HeldItem(one.id, one.label, one.path) for one in left] if holding.permission in may else None
            kinds.append(HeldKind(holding.kind, holding.title, len(left), holding.hand_over is not None, items))
    return HandOver(
        left=sum(kind.count for kind in kinds),
        given=sum(step.number for step in steps if step.reason is None),
        ticked_off=len(ticked),
        kinds=kinds,
        steps=steps,
    )


async def leavers(uow: Uow, house: House) -> list[Leaver]:
    """Whose hand-over is not done, those who left first at the top; then those whose was done in the last 30 days."""
    lately = set((await uow.execute(DONE_LATELY)).scalars())
    found: list[Leaver] = []
    for member_id in (await uow.execute(LEAVERS)).scalars().all():
        who = await queries.member(uow, member_id)
        now = await see(uow, house, who, frozenset())
        if now.left or who.id in lately:
            assert who.ends is not None  # noqa: S101  # the statement asks for those who ended
            found.append(Leaver(who.id, who.name, who.ends, now.left, now.given, now.ticked_off))
    return sorted(found, key=lambda one: one.left == 0)


async def look_again(uow: Uow, house: House) -> int:
    """Note whose hand-over is done, and whose is not any more. How many are not."""
    standing = 0
    for member_id in (await uow.execute(LEAVERS)).scalars().all():
        done = (await see(uow, house, await queries.member(uow, member_id), frozenset())).done
        await uow.execute(STAMP, {"id": member_id, "done": done})
        standing += not done
    return standing


async def may_hold(uow: Uow, house: House, who: Member, kind: str) -> tuple[HeldKind, list[Colleague]]:
    """What is left of a kind, and the colleagues who may hold it. Raises Forbidden, and NotFound for no such kind."""
    holding, left = await _kind(uow, house, who, kind)
    _must_see(uow, holding)
    items = [HeldItem(one.id, one.label, one.path) for one in left]
    found = HeldKind(kind, holding.title, len(left), holding.hand_over is not None, items)
    if holding.hand_over is None:
        return found, []
    others = await colleagues(uow, house.permissions.granting(holding.held_with))
    return found, [one for one in others if one.person_id != who.person_id]


async def give(uow: Uow, house: House, who: Member, kind: str, items: Sequence[UUID] | None, *, to: UUID) -> int:
    """Give things of a kind, or all that are left of it, to a colleague who may hold them. How many were given.

    Raises NotFound, Forbidden, Invalid, Conflict, and what the service says that forbids it.
    """
    holding, ids = await _chosen(uow, house, who, kind, items)
    if holding.hand_over is None:
        raise Unprocessable("These cannot be given to anybody. Tick them off with a reason.")
    taker = await colleague(uow, to, house.permissions.granting(holding.held_with))
    if taker is None or to == who.person_id:
        raise Invalid(errors=[FieldError("to", "Select a colleague who works here and may hold these")])
    await holding.hand_over(uow, ids, to)
    await uow.execute(KEEP, {"person": who.person_id, "kind": kind, "items": ids, "to": to, "reason": None})
    after = {"kind": kind, "things": len(ids)}
    await audit.record(uow, "member.handed_over", subjects=[who.id, who.person_id, to, *ids], after=after)
    await _tell(uow, who, to)
    await _note(uow, house, who)
    return len(ids)


async def tick_off(uow: Uow, house: House, who: Member, kind: str, items: Sequence[UUID] | None, *, why: str) -> int:
    """Say of things of a kind, or of all that are left of it, why nobody takes them over. How many.

    Raises NotFound, Forbidden, Invalid and Conflict.
    """
    _holding, ids = await _chosen(uow, house, who, kind, items)
    if not why.strip():
        raise Invalid(errors=[FieldError("reason", "Enter why nobody takes these over")])
    given = {"person": who.person_id, "kind": kind, "items": ids, "to": None, "reason": why.strip()}
    await uow.execute(KEEP, given)
    after = {"kind": kind, "things": len(ids), "reason": why.strip()}
    await audit.record(uow, "member.holding_ticked_off", subjects=[who.id, who.person_id, *ids], after=after)
    await _note(uow, house, who)
    return len(ids)


async def own(uow: Uow, house: House) -> tuple[list[HeldKind], list[dict[str, object]]]:
    """What the caller holds, and what colleagues held and they were given in the last 90 days."""
    principal = principal_of(uow)
    found = await _holdings(uow, house, principal.person_id, principal.person_name)
    kinds = [
        HeldKind(
            one.kind,
            one.title,
            len(one.items),
            one.hand_over is not None,
            [HeldItem(item.id, item.label, item.path) for item in one.items] if principal.may(one.permission) else None,
        )
        for one in found
        if one.items
    ]
    titles = {one.kind: one.title for one in found}
    rows = (await uow.execute(TAKEN, {"person": principal.person_id})).mappings()
    return kinds, [{**row, "title": titles.get(row["kind"], row["kind"])} for row in rows]


async def _kind(uow: Uow, house: House, who: Member, kind: str) -> tuple[Holding, list[Held]]:
    found = await _holdings(uow, house, who.person_id, who.name)
    holding = next((one for one in found if one.kind == kind), None)
    if holding is None:
        raise NotFound
    _, ticked = await _steps(uow, who.person_id, {})
    return holding, _left(holding, ticked)


async def _chosen(
    uow: Uow, house: House, who: Member, kind: str, items: Sequence[UUID] | None
) -> tuple[Holding, list[UUID]]:
    await uow.execute(LOCK, {"id": who.id})
    holding, left = await _kind(uow, house, who, kind)
    _must_see(uow, holding)
    there = [one.id for one in left]
    ids = there if items is None else list(dict.fromkeys(items))
    if not ids:
        raise Invalid(errors=[FieldError("items", "Select what is handed over")])
    if not set(ids) <= set(there):
        raise Conflict("Something you selected was handed over meanwhile. Look at the list again.")
    return holding, ids


def _must_see(uow: Uow, holding: Holding) -> None:
    if not principal_of(uow).may(holding.permission):
        raise Forbidden("Your roles do not let you see these, so you cannot hand them over.")


async def _tell(uow: Uow, who: Member, to: UUID) -> None:
    """Tell the colleague who takes over, and the one who gives while they still work here; nobody of their own deed."""
    from careshare.messages import send_staff  # noqa: PLC0415  # only a hand-over needs it

    told = {to: TO_YOU} | ({} if who.state == "left" else {who.person_id: FROM_YOU})
    for person, template in told.items():
        if person != principal_of(uow).person_id:
            await send_staff(uow, person, template, {"link": OWN_LINK})


async def _note(uow: Uow, house: House, who: Member) -> None:
    if who.state == "left":
        done = (await see(uow, house, who, frozenset())).done
        await uow.execute(STAMP, {"id": who.id, "done": done})
