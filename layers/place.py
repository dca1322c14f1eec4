"""Where a project lies: its coordinate reference system (CRS), its local origin, and the ways into it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64, Mover
from layers.common_crs import COMMON
from layers.crs import (
    LOCAL,
    METRE,
    crs_text,
    crs_title,
    height_unit,
    parse_crs,
    positions,
    same_place,
    unit_names,
)
from layers.data import Box
from layers.moving import Move, MoveBack, unit_of_heights_m, way

if TYPE_CHECKING:
    from pyproj import CRS

    from layers.records import Layer

__all__ = [
    "LOCAL",
    "Place",
    "crs_text",
    "crs_title",
    "far_note",
    "fits",
    "height_unit",
    "is_metric",
    "local_origin",
    "parse_crs",
    "project_crs_for",
    "same_place",
    "suggest_crs",
    "unit_names",
]

MAX_SUGGESTIONS = 6
NEAR_ZERO = 2000.0
#: A suggestion of less weight (see `common_crs`) fits nearly any numbers.
LIKELY = 45
#: Authorities use a zone a little beyond its bounds: all of Selfkant, at 5.9° E, is in zone 32, from 6° E.
BESIDE_DEG = 0.5
#: The origin of a project is so round.
ORIGIN_STEP_M = 100.0
EARTH_RADIUS_M = (6.3e6, 6.43e6)


def local_origin(box: Sequence[float]) -> list[float]:
    """A round point in the middle of a box; views subtract it to stay precise."""
    middle = (np.array(box[:2]) + np.array(box[3:5])) / 2
    return [*(np.round(middle / ORIGIN_STEP_M) * ORIGIN_STEP_M).tolist(), 0.0]


@dataclass(frozen=True, eq=False)
class Place:
    """The CRS of a project (None: not known yet) and the local origin that views subtract."""

    crs: str | None
    origin: Float64

    def mover(self, from_crs: str | None, height_unit_m: float = 1.0) -> Mover:
        """What moves points from `from_crs` into this place's CRS.

        `height_unit_m` is the length of the source's height unit where its CRS names no heights.
        """
        return way(from_crs, self.crs, height_unit_m).move

    def mover_of(self, layer: Layer) -> Mover:
        """What moves a layer's points into this place's CRS, and to where the layer was put by hand."""
        return Move(layer.crs, self.crs, unit_of_heights_m(layer.crs, layer.drawable), layer.placement)

    def way_back_of(self, layer: Layer) -> Mover:
        """What moves points from this place's CRS to where they are in a layer's file."""
        return MoveBack(self.crs, layer.crs, unit_of_heights_m(layer.crs, layer.drawable), layer.placement)

    def note(self, from_crs: str | None, height_unit_m: float = 1.0) -> str:
        """What a person should know about that move, '' when there is nothing to say."""
        return way(from_crs, self.crs, height_unit_m).note


def fits(text: str, box: Box) -> bool:
    """Whether the middle of `box` can be a place on the Earth in this CRS."""
    crs = parse_crs(text)
    x, y, z = ((box[i] + box[i + 3]) / 2 for i in range(3))
    if crs.is_geocentric:
        return EARTH_RADIUS_M[0] < math.hypot(x, y, z) < EARTH_RADIUS_M[1]
    if crs.is_geographic:
        return abs(x) <= 360 and abs(y) <= 90
    longitude, latitude = to_degrees(crs_text(crs))(x, y) if crs.is_projected else (0.0, 0.0)
    return math.isfinite(longitude) and math.isfinite(latitude)


def far_note(text: str, box: Box) -> str:
    """What to say when the middle of `box` lies outside the area for which its CRS is made, else ''."""
    crs = parse_crs(text)
    area = positions(crs).area_of_use or crs.area_of_use
    if area is None or not crs.is_projected:
        return ""
    longitude, latitude = to_degrees(crs_text(crs))((box[0] + box[3]) / 2, (box[1] + box[4]) / 2)
    west, east = area.west - BESIDE_DEG, area.east + BESIDE_DEG
    inside_east = west <= longitude <= east or area.west > area.east  # across 180°
    if inside_east and area.south - BESIDE_DEG <= latitude <= area.north + BESIDE_DEG:
        return ""
    where = lat_lon(latitude, longitude) if math.isfinite(longitude + latitude) else "nowhere on the Earth"
    return f"the layer lies at {where}, outside the area of {crs.name}; is its CRS right?"


def is_metric(text: str) -> bool:
    """Whether a project can be in this CRS: projected, east and north, everything in metres."""
    crs = parse_crs(text)
    directions = sorted(axis.direction for axis in crs.axis_info[:2])
    metres = all(axis.unit_name == METRE for axis in crs.axis_info)
    return bool(crs.is_projected or crs.is_engineering) and metres and directions == ["east", "north"]


def project_crs_for(layer_crs: str, box: Box) -> str:
    """The CRS of a project that begins with this layer: the layer's own, or the UTM zone it lies in."""
    crs = parse_crs(layer_crs)
    for own in (crs_text(crs), crs_text(positions(crs))):
        if is_metric(own):
            return own
    centre = np.array([[(box[i] + box[i + 3]) / 2 for i in range(3)]])
    longitude, latitude, _height = way(layer_crs, "EPSG:4326").move(centre)[0]
    zone = _utm_code(_datum_title(crs), float(longitude), float(latitude))
    heights = crs.sub_crs_list[1] if crs.is_compound else None
    code = heights.to_epsg() if heights is not None and heights.axis_info[0].unit_name == METRE else None
    return crs_text(parse_crs(f"{zone}+{code}" if code else zone))


def _datum_title(crs: CRS) -> str:
    geodetic = crs.geodetic_crs
    return str(geodetic.name) if geodetic is not None else "WGS 84"


def _utm_code(datum: str, longitude: float, latitude: float) -> str:
    """The UTM zone on the given datum when there is one, else on WGS 84."""
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_utm_crs_info

    zone = int((longitude + 180) // 6) % 60 + 1
    name = f"{datum} / UTM zone {zone}{'N' if latitude >= 0 else 'S'}"
    around = AreaOfInterest(longitude, latitude, longitude, latitude)
    for found in query_utm_crs_info(datum_name=datum, area_of_interest=around):
        if found.name == name:
            return f"EPSG:{found.code}"
    return f"EPSG:{(32600 if latitude >= 0 else 32700) + zone}"


def suggest_crs(box: Box, unit_m: float | None = None) -> list[tuple[str, str, str]]:
    """Likely CRSs of a layer that names none: (code, title, reason), the likeliest first.

    Those in another unit are left out where that of the map is known.
    Numbers near zero that are no degrees are a scanner's or designer's own: no suggestion.
    """
    x, y = (box[0] + box[3]) / 2, (box[1] + box[4]) / 2
    if abs(x) <= 180 and abs(y) <= 90 and max(box[3] - box[0], box[4] - box[1]) < 20:
        return [("EPSG:4326", "WGS 84", "the numbers are in the range of longitude and latitude in degrees")]
    if max(abs(x), abs(y)) < NEAR_ZERO:
        return []
    found: dict[str, tuple[int, str]] = {}
    for code, weight, region, (west, south, east, north) in COMMON:
        longitude, latitude = to_degrees(code)(x, y)
        fits = unit_m is None or abs(parse_crs(code).axis_info[0].unit_conversion_factor / unit_m - 1) < 0.01
        if fits and west <= longitude <= east and south <= latitude <= north:
            found[code] = (weight, f"the layer would lie at {lat_lon(latitude, longitude)} ({region})")
    best = sorted(found, key=lambda code: -found[code][0])[:MAX_SUGGESTIONS]
    return [(code, str(parse_crs(code).name), found[code][1]) for code in best]


def likely_crs(candidates: Sequence[tuple[str, str, str]]) -> str:
    """The suggested CRS that needs no second thought; '' where all are as good as guesses."""
    weights = {code: weight for code, weight, *_ in COMMON}
    return next((code for code, *_ in candidates[:1] if weights.get(code, LIKELY) >= LIKELY), "")


def lat_lon(latitude: float, longitude: float) -> str:
    """A place in words, in degrees."""
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.3f}° {north}, {abs(longitude):.3f}° {east}"


@lru_cache(maxsize=256)
def to_degrees(code: str) -> Callable[[float, float], tuple[float, float]]:
    """Projected coordinates to longitude and latitude on the CRS's own datum."""
    from pyproj import Proj

    projection = Proj(positions(parse_crs(code)))

    def degrees(x: float, y: float) -> tuple[float, float]:
        longitude, latitude = projection(x, y, inverse=True)
        return float(longitude), float(latitude)

    return degrees
