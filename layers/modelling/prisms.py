"""The space that a face passes through when it is pushed or pulled."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64
from layers.checks.codes import SNAP_M
from layers.checks.contact import plane_axes
from layers.errors import EditError
from layers.modelling.bodies import GROUND, ROOF, WALL, Body, Surface
from layers.modelling.cells import edges_of
from layers.modelling.linking import Ring, ring_area

if TYPE_CHECKING:
    from shapely import Polygon

#: Faces that rise more steeply, by the sine, are called walls.
UPRIGHT = 0.1
#: What is cut back begins so far outside of the face, metres.
_OUTSIDE_M = 0.01
#: No face is cut back farther than so many times the way of the one that is pushed.
_FARTHEST = 50.0


def prism_over(body: Body, face: int, normal: Float64, by_m: float) -> Body:
    """What lies right over a face on its way outwards, or right under it inwards (below 0)."""
    rings = body.faces[face]
    nodes = list(dict.fromkeys(node for ring in rings for node in ring))
    number = {node: at for at, node in enumerate(nodes)}
    here = [[number[node] for node in ring] for ring in rings]
    return _prism(body, face, body.points[nodes], here, by_m * normal)


def prism_around(body: Body, face: int, normal: Float64, by_m: float) -> Body:
    """What has to go for a face to lie deeper: as far beyond its edges as the faces there reach."""
    from shapely import Polygon, unary_union

    across, up = (axes[0] for axes in plane_axes(normal[None]))
    start = body.points[body.faces[face][0][0]]
    places = (body.points - start) @ np.stack((across, up), axis=-1)
    facing = body.normals()
    beyond = {
        edge: other for other, rings in enumerate(body.faces) for ring in rings for edge in edges_of(ring)
    }
    parts = [Polygon(places[body.faces[face][0]], [places[ring] for ring in body.faces[face][1:]])]
    for ring in body.faces[face]:
        reach = []
        for tail, head in edges_of(ring):
            along = (body.points[head] - body.points[tail]) / np.linalg.norm(
                body.points[head] - body.points[tail]
            )
            there = facing[beyond[head, tail]]
            reach.append(_reach(there @ normal, there @ np.cross(along, normal), abs(by_m)))
        parts += _strips(places[ring], reach)
    grown = unary_union(parts)
    if not isinstance(grown, Polygon):
        raise EditError("The face cannot be pushed", do="Push its neighbours first")
    outlines = [np.array(ring.coords[:-1]) for ring in (grown.exterior, *grown.interiors)]
    outlines = [o if (ring_area(o) > 0) == (at == 0) else o[::-1] for at, o in enumerate(outlines)]
    flat = np.concatenate(outlines)
    near = start + flat @ np.stack((across, up)) + _OUTSIDE_M * normal
    ends = np.cumsum([0, *map(len, outlines)]).tolist()
    here = [list(range(first, last)) for first, last in itertools.pairwise(ends)]
    return _prism(body, face, near, here, (by_m - _OUTSIDE_M) * normal)


def _reach(level: float, outwards: float, depth_m: float) -> float:
    """How far beyond an edge the face there lies above a depth; 0 where it rises, or falls away inwards."""
    if outwards <= 0:
        return 0.0
    return min(max(level, 0.0) / max(outwards, 1e-9), _FARTHEST) * depth_m + _OUTSIDE_M


def _strips(places: Float64, reach: list[float]) -> list[Polygon]:
    """The strips beside the edges of a ring, so wide each; they meet where two come together at a corner."""
    from shapely import Polygon

    count = len(places)
    ways = np.roll(places, -1, axis=0) - places
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    found: list[Polygon] = []
    for at in range(count):
        if not reach[at]:
            continue
        ends = []
        for other, corner in (((at - 1) % count, at), ((at + 1) % count, (at + 1) % count)):
            first, then = (other, at) if other != at and corner == at else (at, other)
            turn = float(ways[first, 0] * ways[then, 1] - ways[first, 1] * ways[then, 0])
            cosine = float(ways[first] @ ways[then])
            # Beyond a corner that sticks out, up to where the strips' outer lines meet.
            half = turn / max(1 + cosine, 0.05)
            ends.append(max(half, 0.0) * max(reach[at], reach[other]) if reach[other] else 0.0)
        out = np.array([ways[at, 1], -ways[at, 0]]) * reach[at]
        one, other_end = places[at] - ends[0] * ways[at], places[(at + 1) % count] + ends[1] * ways[at]
        found.append(Polygon([one, other_end, other_end + out, one + out]))
    return found


def _prism(body: Body, face: int, near: Float64, here: list[Ring], way: Float64) -> Body:
    """The prism over rings of points along a way, its faces of the kinds they will be of in the body."""
    count = len(near)
    there = [[count + node for node in ring] for ring in here]
    sides = [[[a, b, count + b, count + a]] for ring in here for a, b in edges_of(ring)]
    is_outwards = float(body.normals()[face] @ way) > 0
    if is_outwards:
        faces = [[ring[::-1] for ring in here], there, *sides]
    else:
        faces = [here, [ring[::-1] for ring in there], *([ring[0][::-1]] for ring in sides)]
    prism = Body(np.vstack((near, near + way)), faces, [{} for _ in faces])
    if not any(body.surfaces):
        return prism
    looks = prism.normals() if is_outwards else -prism.normals()
    new = [
        _new(body, prism.points[side[0], 2], look) for side, look in zip(faces[2:], looks[2:], strict=True)
    ]
    return replace(prism, surfaces=[body.surfaces[face], body.surfaces[face], *new])


def _new(body: Body, heights: Float64, normal: Float64) -> Surface:
    """What a new face is that looks this way: as low as the ground of the body, it is ground, too."""
    if abs(normal[2]) < UPRIGHT:
        return {"type": WALL}
    if normal[2] > 0:
        return {"type": ROOF}
    for face, surface in zip(body.faces, body.surfaces, strict=True):
        if surface.get("type") == GROUND:
            level = body.points[face[0], 2]
            if max(heights.max(), level.max()) - min(heights.min(), level.min()) <= SNAP_M:
                return surface
    return {"type": "OuterCeilingSurface"}
