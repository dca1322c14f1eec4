"""Where a project lies: its coordinate reference system (CRS), its local origin, and the ways into it.

CRSs travel as text ("EPSG:7415", "EPSG:25832+7837", WKT). Positions and heights are looked at
apart: "Amersfoort / RD New" and "Amersfoort / RD New + NAP height" are the same place, and heights
are only changed by a transformation that is truly known, never by a guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64, Mover
from layers.common_crs import COMMON
from layers.data import Box
from layers.errors import PlaceError

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

MAX_CRS_TEXT = 100_000  # longer than any real WKT
MAX_SUGGESTIONS = 6
NEAR_ZERO = 2000.0
EARTH_RADIUS_M = (6.3e6, 6.43e6)
METRE = "metre"
_WHAT_TO_TYPE = 'Give an EPSG code such as "EPSG:7415" or "EPSG:25832+7837"'
_UNNAMED = ("", "unknown", "unnamed")


#: The CRS of a model that lies nowhere on Earth, in metres; nothing is ever moved into it or out of it.
LOCAL = "local"
_LOCAL_NAME = "Local coordinates"
_LOCAL_WKT = (
    f'ENGCRS["{_LOCAL_NAME}",EDATUM["Local"],CS[Cartesian,3],AXIS["x",east],AXIS["y",north],'
    'AXIS["z",up],LENGTHUNIT["metre",1]]'
)


@dataclass(frozen=True, eq=False)
class Place:
    """The CRS of a project (None: not known yet) and the local origin that views subtract."""

    crs: str | None
    origin: Float64

    def mover(self, from_crs: str | None, height_unit_m: float = 1.0) -> Mover:
        """What moves points from `from_crs` into this place's CRS.

        `height_unit_m` is the length of the source's height unit where its CRS names no heights.
        """
        return _way(from_crs, self.crs, height_unit_m).move

    def note(self, from_crs: str | None, height_unit_m: float = 1.0) -> str:
        """What a person should know about that move, '' when there is nothing to say."""
        return _way(from_crs, self.crs, height_unit_m).note


# --- reading and writing the names of CRSs -------------------------------------------------------


@lru_cache(maxsize=256)
def parse_crs(text: str) -> CRS:
    """The CRS that `text` names: EPSG code, code pair, OGC URN or URL, or WKT."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    wanted = text.strip()
    code = re.fullmatch(r"(?:https?://.*/epsg\.xml#)?(\d{4,6}(?:\+\d{4,6})?)", wanted)
    if code:
        wanted = f"EPSG:{code[1]}"
    if wanted.lower() == LOCAL:
        wanted = _LOCAL_WKT
    if not wanted or len(wanted) > MAX_CRS_TEXT or "init=" in wanted:
        raise _not_a_crs(text)
    try:
        crs = CRS.from_user_input(wanted)
    except CRSError as error:
        raise _not_a_crs(text) from error
    if crs.is_vertical and not crs.is_compound:
        raise PlaceError(
            "This CRS holds heights only",
            found=crs.name,
            do="Name the horizontal CRS too, for example EPSG:28992+5709",
        )
    return _without_shift(crs)


def _not_a_crs(text: str) -> PlaceError:
    shown = text if len(text) <= 80 else f"{text[:80]}…"
    return PlaceError("This coordinate reference system is not known", found=repr(shown), do=_WHAT_TO_TYPE)


def _without_shift(crs: CRS) -> CRS:
    """The CRS itself, when WKT binds it to WGS 84 by rough datum shift parameters."""
    return crs.source_crs if crs.is_bound and crs.source_crs is not None else crs


def crs_text(crs: CRS) -> str:
    """How a CRS is stored: an authority's code where there is one, else WKT."""
    if crs.name == _LOCAL_NAME:
        return LOCAL
    crs = _without_shift(crs)
    whole = crs.to_authority()
    if whole:
        return ":".join(whole)
    if crs.is_compound:
        codes = [part.to_epsg() for part in crs.sub_crs_list]
        if all(codes):
            return "EPSG:" + "+".join(str(code) for code in codes)
    return str(crs.to_wkt())


@lru_cache(maxsize=256)
def crs_title(text: str) -> str:
    """How a CRS is shown: "Amersfoort / RD New + NAP height (EPSG:7415)"."""
    crs = parse_crs(text)
    stored = crs_text(crs)
    if len(stored) < 40:
        return f"{crs.name} ({stored})"
    if crs.name.lower() in _UNNAMED:
        return (
            f"unnamed {crs.type_name} in {crs.axis_info[0].unit_name if crs.axis_info else 'unknown units'}"
        )
    return str(crs.name)


def unit_names(text: str) -> tuple[str, str]:
    """The units of positions and of heights ('' when the CRS names no heights)."""
    crs = parse_crs(text)
    axes = [axis.unit_name for axis in crs.axis_info]
    return (axes[0] if axes else "", axes[2] if len(axes) > 2 else "")


def height_unit(text: str) -> tuple[str, float]:
    """The unit of heights and its length in metres.

    Where the CRS names no heights they are taken to be in the unit of positions, as LAS files do,
    and in metres beside degrees.
    """
    crs = parse_crs(text)
    if len(crs.axis_info) < 3 and not crs.is_projected:
        return METRE, 1.0
    axis = crs.axis_info[2 if len(crs.axis_info) > 2 else 0]
    return str(axis.unit_name), float(axis.unit_conversion_factor)


def fits(text: str, box: Box) -> bool:
    """Whether the middle of `box` can be a place on the Earth in this CRS."""
    crs = parse_crs(text)
    x, y, z = ((box[i] + box[i + 3]) / 2 for i in range(3))
    if crs.is_geocentric:
        return EARTH_RADIUS_M[0] < math.hypot(x, y, z) < EARTH_RADIUS_M[1]
    if crs.is_geographic:
        return abs(x) <= 360 and abs(y) <= 90
    longitude, latitude = _to_degrees(crs_text(crs))(x, y) if crs.is_projected else (0.0, 0.0)
    return math.isfinite(longitude) and math.isfinite(latitude)


# --- positions and heights apart ------------------------------------------------------------------


def _positions(crs: CRS) -> CRS:
    """The horizontal part."""
    if crs.is_compound:
        return _without_shift(crs.sub_crs_list[0])
    return crs if crs.is_geocentric else crs.to_2d()


def _heights(crs: CRS) -> str:
    """The name of what heights refer to, '' when the CRS does not say."""
    if crs.is_compound:
        return str(crs.sub_crs_list[1].name)
    return "height above the ellipsoid" if len(crs.axis_info) > 2 else ""


def _height_unit(crs: CRS, otherwise: float) -> float:
    """The length in metres of one unit of height."""
    return float(crs.axis_info[2].unit_conversion_factor) if len(crs.axis_info) > 2 else otherwise


def _same(one: CRS, other: CRS) -> bool:
    return bool(one.equals(other, ignore_axis_order=True))


def same_place(one: str, other: str) -> bool:
    """Whether positions in both CRSs are the same numbers, whatever their heights refer to."""
    return one == other or _same(_positions(parse_crs(one)), _positions(parse_crs(other)))


# --- moving ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Way:
    """How points move from one CRS to another, and what is to be said about it."""

    move: Mover
    note: str = ""


def _stay(points: Float64) -> Float64:
    return points


@lru_cache(maxsize=256)
def _way(source_text: str | None, target_text: str | None, height_unit_m: float) -> _Way:
    if source_text is None:
        return _Way(_stay, "coordinates taken as they are: the layer names no CRS")
    if target_text is None:
        raise PlaceError("The project has no CRS, so nothing can be placed in it", do=_WHAT_TO_TYPE)
    if source_text == target_text:
        return _Way(_stay)
    if LOCAL in (source_text, target_text):
        return _Way(_stay, "coordinates taken as they are: a local model has no place on Earth")
    source, target = parse_crs(source_text), parse_crs(target_text)
    if source.is_geocentric or target.is_geocentric:
        return _way_from_earth_centre(source, target)
    same_positions = _same(_positions(source), _positions(target))
    whole = _known_height_change(source, target)
    if whole is not None:
        return _Way(_mover(whole, keep_positions=same_positions))
    factor = _height_unit(source, height_unit_m) / _height_unit(target, 1.0)
    note = _height_note(source, target, factor)
    if same_positions:
        return _Way(_stay if factor == 1.0 else _mover(None, height_factor=factor), note)
    flat, flat_note = _flat_transformer(_positions(source), _positions(target))
    notes = "; ".join(part for part in (flat_note, note) if part)
    return _Way(_mover(flat, flat=True, height_factor=factor), notes)


def _way_from_earth_centre(source: CRS, target: CRS) -> _Way:
    """Geocentric x, y, z can only be moved as a whole; heights then refer to the ellipsoid."""
    whole = _transformer(source, target)
    if whole is not None and _heights(target):
        return _Way(_mover(whole))
    whole = _transformer(source, _positions(target).to_3d())
    if whole is None:
        raise _no_way(source, target)
    return _Way(
        _mover(whole), f"heights are above the ellipsoid, not {_heights(target) or 'above sea level'}"
    )


def _known_height_change(source: CRS, target: CRS) -> Transformer | None:
    """The transformation of positions and heights together, where one is needed and known."""
    before, after = _heights(source), _heights(target)
    return _transformer(source, target) if before and after and before != after else None


def _height_note(source: CRS, target: CRS, factor: float) -> str:
    """What is to be said of heights that keep their reference."""
    before, after = _heights(source), _heights(target)
    unit = "" if factor == 1.0 else " in the project's unit"
    if before == after:
        return ""
    if not before:
        return f"heights are taken{unit} as {after}: the layer does not say what they refer to"
    if not after:
        return f"heights remain {before}{unit}: the project does not say what its heights refer to"
    return f"heights are kept{unit} as they are: no transformation from {before} to {after} is known here"


def _flat_transformer(source: CRS, target: CRS) -> tuple[Transformer, str]:
    """The horizontal transformation, and a warning when it ignores a difference of datums."""
    known = _transformer(source, target)
    if known is not None:
        return known, ""
    rough = _transformer(source, target, rough=True)
    if rough is None:
        raise _no_way(source, target)
    return rough, (
        "positions may be off by some hundred metres: no transformation is known "
        f"from {_datum_name(source)} to {_datum_name(target)}"
    )


def _no_way(source: CRS, target: CRS) -> PlaceError:
    return PlaceError(
        "There is no way from the layer's CRS to the project's",
        found=f"{source.name} to {target.name}",
        do="Say the layer's true CRS, or convert the file first",
    )


def _datum_name(crs: CRS) -> str:
    return str(crs.datum.name if crs.datum is not None else crs.name)


def _transformer(source: CRS, target: CRS, rough: bool = False) -> Transformer | None:
    """The best transformation on this computer (the network is never asked), None if there is none."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError
    from pyproj.network import set_network_enabled  # type: ignore[attr-defined]  # its stub forgets it

    set_network_enabled(active=False)
    try:
        return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=rough)
    except ProjError:
        return None


def _mover(
    transformer: Transformer | None,
    flat: bool = False,
    keep_positions: bool = False,
    height_factor: float = 1.0,
) -> Mover:
    """Applies a transformation (to x, y only when `flat`), then scales heights."""

    def move(points: Float64) -> Float64:
        moved = np.array(points, dtype=np.float64, copy=True)
        if transformer is not None and len(moved):
            x, y, z = np.ascontiguousarray(moved.T)
            found = transformer.transform(x, y) if flat else transformer.transform(x, y, z)
            first = 2 if keep_positions else 0
            moved[:, first : len(found)] = np.stack(found, axis=-1)[:, first:]
            _check_moved(points, moved, transformer)
        moved[:, 2] *= height_factor
        return moved

    return move


def _check_moved(points: Float64, moved: Float64, transformer: Transformer) -> None:
    lost = np.isfinite(points).all(axis=1) & ~np.isfinite(moved).all(axis=1)
    if lost.any():
        x, y, _z = points[int(np.argmax(lost))]
        source, target = transformer.source_crs, transformer.target_crs
        raise PlaceError(
            f"{int(lost.sum())} of {len(points)} points cannot be placed in the project's CRS",
            where=target.name if target is not None else "",
            found=f"for example x {x:.3f}, y {y:.3f} in {source.name if source is not None else 'its CRS'}",
            do="Say the layer's true CRS",
        )


# --- choosing -------------------------------------------------------------------------------------


def is_metric(text: str) -> bool:
    """Whether a project can be in this CRS: projected, east and north, everything in metres."""
    crs = parse_crs(text)
    directions = sorted(axis.direction for axis in crs.axis_info[:2])
    metres = all(axis.unit_name == METRE for axis in crs.axis_info)
    return bool(crs.is_projected or crs.is_engineering) and metres and directions == ["east", "north"]


def project_crs_for(layer_crs: str, box: Box) -> str:
    """The CRS of a project that begins with this layer: the layer's own, or the UTM zone it lies in."""
    crs = parse_crs(layer_crs)
    for own in (crs_text(crs), crs_text(_positions(crs))):
        if is_metric(own):
            return own
    centre = np.array([[(box[i] + box[i + 3]) / 2 for i in range(3)]])
    longitude, latitude, _height = _way(layer_crs, "EPSG:4326", 1.0).move(centre)[0]
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


def suggest_crs(box: Box) -> list[tuple[str, str, str]]:
    """Likely CRSs of a layer that names none: (code, title, reason), the likeliest first.

    Numbers near zero that are no degrees are a scanner's or designer's own: no suggestion.
    """
    x, y = (box[0] + box[3]) / 2, (box[1] + box[4]) / 2
    if abs(x) <= 180 and abs(y) <= 90 and max(box[3] - box[0], box[4] - box[1]) < 20:
        return [("EPSG:4326", "WGS 84", "the numbers are in the range of longitude and latitude in degrees")]
    if max(abs(x), abs(y)) < NEAR_ZERO:
        return []
    found: dict[str, tuple[int, str]] = {}
    for code, weight, region, (west, south, east, north) in COMMON:
        longitude, latitude = _to_degrees(code)(x, y)
        if west <= longitude <= east and south <= latitude <= north:
            found[code] = (weight, f"the layer would lie at {_lat_lon(latitude, longitude)} ({region})")
    best = sorted(found, key=lambda code: -found[code][0])[:MAX_SUGGESTIONS]
    return [(code, str(parse_crs(code).name), found[code][1]) for code in best]


def _lat_lon(latitude: float, longitude: float) -> str:
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.3f}° {north}, {abs(longitude):.3f}° {east}"


@lru_cache(maxsize=256)
def _to_degrees(code: str) -> Callable[[float, float], tuple[float, float]]:
    """Projected coordinates to longitude and latitude on the CRS's own datum."""
    from pyproj import Proj

    projection = Proj(_positions(parse_crs(code)))

    def to_degrees(x: float, y: float) -> tuple[float, float]:
        longitude, latitude = projection(x, y, inverse=True)
        return float(longitude), float(latitude)

    return to_degrees
