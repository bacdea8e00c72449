"""Generated needs and offers around the towns of the invented region (`tests/world.py`)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.placements.judged import Asked, Circle, Offer
from services.placements.weights import Weights
from tests.world import OUTWARDS, postcodes_of

TODAY = date(2026, 11, 20)
POINTS = {postcode: (e, n) for outward in OUTWARDS for postcode, e, n in postcodes_of(outward)}
GSS = ("E06000901", "E06000902", "E06000903", "E06000999")

SKILLS = ("autism", "babies", "missing", "therapeutic")
CODES = ("en", "fr", "pl")
BELIEFS = ("muslim", "christian", "none")
PETS = ("dog", "cat")
Columns = Mapping[str, Any]

_postcodes = st.sampled_from(sorted(POINTS))
_miles = st.integers(1, 40)


def _some(codes: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(codes), unique=True, max_size=len(codes)).map(tuple)


def _days(low: int, high: int) -> st.SearchStrategy[date]:
    return st.integers(low, high).map(lambda days: TODAY + timedelta(days=days))


@st.composite
def needs(draw: st.DrawFn, most: int = 5) -> Asked:
    """A need for one to `most` children."""
    children = draw(st.integers(1, most))
    starts = draw(_days(0, 10))
    home = draw(st.none() | _postcodes)
    school = draw(st.none() | _postcodes)
    return Asked(
        kinds=draw(st.sampled_from(((), (), ("foster_home",), ("residential_home", "foster_home")))),
        by_kind=draw(st.booleans()),
        ages=tuple(draw(st.lists(st.integers(0, 17), min_size=children, max_size=children))),
        sexes=tuple(draw(st.lists(st.sampled_from("MFU"), min_size=children, max_size=children))),
        siblings=draw(st.booleans()),
        together=draw(st.booleans()),
        apart=children > 1 and draw(st.integers(0, 9)) == 0,
        starts=starts,
        ends=draw(st.none() | st.integers(1, 40).map(lambda days: starts + timedelta(days=days))),
        care_type=draw(st.none() | st.sampled_from(("emergency", "long_term"))),
        home=home,
        home_miles=draw(st.none() | _miles) if home else None,
        school=school,
        school_miles=draw(st.none() | _miles) if school else None,
        skills=draw(_some(SKILLS)),
        communication=draw(_some(("bsl", "makaton"))),
        adaptations=draw(_some(("step_free", "hoist"))),
        languages=draw(_some(CODES)),
        religion=draw(st.none() | st.sampled_from(BELIEFS)),
        culture=draw(st.none() | st.sampled_from(BELIEFS)),
        alongside=draw(st.sampled_from(("no_preference", "solo", "with_others", "only_older", "only_younger"))),
        pets=draw(st.sampled_from(("must", "can", "no", "not_known"))),
        circles=tuple(draw(st.lists(st.builds(Circle, _postcodes, st.floats(0.1, 20)), max_size=3))),
    )


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """A vacancy notice; one's own or another's, with or without an exact point."""
    own = draw(st.booleans())
    age_min = draw(st.integers(0, 17))
    there = draw(st.sampled_from((None, "none", "some")))
    bands = draw(st.none() | st.sampled_from(((0, 4), (0, 10), (5, 10), (5, 17), (11, 15), (16, 17))))
    low, high = bands if bands and there == "some" else (None, None)
    starts = draw(_days(-5, 40))
    outward = draw(st.sampled_from(sorted(OUTWARDS)))
    _gss, easting, northing = OUTWARDS[outward]
    east, north = draw(st.integers(-3000, 3000)), draw(st.integers(-3000, 3000))
    exact = (easting + east, northing + north) if own and draw(st.booleans()) else None
    return Offer(
        id=UUID(int=draw(st.integers(0, 2**128 - 1)), version=4),
        own=own,
        kind=draw(st.sampled_from(("foster_home", "foster_home", "residential_home", "supported_accommodation"))),
        care_types=draw(st.lists(st.sampled_from(("emergency", "short_term", "long_term")), min_size=1, unique=True)),
        age_min=age_min,
        age_max=draw(st.integers(age_min, 18)),
        sex=draw(st.sampled_from(("any", "M", "F"))),
        places=draw(st.integers(1, 5)),
        starts=starts,
        ends=draw(st.none() | st.integers(1, 50).map(lambda days: starts + timedelta(days=days))),
        within_limit=draw(st.integers(0, 3)),
        empty=draw(st.booleans()),
        bedrooms=draw(st.none() | st.integers(0, 4)),
        sharing=draw(st.sampled_from((None, "no", "siblings", "any"))),
        solo=draw(st.sampled_from((None, True, False))),
        children_there=there,
        others_low=low,
        others_high=high,
        pets=draw(st.none() | _some(PETS)),
        skills=draw(_some(SKILLS)),
        communication=draw(_some(("bsl", "makaton"))),
        adaptations=draw(_some(("step_free", "hoist"))),
        languages=draw(st.none() | _some(CODES)),
        religions=draw(st.none() | _some(BELIEFS)),
        cultures=draw(st.none() | _some(BELIEFS)),
        area_gss=draw(st.sampled_from(GSS)),
        easting=easting,
        northing=northing,
        radius_m=draw(st.sampled_from((0, 1500, 6000))),
        confirmed_on=draw(st.none() | _days(-60, 0)),
        exact=exact,
    )


@st.composite
def homes(draw: st.DrawFn) -> Columns:
    """What the notice of a children's home or of supported accommodation says beyond that of a foster home."""
    judgement = draw(st.sampled_from((None, "outstanding", "good", "requires_improvement", "inadequate")))
    return {
        "sector": draw(st.sampled_from(("local_authority", "private", "voluntary", "health"))),
        "kept_as": draw(st.sampled_from(("own", "proxy"))),
        "category": draw(st.integers(1, 4)),
        "purposes": draw(_some(("trauma", "autism"))),
        "need_levels": draw(_some(("standard", "complex"))),
        "judgement": judgement,
        "judged_year": None if judgement is None else draw(st.integers(2022, TODAY.year)),
        "staffed_until": draw(_days(0, 40)),
        "education_on_site": draw(st.booleans()),
        "short_break_only": draw(st.booleans()),
    }


def columns_for(kind: str, home: Columns) -> Columns:
    """As much of `home` as a notice of this kind has: a foster home none of it, a category supported accommodation."""
    if kind == "foster_home":
        return dict.fromkeys(home)
    return {**home, "category": home["category"] if kind == "supported_accommodation" else None}


def weights() -> st.SearchStrategy[Weights]:
    """Any weights: the two judgements must agree whatever the ranking's numbers are."""
    points = st.floats(-50, 50).map(lambda value: round(value, 3))
    return st.builds(
        Weights,
        **dict.fromkeys(Weights.__struct_fields__, points)
        | {
            "home_half": st.floats(0.5, 50),
            "school_half": st.floats(0.5, 50),
            "unknown_share": st.floats(0, 1),
            "near_failures": st.integers(0, 3).map(float),
            "near_age_years": st.integers(0, 4).map(float),
            "near_places": st.integers(0, 2).map(float),
            "near_days": st.integers(0, 30).map(float),
        },
    )
