"""What the rules need to know of a household before it changes: terms, children there, exemptions."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from services.fostering.rules import Child, Exemption, Terms

SITUATION = text("""
select cast(jsonb_build_object(
  'periods', array(select jsonb_build_object('id', a.id, 'since', lower(a.during), 'until', upper(a.during),
      'kind', a.kind, 'places', a.places, 'age_min', a.age_min, 'age_max', a.age_max, 'sex', a.sex,
      'care_types', a.care_types,
      'named_children', a.named_children, 'extended_on', a.extended_on, 'extended_for', a.extended_for,
      'notice_on', a.notice_on)
    from fostering.approval a
    where a.authority_id = (select careshare.authority()) and a.household_id = :household order by lower(a.during)),
  'stays', array(select jsonb_build_object('id', c.id, 'unit_id', c.unit_id, 'claim_id', c.claim_id, 'solo', c.solo,
      'starts', c.starts, 'ends', c.ends, 'reference', c.child_reference, 'born', c.born, 'sex', c.sex,
      'sibling_group', c.sibling_group, 'care_type', c.care_type)
    from fostering.placed_child c
    where c.authority_id = (select careshare.authority()) and c.household_id = :household order by c.starts, c.id),
  'private', array(select jsonb_build_object('reference', m.name, 'born', m.born)
    from fostering.member m where m.authority_id = (select careshare.authority()) and m.household_id = :household
      and m.relationship = 'privately_fostered' and m.born is not null order by m.id),
  'exemptions', array(select jsonb_build_object('granted_by_gss', e.granted_by_gss, 'children', e.children,
      'since', lower(e.during), 'until', upper(e.during))
    from fostering.exemption e where e.authority_id = (select careshare.authority()) and e.household_id = :household),
  'resignation_ends', (select r.ends_on from fostering.resignation r
    where r.authority_id = (select careshare.authority()) and r.household_id = :household)) as text)
""")


class Period(msgspec.Struct, frozen=True):
    """Terms of approval from `since` up to `until`."""

    id: UUID
    since: date
    until: date | None
    kind: str
    places: int
    age_min: int
    age_max: int
    sex: str
    care_types: list[str]
    named_children: list[str]
    extended_on: date | None
    extended_for: str | None
    notice_on: date | None

    @property
    def terms(self) -> Terms:
        return Terms(self.kind, self.places, self.age_min, self.age_max, self.sex, self.care_types, self.named_children)

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


class Stay(msgspec.Struct, frozen=True):
    """A child placed with the household."""

    id: UUID
    unit_id: UUID | None
    claim_id: UUID | None
    solo: bool
    starts: date
    ends: date | None
    reference: str
    born: date
    sex: str
    sibling_group: str | None
    care_type: str

    @property
    def child(self) -> Child:
        return Child(self.reference, self.born, self.sex, self.sibling_group, self.care_type)

    def overlaps(self, starts: date, ends: date | None) -> bool:
        """Whether the child lives there at some time from `starts` up to `ends`, on the first day included."""
        return (self.ends is None or self.ends > starts) and (ends is None or self.starts < ends)


class _Private(msgspec.Struct, frozen=True):
    reference: str
    born: date


class _Exemption(msgspec.Struct, frozen=True):
    granted_by_gss: str
    children: list[str]
    since: date
    until: date | None


class _Body(msgspec.Struct, frozen=True):
    periods: list[Period]
    stays: list[Stay]
    private: list[_Private]
    exemptions: list[_Exemption]
    resignation_ends: date | None


@dataclass(frozen=True, slots=True)
class Situation:
    """A household's approvals, children placed, privately fostered children and exemptions."""

    periods: list[Period]
    stays: list[Stay]
    private: list[Child]
    exemptions: list[Exemption]
    resignation_ends: date | None

    def period_on(self, day: date) -> Period | None:
        """The terms that hold on a day, if the carers have not resigned by then."""
        if self.resigned_on(day):
            return None
        return next((one for one in self.periods if one.holds_on(day)), None)

    def resigned_on(self, day: date) -> bool:
        return self.resignation_ends is not None and self.resignation_ends <= day

    def there(self, starts: date, ends: date | None = None) -> list[Stay]:
        """The stays that fall into the time from `starts` up to `ends`."""
        return [one for one in self.stays if one.overlaps(starts, ends)]


_DECODER = msgspec.json.Decoder(_Body)


async def situation(uow: Uow, household_id: UUID) -> Situation:
    """The situation of a household whose row is held, so that it cannot change under the rules."""
    body = _DECODER.decode((await uow.execute(SITUATION, {"household": household_id})).scalar_one())
    return Situation(
        periods=body.periods,
        stays=body.stays,
        private=[Child(one.reference, one.born) for one in body.private],
        exemptions=[
            Exemption(one.granted_by_gss, frozenset(one.children), one.since, one.until) for one in body.exemptions
        ],
        resignation_ends=body.resignation_ends,
    )
