"""The search statement and `rules.judge` give one judgement: every criterion, the counts, the score and the route."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from careshare.settings import Settings
from services.placements import rules, search
from services.placements.judged import HARD, SOFT, Around, Asked, Judgement, Offer, Outcome, Section
from services.placements.weights import Weights
from tests.placements.strategies import POINTS, TODAY, Columns, columns_for, homes, needs, offers, weights
from tests.world import World

OFFER = text("""
insert into tenants.offer (owner_id, shelf_id, id, kind, care_types, age_min, age_max, sex, places, starts, ends,
  within_limit, empty, bedrooms, sharing, solo, children_there, others_low, others_high, pets, skills, communication,
  adaptations, languages, religions, cultures, area_code, area_name, area_gss, easting, northing, radius_m,
  confirmed_on, sector, kept_as, category, purposes, need_levels, judgement, judged_year, staffed_until,
  education_on_site, short_break_only)
values (:owner, :shelf, :id, :kind, cast(:care_types as text[]), :age_min, :age_max, :sex, :places, :starts, :ends,
  :within_limit, :empty, :bedrooms, :sharing, :solo, :children_there, :others_low, :others_high, cast(:pets as text[]),
  cast(:skills as text[]), cast(:communication as text[]), cast(:adaptations as text[]), cast(:languages as text[]),
  cast(:religions as text[]), cast(:cultures as text[]), 'outward:ZA1', 'ZA1', :area_gss, :easting, :northing,
  :radius_m, :confirmed_on, :sector, :kept_as, :category, cast(:purposes as text[]), cast(:need_levels as text[]),
  :judgement, :judged_year, :staffed_until, :education_on_site, :short_break_only)
""")
OWN = text("insert into tenants.offer_own values (:owner, :id, gen_random_uuid(), 'A home', :easting, :northing)")
UNKNOWN = text("delete from gazetteer.neighbours_known")
BIND = text("select careshare.bind(:authority, :actor, 'test')")

OUTCOMES = ("will_take", "ring_back", "no_answer", "said_no")
SEARCH_ROW = text("""
insert into placements.search (authority_id, kind, need, need_key, made_by)
values (:authority, 'full', '{}', 'x', :actor) returning id
""")
CALL = text("""
insert into placements.call (authority_id, search_id, offer_id, owner_id, outcome, made_by)
values (:authority, :search, :offer, :authority, :outcome, :actor)
""")


@pytest_asyncio.fixture(scope="module")
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(settings.admin_url, pool_size=1)
    yield engine
    await engine.dispose()


@asynccontextmanager
async def rolled_back(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        await transaction.rollback()


async def put(connection: AsyncConnection, world: World, offer: Offer, home: Columns, *, number: int) -> None:
    """The offer on A's own or shared shelf, or on B's shared one; `home` is what its kind asks for besides."""
    owner = world.a if offer.own else world.b
    shelf = "foster_carers:own" if offer.own and number % 2 else "foster_carers"
    columns = {name: getattr(offer, name) for name in Offer.__struct_fields__ if name not in {"own", "exact"}}
    where = {"owner": owner.id, "shelf": owner.shelves[shelf]}
    await connection.execute(OFFER, {**columns, **columns_for(offer.kind, home), **where})
    if offer.own:
        easting, northing = offer.exact or (None, None)
        await connection.execute(OWN, {"owner": owner.id, "id": offer.id, "easting": easting, "northing": northing})


def around(world: World, *, known: bool) -> Around:
    codes = frozenset({world.a.gss_code, world.b.gss_code, world.c.gss_code})
    return Around(
        today=TODAY,
        stale_after_days=7,
        gss=frozenset({world.a.gss_code}),
        adjoining=frozenset({world.b.gss_code}),
        known=codes if known else frozenset(),
        points=POINTS,
    )


def same(row: Any, judged: Judgement) -> None:
    assert dict(zip(HARD, row["hard"], strict=True)) == {name: judged.verdicts[name] for name in HARD}
    assert dict(zip(SOFT, row["soft"], strict=True)) == {name: judged.verdicts[name] for name in SOFT}
    assert (row["unknown"], row["route"]) == (judged.unknown, judged.route)
    assert (row["skills_met"], row["communication_met"]) == (judged.skills_met, judged.communication_met)
    assert row["score"] == pytest.approx(judged.score, abs=1e-6)
    assert row["home_miles"] == pytest.approx(judged.home_miles)
    assert row["school_miles"] == pytest.approx(judged.school_miles)


def order(judged: Sequence[tuple[Offer, Judgement]], section: Section) -> list[str]:
    def key(pair: tuple[Offer, Judgement]) -> tuple[int, float, str]:
        offer, judgement = pair
        return (judgement.failed if section is Section.NEAR_MISS else 0, -round(judgement.score, 9), str(offer.id))

    return [str(offer.id) for offer, judgement in sorted(judged, key=key) if judgement.section is section]


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    asked=needs(),
    given_offers=st.lists(offers(), min_size=1, max_size=8, unique_by=lambda offer: offer.id),
    given_homes=st.lists(homes(), min_size=8, max_size=8),
    numbers=weights(),
    known=st.booleans(),
    outcomes=st.lists(st.none() | st.sampled_from(OUTCOMES), min_size=8, max_size=8),
)
async def test_the_statement_and_the_rules_agree(
    engine: AsyncEngine,
    world: World,
    asked: Asked,
    given_offers: list[Offer],
    given_homes: list[Columns],
    numbers: Weights,
    known: bool,
    outcomes: list[Outcome | None],
) -> None:
    who = {"authority": world.a.id, "actor": world.a.people["placement_finder"]}
    async with rolled_back(engine) as connection:
        if not known:
            await connection.execute(UNKNOWN)
        search_id = (await connection.execute(SEARCH_ROW, who)).scalar_one()
        for number, offer in enumerate(given_offers):
            await put(connection, world, offer, given_homes[number], number=number)
            if outcomes[number]:
                call = {"search": search_id, "offer": offer.id, "outcome": outcomes[number]}
                await connection.execute(CALL, who | call)
        await connection.execute(text("set local role careshare_app"))
        await connection.execute(BIND, who)
        background = around(world, known=known)
        judged = [
            (offer, rules.judge(offer, asked, background, numbers, outcome))
            for offer, outcome in zip(given_offers, outcomes, strict=False)
        ]
        for offer, judgement in judged:
            one = search.parameters(asked, numbers, TODAY, search_id=search_id, only=offer.id)
            _head, row = (await connection.execute(search.SEARCH, one)).mappings().all()
            same(row, judgement)
            assert row["place"] == {Section.RESULT: 1, Section.NEAR_MISS: 2, Section.EXCLUDED: 3}[judgement.section]
        parameters = search.parameters(asked, numbers, TODAY, search_id=search_id)
        rows = (await connection.execute(search.SEARCH, parameters)).mappings().all()
    listed = [(offer, found) for offer, found in judged if not asked.kinds or offer.kind in asked.kinds]
    assert [str(row["id"]) for row in rows if row["place"] == 1] == order(listed, Section.RESULT)
    assert [str(row["id"]) for row in rows if row["place"] == 2] == order(listed, Section.NEAR_MISS)
    excluded = [found for offer, found in listed if offer.own and found.section is Section.EXCLUDED]
    assert rows[0]["excluded"] == [sum(found.verdicts[name] == 0 for found in excluded) for name in HARD]
