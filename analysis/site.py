"""Where something stands, as the sun sees it: longitude, latitude, true north, time zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from layers.arrays import Float64
from layers.crs import LOCAL, parse_crs, positions
from layers.errors import PlaceError
from layers.moving import way
from layers.project import Project
from layers.timezones import zone_named, zone_of

if TYPE_CHECKING:
    from pyproj import Transformer

#: Facts of a project: "LON,LAT" or "LON,LAT,CONVERGENCE" of a model without CRS, and its time zone.
SITE, TIME_ZONE = "site", "time_zone"
#: Why a zone is the one it is: nobody said it, and nothing else is likely.
BY_PLACE = "by its place"
WGS84 = "EPSG:4326"
#: Half the length, in degrees, of the piece of meridian along which grid north is measured.
_STEP_DEG = 1e-4


@dataclass(frozen=True)
class Site:
    """A place on Earth: degrees on WGS 84, grid convergence, time zone."""

    longitude: float  # degrees, east positive
    latitude: float  # degrees, north positive
    height_m: float = 0.0
    #: Azimuth of grid north, clockwise from true north: azimuth in the grid = true azimuth - convergence.
    convergence_deg: float = 0.0
    zone: str = "UTC"  # name in the time zone database
    zone_reason: str = ""  # why this zone

    @property
    def tz(self) -> ZoneInfo:
        """The time zone."""
        return zone_named(self.zone)

    @property
    def title(self) -> str:
        """As in "52.0116° N, 4.3571° E"."""
        north, east = "N" if self.latitude >= 0 else "S", "E" if self.longitude >= 0 else "W"
        return f"{abs(self.latitude):.4f}° {north}, {abs(self.longitude):.4f}° {east}"


def site_at(longitude: float, latitude: float, height_m: float = 0.0, zone: str = "") -> Site:
    """A place given by its degrees; with the zone of the nearest principal city unless one is given."""
    longitude, latitude = _checked(longitude, latitude)
    name, reason = (zone_named(zone).key, "as given") if zone else _zone(longitude, latitude)
    return Site(longitude, latitude, height_m, 0.0, name, reason)


def site_of(project: Project, point: Sequence[float] | Float64 | None = None) -> Site:
    """The site of a point in the world (x, y, z); without one, of the middle of the project's layers."""
    if point is None:
        point = middle_of(project)
    world = np.asarray([point], np.float64)
    longitude, latitude, convergence = (float(values[0]) for values in degrees_of(project, world))
    zone = project.fact(TIME_ZONE) or ""
    if zone:
        name, reason = zone_named(zone).key, "as set in the project"
    else:
        name, reason = _zone(longitude, latitude, project.place.crs)
    return Site(longitude, latitude, float(world[0, 2]), convergence, name, reason)


def site_if_known(project: Project) -> Site:
    """The site of a project; of one that nobody knows where it is, one whose y axis looks north, in UTC.

    For what asks for neither sun nor place, but for directions.
    """
    crs = project.place.crs
    if (crs is None or crs == LOCAL) and project.fact(SITE) is None:
        return Site(0.0, 0.0)
    return site_of(project)


def middle_of(project: Project) -> Float64:
    """The middle of all layers in the world (3,); the local origin when there are none."""
    boxes = np.array([layer.box for layer in project.layers if layer.box is not None], np.float64)
    if not len(boxes):
        return project.place.origin
    middle: Float64 = (boxes[:, :3].min(axis=0) + boxes[:, 3:].max(axis=0)) / 2
    return middle


def degrees_of(project: Project, points: Float64) -> tuple[Float64, Float64, Float64]:
    """Longitude, latitude (WGS 84) and grid convergence of points (n, 3) in the world, degrees (n,) each."""
    crs = project.place.crs
    if crs is None or crs == LOCAL:
        longitude, latitude, convergence = (np.full(len(points), value) for value in stated_place(project))
        return longitude, latitude, convergence
    moved = way(crs, WGS84).move(points)
    if not np.isfinite(moved[:, :2]).all():
        raise PlaceError("The project lies outside the area of its CRS", found=crs, do="Check the CRS")
    return moved[:, 0], moved[:, 1], convergence_deg(crs, points)


def stated_place(project: Project) -> tuple[float, float, float]:
    """Longitude, latitude and convergence that a project without CRS was given."""
    text = project.fact(SITE)
    if text is None:
        raise PlaceError(
            "It is not known where on Earth this project lies, and so not where its sun stands",
            found="a model without coordinate reference system",
            do="Give its place with citystrata sun P --place LON,LAT or, in the window, in the panel Sun",
        )
    return place_from(text)


def place_from(text: str) -> tuple[float, float, float]:
    """Longitude, latitude and the true azimuth of the y axis (0 unless given) from "LON,LAT[,DEG]"."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (2, 3) or not np.isfinite(values).all():
        raise PlaceError(
            "This place is not understood", found=repr(text), allowed="LON,LAT in degrees, as 4.357,52.012"
        )
    longitude, latitude = _checked(values[0], values[1])
    return longitude, latitude, values[2] if len(values) == 3 else 0.0


def convergence_deg(crs: str, points: Float64) -> Float64:
    """Azimuth of grid north, clockwise from true north, at points (n, 3) of a CRS, in degrees (n,).

    Measured along the meridian through each point, so it holds for every projection.
    """
    to_grid, to_degrees = _meridian(crs)
    longitude, latitude = to_degrees.transform(points[:, 0], points[:, 1])
    south = np.maximum(latitude - _STEP_DEG, -90.0)
    north = np.minimum(latitude + _STEP_DEG, 90.0)
    east0, north0 = to_grid.transform(longitude, south)
    east1, north1 = to_grid.transform(longitude, north)
    found: Float64 = np.degrees(-np.arctan2(east1 - east0, north1 - north0))
    return found


@lru_cache(maxsize=32)
def _meridian(crs: str) -> tuple[Transformer, Transformer]:
    """Degrees on the CRS's own datum to the grid, and back."""
    from pyproj import Transformer

    grid = positions(parse_crs(crs))
    degrees = grid.geodetic_crs
    assert degrees is not None
    return (
        Transformer.from_crs(degrees, grid, always_xy=True),
        Transformer.from_crs(grid, degrees, always_xy=True),
    )


def _zone(longitude: float, latitude: float, crs: str | None = None) -> tuple[str, str]:
    """The zone of a place, and the reason."""
    regions = () if crs is None or crs == LOCAL else _areas_of(crs)
    guess = zone_of(round(longitude, 1), round(latitude, 1), *regions)
    if not guess.others:
        return guess.name, BY_PLACE
    return guess.name, f"{BY_PLACE}, but it may be {' or '.join(guess.others)}: set it"


def _areas_of(crs: str) -> tuple[str, ...]:
    """What areas a CRS and its parts are for, in words that name countries."""
    parts = parse_crs(crs).sub_crs_list or [parse_crs(crs)]
    return tuple(str(part.area_of_use.name) for part in parts if part.area_of_use is not None)


def _checked(longitude: float, latitude: float) -> tuple[float, float]:
    if not (-90 <= latitude <= 90 and -360 <= longitude <= 360):
        raise PlaceError(
            "This is no place on Earth",
            found=f"longitude {longitude:g}, latitude {latitude:g}",
            allowed="longitude -180 to 180, latitude -90 to 90",
        )
    return longitude if -180 <= longitude <= 180 else (longitude + 180) % 360 - 180, latitude
