"""The demo's homes: one to four for each authority, invented, at real postcodes; an agreement; a list like Ofsted's.

Each home is made by the same actions that people use, in one transaction with its children and prices. Seeded: two runs
give the same homes. Names, numbers of Ofsted's and children are made up; the level of prices is the published one.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import UUID

from careshare.database import Acting, Database, Uow
from careshare.service import Progress
from careshare.settings import Settings
from services.residential import actions
from services.residential.model import (
    Closure,
    Home,
    Judged,
    Judgement,
    Kept,
    Offering,
    Places,
    PlannedIncome,
    Price,
    PriceList,
    Resident,
    Staffing,
    Supplement,
)
from services.residential.ofsted.actions import take_list
from tenants.actions import NewAgreement, as_owner, draft_agreement
from tenants.agreements.codes import resources
from tenants.days import today
from tenants.demo import sign_all
from tenants.names import FIRST, given, surname

if TYPE_CHECKING:
    import asyncpg

    from tenants.actions import Owner

SEED: Final = 2026
TITLE: Final = "Spare places in children’s homes of the region"
LISTED_ON: Final = date(2022, 3, 31)
"""The day of the invented list: before any real one, which may then be taken over it."""

COUNCILS = """
    select a.id, a.name, a.short_name, a.dfe_code, a.gss_code, a.region_id,
      (select m.person_id from tenants.member m where m.authority_id = a.id and m.roles @> array['residential_manager']
        order by m.id limit 1) as manager,
      array(select o.gss_code from tenants.authority o
        where o.region_id = a.region_id and o.id <> a.id and o.ends is null order by o.gss_code) as others,
      array(select p.postcode from gazetteer.postcode p where p.area_gss = a.gss_code and p.ended is null
        order by md5(p.postcode || 'homes') limit 12) as postcodes
    from tenants.authority a
    where a.ends is null and a.dfe_code = any($1) order by a.name
"""
# A second start has nothing to do, and is not to sort a region's postcodes to find that out.
FILLED = """
    select exists (select from residential.ofsted_list) and exists (select from tenants.agreement where title = $2)
      and not exists (select from tenants.authority a where a.ends is null and a.dfe_code = any($1)
        and not exists (select from residential.home h where h.authority_id = a.id))
"""
EMPTY = "select not exists (select from residential.home where authority_id = $1)"
AGREED = "select exists (select from tenants.agreement where title = $1)"

HOUSES: Final = ("House", "Lodge", "View", "Rise", "Cottage", "Court")
PURPOSES: Final = (
    (
        ("emotional_behavioural", "trauma"),
        ("self_harm", "missing", "therapeutic"),
        "Long-term care for young people who have lived through trauma. Calm routines, a small team, therapy on site.",
    ),
    (
        ("exploitation", "emotional_behavioural"),
        ("criminal_exploitation", "sexual_exploitation", "missing"),
        "A safe base for young people at risk of exploitation, away from where they were drawn in.",
    ),
    (
        ("learning_disability", "autism"),
        ("autism", "learning_disability"),
        "Care for children with a learning disability or autism, with the same faces each day and school close by.",
    ),
    (
        ("short_breaks", "physical_disability"),
        ("physical_disability", "medical_needs"),
        "Short breaks for disabled children: weekends and holidays, while they live with their families.",
    ),
)
INDEPENDENCE: Final = "A room of one’s own and somebody to ask, for young people who learn to live by themselves."


@dataclass(frozen=True, slots=True)
class Council:
    """An authority that is to have homes. `base` is what a week in its homes costs, in pounds."""

    id: UUID
    name: str
    short_name: str
    dfe_code: str
    gss_code: str
    region_id: UUID
    manager: UUID
    others: tuple[str, ...]
    postcodes: tuple[str, ...]
    base: Decimal


@cache
def unit_costs() -> Mapping[str, Decimal]:
    """What a week in a children's home cost each authority of the North East on average, by DfE code, in pounds."""
    text = (files("services.residential") / "unit_costs.csv").read_text(encoding="utf-8")
    return {row["dfe_code"]: Decimal(row["weekly"]) for row in csv.DictReader(text.splitlines())}


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Fill the homes of the demo region. Does nothing where they are filled."""
    async with as_owner(settings) as owner:
        filled = await owner.fetchval(FILLED, list(unit_costs()), TITLE)
    if filled:
        await sign_all(settings, (TITLE,))
        return
    async with as_owner(settings) as owner:
        rows = await owner.fetch(COUNCILS, list(unit_costs()))
        councils = [_council(row) for row in rows if row["manager"] is not None and row["postcodes"]]
        if councils and not await owner.fetchval(AGREED, TITLE):
            await _agree(owner, councils)
    if not councils:
        return
    await sign_all(settings, (TITLE,))
    database = Database.open(settings, pool_size=1)
    try:
        listed: list[Home] = []
        for number, council in enumerate(councils):
            progress(f"homes of {council.name}", number / len(councils))
            async with as_owner(settings) as owner:
                empty = await owner.fetchval(EMPTY, council.id)
            listed += await _fill(database, council, wanted=empty)
        async with database.unbound() as uow:
            await take_list(uow, a_list(listed), f"invented-{LISTED_ON}.csv", loaded_by="demo")
    finally:
        await database.close()


def _council(row: "asyncpg.Record") -> Council:
    return Council(
        id=row["id"],
        name=row["name"],
        short_name=row["short_name"],
        dfe_code=row["dfe_code"],
        gss_code=row["gss_code"],
        region_id=row["region_id"],
        manager=row["manager"],
        others=tuple(row["others"]),
        postcodes=tuple(row["postcodes"]),
        base=unit_costs()[row["dfe_code"]],
    )


async def _agree(owner: "Owner", councils: list[Council]) -> None:
    day = today()
    new = NewAgreement(
        title=TITLE,
        resource="residential_places",
        detail="profile",
        purpose="To find a child a place in a home that another authority keeps, and to know what it costs.",
        legal_gateway="Children Act 2004 section 10 and Children Act 1989 sections 22G and 27",
        lawful_basis="UK GDPR Article 6(1)(e), public task",
        gateways=("ca2004_s10", "ca1989_s22g", "ca1989_s27"),
        basis="public_task",
        condition="safeguarding",
        tariff="The home’s own price list, with its notice and void charging. Statements follow each month.",
        retention=resources()["residential_places"].retention,
        notice_days=90,
        starts=day.replace(month=1, day=1),
        ends=None,
        reviewed_by=day + timedelta(days=365),
    )
    await draft_agreement(owner, councils[0].region_id, new, [council.id for council in councils])


async def _fill(database: Database, council: Council, *, wanted: bool) -> list[Home]:
    """Make a council's homes if it has none; those that stand on the list, the council's own."""
    rng = Random(f"{SEED} homes {council.dfe_code}")  # noqa: S311  # invented homes need no secrecy
    made = list(_homes(rng, council))
    if wanted:
        async with database.bound(Acting(council.id, council.manager, "residential:demo")) as uow:
            for home in made:
                await _make(uow, rng, council, home)
    return made


def _homes(rng: Random, council: Council) -> Iterator[Home]:
    number = rng.randint(1, 4)
    for place in range(number):
        supported = place == number - 1 and number > 1
        purposes, skills, words = PURPOSES[(place + rng.randrange(2)) % len(PURPOSES)]
        short = "short_breaks" in purposes
        places = rng.randint(4, 6) if supported else rng.randint(2, 5)
        yield Home(
            urn=f"SC99{int(council.dfe_code) % 100:02d}{place:02d}",
            name=f"{rng.choice(FIRST)} {rng.choice(HOUSES)}",
            owner_organisation=council.name,
            sector="local_authority",
            kind="supported_accommodation" if supported else "childrens_home",
            category=rng.choice((1, 2, 3)) if supported else None,
            address=f"{rng.randint(1, 60)} {surname(rng)} Road",
            postcode=council.postcodes[place],
            registered_places=places,
            age_min=16 if supported else rng.choice((8, 10, 11)),
            age_max=17,
            sex="any" if rng.random() < 0.8 else rng.choice(("M", "F")),
            purpose=INDEPENDENCE if supported else words,
            purposes=["independence"] if supported else list(purposes),
            care_types=["move_on", "long_term"]
            if supported
            else (["short_break"] if short else ["long_term", "short_term", "step_down"]),
            need_levels=["standard"] if supported else ["standard", "enhanced", "complex"],
            skills=["unaccompanied"] if supported else list(skills),
            adaptations=["step_free", "wet_room"] if short else [],
            education_on_site=not supported and rng.random() < 0.2,
            short_break_only=short and not supported,
            manager_name=f"{given(rng, rng.choice('FM'))} {surname(rng)}",
            contact_number=f"01632 960{int(council.dfe_code) % 900:03d}",
        )


async def _make(uow: Uow, rng: Random, council: Council, home: Home) -> None:
    made, _ = await actions.register_home(uow, home)
    spare = 1 if rng.random() < 0.25 else 0
    number = home.registered_places + spare
    await actions.set_places(uow, made, None, Places(number=number))
    await _judge(uow, rng, made)
    await actions.set_prices(uow, made, None, _prices(rng, council, home))
    for month in range(4):
        first = (today().replace(day=1) + timedelta(days=31 * month)).replace(day=1)
        planned = (council.base * home.registered_places / 10).quantize(Decimal(1))
        await actions.set_plan(uow, made, None, PlannedIncome(month=f"{first:%Y-%m}", planned=planned))
    children = rng.randint(home.registered_places // 2, home.registered_places - 1)
    for place in range(1, children + 1):
        await actions.admit(uow, made, None, _resident(rng, council, home, place))
    left = home.registered_places - children
    if left > 1 and rng.random() < 0.4:
        kept = Kept(reason=rng.choice(("settling", "solo_care", "moving_in")), since=today(), until=_days(21))
        await actions.keep_empty(uow, made, None, home.registered_places, kept)
    if left > 2 and rng.random() < 0.5:
        closure = Closure(reason=rng.choice(("works", "staffing")), since=today(), until=_days(30))
        await actions.close_place(uow, made, None, home.registered_places - 1, closure)
    staffed = min(home.registered_places, children + rng.randint(1, 2))
    await actions.state_staffing(uow, made, None, Staffing(places=staffed, until=_days(35)))
    if rng.random() < 0.6:
        await actions.offer(uow, made, None, Offering(since=today(), places=rng.randint(1, 2)))


async def _judge(uow: Uow, rng: Random, home_id: UUID) -> None:
    grades: list[Judgement] = rng.choices(
        ("good", "outstanding", "requires_improvement", "inadequate"), (70, 12, 15, 3), k=2
    )
    for grade, ago in zip(grades, (rng.randint(400, 700), rng.randint(20, 300)), strict=True):
        judged = Judged(judgement=grade, judged_on=_days(-ago))
        await actions.record_judgement(uow, home_id, None, judged)


def _prices(rng: Random, council: Council, home: Home) -> PriceList:
    supported = home.kind == "supported_accommodation"
    base = Decimal(rng.randrange(1100, 1900, 25)) if supported else council.base
    shares = {"standard": Decimal("1.00"), "enhanced": Decimal("1.15"), "complex": Decimal("1.40")}
    price = [
        Price(need_level=level, weekly=(base * shares[level]).quantize(Decimal("0.01"))) for level in home.need_levels
    ]
    supplement = [
        Supplement(code="one_to_one", per="hour", amount=Decimal("23.80")),
        Supplement(code="two_to_one", per="hour", amount=Decimal("47.60")),
        Supplement(code="waking_night", per="night", amount=Decimal("182.35")),
    ]
    education, health = (Decimal(20), Decimal(10)) if home.education_on_site else (Decimal(0), Decimal(0))
    return PriceList(
        since=today().replace(month=1, day=1),
        purchase=rng.choice(("spot", "block_local", "local_contract")),
        notice_nights=rng.choice((7, 14, 28)),
        void_percent=Decimal(rng.choice((75, 80, 100))),
        social_percent=Decimal(100) - education - health,
        education_percent=education,
        health_percent=health,
        price=price,
        supplement=[] if supported else supplement,
    )


def _resident(rng: Random, council: Council, home: Home, place: int) -> Resident:
    starts = _days(-rng.randint(20, 300))
    born = starts - timedelta(days=366 * rng.randint(home.age_min, 16) + rng.randint(0, 150))
    sex = rng.choice(("M", "F")) if home.sex == "any" else "M" if home.sex == "M" else "F"
    elsewhere = council.others and rng.random() < 0.15
    return Resident(
        child_reference=f"{council.short_name[:2].upper()}-{rng.randint(10_000, 99_999)}",
        born=born,
        sex="M" if sex == "M" else "F",
        starts=starts,
        responsible_gss=rng.choice(council.others) if elsewhere else council.gss_code,
        needs=rng.sample(("missing", "self_harm", "drugs_alcohol", "physical_harm", "autism"), rng.randint(0, 2)),
        place=place,
    )


def _days(number: int) -> date:
    return today() + timedelta(days=number)


def a_list(homes: list[Home]) -> bytes:
    """A list like Ofsted's with these homes and some of private owners that nobody on Careshare keeps."""
    rng = Random(f"{SEED} list")  # noqa: S311  # invented homes need no secrecy
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"Invented list in the form of Ofsted's: provider level as at {LISTED_ON:%-d %B %Y}"])
    writer.writerow(
        [
            "URN",
            "Provision type",
            "Registration status",
            "Name",
            "Postcode",
            "Local authority",
            "Sector",
            "Places",
            "Organisation which owns the provider",
            "Latest full inspection date",
            "Overall experiences and progress of children and young people",
        ]
    )
    types = {"childrens_home": "Children's home", "supported_accommodation": "Supported accommodation"}
    for home in homes:
        row = [home.urn, types[home.kind], "Active", "REDACTED", "REDACTED", home.owner_organisation, "Local Authority"]
        writer.writerow([*row, home.registered_places, home.owner_organisation, "", ""])
    owners = sorted({home.owner_organisation for home in homes})
    for number in range(12):
        owner = f"{surname(rng)} Care Ltd"
        row = [
            f"SC98{number:04d}",
            types["childrens_home"],
            "Active",
            "REDACTED",
            "REDACTED",
            rng.choice(owners),
            "Private",
        ]
        grade = rng.choice(("Good", "Good", "Outstanding", "Requires improvement to be good"))
        writer.writerow([*row, rng.randint(2, 6), owner, f"{rng.randint(1, 28):02d}/11/2021", grade])
    return out.getvalue().encode()
