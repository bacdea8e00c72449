"""Where postcodes are, how far apart, whose area they lie in, and which authorities adjoin."""

from careshare.gazetteer.places import (
    METRES_PER_MILE,
    Area,
    Neighbours,
    Place,
    Point,
    find,
    ladder,
    locate,
    locate_many,
    miles,
    neighbours,
)
from careshare.gazetteer.postcode import (
    MalformedPostcode,
    UnknownPostcode,
    outward_of,
    parse_postcode,
    postcode_area_of,
)

__all__ = [
    "METRES_PER_MILE",
    "Area",
    "MalformedPostcode",
    "Neighbours",
    "Place",
    "Point",
    "UnknownPostcode",
    "find",
    "ladder",
    "locate",
    "locate_many",
    "miles",
    "neighbours",
    "outward_of",
    "parse_postcode",
    "postcode_area_of",
]
