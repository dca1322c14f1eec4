"""Bodies joined, cut and taken from each other, by the Manifold library; faces keep what they are.

E. Lalish, Manifold: https://github.com/elalish/manifold (results are closed by construction).
Faces that should coincide are made to do so first: in axes along their walls, coordinates that differ
by rounding become the same number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import manifold3d
import numpy as np
from manifold3d import Manifold, Mesh64
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.checks.codes import PLANAR_M, SNAP_M
from layers.checks.contact import plane_axes
from layers.errors import EditError
from layers.modelling.bodies import Body, Surface
from layers.modelling.cells import SHORT_M, edges_of
from layers.modelling.linking import joined, with_holes
from layers.modelling.tidying import tidied
from layers.modelling.touching import refuse_touching

#: Coordinates that differ by less came from the same number.
ROUNDING_M = 1e-6
#: Coordinates that are made one, one after the other, until the result is sound: those that rounding made
#: two, then those as far apart as corners that were set upon each other, or faces that are not quite planar.
WITHIN_M = (ROUNDING_M, SNAP_M, PLANAR_M / 2)
#: Faces this far from one plane lie in it, metres and the sine of the angle between them.
_IN_PLANE_M, _IN_PLANE = PLANAR_M / 5, 1e-3


class Axes:
    """Axes along a horizontal direction about a place: walls along it have one coordinate."""

    def __init__(self, along: Float64, origin: Float64) -> None:
        length = math.hypot(float(along[0]), float(along[1]))
        x, y = (along[:2] / length).tolist() if length > 1e-9 else (1.0, 0.0)
        self._turn = np.array([[x, y, 0.0], [-y, x, 0.0], [0.0, 0.0, 1.0]])
        self._origin = origin

    def inside(self, points: Float64) -> Float64:
        """World points (n, 3) in these axes."""
        found: Float64 = (points - self._origin) @ self._turn.T
        return found

    def outside(self, points: Float64) -> Float64:
        """Points (n, 3) in these axes in the world."""
        found: Float64 = points @ self._turn + self._origin
        return found


def united(bodies: Sequence[Body], axes: Axes, within_m: float) -> Body:
    """What lies in any of the bodies."""
    return _combined(bodies, axes, within_m, manifold3d.OpType.Add)


def without(body: Body, other: Body, axes: Axes, within_m: float) -> Body:
    """What lies in the first body and not in the second; new faces keep the second's types."""
    return _combined((body, other), axes, within_m, manifold3d.OpType.Subtract)


def divided(
    body: Body, normal: Float64, offset: float, surfaces: tuple[Surface, Surface]
) -> tuple[Body, Body] | None:
    """The parts of a body on both sides of the plane normal · p = offset, that the normal points to first.

    The faces of the cut are these surfaces; None where the plane does not cut it.
    """
    axes = Axes(np.array([-normal[1], normal[0]]), body.points.mean(axis=0))
    turned = axes.inside(body.points)
    way = axes.inside(normal[None] + axes.outside(np.zeros((1, 3))))[0]
    way = np.where(np.abs(way) < 1e-12, 0.0, way)
    at = float(offset - normal @ axes.outside(np.zeros((1, 3)))[0])
    # Corners beside the plane are set on it: otherwise slivers would be cut off there.
    off = turned @ way - at
    turned = turned - np.where(np.abs(off) <= SHORT_M, off, 0.0)[:, None] * way
    (whole,), owners = _manifolds([Body(turned, body.faces, body.surfaces)])
    parts = whole.split_by_plane(way.tolist(), at)
    if any(part.is_empty() or part.volume() <= 0 for part in parts):
        return None
    one, other = (_body(part, owners, new, axes) for part, new in zip(parts, surfaces, strict=True))
    return one, other


def _combined(bodies: Sequence[Body], axes: Axes, within_m: float, way: manifold3d.OpType) -> Body:
    points = np.concatenate([axes.inside(body.points) for body in bodies])
    for axis in range(3):
        points[:, axis] = _evened(points[:, axis], within_m)
    ends = np.cumsum([len(body.points) for body in bodies])[:-1]
    parts, owners = _manifolds(
        [
            Body(own, body.faces, body.surfaces)
            for own, body in zip(np.split(points, ends), bodies, strict=True)
        ]
    )
    found = Manifold.batch_boolean(parts, way)
    if found.is_empty() or found.volume() <= 0:
        raise EditError("Nothing would be left of the shape", do="Choose a smaller distance")
    return _body(found, owners, {}, axes)


def _evened(values: Float64, within: float) -> Float64:
    """Numbers that follow each other closer than that as one number."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    group = np.concatenate(([0], np.cumsum(np.diff(ranked) > within)))
    first = ranked[np.flatnonzero(np.diff(group, prepend=-1))]
    found = np.empty_like(values)
    found[order] = first[group]
    return found


def _manifolds(bodies: Sequence[Body]) -> tuple[list[Manifold], dict[int, Body]]:
    """Bodies as the library has them, and which is which by the number it was given."""
    first = Manifold.reserve_ids(len(bodies))
    found = []
    for number, body in enumerate(bodies, first):
        triangles, owner = _triangles(body)
        mesh = Mesh64(
            np.ascontiguousarray(body.points),
            np.ascontiguousarray(triangles, np.uint64),
            run_index=np.array([0, 3 * len(triangles)], np.uint64),
            run_original_id=np.array([number], np.uint32),
            face_id=np.ascontiguousarray(owner, np.uint64),
        )
        made = Manifold(mesh)
        if made.status() != manifold3d.Error.NoError or made.is_empty():
            raise EditError(
                "The surfaces of this object do not close a body",
                do="Repair the object first, with the program's check of geometry",
            )
        found.append(made)
    return found, dict(enumerate(bodies, first))


def triangulated(rings: Sequence[Float64]) -> NDArray[np.int64]:
    """Triangles (t, 3) over all corners of a flat face, counted through its rings (n, 2)."""
    found: NDArray[np.int64] = np.asarray(manifold3d.triangulate(list(rings)), np.int64).reshape(-1, 3)
    return found


def _triangles(body: Body) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The faces in triangles over all of their corners, also those in the middle of a straight edge."""
    found, owner = [], []
    across, up = _planes(body.normals())
    for number, face in enumerate(body.faces):
        corners = np.array([node for ring in face for node in ring])
        plane = [
            np.ascontiguousarray(body.points[ring] @ np.stack((across[number], up[number]), axis=-1))
            for ring in face
        ]
        local = triangulated(plane)
        found.append(corners[local])
        owner.append(np.full(len(local), number))
    return np.concatenate(found), np.concatenate(owner)


def _planes(normals: Float64) -> tuple[Float64, Float64]:
    """Axes in the planes of faces; those without area are seen from above."""
    length = np.linalg.norm(normals, axis=1)[:, None]
    unit = np.divide(normals, length, out=np.tile((0.0, 0.0, 1.0), (len(normals), 1)), where=length > 0)
    return plane_axes(unit)


def _body(found: Manifold, owners: dict[int, Body], new: Surface, axes: Axes) -> Body:
    """A result as a body: its triangles as the faces that they came from."""
    mesh = found.to_mesh64()
    points = np.array(mesh.vert_properties[:, :3], np.float64)
    same = np.arange(len(points))
    same[np.array(mesh.merge_from_vert, np.int64)] = np.array(mesh.merge_to_vert, np.int64)
    triangles = same[np.array(mesh.tri_verts, np.int64)]
    ends = np.array(mesh.run_index, np.int64) // 3
    source = np.repeat(np.array(mesh.run_original_id, np.int64), np.diff(ends))
    face = np.array(mesh.face_id, np.int64)
    _, group = np.unique(np.stack((source, face), axis=-1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    surfaces = [
        owners[body].surfaces[at] if body in owners else new
        for body, at in zip(source.tolist(), face.tolist(), strict=True)
    ]
    group = _flush(triangles, group, source, surfaces, corners, normals)
    faces, told = [], []
    numbers, group = np.unique(group, return_inverse=True)
    whole: Float64 = np.stack(
        [np.bincount(group, normals[:, axis], len(numbers)) for axis in range(3)], axis=-1
    )
    planes = np.stack(_planes(whole), axis=-1)
    for number, plane in enumerate(planes):
        mine = np.flatnonzero(group == number)
        for polygon in _polygons(triangles[mine].tolist(), points @ plane):
            faces.append(polygon)
            told.append(surfaces[int(mine[0])])
    body = tidied(Body(axes.outside(points), faces, told))
    # Each of its corners may have been moved by what makes coordinates one.
    slack = WITHIN_M[-1] * float(np.linalg.norm(body.area_vectors(), axis=1).sum())
    if abs(body.volume_m3 - found.volume()) > slack:
        raise EditError("The shape would not be sound", found="faces that lie upon each other")
    refuse_touching(body)
    return body


def _flush(
    triangles: NDArray[np.int64],
    group: NDArray[np.intp],
    source: NDArray[np.int64],
    surfaces: Sequence[Surface],
    corners: Float64,
    normals: Float64,
) -> NDArray[np.intp]:
    """Faces of different bodies that go on in one plane, and are of one type, as one."""
    at_edge: dict[tuple[int, int], int] = {}
    for number, ring in enumerate(triangles.tolist()):
        for edge in edges_of(ring):
            at_edge[edge] = number
    length = np.linalg.norm(normals, axis=1)
    # The largest triangle of a face says best how it lies.
    best = {int(g): int(t) for t in np.argsort(length) for g in (group[t],)}
    unit = normals / np.maximum(length, 1e-300)[:, None]
    into = {int(g): int(g) for g in np.unique(group)}
    for (tail, head), number in at_edge.items():
        other = at_edge.get((head, tail))
        if other is None or source[number] == source[other] or surfaces[number] != surfaces[other]:
            continue
        one, two = best[int(group[number])], best[int(group[other])]
        turned = float(np.linalg.norm(np.cross(unit[one], unit[two])))
        off = float(np.abs((corners[two] - corners[one][0]) @ unit[one]).max())
        if turned <= _IN_PLANE and off <= _IN_PLANE_M and float(unit[one] @ unit[two]) > 0:
            low, high = sorted((into[int(group[number])], into[int(group[other])]))
            into = {g: low if now == high else now for g, now in into.items()}
    return np.array([into[int(g)] for g in group])


def _polygons(triangles: list[list[int]], places: Float64) -> list[list[list[int]]]:
    """The polygons that triangles cover in a plane."""
    edges = [edge for ring in triangles for edge in edges_of(ring)]
    there = set(edges)
    border = [edge for edge in edges if edge[::-1] not in there]
    rings = [[border[number][0] for number in numbers] for numbers in joined(border, places)]
    return with_holes(rings, places)
