"""The limits of a plot: what each rule forbids, as sheets over it or as an area where nothing may stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from shapely.ops import split

from analysis.zones.areas import Area
from analysis.zones.sheets import Sheet, beside, forbidden, level, lowest, polygons_of, rising
from layers.arrays import Float64

if TYPE_CHECKING:
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

#: Rules that are no number of a plot, as tables call them.
WINDOW, LINE, STREET, BORDER, SIGHT, SUN = (
    "Building window",
    "Building line",
    "Angle from the street",
    "Angle from the border",
    "Protected view",
    "Sun",
)
#: Corners of borders that are set back are rounded by arcs of so many pieces: 1e-4 of their radius.
ARC = 32
#: Borders that are straight but for this have no corner there.
STRAIGHT_M = 0.001


class Axis(NamedTuple):
    """The middle line of a street."""

    name: str
    line: BaseGeometry
    ground_z: float  # how high the ground on it is


@dataclass(frozen=True)
class Limit:
    """What one rule forbids on a plot."""

    rule: str
    sheets: tuple[Sheet, ...]  # the lowest of all that the rule means, nowhere two over one another
    allowed: float  # what is allowed, in metres; NaN where that differs from place to place
    #: Where a rule is about areas, the part of the map on which one may stand; None: it is about heights.
    free: BaseGeometry | None = None
    #: What heights are counted from; NaN: from the foot of each building.
    zero_z: float = 0.0
    by: str = ""  # what makes it: the name of a street, of a view
    border: BaseGeometry | None = None  # what a setback is measured from

    @property
    def is_sloped(self) -> bool:
        """Whether what is allowed differs from place to place."""
        return bool(np.isnan(self.allowed))

    @property
    def area(self) -> BaseGeometry:
        """Where the rule forbids anything."""
        return shapely.union_all([sheet.area for sheet in self.sheets])


def flat_limit(rule: str, plot: Area, allowed: float, zero_z: float) -> Limit:
    """A height that nothing on a plot may rise above; counted from each building's foot where that is NaN."""
    return Limit(rule, (level(plot.polygon, zero_z + allowed),), allowed, zero_z=zero_z)


def setback(rule: str, plot: Area, distance_m: float) -> Limit | None:
    """A strip along the border of a plot where nothing may stand."""
    free = plot.polygon.buffer(-distance_m, quad_segs=ARC)
    strip = polygons_of(shapely.difference(plot.polygon, free))
    found = _upright(rule, strip, free, distance_m)
    return None if found is None else replace(found, border=plot.polygon.boundary)


def windows(plot: Area, lines: Sequence[BaseGeometry]) -> Iterable[Limit]:
    """What building windows (areas) and building lines leave of a plot.

    Where there are windows on a plot, nothing may stand beside them. A line that cuts a plot in two frees
    the larger part of it.
    """
    near = [line for line in lines if line.intersects(plot.polygon)]
    areas = [line for line in near if shapely.get_dimensions(line) == 2]
    inside = polygons_of(shapely.intersection(shapely.union_all(areas), plot.polygon))
    if inside.area > 0:
        limit = _upright(WINDOW, polygons_of(shapely.difference(plot.polygon, inside)), inside, 0.0)
        yield from () if limit is None else (limit,)
    free = plot.polygon
    for line in near:
        if shapely.get_dimensions(line) == 1:
            parts = [part for one in shapely.get_parts(line) for part in _halves(free, one)]
            free = max(parts, key=lambda part: part.area) if len(parts) > 1 else free
    limit = _upright(LINE, polygons_of(shapely.difference(plot.polygon, free)), free, 0.0)
    yield from () if limit is None else (limit,)


def _halves(area: BaseGeometry, line: BaseGeometry) -> list[BaseGeometry]:
    return [part for whole in shapely.get_parts(area) for part in split(whole, line).geoms]


def _upright(rule: str, area: BaseGeometry, free: BaseGeometry, allowed: float) -> Limit | None:
    if area.is_empty:
        return None
    return Limit(rule, (forbidden(area),), allowed, free=free)


def from_border(plot: Area, angle_deg: float, begin_m: float, ground_z: float, top_z: float) -> Limit | None:
    """Planes that rise inwards from the border of a plot."""
    sheets = []
    for part in shapely.get_parts(shapely.orient_polygons(plot.polygon)):
        for ring in (part.exterior, *part.interiors):  # the plot lies to their left
            sheets += _beside(ring, angle_deg, ground_z + begin_m, top_z, closed=True, sides=(1.0,))
    return _planes(BORDER, plot, sheets)


def from_streets(
    plot: Area,
    axes: Sequence[tuple[str, BaseGeometry, float]],
    angle_deg: float,
    begin_m: float,
    top_z: float,
) -> Iterable[Limit]:
    """Planes that rise from the axes of streets, each with its name and the height of the ground on it."""
    for name, axis, ground_z in axes:
        sheets = []
        for line in shapely.get_parts(axis):
            sheets += _beside(line, angle_deg, ground_z + begin_m, top_z, closed=line.is_ring)
        limit = _planes(STREET, plot, sheets)
        if limit is not None:
            yield replace(limit, by=name)


def _beside(
    line: BaseGeometry,
    angle_deg: float,
    height_z: float,
    top_z: float,
    closed: bool,
    sides: Sequence[float] = (1.0, -1.0),
) -> list[Sheet]:
    """Sheets beside a line as far as they are lower than anything that stands."""
    slope = float(np.tan(np.radians(angle_deg)))
    reach = max(top_z - height_z, 0.0) / slope
    places = shapely.get_coordinates(shapely.simplify(line, STRAIGHT_M))
    return beside(places, height_z, slope, reach, closed, sides) if reach > 0 else []


def in_view(plot: Area, name: str, surface: Sequence[Float64]) -> Limit | None:
    """The threshold surface of a protected view, given as polygons (k, 3)."""
    sheets = [Sheet(shapely.Polygon(ring[:, :2]), _plane(ring)) for ring in surface]
    limit = _planes(SIGHT, plot, sheets)
    return None if limit is None else replace(limit, by=name)


def for_sun(
    plot: Area, name: str, area: BaseGeometry, ground_z: float, sun: Float64, top_z: float
) -> Limit | None:
    """What keeps an area sunlit: `sun` are unit vectors (n, 3) towards it.

    A column shades the area where the area lies within its shadow. So it may be as high as the ray that
    passes over it from the nearest place of the area, for each place of the sun.
    """
    sheets = [level(area, ground_z)] if area.intersects(plot.polygon) else []
    for way in sun:
        flat = float(np.hypot(way[0], way[1]))
        if flat <= 0 or way[2] <= 0:
            continue
        towards, slope = way[:2] / flat, float(way[2]) / flat
        far = max(top_z - ground_z, 0.0) / slope * towards
        for part in shapely.get_parts(area):
            sheets += _shadow_sheets(part, towards, slope, far, ground_z)
    limit = _planes(SUN, plot, sheets)
    return None if limit is None else replace(limit, by=name)


def _shadow_sheets(
    part: Polygon, towards: Float64, slope: float, far: Float64, ground_z: float
) -> Iterable[Sheet]:
    """A sheet that rises from each edge that looks towards the sun."""
    oriented = shapely.orient_polygons(part)  # the area lies to the left of all its rings
    for ring in (oriented.exterior, *oriented.interiors):
        places = shapely.get_coordinates(ring)
        for start, end in pairwise(places):
            along = end - start
            length = float(np.hypot(*along))
            if length <= 0:
                continue
            outward = np.array((along[1], -along[0])) / length
            faces = float(outward @ towards)
            if faces > 0:
                swept = shapely.Polygon((start, end, end + far, start + far))
                yield rising(swept, start, outward, ground_z, slope / faces)


def _planes(rule: str, plot: Area, sheets: Iterable[Sheet]) -> Limit | None:
    """The lowest of some sheets as far as they lie over a plot; None where there are none."""
    over = [
        replace(sheet, area=polygons_of(shapely.intersection(sheet.area, plot.polygon)))
        for sheet in sheets
        if sheet.area.intersects(plot.polygon)
    ]
    kept = lowest([sheet for sheet in over if sheet.area.area > 0])
    return Limit(rule, kept, np.nan) if kept else None


def _plane(ring: Float64) -> tuple[float, float, float]:
    """The plane through corners (k, 3)."""
    ones = np.column_stack((ring[:, :2], np.ones(len(ring))))
    a, b, c = np.linalg.lstsq(ones, ring[:, 2], rcond=None)[0].tolist()
    return a, b, c
