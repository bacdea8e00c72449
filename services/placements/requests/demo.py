"""The demo's requests: a dozen for each of some councils, of invented children at real postcodes, the same each time.

Each is started, filled in and opened by the council's own placement finder, through the same actions as a person's.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec

from careshare.database import Acting, Database
from careshare.service import Progress
from careshare.settings import Settings
from services.placements.need import Circle, Pair
from services.placements.queries import today
from services.placements.requests import actions, codes
from services.placements.requests.actions.step import NewStep
from services.placements.requests.model import (
    ChildNeed,
    Considered,
    FamilyTime,
    Identity,
    RequestChild,
    RequestNeed,
    Risk,
)
from tenants.actions import as_owner
from tenants.names import CHILDREN, given, surname

if TYPE_CHECKING:
    import asyncpg

COUNCILS: Final = 4
"""Councils that have requests in the demo, by name."""
EACH: Final = 12
NAMES_SOMEBODY: Final = 2
BORN_KNOWN: Final = 8
"""The emergency of which the dates of birth are known, so that the children can come."""
ALIKE: Final = 20261120
"""What the invented children grow from."""

# Councils with a finder and no request yet; their postcodes, mixed the same way each time.
EMPTY = """
    select a.id, a.name, a.gss_code, a.dfe_code,
      (select m.person_id from tenants.member m where m.authority_id = a.id and m.roles @> array['placement_finder']
        order by m.id limit 1) as finder
    from tenants.authority a
    where a.ends is null and not exists (select from placements.request r where r.authority_id = a.id)
      and exists (select from tenants.member m where m.authority_id = a.id and m.roles @> array['placement_finder'])
      and a.id in (select b.id from tenants.authority b where b.ends is null order by b.name limit $1)
    order by a.name
"""
HERE = """
    select p.postcode from gazetteer.postcode p where p.area_gss = $1 and p.ended is null
    order by md5(p.postcode || 'requests') limit $2
"""

WISHES: Final = (
    "I want to stay at my school and see my brother.",
    "I would like a garden, and somebody who cooks.",
    "I do not mind where, but not too far from my nan.",
    "I want my own room and to bring my guitar.",
    "Please let me keep going to football on Saturdays.",
)
ABOUT: Final = (
    "Loves drawing and being outdoors. Needs time to trust new people.",
    "Quick to laugh, good at mathematics, likes to know what comes next.",
    "Quiet at first. Comforted by music and by a night light.",
    "Full of energy, kind to younger children, finds bedtime hard.",
)
HEALTH: Final = ("Asthma, carries an inhaler. Dentist due.", "Well. Immunisations up to date.", "Allergic to nuts.")
BACKGROUND: Final = (
    "The present placement ends because the carers move away.",
    "A parent is in hospital and nobody in the family can help for now.",
    "The court decided on an interim order; the child has to move by the end of the week.",
    "Short breaks agreed with the family, every other weekend.",
)


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Give the first councils of the region their requests. Does nothing for those that have some."""
    async with _alone(settings), as_owner(settings) as owner:
        councils = await owner.fetch(EMPTY, COUNCILS)
        places = {
            row["id"]: [one["postcode"] for one in await owner.fetch(HERE, row["gss_code"], EACH * 3)]
            for row in councils
        }
    database = Database.open(settings, pool_size=1)
    try:
        for number, council in enumerate(councils):
            progress(f"requests of {council['name']}", number / len(councils))
            await fill(database, council, places[council["id"]], today())
    finally:
        await database.close()


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncGenerator[None]:
    """Lets one process at a time look which councils have none."""
    async with as_owner(settings) as owner:
        await owner.execute("select pg_advisory_xact_lock(hashtext('placements.requests.demo'))")
        yield


async def fill(database: Database, council: "asyncpg.Record", postcodes: Sequence[str], day: date) -> None:
    """A council's requests, in one transaction: most open, some drafts, one withdrawn and one that found no home."""
    rng = Random(f"requests {council['dfe_code']} {ALIKE}")  # noqa: S311  # invented people
    async with database.bound(Acting(council["id"], council["finder"], "placements:demo")) as uow:
        for number in range(EACH):
            new = invented(rng, postcodes, day, number)
            request_id = await actions.start(uow, new)
            for step in _steps(number):
                await actions.take_step(uow, request_id, None, step)


def _steps(number: int) -> list[NewStep]:
    if number % 6 == 5:
        return []
    opened = NewStep(step="open")
    if number == 3:
        return [opened, NewStep(step="withdraw", reason="family_or_friends")]
    if number == 9:
        return [
            opened,
            NewStep(step="not_place", outcome="stays_placed", reason="no_vacancy", note="Tried for two weeks"),
        ]
    return [opened]


def invented(rng: Random, postcodes: Sequence[str], day: date, number: int) -> actions.NewRequest:
    """A request like those that councils write: the more pressing, the less is known."""
    emergency = number % 4 == 0
    family = surname(rng)
    many = rng.choices((1, 2, 3), (7, 3, 1))[0]
    home = postcodes[(number * 3) % len(postcodes)]
    school = postcodes[(number * 3 + 1) % len(postcodes)]
    parents = [f"{given(rng, sex)} {family}" for sex in "FM"]
    full = not emergency
    dated = full or number == BORN_KNOWN
    youngest = rng.randint(0, 14)
    children = [
        _child(
            rng,
            day,
            youngest + 2 * one,
            family=family,
            parents=parents,
            home=home,
            school=school,
            full=full,
            dated=dated,
        )
        for one in range(many)
    ]
    starts = day if emergency else day + timedelta(days=rng.randint(2, 40))
    if number == NAMES_SOMEBODY:
        # One whose words name somebody, for trying the check of texts.
        first = parents[0].partition(" ")[0]
        need = msgspec.structs.replace(
            children[0].need, wishes=f"I want to see {first} on Saturdays.", wishes_not_heard=None
        )
        children[0] = RequestChild(age=children[0].age, sex=children[0].sex, need=need, identity=children[0].identity)
    return actions.NewRequest(
        children=children,
        kind="emergency" if emergency else "planned",
        starts=starts,
        ends=starts + timedelta(days=120) if rng.random() < 0.3 else None,
        need=_need(rng, postcodes, parents[0], many, full=full),
    )


def _need(rng: Random, postcodes: Sequence[str], parent: str, many: int, *, full: bool) -> RequestNeed:
    if not full:
        return RequestNeed(siblings=many > 1, care_type="emergency", background=rng.choice(BACKGROUND))
    away = [Circle(postcode=rng.choice(postcodes), miles=float(rng.randint(1, 3)))] if rng.random() < 0.25 else []
    return RequestNeed(
        siblings=many > 1,
        together=[Pair(first=1, second=2)] if many > 1 else [],
        care_type=rng.choice(("short_term", "long_term", "short_break")),
        length=rng.choice(("weeks", "months", "long_term", None)),
        foster="preferred",
        residential=rng.choice(("suitable", "unsuitable", "not_specified")),
        supported="unsuitable",
        home_miles=rng.choice((5, 10, 20, None)),
        alongside=rng.choice(("no_preference", "with_others", "only_older")),
        pets=rng.choice(("can", "not_known", "no")),
        keep_away=away,
        keep_away_why="A relative who must not know where the children live" if away else "",
        family_time=[
            FamilyTime(
                with_whom=rng.choice(("mother", "father", "grandparents")),
                often=rng.choice(("weekly", "fortnightly")),
                supervision=rng.choice(("supervised", "supported")),
            )
        ],
        considered=[Considered(relationship="grandparent", outcome="not_suitable", name=parent)]
        if rng.random() < 0.6
        else [],
        background=rng.choice(BACKGROUND),
    )


def _child(
    rng: Random,
    day: date,
    age: int,
    *,
    family: str,
    parents: list[str],
    home: str,
    school: str,
    full: bool,
    dated: bool,
) -> RequestChild:
    sex: Any = rng.choice("FM")
    years = min(age, 17)
    name = rng.choice(CHILDREN)
    identity = Identity(
        reference=f"CH-{rng.randint(100_000, 999_999)}",
        name=f"{name} {family}",
        born=date(day.year - years, 1, 1) - timedelta(days=rng.randint(0, 300)) if dated and 0 < years < 16 else None,
        legal_status=rng.choice(("C1", "C2", "V2")) if full else None,
        address=f"{rng.randint(1, 90)} {surname(rng)} Road",
        postcode=home,
        school=f"{surname(rng)} {'Primary' if years < 11 else 'Academy'}" if years > 4 else "",
        school_postcode=school if full and years > 4 else None,
        on_file=parents if full else [],
    )
    need = ChildNeed()
    if full:
        risks = [Risk(risk=one, level=rng.choices(("none", "low", "high"), (7, 2, 1))[0]) for one in _risks(years)]
        need = ChildNeed(
            needs=rng.sample(("autism", "therapeutic", "medical_needs"), rng.randint(0, 2)),
            communication_needs="no",
            adaptation_needed="no",
            cultural="not_required",
            culture="white",
            religion=rng.choice(("none", "christian")),
            languages=["en"],
            deprivation_of_liberty="no",
            risks=risks,
            education=_education(years),
            education_plan=rng.choice(("yes", "no", "no")),
            health=rng.choice(HEALTH),
            about=rng.choice(ABOUT),
            wishes=rng.choice(WISHES) if years > 3 else "",
            wishes_heard_on=day - timedelta(days=rng.randint(1, 9)) if years > 3 else None,
            wishes_not_heard=None if years > 3 else "too_young",
        )
    return RequestChild(age=years, sex=sex, need=need, identity=identity)


def _risks(years: int) -> list[str]:
    return [one for one in codes.risks() if not one.startswith("other_")] if years > 7 else ["physical_harm"]


def _education(years: int) -> str:
    stages = ((4, "early_years"), (10, "primary"), (13, "secondary"), (15, "key_stage_4"))
    return next((stage for last, stage in stages if years <= last), "post_16")
