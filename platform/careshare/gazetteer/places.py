"""Looking places up: where a postcode is, what it may be shown as, how far apart two points are, who adjoins whom."""

import math
from collections.abc import Iterable
from typing import Literal, Protocol

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.gazetteer.postcode import UnknownPostcode, parse_postcode, postcode_area_of

METRES_PER_MILE = 1609.344
FEWEST_POSTCODES = 20
"""An outward code is shown only where at least so many of its postcodes lie in the place's own authority."""

PLACES = text("""
    select postcode, easting, northing, area_gss, outward
    from gazetteer.postcode where postcode = any(cast(:postcodes as text[]))
""")
LADDER = text("""
    select a.code, a.kind, a.name, a.easting, a.northing, a.radius_m, a.postcodes
    from gazetteer.postcode p
    left join gazetteer.local_authority l on l.gss_code = p.area_gss
    join gazetteer.area a on a.code in ('outward:' || p.outward, 'authority:' || p.area_gss,
        'postcode_area:' || cast(:letters as text), 'region:' || l.region_code)
    where p.postcode = :postcode and (a.kind <> 'outward' or :fewest <= (
        select count(*) from gazetteer.postcode o where o.outward = p.outward and o.area_gss = p.area_gss))
    order by array_position(array['outward', 'authority', 'postcode_area', 'region'], a.kind)
""")
NEIGHBOURS = text("select gazetteer.adjoins(:gss) as adjoining, gazetteer.adjacency_known(:gss) as complete")

Kind = Literal["outward", "authority", "postcode_area", "region"]


class Point(Protocol):
    """Anything with a National Grid reference in metres."""

    @property
    def easting(self) -> int: ...
    @property
    def northing(self) -> int: ...


class Place(msgspec.Struct, frozen=True):
    """A postcode's point (National Grid, metres) and the GSS code of the authority with children's services there."""

    postcode: str
    easting: int
    northing: int
    area_gss: str
    outward: str


class Area(msgspec.Struct, frozen=True):
    """What a place may be shown as: the centre of its postcodes, the farthest one's distance (metres), how many."""

    code: str
    kind: Kind
    name: str
    easting: int
    northing: int
    radius_m: int
    postcodes: int


class Neighbours(msgspec.Struct, frozen=True):
    """The GSS codes that adjoin an authority today, earlier codes included.

    Where `complete` is false, nobody has recorded all its neighbours: one that is not listed is "not known whether it
    adjoins", never "at a distance".
    """

    adjoining: frozenset[str]
    complete: bool


async def locate(uow: Uow, postcode: str) -> Place | None:
    """Where a canonical postcode is; None where the loaded gazetteer does not have it."""
    return (await locate_many(uow, [postcode])).get(postcode)


async def locate_many(uow: Uow, postcodes: Iterable[str]) -> dict[str, Place]:
    """Where each of these canonical postcodes is, in one query. The unknown ones are left out."""
    wanted = sorted(set(postcodes))
    if not wanted:
        return {}
    rows = await uow.execute(PLACES, {"postcodes": wanted})
    return {row.postcode: Place(row.postcode, row.easting, row.northing, row.area_gss, row.outward) for row in rows}


async def find(uow: Uow, typed: str) -> Place:
    """Where the postcode that somebody typed is.

    Raises `MalformedPostcode` or `UnknownPostcode`, both ValueErrors with a message for a form.
    """
    postcode = parse_postcode(typed)
    place = await locate(uow, postcode)
    if place is None:
        raise UnknownPostcode(postcode)
    return place


async def ladder(uow: Uow, postcode: str) -> list[Area]:
    """The areas a canonical postcode may be shown as, finest first: outward code, authority, postcode area, region.

    Which rung is coarse enough is for the caller, who can count carers. The approval route tells the place's authority,
    so an outward code that reaches into it with a street or two would tell the street: then the authority is finest.
    An authority or region that is loaded in part is the loaded part. A council that is on no list has no region. Empty
    where the postcode is not known.
    """
    rows = await uow.execute(
        LADDER, {"postcode": postcode, "letters": postcode_area_of(postcode), "fewest": FEWEST_POSTCODES}
    )
    return [msgspec.convert(dict(row), Area) for row in rows.mappings()]


async def neighbours(uow: Uow, gss: str) -> Neighbours:
    """Which authorities adjoin this one today, and whether those are all."""
    row = (await uow.execute(NEIGHBOURS, {"gss": gss})).one()
    return Neighbours(adjoining=frozenset(row.adjoining), complete=row.complete)


def miles(a: Point, b: Point) -> float:
    """Straight line between two points in miles: not by road, and to be called so.

    Worked out on the National Grid (OSGB36), whose scale is true to 0.1%. A postcode's point is that of its middle
    address, which may be a hundred metres from the door: about 1% at ten miles. `gazetteer.miles` in SQL is the same.
    """
    return math.hypot(a.easting - b.easting, a.northing - b.northing) / METRES_PER_MILE
