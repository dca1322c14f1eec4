"""Polygons of city objects, gathered from whatever a file calls them, and the `Mesh` they become.

Readers of formats whose coordinates stand where they are used (GML, IFC, glTF, areas that are
extruded) hand over batches of `Polygons`; those of CityJSON, whose geometries share vertices,
make the same batches in `layers.flatten`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32, Mesh
from layers.runs import ranges, starts, sums
from layers.triangulate import Triangulation, triangulate

Float32 = NDArray[np.float32]
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Polygons:
    """Some geometries: each so many polygons, each so many rings (the outer one first), each so many corners.

    A ring does not repeat its first corner at its end.
    """

    corners: Float64  # (n, 3) in the layer's CRS, x east
    rings: Int32  # corners of each ring
    polygon_rings: Int32  # rings of each polygon, at least one
    types: Int32  # (p,) code of each polygon's semantic type, see `Names`; 0 = none
    polygons: NDArray[np.int64]  # (g,) of each geometry
    objects: Int32  # (g,) position of the object in its layer
    lods: Int32  # (g,) code of the LoD, see `Names`
    places: Int32  # (g,) position in the object's list of geometries
    outlined: NDArray[np.bool_]  # (g,) whether outlines may be drawn
    # Of several themes, (p, t) and (n, t, 2); the first one is drawn unless another is asked for.
    looks: Int32 | None = None  # (p,) into the layer's looks, -1 = none
    uv: Float32 | None = None  # (n, 2) of each corner; v grows upwards, NaN where there is no image


class Names:
    """Names met while reading, each with a code."""

    def __init__(self, *first: str) -> None:
        self._codes = {name: code for code, name in enumerate(first)}

    def code(self, name: str) -> int:
        """The code of a name; a new one when it was not met before."""
        return self._codes.setdefault(name, len(self._codes))

    def __iter__(self) -> Any:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


@dataclass
class Gathered:
    """All that was read of a layer's shapes."""

    type_names: Names = field(default_factory=lambda: Names(""))  # of semantic surfaces; code 0 is none
    lod_names: Names = field(default_factory=Names)  # "0", "1.2", "2.2" …; "" where a file says none
    batches: list[Polygons] = field(default_factory=list)
    points: list[Float64] = field(default_factory=list)  # (n, 3) each a line, or a single point

    def mesh(self, in_degrees: bool = False) -> Mesh:
        """The shapes as triangles; `in_degrees` when x and y are longitude and latitude."""
        batches, self.batches = self.batches, []
        points, lines = joined_lines(self.points)
        return mesh_of(batches, tuple(self.type_names), tuple(self.lod_names), points, lines, in_degrees)


def joined_lines(lines: Sequence[Float64]) -> tuple[Float64, Int32]:
    """Points of lines one after the other, and which two of them each piece of a line joins."""
    counts = np.array([len(line) for line in lines], np.int64)
    first = ranges(starts(counts)[:-1], np.maximum(counts - 1, 0))
    pairs = np.stack((first, first + 1), axis=-1).astype(np.int32)
    return np.concatenate([np.empty((0, 3)), *lines]), pairs


def mesh_of(
    batches: Iterable[Polygons],
    type_names: tuple[str, ...],
    lod_names: Sequence[str],
    points: Float64,
    lines: Int32,
    in_degrees: bool = False,
) -> Mesh:
    """Batches of polygons as one mesh; `lod_names` may be in any order."""
    kept = list(batches)
    found: list[Triangulation] = []
    corner = polygon = 0
    # Batch by batch: what one needs stays in the processor's cache.
    for batch in kept:
        places = _metres(batch.corners) if in_degrees else batch.corners
        found.append(triangulate(places, batch.rings, batch.polygon_rings).moved(corner, polygon))
        corner, polygon = corner + len(batch.corners), polygon + len(batch.types)
    counts = _joined([batch.polygons for batch in kept], np.int64)
    corner_counts = _joined([sums(batch.rings, batch.polygon_rings) for batch in kept], np.int64)
    lods = sorted(lod_names)
    lod_code = np.array([lods.index(name) for name in lod_names], np.int32)
    return Mesh(
        vertices=np.concatenate([np.empty((0, 3)), *(batch.corners for batch in kept)]),
        triangles=_joined([local.triangles for local in found]).reshape(-1, 3),
        triangle_surface=_joined([local.polygon for local in found]),
        surface_start=starts(corner_counts).astype(np.int32),
        surface_normal=_joined([local.normals for local in found], np.float32).reshape(-1, 3),
        surface_type=_joined([batch.types for batch in kept]),
        surface_index=ranges(np.zeros_like(counts), counts).astype(np.int32),
        surface_geometry=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        geometry_object=_joined([batch.objects for batch in kept]),
        geometry_lod=lod_code[_joined([batch.lods for batch in kept])],
        geometry_index=_joined([batch.places for batch in kept]),
        outlined=np.repeat(_joined([batch.outlined for batch in kept], np.bool_), counts),
        ring_end=_ring_ends(corner, [batch.rings for batch in kept]),
        type_names=type_names,
        lod_names=tuple(lods),
        points=points,
        lines=lines,
        **_appearance(kept),
    )


def _appearance(batches: Sequence[Polygons]) -> dict[str, Any]:
    """Looks and places in images of all polygons; nothing when no batch has any."""
    most = max((_themes(batch) for batch in batches), default=0)
    if not most:
        return {}
    looks, uv = [], []
    for batch in batches:
        mine = np.full((len(batch.types), most), -1, np.int32)
        places = np.full((len(batch.corners), most, 2), np.nan, np.float32)
        if batch.looks is not None and len(batch.looks):
            each = batch.looks.reshape(len(batch.looks), -1)
            mine[:, : each.shape[1]] = each
        if batch.uv is not None and len(batch.uv):
            of_each = batch.uv.reshape(len(batch.uv), -1, 2)
            places[:, : of_each.shape[1]] = of_each
        looks.append(mine)
        uv.append(places)
    return {"surface_look": np.concatenate(looks), "vertex_uv": np.concatenate(uv)}


def _themes(batch: Polygons) -> int:
    """How many looks each polygon has."""
    return 0 if batch.looks is None or not len(batch.looks) else batch.looks[0].size


def _metres(degrees: Float64) -> Float64:
    """Longitudes and latitudes on the scale of the heights, so that shapes and normals are true."""
    middle = np.radians(degrees[:, 1].mean()) if len(degrees) else 0.0
    return degrees * (METRES_PER_DEGREE * np.cos(middle), METRES_PER_DEGREE, 1.0)


def _joined(parts: Sequence[NDArray[Any]], kind: type[np.generic] = np.int32) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, kind)


def _ring_ends(corners: int, rings: Sequence[Int32]) -> NDArray[np.bool_]:
    """Which corners are the last of their rings, `rings` long one after the other."""
    found = np.zeros(corners, np.bool_)
    lengths = _joined(rings)
    found[np.cumsum(lengths)[lengths > 0] - 1] = True
    return found
