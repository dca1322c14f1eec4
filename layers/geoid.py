"""How far heights above a national datum and those above the ellipsoid are apart, where it is known."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from layers.crs import heights, parse_crs

_NAME = re.compile(r"[A-Z]{3,}")


@dataclass(frozen=True)
class Offset:
    """A difference of height references that is known, in metres, and where it is met."""

    low_m: float
    high_m: float
    name: str
    box: tuple[float, float, float, float] = (-180.0, -90.0, 180.0, 90.0)  # west, south, east, north


#: What is added to heights above a national datum to get those above the ellipsoid GRS 80 (undulations
#: of the national quasigeoids: NLGEO2018, GCG2016, CHGeo2004, RAF20, hBG18, OSGM15, JPGEO2024 …).
ELLIPSOIDAL = (
    Offset(40.5, 48.0, "NAP", (3.2, 50.7, 7.3, 53.7)),
    Offset(34.0, 51.0, "DHHN (NHN)", (5.8, 47.2, 15.1, 55.1)),
    Offset(45.0, 55.5, "LN02", (5.9, 45.8, 10.5, 47.9)),
    Offset(42.0, 56.0, "NGF-IGN69", (-5.2, 41.3, 9.6, 51.1)),
    Offset(41.5, 47.5, "TAW", (2.5, 49.4, 6.5, 51.6)),
    Offset(42.0, 53.0, "the Adriatic (GHA)", (9.5, 46.3, 17.2, 49.1)),
    Offset(44.0, 59.0, "Newlyn (ODN)", (-8.7, 49.8, 1.8, 60.9)),
    Offset(36.0, 54.0, "Genoa", (6.6, 36.6, 18.6, 47.1)),
    Offset(27.0, 42.0, "Tokyo Bay (JGD)", (122.9, 24.0, 145.9, 45.6)),
    Offset(-36.0, -15.0, "NAVD 88", (-125.0, 24.0, -66.0, 49.5)),
)


def note_of_ellipsoid(crs: str, longitude: float, latitude: float) -> str:
    """How far heights of a CRS that are taken as above the ellipsoid put things off there; '' if unknown."""
    said = heights(parse_crs(crs))
    words = _NAME.findall(said.upper())
    known = (one for one in ELLIPSOIDAL if _lies_in(one.box, longitude, latitude))
    fits = (
        one for one in known if any(w.startswith(n) for w in words for n in _NAME.findall(one.name.upper()))
    )
    if (found := next(fits, None)) is None:
        return ""
    low, high = sorted((abs(found.low_m), abs(found.high_m)))
    where, side = ("above", "too low") if found.low_m > 0 else ("below", "too high")
    grids = missing_grids(crs)
    with_grid = f"; with {grids[0]} of cdn.proj.org among PROJ's data they are moved exactly" if grids else ""
    return (
        f"The zero of {said} lies {low:g} to {high:g} m {where} the ellipsoid in that country,"
        f" so that much {side} is what is written{with_grid}."
    )


def missing_grids(crs: str) -> list[str]:
    """The files with which PROJ could move heights of a CRS to the ellipsoid, and that are not here."""
    from pyproj.transformer import TransformerGroup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the best one is not here is what is asked
        group = TransformerGroup(parse_crs(crs), parse_crs("EPSG:4979"), always_xy=True)
    every = [grid for way in group.unavailable_operations for grid in way.grids if not grid.available]
    return list(dict.fromkeys(grid.short_name for grid in every))


def _lies_in(box: tuple[float, float, float, float], longitude: float, latitude: float) -> bool:
    west, south, east, north = box
    return west <= longitude <= east and south <= latitude <= north
