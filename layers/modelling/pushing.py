"""Roofs moved up or down, and faces pushed and pulled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from layers.arrays import Float64
from layers.checks.codes import SNAP_M
from layers.errors import EditError
from layers.flatten import DEPTH
from layers.modelling.bodies import (
    GROUND,
    ROOF,
    Body,
    body_of,
    checked,
    faces_of,
    first_sound,
    shape_of,
)
from layers.modelling.buildings import block_of
from layers.modelling.carving import WITHIN_M, Axes, united, without
from layers.modelling.prisms import prism_around, prism_over
from layers.shapes import Shape

#: Sines below which a face is upright, or contains a direction.
UPRIGHT = 1e-3
ALONG = 1e-6
SHORTEST_PUSH_M = 0.001


def raised(shape: Shape, by_m: float) -> Shape:
    """The shape with its roof so much higher, or lower; walls grow, and ground and passages stay."""
    vertices = shape.vertices.copy()
    moved: set[int] = set()
    for geometry in shape.geometries:
        if geometry.get("type") in DEPTH and not str(geometry.get("lod", "")).startswith("0"):
            moved |= _above(faces_of(geometry, shape.vertices))
    if not moved:
        raise EditError("The shape has no roof that could be moved")
    vertices[sorted(moved), 2] += by_m
    return checked(replace(shape, vertices=vertices), f"The roof cannot be moved by {by_m:g} m")


def _above(body: Body) -> set[int]:
    """The corners of a geometry's roofs, and of all that is joined to them by inclined faces."""
    normals, kinds = body.normals(), body.kinds
    corners = [set(_nodes(face)) for face in body.faces]
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
            more = face if abs(normal[2]) > UPRIGHT else _standing_on(face, moved, body.points)
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


def pushed(shape: Shape, geometry: int, face: int, by_m: float) -> Shape:
    """The shape with one face, by its place in a geometry, pulled outwards so far, or pushed inwards.

    Faces that stand square to it grow or shrink; elsewhere new faces come between, or, where a notch would
    touch the outside, those around it are cut back. Blocks of LoD 1 follow,
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
    if by_m > 0:
        return united((body, prism_over(body, face, normal, by_m)), axes, within_m)
    try:
        return without(body, prism_over(body, face, normal, by_m), axes, within_m)
    except EditError:
        # A notch that leaves no thickness beside it: the faces around are cut back, too.
        return without(body, prism_around(body, face, normal, by_m), axes, within_m)
