"""The households and stays that a file of placements is about, as they change while its rows are judged one by one."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from services.fostering.apart import Apart, apart
from services.fostering.days import today
from services.fostering.imports.cells import Value, tidy, words
from services.fostering.imports.check import Fault
from services.fostering.imports.terms import child_in, terms_warnings
from services.fostering.rules import Child, Exemption, Terms
from tenants.references import reference_key

LOCK = text("""
select count(*) from (
  select from fostering.household h where h.authority_id = (select careshare.authority())
    and h.reference_key = any(cast(:references as text[])) order by h.id for no key update) locked
""")
EVERY_CHILD = text("""
select pg_advisory_xact_lock(hashtextextended('placed_child' || careshare.authority()::text, 0))
""")
HOMES = text("""
select h.id, h.reference, h.area_gss, to_jsonb(t) as terms,
  array(select jsonb_build_object('granted_by_gss', e.granted_by_gss, 'children', e.children,
      'starts', lower(e.during), 'ends', upper(e.during))
    from fostering.exemption e where e.authority_id = h.authority_id and e.household_id = h.id) as exemptions,
  array(select m.born from fostering.member m where m.authority_id = h.authority_id and m.household_id = h.id
    and m.relationship = 'privately_fostered') as private
from fostering.household h
left join lateral (
  select a.kind, a.places, a.age_min, a.age_max, a.sex, a.care_types, a.named_children from fostering.approval a
  where a.authority_id = h.authority_id and a.household_id = h.id and a.during @> cast(:today as date)) t on true
where h.authority_id = (select careshare.authority()) and h.reference_key = any(cast(:references as text[]))
""")
PLACES = text("""
select s.pool_id as household_id, s.unit_id, s.state
from capacity.states(cast(:households as uuid[]), clock_timestamp()) s
join fostering.place p on p.authority_id = (select careshare.authority()) and p.unit_id = s.unit_id
order by s.pool_id, p.number
""")
STAYS = text("""
select c.id, c.household_id, h.reference as household_reference, c.unit_id, c.claim_id, c.child_reference, c.born,
  c.sex, c.responsible_gss, c.sibling_group, c.care_type, c.solo, c.starts, c.ends
from fostering.placed_child c
join fostering.household h on h.authority_id = c.authority_id and h.id = c.household_id
where c.authority_id = (select careshare.authority())
  and (c.child_key = any(cast(:children as text[])) or c.household_id = any(cast(:households as uuid[])))
order by c.starts
""")
AUTHORITIES = text("""
select a.gss_code, a.dfe_code, a.name, a.gss_code = own.gss_code as own
from gazetteer.local_authority a
cross join (select gss_code from tenants.authority where id = (select careshare.authority())) own
where a.valid @> cast(:today as date)
union
select t.gss_code, t.dfe_code, t.name, t.id = (select careshare.authority())
from tenants.authority t where t.ends is null
""")

_COUNCIL: Final = re.compile(
    r"\b(?:city|county|borough|metropolitan|district|council|mbc|mdc|cc|bc|lbc|london|royal|of|the|unitary|authority)\b"
)
"""What stands around an authority's name and does not tell it from another."""


class Stay(msgspec.Struct):
    """A child's stay as the register has it, or as this file makes it."""

    household_id: UUID
    household_reference: str
    unit_id: UUID | None
    child: Child
    solo: bool
    starts: date
    ends: date | None
    id: UUID | None = None
    claim_id: UUID | None = None
    state: dict[str, Value] = {}
    line: int | None = None


class Home(msgspec.Struct):
    """A household while the rows of a file go through: its free places, and who is there."""

    id: UUID
    reference: str
    area_gss: str | None
    terms: Terms | None
    exemptions: list[Exemption]
    private: list[Child]
    free: list[UUID] = []
    closed: int = 0
    held: int = 0
    places: int = 0
    stays: list[Stay] = []

    def there(self, day: date) -> list[Stay]:
        """The stays that have not ended by `day`."""
        return [stay for stay in self.stays if stay.ends is None or stay.ends > day]

    def warnings(self, stay: Stay) -> list[Fault]:
        """What a person should look at while this child is there."""
        day = max(today(), stay.starts)
        beside = [other for other in self.there(day) if other is not stay]
        others = [*(other.child for other in beside), *self.private]
        found = terms_warnings(
            self.terms, stay.child, others, area_gss=self.area_gss, exemptions=self.exemptions, day=day
        )
        if beside and stay.solo:
            found.append(Fault("solo", f"{stay.child.reference} is a solo placement, and others are placed there too"))
        return found + [
            Fault("solo", f"{other.child.reference}, who is placed there, is a solo placement")
            for other in beside
            if other.solo
        ]


class Register:
    """What the judgement of a file needs to know, changed row by row as the file would change it."""

    def __init__(
        self,
        homes: Mapping[str, Home],
        stays: Iterable[Stay],
        authorities: Mapping[str, str],
        own: str,
        kept: Apart = Apart(),  # noqa: B008  # frozen
    ) -> None:
        self.kept = kept
        self.homes = homes
        self.authorities = authorities
        self.own = own
        self.by_child: dict[str, list[Stay]] = {}
        by_id = {home.id: home for home in homes.values()}
        for stay in stays:
            self.by_child.setdefault(reference_key(stay.child.reference), []).append(stay)
            if stay.household_id in by_id:
                by_id[stay.household_id].stays.append(stay)

    def keeps(self, values: Mapping[str, Value]) -> bool:
        """Whether a row is about a household, or a child's stay in one, that is locked from whoever imports."""
        if self.kept.home(values.get("household_reference")):
            return True
        starts, ends = values.get("starts"), values.get("ends")
        if not starts:
            return False
        last = date.fromisoformat(ends) if ends else None
        return self.kept.child(values.get("child_reference"), date.fromisoformat(starts), last)

    def gss(self, text_given: str) -> str | None:
        """The GSS code of an authority named by its code or name."""
        return self.authorities.get(text_given.strip().upper()) or self.authorities.get(_council(text_given))


def _council(name: str) -> str:
    return tidy(_COUNCIL.sub("", words(name))) or words(name)


async def load_register(uow: Uow, rows: Sequence[Mapping[str, Value]], *, lock: bool) -> Register:
    """The register as far as these rows of a file are about it; `lock` holds off other changes to its households."""
    references = sorted(
        {reference_key(str(row["household_reference"])) for row in rows if "household_reference" in row}
    )
    children = sorted({reference_key(str(row["child_reference"])) for row in rows if "child_reference" in row})
    if lock:
        await uow.execute(LOCK, {"references": references})
        await uow.execute(EVERY_CHILD)
    homes = {
        reference_key(row.reference): _home(row)
        for row in await uow.execute(HOMES, {"references": references, "today": today()})
    }
    by_id = {home.id: home for home in homes.values()}
    for row in await uow.execute(PLACES, {"households": list(by_id)}):
        home = by_id[row.household_id]
        home.places += 1
        if row.state == "vacant":
            home.free.append(row.unit_id)
        home.closed += row.state == "closed"
        home.held += row.state == "held"
    stays = [stay_of(row) for row in await uow.execute(STAYS, {"children": children, "households": list(by_id)})]
    authorities, own = dict[str, str](), ""
    for row in await uow.execute(AUTHORITIES, {"today": today()}):
        authorities |= {row.gss_code: row.gss_code, row.dfe_code: row.gss_code, _council(row.name): row.gss_code}
        own = row.gss_code if row.own else own
    kept = await apart(uow, homes=references, children=children)
    return Register(homes, stays, authorities, own, kept)


def _home(row: Any) -> Home:
    private = [Child(f"privately fostered {n}", born or today()) for n, born in enumerate(row.private, 1)]
    terms = row.terms and msgspec.convert(row.terms, Terms)
    exemptions = msgspec.convert(row.exemptions, list[Exemption])
    return Home(row.id, row.reference, row.area_gss, terms, exemptions, private)


def stay_of(row: Any) -> Stay:
    """The stay in a row of STAYS."""
    names = ("household_reference", "child_reference", "sex", "responsible_gss", "sibling_group", "care_type", "solo")
    state: dict[str, Value] = {name: getattr(row, name) for name in names}
    state |= {name: (day := getattr(row, name)) and day.isoformat() for name in ("born", "starts", "ends")}
    return Stay(
        household_id=row.household_id,
        household_reference=row.household_reference,
        unit_id=row.unit_id,
        child=child_in(state),
        solo=row.solo,
        starts=row.starts,
        ends=row.ends,
        id=row.id,
        claim_id=row.claim_id,
        state=state,
    )
