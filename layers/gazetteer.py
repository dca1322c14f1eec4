"""CRSs found by what they are called, or by the country, state or county they are made for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from layers.errors import PlaceError
from layers.place import lat_lon, to_degrees

MOST_FOUND = 40
#: So many are looked at for whether the layer would lie in them.
MOST_TRIED = 400
#: Some areas list all counties of a state: so many letters of them are shown.
LONGEST_AREA = 60


class Named(NamedTuple):
    """A CRS of the EPSG dataset."""

    code: str
    name: str
    area: str  # in words
    bounds: tuple[float, float, float, float]  # west, south, east, north in degrees
    words: str  # all that it is found by, in small letters


class Found(NamedTuple):
    """A CRS that was searched for, and what speaks for it."""

    code: str
    title: str
    reason: str


def find_crs(text: str, box: Sequence[float]) -> list[Found]:
    """CRSs of positions that have all words of `text`; those in whose area `box` would lie come first.

    The words are looked for in names, codes and areas of use: "kentucky", "gauss-kruger zone 3", "utm 33".
    """
    words = text.casefold().replace(",", " ").split()
    if not words:
        return []
    fitting = [known for known in _known() if all(word in known.words for word in words)][:MOST_TRIED]
    named = [all(word in known.name.casefold() for word in words) for known in fitting]
    placed = [_reason(known, box) for known in fitting]
    order = sorted(range(len(fitting)), key=lambda at: (not placed[at][0], not named[at], fitting[at].name))
    # Some have several areas, of which the one that fits comes first.
    best = {fitting[at].code: at for at in reversed(order)}
    return [
        Found(fitting[at].code, fitting[at].name, placed[at][1])
        for at in [at for at in order if best[fitting[at].code] == at][:MOST_FOUND]
    ]


@lru_cache(maxsize=1)
def _known() -> tuple[Named, ...]:
    """The projected CRSs of the EPSG dataset."""
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    found = []
    for item in query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS]):
        area = item.area_of_use
        if area is None or not area.name or item.deprecated:
            continue
        code = f"EPSG:{item.code}"
        words = f"{item.name} {code} {area.name}".casefold()
        bounds = (area.west, area.south, area.east, area.north)
        found.append(Named(code, item.name, area.name.rstrip("."), bounds, words))
    return tuple(found)


def _reason(known: Named, box: Sequence[float]) -> tuple[bool, str]:
    """Whether the middle of a box lies in the area of a CRS, and where that would be."""
    x, y = (box[0] + box[3]) / 2, (box[1] + box[4]) / 2
    try:
        longitude, latitude = to_degrees(known.code)(x, y)
    except PlaceError:
        longitude = latitude = math.nan
    area = known.area if len(known.area) <= LONGEST_AREA else f"{known.area[:LONGEST_AREA]}…"
    if not math.isfinite(longitude + latitude):
        return False, f"the numbers are no place in it; made for {area}"
    west, south, east, north = known.bounds
    is_east = west <= longitude <= east or (west > east and not east < longitude < west)  # across 180°
    if is_east and south <= latitude <= north:
        return True, f"the layer would lie at {lat_lon(latitude, longitude)} ({area})"
    return False, f"the layer would lie outside {area}, at {lat_lon(latitude, longitude)}"
