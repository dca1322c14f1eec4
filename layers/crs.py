"""Coordinate reference systems (CRSs) as text: read, stored, shown, taken apart.

CRSs travel as text ("EPSG:7415", "EPSG:25832+7837", WKT). Positions and heights are looked at
apart: "Amersfoort / RD New" and "Amersfoort / RD New + NAP height" are the same place.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from layers.errors import PlaceError

if TYPE_CHECKING:
    from pyproj import CRS

MAX_CRS_TEXT = 100_000  # longer than any real WKT
METRE = "metre"
WHAT_TO_TYPE = 'Give an EPSG code such as "EPSG:7415" or "EPSG:25832+7837"'
_UNNAMED = ("", "unknown", "unnamed")

#: The CRS of a model that lies nowhere on Earth, in metres; nothing is ever moved into it or out of it.
LOCAL = "local"
_LOCAL_NAME = "Local coordinates"
_LOCAL_WKT = (
    f'ENGCRS["{_LOCAL_NAME}",EDATUM["Local"],CS[Cartesian,3],AXIS["x",east],AXIS["y",north],'
    'AXIS["z",up],LENGTHUNIT["metre",1]]'
)


@lru_cache(maxsize=256)
def semi_major_m(text: str) -> float:
    """The semi-major axis of a CRS's ellipsoid in metres."""
    ellipsoid = positions(parse_crs(text)).ellipsoid
    assert ellipsoid is not None  # it measures positions on the Earth
    return float(ellipsoid.semi_major_metre)


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
    return without_shift(crs)


def _not_a_crs(text: str) -> PlaceError:
    shown = text if len(text) <= 80 else f"{text[:80]}…"
    return PlaceError("This coordinate reference system is not known", found=repr(shown), do=WHAT_TO_TYPE)


def is_geographic(crs: str | None) -> bool:
    """Whether a CRS gives longitude and latitude in degrees."""
    try:
        return crs is not None and parse_crs(crs).is_geographic
    except PlaceError:
        return False


def without_shift(crs: CRS) -> CRS:
    """The CRS itself, when WKT binds it to WGS 84 by rough datum shift parameters."""
    return crs.source_crs if crs.is_bound and crs.source_crs is not None else crs


def crs_text(crs: CRS) -> str:
    """How a CRS is stored: an authority's code where there is one, else WKT."""
    if crs.name == _LOCAL_NAME:
        return LOCAL
    crs = without_shift(crs)
    whole = crs.to_authority()
    if whole:
        return ":".join(whole)
    if crs.is_compound:
        codes = [part.to_epsg() for part in crs.sub_crs_list]
        if all(codes):
            return "EPSG:" + "+".join(str(code) for code in codes)
    return str(crs.to_wkt())


def code_of(crs: CRS) -> int | None:
    """The one EPSG code of a CRS, that of its positions where a pair with heights has none of its own."""
    return crs.to_epsg() or positions(crs).to_epsg()


def untold_heights(text: str) -> str:
    """What heights refer to where no one EPSG code of a CRS says so, else ''."""
    crs = parse_crs(text)
    return "" if crs.to_epsg() else heights(crs)


@lru_cache(maxsize=256)
def crs_title(text: str) -> str:
    """How a CRS is shown: "Amersfoort / RD New + NAP height (EPSG:7415)"."""
    crs = parse_crs(text)
    stored = crs_text(crs)
    if len(stored) < 40:
        return f"{crs.name} ({stored})"
    if crs.name.lower() in _UNNAMED:
        return f"unnamed {crs.type_name} in {unit_names(text)[0] or 'unknown units'}"
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


def positions(crs: CRS) -> CRS:
    """The horizontal part."""
    if crs.is_compound:
        return without_shift(crs.sub_crs_list[0])
    return crs if crs.is_geocentric else crs.to_2d()


def heights(crs: CRS) -> str:
    """The name of what heights refer to, '' when the CRS does not say."""
    if crs.is_compound:
        return str(crs.sub_crs_list[1].name)
    return "height above the ellipsoid" if len(crs.axis_info) > 2 else ""


def height_unit_m(crs: CRS, otherwise: float) -> float:
    """The length in metres of one unit of height."""
    return float(crs.axis_info[2].unit_conversion_factor) if len(crs.axis_info) > 2 else otherwise


def is_beside_metres(text: str) -> bool:
    """Whether heights in metres, which it does not name, would stand beside positions in another unit."""
    return height_unit(text)[1] != height_unit_m(parse_crs(text), 1.0)


def same_positions(one: CRS, other: CRS) -> bool:
    """Whether two horizontal CRSs are one, in whatever order they name their axes."""
    return bool(one.equals(other, ignore_axis_order=True))


def same_place(one: str, other: str) -> bool:
    """Whether positions in both CRSs are the same numbers, whatever their heights refer to."""
    return one == other or same_positions(positions(parse_crs(one)), positions(parse_crs(other)))


def same_crs(one: str, other: str) -> bool:
    """Whether two texts name the same CRS."""
    return one == other or crs_text(parse_crs(one)) == crs_text(parse_crs(other))
