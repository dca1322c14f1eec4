"""The footprint of each city object: the polygons that GIS programs show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from layers import wkb
from layers.arrays import Float64, Mesh
from layers.runs import starts

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from layers.project import Project
    from layers.records import CityObject, Fids, Layer

Indices = NDArray[np.intp]

STEEP = 0.2  # |z| of a unit normal: flatter than about 78° from level counts as facing down
#: An object of more polygons than this (terrain) is shown by the rectangle around it.
MOST_POLYGONS = 20_000
#: Fewer objects than this are looked up one by one.
FEW = 200


def plan_of(project: Project, item: CityObject) -> BaseGeometry | None:
    """What GIS programs see of an object, flat and in the project's CRS."""
    from shapely import force_2d

    plan: BaseGeometry | None = force_2d(plans_of(project, project.any_layer(item.layer), [item.fid])[0])
    return plan


def plans_of(project: Project, layer: Layer, fids: Fids) -> NDArray[np.object_]:
    """What GIS programs see of objects of one layer, in the project's CRS; None where that is nothing."""
    from shapely import from_wkb, transform

    move = project.mover(layer)

    def moved(places: Float64) -> Float64:
        is_flat = np.isnan(places[:, 2])
        there = move(np.column_stack((places[:, :2], np.where(is_flat, 0.0, places[:, 2]))))
        there[is_flat, 2] = np.nan
        return there

    found: NDArray[np.object_] = from_wkb(_texts(project, np.asarray(fids, np.int64)))
    return np.asarray(transform(found, moved, include_z=True), object)


def _texts(project: Project, fids: NDArray[np.int64]) -> list[bytes | None]:
    """The WKB of some objects; of many they are read in one go."""
    if len(fids) < FEW:
        return [project.wkb(fid) for fid in fids.tolist()]
    first, last = int(fids.min()), int(fids.max())
    rows = project.rows("SELECT fid, geom FROM object WHERE fid BETWEEN ? AND ?", (first, last))
    wanted = set(fids.tolist())
    known = {fid: wkb.from_blob(blob) for fid, blob in rows if blob and fid in wanted}
    return [known.get(fid) for fid in fids.tolist()]


def footprints(mesh: Mesh, count: int) -> list[bytes | None]:
    """WKB MultiPolygon Z per object: LoD 0 where there is one, else its ground, else what faces down."""
    found: list[bytes | None] = [None] * count
    chosen = _chosen(mesh)
    if not len(chosen):
        return found
    owner = mesh.surface_object[chosen]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    many = np.diff(first, append=len(owner)) > MOST_POLYGONS
    for at in first[many].tolist():
        found[int(owner[at])] = _rectangle(mesh, chosen[owner == owner[at]])
    few = ~np.isin(owner, owner[first[many]])
    chosen, owner = chosen[few], owner[few]
    parts: dict[int, list[bytes]] = {}
    for number, polygon in zip(owner.tolist(), _polygons(mesh, chosen), strict=True):
        parts.setdefault(number, []).append(polygon)
    for number, polygons in parts.items():
        found[number] = wkb.together(polygons)
    return found


def _polygons(mesh: Mesh, chosen: Indices) -> list[bytes]:
    """The WKB of each chosen polygon."""
    starts, ends = mesh.surface_start[chosen], mesh.surface_start[chosen + 1]
    sizes = ends - starts + 1  # closed: the first corner comes again at the end
    last = np.cumsum(sizes)
    corners = np.arange(last[-1] if len(last) else 0) + np.repeat(starts - last + sizes, sizes)
    corners[last - 1] = starts
    polygons = wkb.polygons(np.asarray(mesh.vertices)[corners], sizes.tolist())
    for at, rings in _rings_of_pierced(mesh, chosen).items():
        polygons[at] = wkb.polygon(rings)
    return polygons


def _rings_of_pierced(mesh: Mesh, chosen: Indices) -> dict[int, list[Float64]]:
    """The rings of the chosen polygons that have holes."""
    first, behind = mesh.surface_start[chosen], mesh.surface_start[chosen + 1]
    rings_before = starts(mesh.ring_end)
    found = {}
    for at in np.flatnonzero(rings_before[behind] - rings_before[first] > 1).tolist():
        corners = slice(first[at], behind[at])
        cuts = np.flatnonzero(mesh.ring_end[corners])[:-1] + 1
        rings = [ring for ring in np.split(mesh.vertices[corners], cuts) if len(ring) > 2]
        if rings:
            found[at] = rings
    return found


def _rectangle(mesh: Mesh, polygons: Indices) -> bytes:
    """The rectangle around consecutive polygons, at their mean height."""
    corners = mesh.vertices[mesh.surface_start[polygons[0]] : mesh.surface_start[polygons[-1] + 1]]
    (west, south, _), (east, north, _) = corners.min(axis=0), corners.max(axis=0)
    z = corners[:, 2].mean()
    ring = np.array([[west, south, z], [east, south, z], [east, north, z], [west, north, z]])
    return wkb.multi_polygon([[ring]])


def _chosen(mesh: Mesh) -> Indices:
    """The polygons that make the footprints, in order."""
    count = len(mesh.surface_type)
    if count == 0:
        return np.empty(0, np.intp)
    lod_zero = np.array([name.startswith("0") for name in mesh.lod_names])
    ground = np.array([name in ("GroundSurface", "OuterFloorSurface") for name in mesh.type_names])
    down = mesh.surface_normal[:, 2] < -STEEP
    level = np.abs(mesh.surface_normal[:, 2]) > STEEP
    lod = mesh.geometry_lod[mesh.surface_geometry]
    rank = np.full(count, 9, np.int8)
    rank[level] = 3
    rank[down] = 2
    rank[ground[mesh.surface_type]] = 1
    rank[lod_zero[lod]] = 0
    corners = np.diff(mesh.surface_start)
    rank[corners < 3] = 9
    owner = mesh.surface_object
    best = np.full(int(owner.max()) + 1, 9, np.int8)
    np.minimum.at(best, owner, rank)
    # Several LoDs of the same ground would overlap: the first geometry that has it is enough.
    first = np.full(len(best), np.iinfo(np.int32).max, np.int32)
    candidate = (rank == best[owner]) & (rank < 9)
    np.minimum.at(first, owner[candidate], mesh.surface_geometry[candidate])
    return np.flatnonzero(candidate & (mesh.surface_geometry == first[owner]))
