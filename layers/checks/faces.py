"""Rings and polygons: corners, touching, planarity, holes; all polygons of a geometry at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.checks.codes import NORMALS_DEG, PLANAR_M, SNAP_M
from layers.checks.contact import AWAY, plane_axes
from layers.runs import starts
from layers.triangulate import Triangulation, triangulate

#: Polygons: each a list of rings of numbers of points, the outer one first.
Faces = Sequence[Sequence[Sequence[int]]]
#: Triangles flatter than this say nothing of how their polygon is folded.
_FLAT_M = 0.001
_REASONS = {
    "Hole lies outside shell": "206",
    "Holes are nested": "207",
    "Nested holes": "207",
    "Interior is disconnected": "205",
    "Duplicate Rings": "202",
}


@dataclass(frozen=True)
class Flat:
    """The polygons of a geometry as arrays."""

    numbers: Int32  # (n,) points of all corners
    rings: Int32  # corners of each ring
    polygon_rings: Int32
    points: Float64  # (p, 3)
    triangles: Triangulation

    @property
    def ring_polygon(self) -> NDArray[np.intp]:
        """The polygon of each ring."""
        return np.repeat(np.arange(len(self.polygon_rings)), self.polygon_rings)

    @property
    def corners(self) -> Float64:
        """(n, 3) where all corners are."""
        found: Float64 = self.points[self.numbers]
        return found

    def corner_triangles(self) -> Float64:
        """(m, 3, 3) the triangles."""
        found: Float64 = self.corners[self.triangles.triangles]
        return found


def flat(faces: Faces, points: Float64) -> Flat:
    """Polygons as arrays, in triangles; every polygon has at least one ring."""
    polygon_rings = np.fromiter(map(len, faces), np.int32, len(faces))
    rings = list(chain.from_iterable(faces))
    lengths = np.fromiter(map(len, rings), np.int32, len(rings))
    numbers = np.fromiter(chain.from_iterable(rings), np.int32, int(lengths.sum()))
    return Flat(numbers, lengths, polygon_rings, points, triangulate(points[numbers], lengths, polygon_rings))


def snapped(vertices: Float64, used: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each vertex the first one of those that are as good as in the same place."""
    found = np.arange(len(vertices))
    # Along a direction in which no two corners of a house lie at the same place by chance.
    along = vertices[used] @ AWAY
    order = used[np.argsort(along, kind="stable")]
    along = np.sort(along)
    # Neighbours on a grid of a millimetre are in one place, whatever rounding makes of their distance.
    within = SNAP_M * (1 + 1e-5)
    for step in range(1, len(order)):
        near = np.flatnonzero(along[step:] - along[:-step] <= within)
        if not len(near):
            break
        one, other = order[near], order[near + step]
        same = np.linalg.norm(vertices[one] - vertices[other], axis=1) <= within
        low, high = np.minimum(one, other)[same], np.maximum(one, other)[same]
        np.minimum.at(found, high, low)
    while (found[found] != found).any():
        found = found[found]
    return found


def ring_findings(flat: Flat) -> Iterator[tuple[int, str, str]]:
    """Polygon, code and sentence of rings that have too few corners or repeat one."""
    polygon = flat.ring_polygon
    for ring in np.flatnonzero(flat.rings < 3).tolist():
        yield int(polygon[ring]), "101", "a ring has fewer than three corners"
    begin = starts(flat.rings)
    filled = flat.rings > 1
    after = np.arange(1, len(flat.numbers) + 1)
    after[begin[1:][filled] - 1] = begin[:-1][filled]
    after[after >= len(flat.numbers)] = 0
    same = flat.numbers == flat.numbers[after] if len(flat.numbers) else np.empty(0, np.bool_)
    of_ring = np.repeat(np.arange(len(flat.rings)), flat.rings)
    for ring in np.unique(of_ring[same]).tolist():
        if flat.rings[ring] > 1:
            yield int(polygon[ring]), "102", "a corner repeats the one before it"


def polygon_findings(flat: Flat, sound: NDArray[np.bool_]) -> Iterator[tuple[int, str, str]]:
    """Polygon, code and sentence of the polygons, whose rings are `sound`, that are wrong in themselves."""
    normals = _normals(flat)
    area = np.linalg.norm(normals, axis=1)
    whole = sound & (area > 0)
    yield from ((int(at), "104", "its ring encloses no area") for at in np.flatnonzero(sound & (area == 0)))
    unit = np.divide(normals, area[:, None], out=np.zeros_like(normals), where=area[:, None] > 0)
    crooked = dict(_off_plane(flat, unit, whole))
    for at, off in crooked.items():
        yield at, "203", f"a corner lies {off:.3f} m off the plane; allowed: {PLANAR_M} m"
    whole[list(crooked)] = False
    folded = _folded(flat, unit, whole)
    for at in folded:
        yield at, "204", f"a part of it is turned by more than {NORMALS_DEG:g}° against the rest"
    whole[folded] = False
    yield from _in_the_plane(flat, unit, whole)


def _normals(flat: Flat) -> Float64:
    """(p, 3) Newell's normals of the outer rings, twice their areas long."""
    begin = starts(flat.rings)
    first_ring = starts(flat.polygon_rings)[:-1]
    start, size = begin[first_ring], flat.rings[first_ring]
    found = np.zeros((len(first_ring), 3))
    corners = flat.corners
    owner = np.repeat(np.arange(len(size)), size)
    at = np.arange(len(owner)) - np.repeat(starts(size)[:-1], size)
    here = corners[start[owner] + at] - corners[np.minimum(start[owner], len(corners) - 1)]
    after = corners[start[owner] + (at + 1) % size[owner]] - corners[start[owner]]
    np.add.at(found, owner, np.cross(here, after))
    return found


def _off_plane(flat: Flat, unit: Float64, whole: NDArray[np.bool_]) -> Iterator[tuple[int, float]]:
    """Polygons with corners too far off the plane that fits all of them best."""
    counts = np.bincount(flat.ring_polygon, flat.rings, len(flat.polygon_rings)).astype(np.int64)
    owner = np.repeat(np.arange(len(counts)), counts)
    corners = flat.corners
    sums = np.stack([np.bincount(owner, corners[:, k], len(counts)) for k in range(3)], axis=-1)
    middle: Float64 = sums / np.maximum(counts, 1)[:, None]
    off = np.abs(np.einsum("ij,ij->i", corners - middle[owner], unit[owner]))
    most = np.zeros(len(counts))
    np.maximum.at(most, owner, off)
    begin = starts(counts)
    for at in np.flatnonzero(whole & (most > PLANAR_M)).tolist():
        mine = corners[begin[at] : begin[at + 1]] - middle[at]
        best = np.linalg.svd(mine, full_matrices=False)[2][2]
        found = float(np.abs(mine @ best).max())
        if found > PLANAR_M:
            yield at, found


def _folded(flat: Flat, unit: Float64, whole: NDArray[np.bool_]) -> list[int]:
    triangles = flat.corner_triangles()
    owner = flat.triangles.polygon
    edges = np.roll(triangles, -1, axis=1) - triangles
    normal = np.cross(edges[:, 0], edges[:, 1])
    size = np.linalg.norm(normal, axis=1)
    longest = np.linalg.norm(edges, axis=2).max(axis=1, initial=0)
    cosine = np.einsum("ij,ij->i", normal, unit[owner]) / np.maximum(size, 1e-300)
    far = (size > _FLAT_M * longest) & (cosine < np.cos(np.radians(NORMALS_DEG))) & whole[owner]
    found: list[int] = np.unique(owner[far]).tolist()
    return found


def _in_the_plane(flat: Flat, unit: Float64, whole: NDArray[np.bool_]) -> Iterator[tuple[int, str, str]]:
    """Polygons seen along their normals: touching rings, holes in the wrong place."""
    from shapely import is_valid, is_valid_reason, linearrings, polygons

    simple = (flat.polygon_rings == 1) & (flat.rings[starts(flat.polygon_rings)[:-1]] == 3)
    chosen = np.flatnonzero(whole & ~simple)
    if not len(chosen):
        return
    rank = np.full(len(whole), -1)
    rank[chosen] = np.arange(len(chosen))
    u, v = plane_axes(unit[chosen])
    of_ring = rank[flat.ring_polygon]
    of_corner = np.repeat(of_ring, flat.rings)
    mine = of_corner >= 0
    seen, corners = of_corner[mine], flat.corners[mine]
    corners = corners - corners[np.searchsorted(seen, np.arange(len(chosen)))][seen]
    plane = np.stack((np.einsum("ij,ij->i", corners, u[seen]), np.einsum("ij,ij->i", corners, v[seen])), -1)
    kept = of_ring >= 0
    sizes = flat.rings[kept]
    rings = np.asarray(linearrings(plane, indices=np.repeat(np.arange(len(sizes)), sizes)))
    shapes = np.asarray(polygons(rings, indices=of_ring[kept]))
    first = starts(np.bincount(of_ring[kept], minlength=len(chosen)))
    for number in np.flatnonzero(~is_valid(shapes)).tolist():
        own = rings[first[number] : first[number + 1]]
        for code, text in _what_is_wrong(str(is_valid_reason(shapes[number])), own):
            yield int(chosen[number]), code, text
    yield from _same_turn(flat, chosen, rings, first)


def _what_is_wrong(reason: str, rings: NDArray[Any]) -> Iterator[tuple[str, str]]:
    """Code and sentence of what GEOS says of a polygon, checked ring by ring with the tolerance."""
    from shapely import intersection, is_valid, length, polygons

    areas = np.asarray(polygons(rings))
    if not is_valid(areas).all():
        yield "104", "a ring crosses or touches itself"
        return
    name = reason.partition("[")[0].strip()
    if name in _REASONS:
        yield _REASONS[name], reason.partition("[")[0].strip().lower()
        return
    for one in range(len(rings)):
        for other in range(one + 1, len(rings)):
            if rings[one].equals(rings[other]):
                yield "202", "two of its rings are the same"
                return
            along = length(intersection(rings[one], rings[other]))
            apart = areas[other].difference(areas[0]) if one == 0 else areas[one].intersection(areas[other])
            if along > SNAP_M or apart.area > SNAP_M * areas[other].length:
                yield "201", "two of its rings cross or run along each other"
                return


def _same_turn(
    flat: Flat, chosen: NDArray[np.intp], rings: NDArray[Any], first: NDArray[np.int64]
) -> Iterator[tuple[int, str, str]]:
    from shapely import is_ccw

    for number in np.flatnonzero(np.diff(first) > 1).tolist():
        turns = is_ccw(rings[first[number] : first[number + 1]])
        if (turns[1:] == turns[0]).any():
            yield int(chosen[number]), "208", "an inner ring turns the same way as the outer one"
