"""Roofs moved up or down, and faces pushed and pulled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.checks.codes import SNAP_M
from layers.errors import EditError
from layers.flatten import DEPTH
from layers.modelling.bodies import (
    GROUND,
    ROOF,
    SOLIDS,
    WALL,
    Body,
    Surface,
    body_of,
    checked,
    first_sound,
    shape_of,
)
from layers.modelling.buildings import block_of
from layers.modelling.carving import WITHIN_M, Axes, united, without
from layers.modelling.cells import edges_of
from layers.shapes import Shape, rings_of

#: Sines below which a face is upright, or contains a direction.
UPRIGHT = 1e-3
#: Faces that rise more steeply, by the sine, are called walls.
UPRIGHT_KIND = 0.1
ALONG = 1e-6
SHORTEST_PUSH_M = 0.001


def raised(shape: Shape, by_m: float) -> Shape:
    """The shape with its roof so much higher, or lower; walls grow, and ground and passages stay."""
    vertices = shape.vertices.copy()
    moved: set[int] = set()
    for geometry in shape.geometries:
        depth = DEPTH.get(str(geometry.get("type")))
        if depth is not None and not str(geometry.get("lod", "")).startswith("0"):
            moved |= _above(geometry, depth, shape.vertices)
    if not moved:
        raise EditError("The shape has no roof that could be moved")
    vertices[sorted(moved), 2] += by_m
    return checked(replace(shape, vertices=vertices), f"The roof cannot be moved by {by_m:g} m")


def _above(geometry: dict[str, Any], depth: int, vertices: Float64) -> set[int]:
    """The corners of a geometry's roofs, and of all that is joined to them by inclined faces."""
    faces = list(rings_of(geometry["boundaries"], depth))
    body = Body(vertices, faces, [{} for _ in faces])
    normals = body.normals()
    corners = [{node for ring in face for node in ring} for face in faces]
    kinds = _kinds(geometry, depth, len(faces))
    ground: set[int] = set()
    moved: set[int] = set()
    for face, normal, kind in zip(corners, normals, kinds, strict=True):
        if kind == GROUND:
            ground |= face
        elif kind == ROOF or (not kind and normal[2] > UPRIGHT):
            moved |= face
    grown = True
    while grown:
        grown = False
        for face, normal, kind in zip(corners, normals, kinds, strict=True):
            if kind == GROUND or not face & moved or face <= moved:
                continue
            more = face if abs(normal[2]) > UPRIGHT else _standing_on(face, moved, vertices)
            grown |= not more <= moved
            moved |= more
    if moved & ground:
        raise EditError(
            "The roof cannot be moved", found="it meets the ground", do="Push or pull one of its faces"
        )
    return moved


def _standing_on(face: set[int], moved: set[int], vertices: Float64) -> set[int]:
    """The corners of an upright face that lie right above such as move."""
    found = set()
    for node in face - moved:
        for low in face & moved:
            east, north, up = (vertices[node] - vertices[low]).tolist()
            if up > 0 and max(abs(east), abs(north)) <= SNAP_M:
                found.add(node)
    return found


def _kinds(geometry: dict[str, Any], depth: int, count: int) -> list[str]:
    if geometry.get("type") in SOLIDS:
        return body_of(geometry, np.empty((0, 3))).kinds
    semantics = geometry.get("semantics") or {}
    names = [str(surface.get("type", "")) for surface in semantics.get("surfaces", ())]
    values = semantics.get("values") or [None] * count
    return [names[value] if value is not None else "" for value in values]


def pushed(shape: Shape, geometry: int, face: int, by_m: float) -> Shape:
    """The shape with one face, by its place in a geometry, pulled outwards so far, or pushed inwards.

    Faces that stand square to it grow or shrink; elsewhere new faces come between. Blocks of LoD 1 follow,
    with the new volume; other levels of detail are left out, for they would say something else.
    """
    told = shape.geometries[geometry]
    body = body_of(told, shape.vertices)
    if not 0 <= face < len(body.faces):
        raise EditError("There is no such face", found=str(face), allowed=f"0 to {len(body.faces) - 1}")
    if not abs(by_m) >= SHORTEST_PUSH_M:
        raise EditError(
            "The face stays where it is", found=f"{by_m:g} m", allowed=f"at least {SHORTEST_PUSH_M} m"
        )
    normal = body.normals()[face]
    moved = _shifted(body, face, normal, by_m)

    def made(within_m: float) -> Shape:
        found = moved or _extruded(body, face, normal, by_m, within_m)
        mine = (str(told.get("lod", "")), found)
        blocks = [
            (lod, block)
            for other in shape.geometries
            if (lod := str(other.get("lod", ""))).startswith("1") and lod != mine[0]
            if (block := block_of(found)) is not None
        ]
        return shape_of(*blocks, mine)

    return first_sound(made, WITHIN_M)


def _shifted(body: Body, face: int, normal: Float64, by_m: float) -> Body | None:
    """The body with the corners of a face moved, if all faces around it stand square to it."""
    mine = {node for ring in body.faces[face] for node in ring}
    for number, (other, facing) in enumerate(zip(body.faces, body.normals(), strict=True)):
        if number != face and abs(float(facing @ normal)) > ALONG and mine & set(_nodes(other)):
            return None
    points = body.points.copy()
    points[sorted(mine)] += by_m * normal
    return replace(body, points=points)


def _nodes(face: Iterable[list[int]]) -> Iterable[int]:
    return (node for ring in face for node in ring)


def _extruded(body: Body, face: int, normal: Float64, by_m: float, within_m: float) -> Body:
    """The body with the prism over one of its faces added or taken away."""
    axes = Axes(np.array([normal[0], normal[1]]), body.points.mean(axis=0))
    prism = _prism(body, face, normal, by_m)
    if by_m > 0:
        return united((body, prism), axes, within_m)
    return without(body, prism, axes, within_m)


def _prism(body: Body, face: int, normal: Float64, by_m: float) -> Body:
    """The space that a face passes through on its way."""
    rings = body.faces[face]
    nodes = list(dict.fromkeys(_nodes(rings)))
    number = {node: at for at, node in enumerate(nodes)}
    near = body.points[nodes]
    far = near + by_m * normal
    count = len(nodes)
    here = [[number[node] for node in ring] for ring in rings]
    there = [[count + node for node in ring] for ring in here]
    sides = [[[a, b, count + b, count + a]] for ring in here for a, b in edges_of(ring)]
    if by_m > 0:
        faces = [[ring[::-1] for ring in here], there, *sides]
    else:
        faces = [here, [ring[::-1] for ring in there], *([ring[0][::-1]] for ring in sides)]
    prism = Body(np.vstack((near, far)), faces, [{} for _ in faces])
    way = np.sign(by_m) * prism.normals()
    if not any(body.surfaces):
        return prism
    mine = body.surfaces[face]
    new = [
        _new(body, prism.points[side[0], 2], facing) for side, facing in zip(faces[2:], way[2:], strict=True)
    ]
    return replace(prism, surfaces=[mine, mine, *new])


def _new(body: Body, heights: Float64, normal: Float64) -> Surface:
    """What a new face is that looks this way: as low as the ground of the body, it is ground, too."""
    if abs(normal[2]) < UPRIGHT_KIND:
        return {"type": WALL}
    if normal[2] > 0:
        return {"type": ROOF}
    for face, surface in zip(body.faces, body.surfaces, strict=True):
        if surface.get("type") == GROUND:
            level = body.points[face[0], 2]
            if max(heights.max(), level.max()) - min(heights.min(), level.min()) <= SNAP_M:
                return surface
    return {"type": "OuterCeilingSurface"}
