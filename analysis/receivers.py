"""Points that receive light, and what they belong to.

The points of a surface lie on a regular grid in its plane and stand for equal shares of its area.
All are lifted off what they lie on: ray coordinates are float32 relative to a local origin, wrong by
at most 0.25 mm within 4 km of it, and LIFT_M is forty times that. So nothing shades itself, and since
a wall's points stay half a cell away from its edges, nothing is lit through a joint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.facing import azimuths, in_plane, normals_and_areas, tilts
from analysis.gridding import SMALLEST_M2, Polygons, gridded
from layers.arrays import Float64, Int32
from layers.columns import Mask
from layers.data import Box
from layers.errors import UsageError
from layers.results import Grid, Table
from layers.runs import Int64, starts, totals
from layers.triangulate import triangulate

#: How far points are lifted off their surface, along its normal.
LIFT_M = 0.01
WINDOW_LIFT_M = 0.1


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

    def thinned(self, kept: Mask) -> Receivers:
        """Only some of the points; what they lie on stays, as large as they stand for."""
        row, area = self.row[kept], self.area_m2[kept]
        grid = None if self.grid is None else replace(self.grid, cell=self.grid.cell[kept])
        return replace(
            self,
            points=self.points[kept],
            area_m2=area,
            row=row,
            row_area_m2=totals(row, area, len(self.fid)),
            grid=grid,
        )

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


def some_rows(receivers: Receivers, rows: Int64) -> Receivers:
    """Some of the surfaces, windows or areas, numbered anew, without points."""
    chosen = rows.tolist()
    return replace(
        receivers,
        points=np.empty((0, 3)),
        area_m2=np.empty(0),
        row=np.empty(0, np.int32),
        row_normal=receivers.row_normal[rows],
        layer=receivers.layer[rows],
        fid=receivers.fid[rows],
        object_id=[receivers.object_id[at] for at in chosen],
        geometry=receivers.geometry[rows],
        surface=receivers.surface[rows],
        surface_id=[receivers.surface_id[at] for at in chosen],
        surface_type=[receivers.surface_type[at] for at in chosen],
        row_area_m2=receivers.row_area_m2[rows],
        tilt_deg=receivers.tilt_deg[rows],
        azimuth_deg=receivers.azimuth_deg[rows],
    )


NOBODY = on_points(np.empty((0, 6)))
