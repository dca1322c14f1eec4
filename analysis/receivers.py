"""Where light is measured: points on semantic surfaces, on the ground, or as given.

The points of a surface lie on a regular grid in its plane and stand for equal shares of its area.
All are lifted off what they lie on: ray coordinates are float32 relative to a local origin, wrong by
at most 0.25 mm within 4 km of it, and LIFT_M is forty times that. So nothing shades itself, and since
a wall's points stay half a cell away from its edges, nothing is lit through a joint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.casters import Casters
from analysis.facing import azimuths, in_plane, inside_out, normals_and_areas, tilts, types_by_tilt
from analysis.gridding import SMALLEST_M2, Polygons, gridded
from analysis.situation import Situation
from analysis.standing import below, entries_in, matching, standing, surfaces_of
from layers.arrays import CityTiles, Float64, Int32
from layers.columns import Mask
from layers.data import Box, Progress, never_stop
from layers.epochs import state_at
from layers.errors import UsageError
from layers.project import Project
from layers.records import Layer
from layers.results import Grid, Table
from layers.runs import Int64, starts
from layers.triangulate import triangulate

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: How far points are lifted off their surface, along its normal.
LIFT_M = 0.01
WINDOW_LIFT_M = 0.1
#: Objects that receive light unless others are asked for.
BUILDING = "Building"
#: The type of pieces of ground.
GROUND_AREA = "ground"
#: Semantic surfaces that the sky does not see: not receivers unless they are asked for.
INDOORS = frozenset(
    (
        "GroundSurface",
        "ClosureSurface",
        "InteriorWallSurface",
        "CeilingSurface",
        "FloorSurface",
        "OuterFloorSurface",
    )
)


@dataclass(frozen=True)
class Receivers:
    """Points that receive light, each with the surface, window or area (row) it belongs to."""

    points: Float64  # (n, 3) world, lifted
    area_m2: Float64  # (n,) that each point stands for
    row: Int32  # (n,) into what follows
    row_normal: Float64  # (r, 3) unit, out of the surface
    layer: Int32  # (r,) id, 0 = none
    fid: Int64  # (r,) -1 = none
    object_id: list[str]
    geometry: Int32  # (r,) position in the object's geometry list, -1 = none
    surface: Int32  # (r,) position of the polygon in its geometry, -1 = none
    surface_id: list[str]
    surface_type: list[str]
    row_area_m2: Float64  # (r,)
    tilt_deg: Float64  # (r,) 0 = looks up, 90 = wall
    azimuth_deg: Float64  # (r,) it looks to, clockwise from true north; 0 where it looks up
    grid: Grid | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.points)

    @property
    def normals(self) -> Float64:
        """(n, 3) of each point."""
        found: Float64 = self.row_normal[self.row]
        return found

    @property
    def box(self) -> Box:
        """Around all points."""
        if not len(self.points):
            return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        x0, y0, z0 = self.points.min(axis=0).tolist()
        x1, y1, z1 = self.points.max(axis=0).tolist()
        return x0, y0, z0, x1, y1, z1

    def per_row(self, values: NDArray[Any]) -> Float64:
        """Means of values (n,) over the points of each row, which all stand for equal areas; NaN without."""
        count = np.bincount(self.row, minlength=len(self.fid))
        total = np.bincount(self.row, values, len(self.fid))
        found: Float64 = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
        return found

    def surfaces_table(self, **quantities: NDArray[Any] | list[str]) -> Table:
        """A row per surface with its quantities, as results keep them."""
        return Table(
            {
                "layer": self.layer,
                "fid": self.fid,
                "object_id": self.object_id,
                "geometry": self.geometry,
                "surface": self.surface,
                "surface_id": self.surface_id,
                "surface_type": self.surface_type,
                "area_m2": self.row_area_m2,
                "tilt_deg": self.tilt_deg,
                "azimuth_deg": self.azimuth_deg,
                **quantities,
            }
        )

    def points_table(self, **quantities: NDArray[Any] | list[str]) -> Table:
        """A row per point with its quantities, as results keep them."""
        normals = self.normals
        return Table(
            {
                **{name: self.points[:, axis] for axis, name in enumerate("xyz")},
                **{name: normals[:, axis] for axis, name in enumerate(("nx", "ny", "nz"))},
                "area_m2": self.area_m2,
                "row": self.row,
                **quantities,
            }
        )


@dataclass(frozen=True)
class Wanted:
    """Which semantic surfaces are receivers."""

    where: str = ""  # expression on objects, whose parts follow; '' = buildings
    fids: Sequence[int] | None = None  # these objects and their parts only, of any type
    types: frozenset[str] | None = None  # of surfaces; None = all that the sky may see
    box: Box | None = None  # objects that reach into it


def on_surfaces(
    project: Project,
    situation: Situation | None = None,
    wanted: Wanted | None = None,
    spacing_m: float = 1.0,
    convergence_deg: float = 0.0,
    progress: Progress = never_stop,
) -> Receivers:
    """Points on the semantic surfaces of city objects, on grids about `spacing_m` wide."""
    situation, wanted = situation or Situation(), wanted or Wanted()
    states = state_at(project, situation.date or None)
    city_layers = [layer for layer in project.layers if layer.kind == "city" and layer.visible]
    found: list[Receivers] = []
    for number, layer in enumerate(city_layers):
        progress(number / len(city_layers), f"points on {layer.name}")
        city = project.drawable(layer)
        if isinstance(city, CityTiles):
            chosen = standing(project, layer, situation, states[layer.id][0])
            chosen &= matching(project, layer, wanted.where, wanted.fids)
            if not wanted.where and wanted.fids is None:
                chosen &= _buildings(project, layer)
            entries = entries_in(city, chosen, wanted.box)
            found.append(_on_layer(project, layer, city, entries, wanted.types, spacing_m, convergence_deg))
    return joined(found)


def _buildings(project: Project, layer: Layer) -> Mask:
    """Buildings, their parts and installations."""
    codes, names = project.values(layer, "type").as_codes()
    found: Mask = np.array([*(str(name).startswith(BUILDING) for name in names), False])[codes]
    return found


def _on_layer(
    project: Project,
    layer: Layer,
    city: CityTiles,
    entries: Int64,
    types: frozenset[str] | None,
    spacing_m: float,
    convergence_deg: float,
) -> Receivers:
    surfaces, geometries, owner = surfaces_of(project, layer, city, entries)
    triangles, _ = below(city.surface_triangle, surfaces, surfaces)
    counts = city.surface_triangle[surfaces + 1] - city.surface_triangle[surfaces]
    corners = np.asarray(city.vertices[np.asarray(city.triangles[triangles])])
    normals, areas = normals_and_areas(corners, counts)
    type_of = np.asarray(city.surface_type[surfaces])
    turned = inside_out(normals, areas, city.type_names, type_of, geometries)
    normals[turned] *= -1
    said = [city.type_names[code] for code in type_of.tolist()]
    guessed = types_by_tilt(tilts(normals))
    names = [name or guess for name, guess in zip(said, guessed, strict=True)]
    wanted = {name: name in types if types is not None else name not in INDOORS for name in set(names)}
    kept = np.flatnonzero(np.array([wanted[name] for name in names], bool) & (areas > SMALLEST_M2))
    along = _along(city, surfaces, normals)
    lattice = gridded(Polygons(corners, counts, normals, along).some(kept), spacing_m)
    position = city.entry_object[owner[kept]]
    ids = project.values(layer, "id").taken(position).tolist()
    geometry, surface = city.geometry_index[geometries[kept]], city.surface_index[surfaces[kept]]
    return Receivers(
        points=lattice.points + LIFT_M * normals[kept][lattice.polygon],
        area_m2=lattice.area_m2,
        row=lattice.polygon.astype(np.int32),
        row_normal=normals[kept],
        layer=np.full(len(kept), layer.id, np.int32),
        fid=layer.first_fid + position.astype(np.int64),
        object_id=[str(id) for id in ids],
        geometry=np.asarray(geometry),
        surface=np.asarray(surface),
        surface_id=[
            f"{id}/{g}/{s}" for id, g, s in zip(ids, geometry.tolist(), surface.tolist(), strict=True)
        ],
        surface_type=[names[at] for at in kept.tolist()],
        row_area_m2=lattice.polygon_area_m2,
        tilt_deg=tilts(normals[kept]),
        azimuth_deg=azimuths(normals[kept], convergence_deg),
        notes=_notes(
            layer, sum(not name for name in said), int(turned.sum()), int((areas <= SMALLEST_M2).sum())
        ),
    )


def _notes(layer: Layer, untyped: int, turned: int, empty: int) -> tuple[str, ...]:
    """What is to be said about the surfaces of a layer."""
    said = (
        (untyped, "surfaces have no type: it is taken from how they lean"),
        (turned, "surfaces belong to bodies that are turned inside out: they were turned round"),
        (empty, "surfaces have no area and get no points"),
    )
    return tuple(f"{layer.name}: {count} {text}" for count, text in said if count)


def _along(city: CityTiles, surfaces: Int64, normals: Float64) -> Float64:
    """(s, 3) the direction of the longest edge of each polygon, in its plane."""
    vertices, owner = below(city.surface_vertex, surfaces, np.arange(len(surfaces)))
    counts = np.bincount(owner, minlength=len(surfaces))
    points, ends = np.asarray(city.vertices[vertices]), np.flatnonzero(city.ring_end[vertices])
    following = np.arange(1, len(points) + 1)
    following[ends] = np.concatenate(([0], ends[:-1] + 1))
    edges = points[following] - points
    # In square millimetres: of edges as good as equal the first one counts, on every machine.
    length = np.rint((edges**2).sum(axis=1) * 1e6)
    best = np.flatnonzero(length == np.repeat(np.maximum.reduceat(length, starts(counts)[:-1]), counts))
    first = best[np.searchsorted(best, starts(counts)[:-1])]
    return in_plane(edges[first], normals)


@dataclass(frozen=True)
class Area:
    """A piece of ground that is looked at as one."""

    polygon: BaseGeometry  # Polygon or MultiPolygon in the project's CRS
    name: str = ""
    layer: int = 0
    fid: int = -1


def on_ground(project: Project, cast: Casters, areas: Sequence[Area], spacing_m: float = 1.0) -> Receivers:
    """Points on the ground that casts shadow, in areas, on a raster along the axes of the project's CRS.

    They look straight up and stand for equal shares of their area. Inside buildings there are none.
    """
    grid, cell, owner = _raster(areas, spacing_m)
    places = np.column_stack(
        (
            grid.west + (cell % grid.columns + 0.5) * spacing_m,
            grid.north - (cell // grid.columns + 0.5) * spacing_m,
        )
    )
    heights, notes = _heights(project, cast, places)
    points = np.column_stack((places, heights + LIFT_M))
    known = np.flatnonzero(np.isfinite(heights))
    kept = known[~cast.inside(points[known])]
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


def _heights(project: Project, cast: Casters, places: Float64) -> tuple[Float64, tuple[str, ...]]:
    """How high the ground is; without terrain, as high as the foot of the nearest object."""
    heights = cast.ground.heights(places)
    missing = np.flatnonzero(np.isnan(heights))
    if cast.ground.triangles.size or not len(missing):
        return heights, (f"{len(missing)} points lie beside the terrain and are left out",) * bool(
            len(missing)
        )
    feet = cast.feet
    if not len(feet):
        return heights, ("There is neither terrain nor any object that the ground could be known from",)
    from shapely import STRtree, points

    nearest = STRtree(np.asarray(points(feet[:, :2]))).nearest(points(places))
    return feet[nearest, 2], ("There is no terrain: the ground is as high as the foot of the nearest object",)


def on_points(points: Float64, convergence_deg: float = 0.0, names: Sequence[str] = ()) -> Receivers:
    """Given points (n, 6): x, y, z and the direction they look in; taken as they are, not lifted."""
    normals = points[:, 3:] / np.linalg.norm(points[:, 3:], axis=1, keepdims=True)
    count = len(points)
    said = [*names, *(f"point {number + 1}" for number in range(len(names), count))]
    return Receivers(
        points=np.asarray(points[:, :3], np.float64),
        area_m2=np.zeros(count),
        row=np.arange(count, dtype=np.int32),
        row_normal=normals,
        layer=np.zeros(count, np.int32),
        fid=np.full(count, -1, np.int64),
        object_id=said,
        geometry=np.full(count, -1, np.int32),
        surface=np.full(count, -1, np.int32),
        surface_id=said,
        surface_type=["point"] * count,
        row_area_m2=np.zeros(count),
        tilt_deg=tilts(normals),
        azimuth_deg=azimuths(normals, convergence_deg),
    )


def on_windows(
    rings: Sequence[Float64],
    spacing_m: float = 1.0,
    convergence_deg: float = 0.0,
    names: Sequence[str] = (),
) -> Receivers:
    """Points on windows, each a ring of corners (k, 3) that turns to the left seen from outside.

    They are lifted by WINDOW_LIFT_M, so that a window drawn a little behind its wall still sees the sky.
    """
    lengths = np.array([len(ring) for ring in rings], np.int32)
    corners = np.concatenate([np.empty((0, 3)), *rings])
    found = triangulate(corners, lengths, np.ones(len(rings), np.int32))
    counts = np.bincount(found.polygon, minlength=len(rings))
    triangles = corners[found.triangles]
    normals, areas = normals_and_areas(triangles, counts)
    if (bad := np.flatnonzero(areas <= SMALLEST_M2)).size:
        raise UsageError(
            "A window has no area", where=f"window {bad[0] + 1}", allowed="three corners or more"
        )
    first = starts(lengths)[:-1]
    along = in_plane(corners[first + 1] - corners[first], normals)
    lattice = gridded(Polygons(triangles, counts, normals, along), spacing_m)
    rows = on_points(np.column_stack((corners[first], normals)), convergence_deg, names)
    return replace(
        rows,
        points=lattice.points + WINDOW_LIFT_M * normals[lattice.polygon],
        area_m2=lattice.area_m2,
        row=lattice.polygon.astype(np.int32),
        surface_type=["window"] * len(rings),
        row_area_m2=areas,
    )


def joined(parts: Sequence[Receivers]) -> Receivers:
    """Receivers of several layers as one; the raster, if any, is left out."""
    shift = starts(np.array([len(part.fid) for part in parts], np.int64))
    values: dict[str, Any] = {}
    for item in fields(Receivers):
        found = [getattr(part, item.name) for part in parts]
        if item.name in ("object_id", "surface_id", "surface_type"):
            values[item.name] = list(chain.from_iterable(found))
        elif item.name == "notes":
            values[item.name] = tuple(chain.from_iterable(found))
        elif item.name != "grid":
            values[item.name] = np.concatenate([getattr(NOBODY, item.name), *found])
    values["row"] = np.concatenate(
        [
            NOBODY.row,
            *((part.row + start).astype(np.int32) for part, start in zip(parts, shift, strict=False)),
        ]
    )
    return Receivers(**values)


NOBODY = on_points(np.empty((0, 6)))
