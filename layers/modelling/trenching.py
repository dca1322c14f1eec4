"""Pits and mounds in a terrain of triangles: cut along the outline, the sides and the floor, and moved there.

Between these lines the ground before and the way it is moved are planes, so the triangles are exact; and so
are the volumes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.checks.codes import SNAP_M
from layers.modelling.bodies import Body, checked, faces_of
from layers.modelling.carving import triangulated
from layers.modelling.earthworks import Earthwork, Volumes
from layers.modelling.linking import Ring
from layers.shapes import Shape

if TYPE_CHECKING:
    from shapely import Polygon

#: Where lines cross is kept to this, metres: corners that are nearer to each other could not be told apart.
GRID_M = 2 * SNAP_M
#: Faces that are steeper than this (the sine of their slope upwards) are no ground.
LEAST_UP = 1e-6
SURFACES = ("CompositeSurface", "MultiSurface")

#: A place to the grid, and whether it lies on a floor below (above) upright sides.
Key = tuple[int, int, bool]


@dataclass(frozen=True)
class Piece:
    """A part of a face of the ground: rings of keys, the outer one anticlockwise, from above."""

    rings: list[list[Key]]
    face: int
    is_inside: bool


def trenched(shape: Shape, earth: Earthwork) -> tuple[Shape, Volumes] | None:
    """The terrain with an earthwork in it, and what was moved; None where it lies beside the terrain."""
    vertices, geometries, moved = shape.vertices, [], Volumes(0.0, 0.0)
    for geometry in shape.geometries:
        found = None
        if geometry.get("type") in SURFACES:
            found = _Ground(faces_of(geometry, vertices), earth).dug()
        if found is None:
            geometries.append(geometry)
            continue
        vertices, faces, owners, moved = found
        geometries.append(_told(geometry, faces, owners))
    if moved.cut_m3 == moved.fill_m3 == 0:
        return None
    return checked(replace(shape, geometries=geometries, vertices=vertices)), moved


def _told(geometry: dict[str, Any], faces: list[list[Ring]], owners: list[int]) -> dict[str, Any]:
    """A geometry with other faces; each is of the kind of the one of which it is a part."""
    found: dict[str, Any] = {key: geometry[key] for key in ("type", "lod") if key in geometry}
    found["boundaries"] = faces
    if semantics := geometry.get("semantics"):
        values = semantics.get("values")
        found["semantics"] = {**semantics, "values": values and [values[owner] for owner in owners]}
    return found


class _Ground:
    """The faces of a terrain near an earthwork, about its middle."""

    def __init__(self, body: Body, earth: Earthwork) -> None:
        import shapely

        self._body, self._earth = body, earth
        self._origin = np.append(np.round(earth.outline.places.mean(axis=0)), 0.0)
        self._points = body.points - self._origin
        self._outline = shapely.transform(earth.outline.polygon, lambda xy: xy - self._origin[:2])
        self._normals = body.normals()
        close = self._close()
        rims = np.array([self._rim(body.faces[at]) for at in close.tolist()], object)
        is_near = shapely.dwithin(rims, self._outline, 2 * GRID_M)
        self._near, self._rims = close[is_near], rims[is_near]
        self._keys: dict[Key, int] = {}  # places in `_nodes`, behind the points of the body
        self._nodes: list[list[float]] = []
        self._held = {self._key(self._points[node]): node for node in self._corners()}

    def _close(self) -> NDArray[np.int64]:
        """The faces of the ground whose boxes meet that of the outline: of a large terrain, few."""
        outer = [face[0] for face in self._body.faces]
        first = np.cumsum([0, *map(len, outer[:-1])])
        flat = self._points[[node for ring in outer for node in ring], :2]
        low, high = np.minimum.reduceat(flat, first), np.maximum.reduceat(flat, first)
        box = np.array(self._outline.bounds)
        meets = (high >= box[:2] - 4 * GRID_M) & (low <= box[2:] + 4 * GRID_M)
        found: NDArray[np.int64] = np.flatnonzero(
            meets.all(axis=1) & (np.abs(self._normals[:, 2]) > LEAST_UP)
        )
        return found

    def _rim(self, face: list[Ring]) -> Polygon:
        """A face from above, on the grid."""
        from shapely import Polygon

        outer, *holes = (np.round(self._points[ring, :2] / GRID_M) * GRID_M for ring in face)
        return Polygon(outer, holes)

    def _corners(self) -> set[int]:
        return {node for at in self._near.tolist() for ring in self._body.faces[at] for node in ring}

    @staticmethod
    def _key(place: Sequence[float] | Float64, is_low: bool = False) -> Key:
        return round(float(place[0]) / GRID_M), round(float(place[1]) / GRID_M), is_low

    def dug(self) -> tuple[Float64, list[list[Ring]], list[int], Volumes] | None:
        """Points, faces, which face each is a part of, and volumes; None where nothing is moved."""
        pieces = list(self._pieces())
        if not any(piece.is_inside for piece in pieces):
            return None
        near = set(self._near.tolist())
        owners = [at for at in range(len(self._body.faces)) if at not in near]
        faces = [self._body.faces[at] for at in owners]
        volumes = np.zeros(2)
        heights = self._heights(pieces)
        for piece in pieces:
            triangles = self._triangles(piece)
            if piece.is_inside:
                volumes += self._moved(triangles, heights)
            faces += [[[self._number(key, heights) for key in triangle]] for triangle in triangles]
            owners += [piece.face] * len(triangles)
        for face, owner in self._walls(pieces):
            faces.append([[self._number(key, heights) for key in face]])
            owners.append(owner)
        points = np.vstack((self._body.points, np.array(self._nodes).reshape(-1, 3) + self._origin))
        return points, faces, owners, Volumes(float(volumes[0]), float(volumes[1]))

    # -- where it is cut ---------------------------------------------------------------------------

    def _pieces(self) -> Iterable[Piece]:
        """The faces near by, cut along all lines of the work."""
        import shapely

        lines = [*shapely.boundary(self._rims), *self._lines()]
        noded = shapely.union_all(lines, grid_size=GRID_M)
        parts = shapely.get_parts(shapely.polygonize([noded]))
        inner = shapely.point_on_surface(parts)
        part, face = shapely.STRtree(self._rims).query(inner, predicate="intersects")
        of = dict(zip(part.tolist(), self._near[face].tolist(), strict=True))
        is_inside = shapely.contains(self._outline, inner)
        for number, polygon in enumerate(shapely.orient_polygons(parts)):
            if number in of:
                is_low = bool(is_inside[number]) and self._earth.slope == 0
                rings = [
                    [self._key(place, is_low) for place in shapely.get_coordinates(ring)[:-1]]
                    for ring in (polygon.exterior, *polygon.interiors)
                ]
                yield Piece(rings, of[number], bool(is_inside[number]))

    def _lines(self) -> Iterable[Any]:
        """The outline, and where the sides of the work meet each other and its floor."""
        import shapely

        yield self._outline.boundary
        if self._earth.slope:
            cells = self._earth.cells
            nodes = cells.nodes[:, :2] - self._origin[:2]
            for polygon in cells.polygons:
                for ring in polygon:
                    yield shapely.LineString(nodes[[*ring, ring[0]]])

    # -- how high ----------------------------------------------------------------------------------

    def _heights(self, pieces: Sequence[Piece]) -> dict[Key, tuple[float, float]]:
        """The ground before the work, and by how much it is lower after it, at every place."""
        face_of = {key: piece.face for piece in pieces for ring in piece.rings for key in ring}
        keys = list(face_of)
        places = np.array(keys, np.float64)[:, :2] * GRID_M
        if self._earth.slope:
            low = self._earth.moved_m(places + self._origin[:2])
        else:
            low = np.array([self._earth.depth_m if key[2] else 0.0 for key in keys])
        return {
            key: (self._ground(key, place, face_of[key]), down)
            for key, place, down in zip(keys, places, low.tolist(), strict=True)
        }

    def _ground(self, key: Key, place: Float64, face: int) -> float:
        held = self._held.get((key[0], key[1], False))
        if held is not None:
            return float(self._points[held, 2])
        start, normal = self._points[self._body.faces[face][0][0]], self._normals[face]
        return float(start[2] - (place - start[:2]) @ normal[:2] / normal[2])

    def _number(self, key: Key, heights: dict[Key, tuple[float, float]]) -> int:
        """The number of a point; those of the terrain that stay are what they were."""
        ground, down = heights[key]
        held = self._held.get((key[0], key[1], False))
        if held is not None and down == 0:
            return held
        if key not in self._keys:
            place = np.multiply(key[:2], GRID_M) if held is None else self._points[held, :2]
            self._keys[key] = len(self._body.points) + len(self._nodes)
            self._nodes.append([*place.tolist(), ground - down])
        return self._keys[key]

    # -- faces -------------------------------------------------------------------------------------

    def _triangles(self, piece: Piece) -> list[list[Key]]:
        """A piece in triangles over all of its corners, also those in the middle of a straight edge."""
        keys = [key for ring in piece.rings for key in ring]
        if len(keys) == 3:
            return [keys]
        rings = [np.array(ring, np.float64)[:, :2] for ring in piece.rings]
        return [[keys[at] for at in triangle] for triangle in triangulated(rings).tolist()]

    def _moved(self, triangles: list[list[Key]], heights: dict[Key, tuple[float, float]]) -> Float64:
        """(2,) m³ that are taken away, and brought."""
        found = np.zeros(2)
        for a, b, c in triangles:
            twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
            down = sum(heights[key][1] for key in (a, b, c)) / 3
            found[int(down < 0)] += abs(down) * twice * GRID_M**2 / 2
        return found

    def _walls(self, pieces: Sequence[Piece]) -> Iterable[tuple[list[Key], int]]:
        """Upright sides, between a floor and the ground around it."""
        if self._earth.slope:
            return
        inner = {edge: piece.face for piece in pieces if piece.is_inside for edge in _edges(piece)}
        outer = {edge for piece in pieces if not piece.is_inside for edge in _edges(piece)}
        for (a, b), face in inner.items():
            top_a, top_b = (a[0], a[1], False), (b[0], b[1], False)
            if (top_b, top_a) in outer:
                yield [b, a, top_a], face
                yield [b, top_a, top_b], face


def _edges(piece: Piece) -> Iterable[tuple[Key, Key]]:
    for ring in piece.rings:
        yield from pairwise([*ring, ring[0]])
