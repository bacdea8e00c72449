"""One invented household as rows of the register: who, where, approval, places, children, checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from uuid import UUID

from services.fostering.days import LONDON, midnight
from services.fostering.generate import children, people
from services.fostering.generate.children import Child, Terms
from services.fostering.generate.published import Places
from services.fostering.generate.states import Home
from tenants.names import surname

Row = dict[str, object]
TABLES = (
    *("fostering.household", "fostering.carer", "fostering.member", "fostering.bedroom", "fostering.approval"),
    *("fostering.resignation", "fostering.check", "capacity.unit", "fostering.place", "capacity.claim"),
    *("capacity.occupancy", "capacity.history", "fostering.placed_child", "fostering.exemption"),
)
"""What a register is written to, in this order."""

STREETS = (
    "Close",
    "Street",
    "Terrace",
    "Avenue",
    "Drive",
    "Gardens",
    "Road",
    "Crescent",
    "Way",
    "Grove",
    "Lane",
    "View",
)
YEAR = 365
CHECKS = {"annual_review": 365, "dbs": 3 * 365, "medical": 3 * 365, "unannounced_visit": 365, "health_and_safety": 365}
EMPTY = {"carer_break": 40, "health": 18, "social_work_decision": 18, "works": 12, "allegation": 8, "other": 4}
BESIDE = {"needs_of_child_placed": 62, "social_work_decision": 28, "works": 10}
PETS = (("dog", 0.34), ("cat", 0.25), ("small_animal", 0.1), ("farm_animal", 0.02), ("other", 0.02))
SKILLS = (
    ("self_harm", 0.2), ("sexual_exploitation", 0.12), ("criminal_exploitation", 0.12), ("drugs_alcohol", 0.14),
    ("eating_disorder", 0.07), ("missing", 0.18), ("physical_harm", 0.14), ("sexual_harm", 0.06),
    ("fire_setting", 0.04), ("animal_harm", 0.03), ("autism", 0.3), ("learning_disability", 0.24),
    ("physical_disability", 0.1), ("medical_needs", 0.12), ("therapeutic", 0.12), ("babies", 0.3),
    ("unaccompanied", 0.12),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """A real postcode with its point and the authority of its area."""

    postcode: str
    easting: int
    northing: int
    outward: str
    area_gss: str
    area_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    """An authority to invent a register for.

    `here` are postcodes in its own area and `beyond` in its neighbours', at least as many as it has homes;
    `workers` are supervising social workers by name, with the person where they sign in here. `placing` are the GSS
    codes of other councils whose children may live here.
    """

    id: UUID
    dfe_code: str
    gss_code: str
    region_code: str
    name: str
    duty_number: str
    places: Places
    officer: UUID
    workers: tuple[tuple[str, UUID | None], ...]
    own_shelf: UUID
    here: tuple[Spot, ...]
    beyond: tuple[Spot, ...]
    placing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """The rows of one authority's invented register, by table."""

    rows: Mapping[str, list[Row]] = field(default_factory=lambda: {table: [] for table in TABLES})

    def add(self, table: str, **columns: object) -> None:
        self.rows[table].append(columns)


class HouseholdMaker:
    """Adds households of one council to its register. Everything random comes from `rng`."""

    def __init__(self, rng: Random, base: date, council: Council, register: Register) -> None:
        self._rng = rng
        self._base = base
        self._council = council
        self._register = register
        self._numbers = count(1)
        self._children = count(1)
        self._groups = count(1)

    def add(self, home: Home, spot: Spot) -> None:
        """One household and all that hangs on it."""
        rng, base, authority = self._rng, self._base, self._council.id
        household = self._key()
        kin = home.kind != "mainstream"
        carers = people.carers(
            rng, base, region=self._council.region_code, count=1 if rng.random() < 0.38 else 2, older=kin
        )
        terms = Terms(0, 17, "any", ["long_term"] if rng.random() < 0.6 else ["short_term"])
        if not kin:
            terms = children.terms(rng, len(home.states))
        since = self._since(home)
        families = children.groups(rng, home.filled, together=home.filled > 3 and rng.random() < 0.7)
        councils = (self._council.gss_code, *self._council.placing)
        placed = children.place(rng, base, terms, families, since=since, kin=kin, councils=councils)
        if kin:  # approved for these children, from the day the first came
            since = min(child.starts for child in placed)
        resigns = not kin and home.filled == 0 and rng.random() < 0.05
        objection = not kin and rng.random() < 0.02
        notice = None if rng.random() < 0.07 else since + timedelta(days=rng.randint(0, 60))
        wanted = rng.random() < (0.66 if "vacant" in home.states else 0.35)
        published = wanted and not (kin or objection or resigns or notice is None or notice > base)
        self._household(
            household, spot, carers, notice if notice is None or notice <= base else base,
            objection=objection, published=published, vacant="vacant" in home.states,
        )  # fmt: skip
        references = self._places(household, home, placed)
        self._terms(household, home, terms, since, references if kin else [])
        if home.filled > 3 and len(families) > 1:
            came = max(child.starts for child in placed)
            self._register.add(
                "fostering.exemption", authority_id=authority, id=self._key(), household_id=household,
                granted_by_gss=spot.area_gss, children=references, conditions="Reviewed every three months.",
                notice_on=came, during=f"[{came},)",
            )  # fmt: skip
        if resigns:
            received = base - timedelta(days=rng.randint(0, 24))
            self._register.add(
                "fostering.resignation", authority_id=authority, household_id=household, received_on=received
            )
        self._bedrooms(household, len(home.states), families)
        family = carers[0].person.name.rpartition(" ")[2]
        for person, relationship in people.others(rng, base, family):
            if relationship != "privately_fostered" or home.filled < 3:
                self._register.add(
                    "fostering.member", authority_id=authority, id=self._key(), household_id=household,
                    name=person.name, born=person.born, sex=person.sex, relationship=relationship,
                )  # fmt: skip
        self._checks(household, since)

    def _household(
        self, household: UUID, spot: Spot, carers: list[people.Carer], notice: date | None,
        *, objection: bool, published: bool, vacant: bool,
    ) -> None:  # fmt: skip
        rng, council = self._rng, self._council
        family = carers[0].person.name.rpartition(" ")[2]
        given = " and ".join(carer.person.name.rpartition(" ")[0] for carer in carers)
        worker, signs_in = rng.choice(council.workers)
        confirmed = self._confirmed() if published or (vacant and rng.random() < 0.7) else None
        shared = self._moment(rng.randint(61, 300)) if published else None
        self._register.add(
            "fostering.household", authority_id=council.id, id=household,
            reference=f"F{council.dfe_code}{next(self._numbers):05}", name=f"{given} {family}",
            address=f"{rng.randint(1, 140)} {surname(rng)} {rng.choice(STREETS)}, {spot.area_name}",
            postcode=spot.postcode, easting=spot.easting, northing=spot.northing, outward=spot.outward,
            area_gss=spot.area_gss, confidential=rng.random() < 0.02, supervising_person_id=signs_in,
            supervising_worker=worker,
            duty_number=council.duty_number, privacy_notice_on=notice, objection=objection,
            beliefs_shared=rng.random() < 0.6, pets=self._pets(),
            skills=[skill for skill, chance in SKILLS if rng.random() < chance],
            communication=[code for code, chance in (("makaton", 0.05), ("bsl", 0.02)) if rng.random() < chance],
            adaptations=self._adaptations(), solo=rng.choices((True, False, None), (45, 30, 25))[0],
            published_at=shared, published_by=council.officer if shared else None,
            confirmed_at=confirmed, confirmed_by=council.officer if confirmed else None,
        )  # fmt: skip
        for position, carer in enumerate(carers, 1):
            self._register.add(
                "fostering.carer", authority_id=council.id, id=self._key(), household_id=household,
                name=carer.person.name, born=carer.person.born, sex=carer.person.sex, ethnicity=carer.ethnicity,
                religion=carer.religion, languages=carer.languages, telephone=carer.telephone, position=position,
            )  # fmt: skip

    def _since(self, home: Home) -> date:
        days = self._rng.randint(1, 150) if home.kind == "temporary" else int(self._rng.expovariate(1 / 2600)) + 40
        return self._base - timedelta(days=days)

    def _terms(self, household: UUID, home: Home, terms: Terms, since: date, named: list[str]) -> None:
        places = len(home.states)
        until: date | None = None
        extended: date | None = None
        if home.kind == "temporary":  # 16 weeks, and once 8 more (regulations 24 and 25)
            until = since + timedelta(weeks=16)
            if until <= self._base + timedelta(days=12):
                extended, until = since + timedelta(days=95), since + timedelta(weeks=24)
        parts = [(since, until, places)]
        if home.kind == "mainstream" and places > 1 and (self._base - since).days > 800 and self._rng.random() < 0.2:
            changed = self._base - timedelta(days=self._rng.randint(30, 700))
            parts = [(since, changed, places - 1), (changed, until, places)]
        for starts, ends, number in parts:
            self._register.add(
                "fostering.approval", authority_id=self._council.id, household_id=household,
                during=f"[{starts},{ends or ''})", id=self._key(), kind=home.kind, places=number,
                age_min=terms.age_min, age_max=terms.age_max, sex=terms.sex, care_types=terms.care_types,
                named_children=named, extended_on=extended, extended_for="assessment" if extended else None,
                notice_on=min(self._base, starts + timedelta(days=self._rng.randint(0, 7))),
            )  # fmt: skip

    def _places(self, household: UUID, home: Home, placed: list[Child]) -> list[str]:
        """Units, places and who lives there; gives the children's references."""
        authority = self._council.id
        alone = home.filled == 1 and "vacant" not in home.states and len(home.states) > 1
        solo = alone and self._rng.random() < 0.55
        reason = self._closed_because(home, solo=solo)
        families = {child.group: f"S{self._council.dfe_code}{next(self._groups):05}" for child in placed}
        references: list[str] = []
        for number, state in enumerate(home.states, 1):
            unit = self._key()
            self._register.add(
                "capacity.unit", owner_id=authority, id=unit, pool_id=household, shelf_id=self._council.own_shelf
            )
            self._register.add(
                "fostering.place", authority_id=authority, unit_id=unit, household_id=household, number=number,
                closed_note="", **(reason if state == "closed" else {}),
            )  # fmt: skip
            if state == "filled":
                child = placed[number - 1]
                family = None if child.group is None else families[child.group]
                references.append(self._child(household, unit, child, family, solo=solo))
        return references

    def _child(self, household: UUID, unit: UUID, child: Child, family: str | None, *, solo: bool) -> str:
        """A child placed and the firm claim of the place; gives the child's reference."""
        authority, add = self._council.id, self._register.add
        claim, reference = self._key(), f"C{self._council.dfe_code}{next(self._children):05}"
        ends = midnight(child.ends).isoformat() if child.ends else ""
        add("capacity.claim", claimant_id=authority, id=claim, firm=True)
        add(
            "capacity.occupancy", owner_id=authority, unit_id=unit, claimant_id=authority, claim_id=claim, part=1,
            during=f"[{midnight(child.starts).isoformat()},{ends})",
        )  # fmt: skip
        add("capacity.history", id=self._key(), claimant_id=authority, claim_id=claim, what="occupied", units=[unit])
        add(
            "fostering.placed_child", authority_id=authority, id=self._key(), household_id=household, unit_id=unit,
            claim_id=claim, child_reference=reference, born=child.born, sex=child.sex,
            responsible_gss=child.responsible_gss, sibling_group=family, care_type=child.care_type, solo=solo,
            starts=child.starts, ends=child.ends,
        )  # fmt: skip
        return reference

    def _closed_because(self, home: Home, *, solo: bool) -> Row:
        rng = self._rng
        reasons = BESIDE if home.filled else EMPTY
        reason = "solo_placement" if solo else rng.choices(list(reasons), list(reasons.values()))[0]
        until = None
        if reason in {"carer_break", "works"} and rng.random() < 0.7:
            until = self._base + timedelta(days=rng.randint(2, 60))
        return {
            "closed_reason": reason,
            "closed_from": self._base - timedelta(days=rng.randint(1, 150)),
            "closed_until": until,
        }

    def _bedrooms(self, household: UUID, places: int, families: list[int]) -> None:
        rng = self._rng
        rooms = max(len(families), rng.randint((places + 1) // 2, places))
        for number in range(1, rooms + 1):
            beds = 2 if number <= places - rooms or rng.random() < 0.15 else 1
            sharing = rng.choices(("siblings", "any"), (85, 15))[0] if beds > 1 else "no"
            self._register.add(
                "fostering.bedroom", authority_id=self._council.id, household_id=household, number=number, beds=beds,
                sharing=sharing,
            )  # fmt: skip

    def _checks(self, household: UUID, since: date) -> None:
        rng, base = self._rng, self._base
        last = self._register.rows["fostering.household"][-1]
        kinds = {
            **CHECKS,
            **({"pets": YEAR} if last["pets"] else {}),
            **({"training": YEAR} if rng.random() < 0.8 else {}),
        }
        for kind, every in kinds.items():
            overdue = rng.random() < 0.05
            due = base + timedelta(days=-rng.randint(1, 60) if overdue else rng.randint(0, every - 5))
            done: date | None = due - timedelta(days=every)
            if due - timedelta(days=every) < since:  # approved lately: done for the approval, or still to come
                done = since if kind in {"dbs", "medical", "health_and_safety", "pets"} else None
                due = since + timedelta(days=every)
            self._register.add(
                "fostering.check", authority_id=self._council.id, id=self._key(), household_id=household, kind=kind,
                done_on=done, due_on=due,
            )  # fmt: skip

    def _pets(self) -> list[str] | None:
        if self._rng.random() < 0.06:
            return None
        return [pet for pet, chance in PETS if self._rng.random() < chance]

    def _adaptations(self) -> list[str]:
        chances = (("step_free", 0.1), ("wheelchair", 0.03), ("ground_floor_bedroom", 0.08), ("wet_room", 0.04))
        return [code for code, chance in chances if self._rng.random() < chance]

    def _confirmed(self) -> datetime:
        low, high = self._rng.choices(((1, 6), (8, 20), (21, 60)), (68, 22, 10))[0]
        return self._moment(self._rng.randint(low, high))

    def _moment(self, days_ago: int) -> datetime:
        at = time(self._rng.randint(9, 16), self._rng.randint(0, 59))
        return datetime.combine(self._base - timedelta(days=days_ago), at, LONDON)

    def _key(self) -> UUID:
        """A key as uuidv7() makes them, but the same in every run with one seed and base."""
        milliseconds = int(midnight(self._base).timestamp() * 1000)
        bits = self._rng.getrandbits(74)
        return UUID(int=milliseconds << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & (1 << 62) - 1)
