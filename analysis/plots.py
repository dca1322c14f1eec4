"""Points on the ground: in plots, yards, streets, or any other area of the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.casters import Casters
from analysis.receivers import LIFT_M, Receivers
from layers.arrays import Float64
from layers.results import Grid
from layers.runs import Int64

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: The type of pieces of ground.
GROUND_AREA = "ground"
#: Surfaces that lie deeper under the ground than this are there on purpose.
MOST_SUNK_M = 0.5
#: z of the normal from which on a surface is level.
LEVEL = 0.7


@dataclass(frozen=True)
class Area:
    """A piece of ground that is looked at as one."""

    polygon: BaseGeometry  # Polygon or MultiPolygon in the project's CRS
    name: str = ""
    layer: int = 0
    fid: int = -1


def on_ground(
    cast: Casters, areas: Sequence[Area], spacing_m: float = 1.0, under_roofs: bool = False
) -> Receivers:
    """Points on the ground that casts shadow, in areas, on a raster along the axes of the project's CRS.

    They look straight up and stand for equal shares of their area. Inside buildings there are none, unless
    they are wanted `under_roofs` too.
    """
    grid, cell, owner = _raster(areas, spacing_m)
    places = np.column_stack(
        (
            grid.west + (cell % grid.columns + 0.5) * spacing_m,
            grid.north - (cell // grid.columns + 0.5) * spacing_m,
        )
    )
    heights, notes = _heights(cast, places)
    points = np.column_stack((places, heights + LIFT_M))
    known = np.flatnonzero(np.isfinite(heights))
    kept = known if under_roofs else known[~cast.inside(points[known])]
    share = np.array([area.polygon.area for area in areas]) / np.maximum(_counts(owner, areas), 1)
    return Receivers(
        points=points[kept],
        area_m2=share[owner[kept]],
        row=owner[kept].astype(np.int32),
        row_normal=np.tile((0.0, 0.0, 1.0), (len(areas), 1)),
        layer=np.array([area.layer for area in areas], np.int32),
        fid=np.array([area.fid for area in areas], np.int64),
        object_id=[area.name for area in areas],
        geometry=np.full(len(areas), -1, np.int32),
        surface=np.full(len(areas), -1, np.int32),
        surface_id=[area.name for area in areas],
        surface_type=[GROUND_AREA] * len(areas),
        row_area_m2=share * _counts(owner[kept], areas),
        tilt_deg=np.zeros(len(areas)),
        azimuth_deg=np.zeros(len(areas)),
        grid=replace(grid, cell=cell[kept]),
        notes=notes,
    )


def people_on(
    cast: Casters, areas: Sequence[Area], spacing_m: float, eye_height_m: float, plants: bool
) -> tuple[Receivers, Float64]:
    """Places on the ground in areas, and the eyes (n, 3) of those who stand there.

    Nobody stands in a building, nor in a hedge where `plants` count.
    """
    found = on_ground(cast, areas, spacing_m)
    above = np.array((0.0, 0.0, eye_height_m - LIFT_M))
    if plants:
        found = found.thinned(~cast.inside(found.points + above, plants=True))
    return found, found.points + above


def settled(receivers: Receivers, cast: Casters) -> Receivers:
    """The same points, those of level surfaces that lie a little under the ground raised onto it.

    Streets and lawns follow the ground only roughly; under it they would be in the dark.
    """
    heights = cast.ground.heights(receivers.points[:, :2])
    under = heights + LIFT_M - receivers.points[:, 2]
    with np.errstate(invalid="ignore"):
        sunk = (under > 0) & (under < MOST_SUNK_M) & (receivers.normals[:, 2] > LEVEL)
    points = receivers.points.copy()
    points[sunk, 2] += under[sunk]
    return replace(receivers, points=points)


def _counts(owner: Int64, areas: Sequence[Area]) -> Int64:
    return np.bincount(owner, minlength=len(areas))


def _raster(areas: Sequence[Area], step_m: float) -> tuple[Grid, Int64, Int64]:
    """The raster over some areas, the cells whose centres lie in them, and the area of each.

    Its lines are at whole multiples of its step, so that rasters of neighbours fit. Where areas overlap
    a cell belongs to each of them.
    """
    from shapely import contains_xy, prepare

    bounds = np.array([area.polygon.bounds for area in areas]).reshape(-1, 4)
    west, south = np.floor(bounds[:, :2].min(axis=0, initial=np.inf) / step_m)
    east, north = np.ceil(bounds[:, 2:].max(axis=0, initial=-np.inf) / step_m)
    columns, rows = int(east - west), int(north - south)
    cells, owners = [], []
    for number, area in enumerate(areas):
        prepare(area.polygon)
        x0, y0, x1, y1 = area.polygon.bounds
        across = np.arange(int(x0 // step_m - west), min(int(x1 // step_m - west) + 1, columns))
        down = np.arange(int(north - y1 // step_m) - 1, min(int(north - y0 // step_m), rows))
        x, y = (west + across + 0.5) * step_m, (north - down - 0.5) * step_m
        inside = contains_xy(area.polygon, x[None, :], y[:, None])
        found = (down[:, None] * columns + across)[inside]
        cells.append(found)
        owners.append(np.full(len(found), number))
    nothing = np.empty(0, np.int64)
    grid = Grid(float(west * step_m), float(north * step_m), step_m, columns, rows, nothing)
    return grid, np.concatenate((nothing, *cells)), np.concatenate((nothing, *owners))


def _heights(cast: Casters, places: Float64) -> tuple[Float64, tuple[str, ...]]:
    """How high the ground is; without terrain, as high as the foot of the nearest object."""
    heights = cast.ground.heights(places)
    missing = np.flatnonzero(np.isnan(heights))
    if cast.ground.triangles.size or not len(missing):
        return heights, (f"{len(missing)} points lie beside the terrain and are left out",) * bool(
            len(missing)
        )
    if not len(cast.feet):
        return heights, ("There is neither terrain nor any object that the ground could be known from",)
    return feet_near(cast, places), (
        "There is no terrain: the ground is as high as the foot of the nearest object",
    )


def feet_near(cast: Casters, places: Float64) -> Float64:
    """How high the foot of the object nearest to places (n, 2) is; of no objects, 0."""
    from shapely import STRtree, points

    feet = cast.feet
    if not len(feet):
        return np.zeros(len(places))
    found: Float64 = feet[STRtree(np.asarray(points(feet[:, :2]))).nearest(points(places)), 2]
    return found
